//! Conversations with a server that answers by a list: what each failure says.

use super::*;
use crate::digest::Digest;
use crate::digest::mail::{Headers, message};
use crate::digest::tests::sample;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

const GREETING: &str = "220 mail ready";
const HELLO: &str = "250-mail\r\n250 AUTH PLAIN LOGIN";

fn mail(to: &[&str]) -> Message {
    let headers = Headers {
        from: "Paceline <pace@example.com>".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        date: "2026-11-23T06:00:00Z".parse().unwrap(),
        message_id: "digest.1@example.com".to_owned(),
    };
    // A line that is only a dot would end a mail, so a dot at the start of a line is sent twice.
    let digest = Digest { changed: ". is how this sentence begins.".to_owned(), ..sample() };
    message(&digest, &headers).unwrap()
}

/// A server for one conversation: its greeting, then one answer a command. It ends with what it was told.
fn server(answers: &[&'static str]) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers: VecDeque<&str> = answers.iter().copied().collect();
    (port, std::thread::spawn(move || talk(&listener, answers)))
}

fn talk(listener: &TcpListener, mut answers: VecDeque<&str>) -> Vec<String> {
    let (mut stream, _) = listener.accept().unwrap();
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let (mut told, mut is_in_mail) = (Vec::new(), false);
    write!(stream, "{}\r\n", answers.pop_front().unwrap()).unwrap();
    for line in lines.map_while(Result::ok) {
        is_in_mail = is_in_mail && line != ".";
        told.push(line);
        if is_in_mail {
            continue;
        }
        let Some(answer) = answers.pop_front() else { break };
        is_in_mail = answer.starts_with("354");
        if write!(stream, "{answer}\r\n").is_err() {
            break;
        }
    }
    told
}

async fn sent(answers: &[&'static str], to: &[&str]) -> (Result<Sent, Error>, Vec<String>) {
    let (port, told) = server(answers);
    let outcome = send(&format!("smtp://pace:s3cr%25t@127.0.0.1:{port}"), &mail(to)).await;
    (outcome, told.join().unwrap())
}

/// The words of the failure, with the port left out.
async fn failure(answers: &[&'static str]) -> String {
    let words = sent(answers, &["a@example.com", "b@example.com"]).await.0.unwrap_err().to_string();
    assert!(!words.contains("s3cr"), "the password stands in {words}");
    let (before, rest) = words.split_once("127.0.0.1:").unwrap();
    format!("{before}SERVER{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[tokio::test]
async fn a_mail_is_handed_over_whole() {
    let answers =
        [GREETING, HELLO, "235 known", "250 ok", "250 ok", "250 ok", "354 go on", "250 queued as 17", "221 bye"];
    let (outcome, told) = sent(&answers, &["a@example.com", "B <b@example.com>"]).await;
    let accepted = ["a@example.com", "b@example.com"].map(str::to_owned).to_vec();
    assert_eq!(outcome.unwrap(), Sent { accepted, refused: Vec::new(), answer: "queued as 17".to_owned() });
    assert_eq!(told[0], "EHLO example.com");
    assert_eq!(told[1], "AUTH PLAIN AHBhY2UAczNjciV0", "user and password with %25 read as %");
    assert_eq!(told[2..5], ["MAIL FROM:<pace@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>"]);
    let body = told[6..].iter().take_while(|line| *line != ".").cloned().collect::<Vec<_>>().join("\r\n");
    assert!(body.contains("\r\n.. is how"), "{body}");
    let expected = String::from_utf8(mail(&["a@example.com", "B <b@example.com>"]).bytes).unwrap();
    assert_eq!(body.replace("\r\n..", "\r\n.").trim_end(), expected.trim_end());
}

#[tokio::test]
async fn one_refused_recipient_keeps_nobody_else_from_the_mail() {
    let answers =
        [GREETING, HELLO, "235 ok", "250 ok", "550 no such user", "250 ok", "354 go on", "250 queued", "221 bye"];
    let sent = sent(&answers, &["gone@example.com", "b@example.com"]).await.0.unwrap();
    assert_eq!(sent.accepted, ["b@example.com"]);
    assert_eq!(sent.refused[0].to_string(), "gone@example.com (550 no such user)");
}

#[tokio::test]
async fn every_failure_says_what_and_what_to_do() {
    let login = [GREETING, HELLO, "535 5.7.8 wrong password"];
    assert_eq!(
        failure(&login).await,
        "the mail server SERVER refused the login of \"pace\": 535 5.7.8 wrong password; check user and password, with \
         special characters written as %XX"
    );
    let sender = [GREETING, HELLO, "235 ok", "553 not yours"];
    assert_eq!(
        failure(&sender).await,
        "the mail server SERVER takes no mail from pace@example.com: 553 not yours; use a sender that it may send for"
    );
    let recipients = [GREETING, HELLO, "235 ok", "250 ok", "550 no such user", "451 try later"];
    assert_eq!(
        failure(&recipients).await,
        "the mail server SERVER refused every recipient: a@example.com (550 no such user), b@example.com (451 try later); \
         check the addresses"
    );
    let content = [GREETING, HELLO, "235 ok", "250 ok", "250 ok", "250 ok", "354 go on", "552 too large"];
    assert_eq!(failure(&content).await, "the mail server SERVER refused the mail itself: 552 too large; nobody got it");
    let unwelcome = ["554 go away"];
    assert_eq!(
        failure(&unwelcome).await,
        "the mail server SERVER does not talk to this machine: 554 go away; ask who runs it"
    );
    let no_login = [GREETING, "250 mail"];
    assert_eq!(
        failure(&no_login).await,
        "the mail server SERVER offers no login that is known here (PLAIN, LOGIN) for \"pace\"; leave user and password out, \
         or add ?tls=required where it offers one over TLS only"
    );
    let lost = [GREETING, HELLO, "235 ok"];
    assert!(failure(&lost).await.starts_with("lost the mail server SERVER while naming the sender: "));
}

#[tokio::test]
async fn a_server_that_wants_a_login_is_told_so() {
    let (port, _) = server(&[GREETING, HELLO, "530 authentication required"]);
    let words = send(&format!("smtp://127.0.0.1:{port}"), &mail(&["a@example.com"])).await.unwrap_err().to_string();
    assert!(words.ends_with("530 authentication required; it wants a login: write smtps://user:password@…"), "{words}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let words = send(&format!("smtp://127.0.0.1:{port}"), &mail(&["a@example.com"])).await.unwrap_err().to_string();
    assert!(
        words.starts_with(&format!("cannot reach the mail server 127.0.0.1:{port}: Connection refused")),
        "{words}"
    );
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let (port, told) = server(&[GREETING, "250 mail", "221 bye"]);
    let url = format!("smtp://pace:secret@127.0.0.1:{port}?tls=required");
    let error = send(&url, &mail(&["a@example.com"])).await.unwrap_err();
    assert_eq!(error, Error::NoStartTls { server: format!("127.0.0.1:{port}") });
    assert_eq!(told.join().unwrap(), ["EHLO example.com"], "neither a password nor a mail");
}

#[tokio::test]
async fn a_port_without_tls_is_told_apart_from_one_that_is_closed() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (port, _) = server(&[GREETING, HELLO]);
    let error = send(&format!("smtps://127.0.0.1:{port}"), &mail(&["a@example.com"])).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
}

#[test]
fn urls_are_read_with_safe_defaults() {
    let read = |url: &str| Server::parse(url).map(|it| (it.to_string(), it.security, it.user));
    let is = |url: &str, server: &str, security: Security, user: &str| {
        assert_eq!(read(url).unwrap(), (server.to_owned(), security, user.to_owned()), "{url}");
    };
    is("smtps://a%40b:c@mail.example.com", "mail.example.com:465", Security::Tls, "a@b");
    is("smtp://a:b@mail.example.com", "mail.example.com:587", Security::StartTls, "a");
    is("smtp://mail.example.com?tls=none", "mail.example.com:25", Security::Nothing, "");
    is("smtp://localhost", "localhost:25", Security::Nothing, "");
    is("smtp://a:b@[::1]:2525", "[::1]:2525", Security::Nothing, "a");
    is("smtp://127.0.0.1?tls=required", "127.0.0.1:587", Security::StartTls, "");
    let wrong = |url: &str, words: &str| {
        let why = read(url).unwrap_err().to_string();
        assert!(why.contains(words) && !why.contains("s3cret"), "{url}: {why}");
    };
    wrong("mail.example.com", "relative URL");
    wrong("http://mail.example.com", "unknown scheme http://");
    wrong("smtp://", "no server is named");
    wrong("smtp://a@mail.example.com", "user and password belong together");
    wrong("smtp://a:s3cret@mail.example.com?tls=none", "can read the password");
    wrong("smtps://a:s3cret@mail.example.com?tls=none", "smtps:// always has TLS");
    wrong("smtp://mail.example.com?tls=maybe", "unknown tls=maybe");
    wrong("smtp://mail.example.com?tsl=none", "unknown option \"tsl\"");
    wrong("smtp://a:s3cret@mail.example.com:99999", "port");
}
