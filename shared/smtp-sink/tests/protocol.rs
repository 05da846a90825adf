//! The sink, spoken to over TCP as a client would.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use vigie_smtp_sink::{Action, Credentials, Fault, Options, Sink, Stage, TooFew};

const LOOPBACK: &str = "127.0.0.1:0";
const SOON: Duration = Duration::from_secs(20);

struct Client(BufReader<TcpStream>);

impl Client {
    async fn to(sink: &Sink) -> Self {
        Self(BufReader::new(TcpStream::connect(sink.addr()).await.unwrap()))
    }

    async fn hears(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.unwrap() == 0 {
                return all + "(closed)";
            }
            all += &line;
            if line.as_bytes()[3] == b' ' {
                return all.trim_end().to_owned();
            }
        }
    }

    async fn says(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.hears().await
    }

    async fn sends(&mut self, to: &str, text: &str) -> String {
        self.says("MAIL FROM:<a@x.example>").await;
        self.says(&format!("RCPT TO:<{to}>")).await;
        self.says("DATA").await;
        self.says(&format!("{text}\r\n.")).await
    }
}

fn sink() -> Sink {
    Sink::start(LOOPBACK.parse().unwrap()).unwrap()
}

fn begins(heard: &str, code: &str) {
    assert!(heard.starts_with(code), "{heard}");
}

#[tokio::test]
async fn a_message_is_kept_with_its_envelope_and_counted() {
    let sink = sink();
    let mut feed = sink.subscribe();
    let mut client = Client::to(&sink).await;
    begins(&client.hears().await, "220 ");
    let offers = client.says("EHLO me.example").await;
    for offer in ["PIPELINING", "8BITMIME", "SIZE 10485760"] {
        assert!(offers.contains(offer), "{offers}");
    }
    assert!(!offers.contains("AUTH"), "{offers}");
    begins(&client.sends("b@y.example", "Subject: s\r\n\r\n..x").await, "250 ");
    begins(&client.sends("c@y.example", "Subject: t\r\n\r\ny").await, "250 ");
    begins(&client.says("QUIT").await, "221 ");
    sink.wait_for(2, SOON).await.unwrap();
    let kept = sink.messages();
    let second = &kept[1];
    assert_eq!(kept[0].data, b"Subject: s\r\n\r\n.x\r\n");
    assert_eq!(
        (second.from.as_str(), &second.to[..]),
        ("a@x.example", &["c@y.example".into()][..])
    );
    assert_eq!((second.connection, sink.connections(), sink.count()), (1, 1, 2));
    assert_eq!(feed.recv().await.unwrap().header("subject").unwrap(), "s");
    assert_eq!(feed.recv().await.unwrap().header("subject").unwrap(), "t");
}

#[tokio::test]
async fn commands_in_one_packet_are_answered_in_order() {
    let sink = sink();
    let mut client = Client::to(&sink).await;
    let packet = "HELO me\r\nMAIL FROM:<>\r\nRCPT TO:<b@y.example>\r\nRSET\r\nNOOP\r\nDATA\r\nWHAT\r\nQUIT\r\n";
    client.0.get_mut().write_all(packet.as_bytes()).await.unwrap();
    let mut heard = String::new();
    client.0.read_to_string(&mut heard).await.unwrap();
    let codes: Vec<&str> = heard.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "250", "250", "250", "250", "250", "503", "502", "221"]);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_whole_and_the_next_one_taken() {
    let options = Options { size_max: 2_000, ..Options::default() };
    let sink = Sink::start_with(LOOPBACK.parse().unwrap(), options).unwrap();
    let mut client = Client::to(&sink).await;
    client.hears().await;
    client.says("EHLO me").await;
    begins(&client.says("MAIL FROM:<a@x.example> SIZE=2001").await, "552 ");
    begins(&client.sends("b@y.example", &"x".repeat(2_001)).await, "552 ");
    begins(&client.sends("b@y.example", "x").await, "250 ");
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn only_the_right_credentials_open_the_door() {
    let credentials = Some(Credentials { user: "sara".into(), password: "secret".into() });
    let options = Options { credentials, ..Options::default() };
    let sink = Sink::start_with(LOOPBACK.parse().unwrap(), options).unwrap();
    let mut client = Client::to(&sink).await;
    client.hears().await;
    assert!(client.says("EHLO me").await.contains("AUTH PLAIN LOGIN"));
    begins(&client.says("MAIL FROM:<a@x.example>").await, "530 ");
    begins(&client.says("AUTH PLAIN AHNhcmEAd3Jvbmc=").await, "535 ");
    begins(&client.says("AUTH CRAM-MD5").await, "504 ");
    begins(&client.says("AUTH LOGIN").await, "334 ");
    begins(&client.says("!").await, "334 ");
    begins(&client.says("c2VjcmV0").await, "535 ");
    begins(&client.says("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    begins(&client.says("c2FyYQ==").await, "334 UGFzc3dvcmQ6");
    begins(&client.says("c2VjcmV0").await, "235 ");
    begins(&client.says("AUTH PLAIN").await, "334");
    begins(&client.says("AHNhcmEAc2VjcmV0").await, "235 ");
    begins(&client.sends("b@y.example", "x").await, "250 ");
}

#[tokio::test]
async fn faults_strike_where_and_when_they_say() {
    let sink = sink();
    sink.inject(Fault::reply(Stage::Rcpt, 450, "4.2.1 busy").nth(2));
    sink.inject(Fault::reply(Stage::DataEnd, 554, "5.7.1 no").only_to("bad@y.example"));
    let mut client = Client::to(&sink).await;
    client.hears().await;
    client.says("EHLO me").await;
    begins(&client.sends("b@y.example", "one").await, "250 ");
    client.says("MAIL FROM:<a@x.example>").await;
    assert_eq!(client.says("RCPT TO:<b@y.example>").await, "450 4.2.1 busy");
    begins(&client.says("DATA").await, "503 ");
    client.says("RSET").await;
    begins(&client.sends("bad@y.example", "two").await, "554 ");
    begins(&client.sends("b@y.example", "three").await, "250 ");
    assert_eq!(sink.count(), 2);
}

#[tokio::test]
async fn a_message_is_kept_or_not_when_the_line_drops_after_the_dot() {
    for (action, kept) in [(Action::Close, 0), (Action::TakeAndClose, 1)] {
        let sink = sink();
        sink.inject(Fault::new(Stage::DataEnd, action));
        let mut client = Client::to(&sink).await;
        client.hears().await;
        client.says("EHLO me").await;
        assert_eq!(client.sends("b@y.example", "x").await, "(closed)");
        assert_eq!(sink.count(), kept);
    }
}

#[tokio::test]
async fn a_server_that_hangs_says_nothing_until_the_client_leaves() {
    let sink = sink();
    sink.inject(Fault::new(Stage::Greeting, Action::Hang));
    let mut client = Client::to(&sink).await;
    let heard = tokio::time::timeout(Duration::from_millis(50), client.hears()).await;
    assert!(heard.is_err(), "{heard:?}");
    sink.heal();
    begins(&Client::to(&sink).await.hears().await, "220 ");
}

#[tokio::test]
async fn a_greeting_of_421_hangs_up() {
    let sink = sink();
    sink.inject(Fault::reply(Stage::Greeting, 421, "4.3.2 closing"));
    let mut client = Client::to(&sink).await;
    assert_eq!(client.hears().await, "421 4.3.2 closing");
    assert_eq!(client.hears().await, "(closed)");
}

#[tokio::test]
async fn a_stopped_sink_refuses_and_a_restarted_one_serves_on_the_same_port() {
    let sink = sink();
    let mut client = Client::to(&sink).await;
    client.hears().await;
    client.says("EHLO me").await;
    client.sends("b@y.example", "x").await;
    sink.stop().await;
    assert_eq!(client.hears().await, "(closed)");
    assert!(TcpStream::connect(sink.addr()).await.is_err());
    sink.restart().unwrap();
    begins(&Client::to(&sink).await.hears().await, "220 ");
    assert_eq!((sink.count(), sink.messages().len()), (1, 1));
}

#[tokio::test]
async fn waiting_for_more_than_comes_says_how_many_came() {
    let sink = sink();
    let waited = sink.wait_for(1, Duration::from_millis(20)).await;
    assert_eq!(waited, Err(TooFew { wanted: 1, got: 0 }));
    assert_eq!(sink.wait_for(0, SOON).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_connections_at_once_lose_nothing() {
    let options = Options { keep: false, ..Options::default() };
    let sink = Sink::start_with(LOOPBACK.parse().unwrap(), options).unwrap();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let mut client = Client::to(&sink).await;
        clients.spawn(async move {
            client.hears().await;
            client.says("EHLO me").await;
            for _ in 0..10 {
                begins(&client.sends("b@y.example", "Subject: x\r\n\r\nhello").await, "250 ");
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    assert_eq!((sink.count(), sink.connections(), sink.messages().len()), (640, 64, 0));
}
