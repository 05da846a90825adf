//! One connection, from greeting to goodbye.

use std::io;
use std::sync::Arc;

use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Instant;

use crate::auth;
use crate::fault::{Action, Stage};
use crate::line::{COMMAND_BYTES_MAX, read_line, read_message};
use crate::params::{declared_size, path};
use crate::received::Received;
use crate::shared::Shared;

/// Bytes read at once: most messages of ours fit.
const READ_BYTES: usize = 16 * 1024;

/// Why a session ends: the client is gone, or a fault hangs up on it. There is nobody to tell.
pub(crate) struct Ended;

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self
    }
}

pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: BufReader<OwnedReadHalf>,
    pub(crate) writer: OwnedWriteHalf,
    /// Replies not yet sent: those to pipelined commands leave together (RFC 2920 §3.2).
    pub(crate) out: Vec<u8>,
    data: Vec<u8>,
    connection: usize,
    signed_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// Serves one connection until it ends.
pub(crate) async fn run(stream: TcpStream, shared: Arc<Shared>) {
    // Without it each small reply would wait for the last one's acknowledgement.
    let _ = stream.set_nodelay(true);
    let connection = shared.next_connection();
    let (reader, writer) = stream.into_split();
    let mut session = Session {
        reader: BufReader::with_capacity(READ_BYTES, reader),
        writer,
        out: Vec::with_capacity(256),
        data: Vec::new(),
        connection,
        signed_in: shared.options.credentials.is_none(),
        shared,
        from: None,
        to: Vec::new(),
    };
    // Either way the session is over and its connection closes with it.
    let _ = session.serve().await;
}

impl Session {
    async fn serve(&mut self) -> Result<(), Ended> {
        if !self.answer(Stage::Greeting, "220 sink.vigie.example ESMTP").await? {
            return self.flush().await;
        }
        let mut line = Vec::with_capacity(256);
        loop {
            if !self.reader.buffer().contains(&b'\n') {
                self.flush().await?;
            }
            line.clear();
            let length = read_line(&mut self.reader, &mut line, COMMAND_BYTES_MAX).await?;
            if length == 0 {
                return Ok(());
            }
            if length > COMMAND_BYTES_MAX {
                self.say("500 5.5.2 line too long");
            } else if self.command(&String::from_utf8_lossy(&line)).await? {
                return self.flush().await;
            }
        }
    }

    /// Carries out one command and says whether it was the last.
    async fn command(&mut self, line: &str) -> Result<bool, Ended> {
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.ehlo().await?,
            "HELO" => {
                self.answer(Stage::Hello, "250 sink.vigie.example").await?;
                self.reset();
            }
            "AUTH" => self.auth(rest).await?,
            "MAIL" => self.mail(rest).await?,
            "RCPT" => self.rcpt(rest).await?,
            "DATA" => self.data().await?,
            "RSET" => {
                self.reset();
                self.answer(Stage::Rset, "250 2.0.0 forgotten").await?;
            }
            "NOOP" => {
                self.answer(Stage::Noop, "250 2.0.0 here").await?;
            }
            "QUIT" => {
                self.say("221 2.0.0 bye");
                return Ok(true);
            }
            _ => self.say("502 5.5.1 unknown command"),
        }
        Ok(false)
    }

    async fn ehlo(&mut self) -> Result<(), Ended> {
        self.reset();
        let options = &self.shared.options;
        let auth = match options.credentials {
            Some(_) => format!("250-AUTH {}\r\n", options.mechanisms),
            None => String::new(),
        };
        let size = options.size_max;
        let offers = format!(
            "250-sink.vigie.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n\
             250-ENHANCEDSTATUSCODES\r\n{auth}250 SIZE {size}"
        );
        self.answer(Stage::Hello, &offers).await?;
        Ok(())
    }

    async fn auth(&mut self, rest: &str) -> Result<(), Ended> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let offered = self.shared.options.mechanisms.split(' ');
        let asked = offered.filter(|_| self.shared.options.credentials.is_some());
        let known = asked.into_iter().any(|m| m.eq_ignore_ascii_case(mechanism));
        let pair = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" if known => {
                let response = match initial {
                    "" => self.challenge("").await?,
                    given => auth::decode(given),
                };
                let pair = response.as_deref().and_then(auth::plain);
                pair.map(|(user, password)| (user.to_vec(), password.to_vec()))
            }
            "LOGIN" if known => {
                // "Username:" and "Password:" in base64, which is what clients expect to be asked.
                let user = self.challenge("VXNlcm5hbWU6").await?;
                user.zip(self.challenge("UGFzc3dvcmQ6").await?)
            }
            _ => {
                self.say("504 5.5.4 mechanism not offered");
                return Ok(());
            }
        };
        self.judge(pair).await
    }

    async fn judge(&mut self, pair: Option<(Vec<u8>, Vec<u8>)>) -> Result<(), Ended> {
        let right = self.shared.options.credentials.as_ref().zip(pair).is_some_and(
            |(wanted, (user, password))| {
                wanted.user.as_bytes() == user && wanted.password.as_bytes() == password
            },
        );
        if right {
            self.signed_in = self.answer(Stage::Auth, "235 2.7.0 welcome").await?;
        } else {
            self.answer(Stage::Auth, "535 5.7.8 wrong user or password").await?;
        }
        Ok(())
    }

    /// Asks one question of a sign-in and reads the answer; nothing where it is not base64.
    async fn challenge(&mut self, question: &str) -> Result<Option<Vec<u8>>, Ended> {
        self.say(&format!("334 {question}"));
        self.flush().await?;
        let mut line = Vec::new();
        if read_line(&mut self.reader, &mut line, COMMAND_BYTES_MAX).await? == 0 {
            return Err(Ended);
        }
        Ok(auth::decode(&String::from_utf8_lossy(&line)))
    }

    async fn mail(&mut self, rest: &str) -> Result<(), Ended> {
        if !self.signed_in {
            self.say("530 5.7.0 sign in first");
        } else if self.from.is_some() {
            self.say("503 5.5.1 one sender a message");
        } else if declared_size(rest) > self.shared.options.size_max {
            self.say("552 5.3.4 message too large");
        } else if let Some(from) = path(rest, "FROM:") {
            if self.answer(Stage::Mail, "250 2.1.0 sender ok").await? {
                self.from = Some(from);
            }
        } else {
            self.say("501 5.5.4 MAIL FROM:<address>");
        }
        Ok(())
    }

    async fn rcpt(&mut self, rest: &str) -> Result<(), Ended> {
        if self.from.is_none() {
            self.say("503 5.5.1 MAIL first");
            return Ok(());
        }
        let Some(to) = path(rest, "TO:").filter(|to| !to.is_empty()) else {
            self.say("501 5.5.4 RCPT TO:<address>");
            return Ok(());
        };
        self.to.push(to);
        // The fault looks at the newest recipient alone.
        let newest = self.to.len() - 1;
        let asked = self.to.split_off(newest);
        if self.answer_about(Stage::Rcpt, "250 2.1.5 recipient ok", &asked).await? {
            self.to.extend(asked);
        }
        Ok(())
    }

    async fn data(&mut self) -> Result<(), Ended> {
        if self.to.is_empty() {
            self.say("503 5.5.1 RCPT first");
            return Ok(());
        }
        let to = std::mem::take(&mut self.to);
        let go =
            self.answer_about(Stage::Data, "354 end with a dot alone on its line", &to).await?;
        self.to = to;
        if !go {
            self.reset();
            return Ok(());
        }
        self.flush().await?;
        let size_max = self.shared.options.size_max;
        if read_message(&mut self.reader, &mut self.data, size_max).await? {
            self.finish().await?;
        } else {
            self.say("552 5.3.4 message too large");
        }
        self.reset();
        Ok(())
    }

    /// Answers the final dot: takes the message unless a fault refuses it.
    async fn finish(&mut self) -> Result<(), Ended> {
        match self.shared.meet(Stage::DataEnd, &self.to) {
            None => {
                let number = self.take();
                self.say(&format!("250 2.0.0 Ok: queued as S{number}"));
                Ok(())
            }
            Some(Action::Reply(code, text)) => {
                if code < 300 {
                    self.take();
                }
                self.refuse(code, &text).await
            }
            Some(action) => {
                if matches!(action, Action::TakeAndClose | Action::TakeAndHang) {
                    self.take();
                }
                self.leave(&action).await
            }
        }
    }

    fn take(&mut self) -> usize {
        let Self { shared, data, from, to, connection, .. } = self;
        shared.take(|| Received {
            from: from.take().unwrap_or_default(),
            to: std::mem::take(to),
            data: std::mem::take(data),
            at: Instant::now(),
            connection: *connection,
        })
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }
}
