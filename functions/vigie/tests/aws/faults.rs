//! What a person reads where AWS cannot be used.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::{Place, ran};

#[tokio::test]
async fn without_credentials_it_says_how_to_get_some() {
    let place = Place::bare();
    let told = ran(&mut place.stranger(&["notices", "--store", "aws"]));
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("no AWS credentials"), "{told:?}");
    assert!(told.err.contains("aws sso login"), "{told:?}");
}

/// A server that refuses one request as AWS does.
fn refusing(code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 64 * 1024];
        let _ = stream.read(&mut request).unwrap();
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"
        );
        let length = body.len();
        write!(stream, "HTTP/1.1 403 Forbidden\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    });
    format!("http://{address}")
}

#[tokio::test]
async fn expired_credentials_are_told_from_wrong_ones_and_from_a_missing_permission() {
    let place = Place::bare();
    for (code, told) in [
        ("ExpiredToken", "have expired"),
        ("InvalidClientTokenId", "does not know these credentials"),
        ("AccessDenied", "cloudformation:DescribeStacks"),
    ] {
        let mut command = place.command(&["explain", "LUM-1", "--store", "aws"]);
        let said = ran(command.env("AWS_ENDPOINT_URL", refusing(code)));
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(told) && said.err.contains("hint: "), "{code}: {said:?}");
    }
}

#[tokio::test]
async fn a_stack_that_is_not_there_or_not_ours_is_told() {
    let place = Place::bare();
    let absent = place.run(&["notices", "--store", "aws"]);
    assert_eq!(absent.code, 2, "{absent:?}");
    assert!(absent.err.contains("no stack called vigie in eu-west-3"), "{absent:?}");
    place.stack("vigie", &["TableName"]).await;
    let strange = place.run(&["notices", "--store", "aws"]);
    assert_eq!(strange.code, 2, "{strange:?}");
    assert!(strange.err.contains("has no output TableName"), "{strange:?}");
}

#[tokio::test]
async fn a_file_that_names_no_stack_or_no_region_is_told() {
    let place = Place::bare();
    place.configure("stack = \"vigie\"\n", "");
    let told = place.run(&["apply", "--store", "aws"]);
    assert!(told.code == 2 && told.err.contains("write [aws] with stack"), "{told:?}");
    place.configure("region = \"eu-west-3\"\n", "");
    let told = place.run(&["apply", "--store", "aws"]);
    assert!(told.code == 2 && told.err.contains("AWS_REGION"), "{told:?}");
}

#[tokio::test]
async fn what_only_one_process_has_says_what_there_is_in_its_place() {
    let place = Place::bare();
    for (arguments, told) in [
        (&["serve", "--store", "aws"][..], "the functions serve"),
        (&["backup", "copy", "--store", "aws"], "point-in-time recovery"),
        (&["capture", "--source", "lumen-site", "--store", "aws"], "vigie doctor"),
        (&["redrive", "--held", "--store", "aws"], "its own backups"),
        (&["status", "--store", "aws"], "vigie check --store aws"),
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
    }
}
