//! The digest by mail, as others read it: Python's parser of mails, and a mail server of Python's.

use crate::python::with_packages_of;
use paceline::chart::Unit;
use paceline::digest::mail::{Headers, Message, message};
use paceline::digest::send::{Error, send};
use paceline::digest::{Digest, Figure, Group, Point};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// A digest whose names try to break out of headers and lines.
fn digest() -> Digest {
    let point = |week: u32, value: f64| Point {
        at: chrono::NaiveDate::from_isoywd_opt(2026, week, chrono::Weekday::Mon).unwrap(),
        value: Some(value),
        low: Some(value - 1.0),
        high: Some(value + 1.0),
    };
    let figure = |title: &str| Figure {
        title: title.to_owned(),
        value: Some(23.4),
        unit: Unit::Hours,
        series: vec![point(45, 25.0), point(46, 24.0), point(47, 23.4)],
        ..Figure::default()
    };
    Digest {
        title: "Überblick".to_owned(),
        scope: "فريق الدفع\r\nBcc: eve@example.com".to_owned(),
        changed: "Cycle time fell.\r\n.\r\nQUIT".to_owned(),
        groups: vec![Group {
            title: "Flow".to_owned(),
            figures: vec![figure("Cycle time"), figure("Time to restore")],
        }],
        ..Digest::default()
    }
}

fn mail(to: &[&str]) -> Message {
    let headers = Headers {
        from: "Pacé\u{202e} <pace@example.com>".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        date: "2026-11-23T06:00:00Z".parse().unwrap(),
        message_id: "digest.payments.2026-11-22@example.com".to_owned(),
    };
    message(&digest(), &headers).unwrap()
}

/// What must be true of a mail wherever it was read.
fn assert_read(told: &Value, sent: &Message) {
    let kinds = ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "image/png"];
    assert_eq!(told["kinds"], serde_json::json!(kinds));
    assert_eq!(told["defects"], serde_json::json!([]));
    assert_eq!(told["headers"]["Subject"].as_str(), Some(sent.subject.as_str()));
    assert_eq!(told["headers"]["Date"], "Mon, 23 Nov 2026 06:00:00 +0000");
    assert_eq!(told["headers"]["From"], "Pacé <pace@example.com>");
    assert!(told["headers"].get("Bcc").is_none(), "{told}");
    let ends_alike =
        |told: &Value, sent: &str| told.as_str().unwrap().replace("\r\n", "\n").trim_end() == sent.trim_end();
    assert!(ends_alike(&told["text"], &sent.text), "{told}");
    assert!(ends_alike(&told["html"], &sent.html), "{told}");
    let images = told["images"].as_object().unwrap();
    for (id, start) in images {
        assert!(sent.html.contains(&format!("src=\"cid:{id}\"")), "{id} is not shown");
        assert_eq!(start, "89504e47", "{id} is a PNG");
    }
    assert_eq!(images.len(), 2);
}

#[test]
fn python_reads_the_mail_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("digest.eml");
    let mail = mail(&["checkout@example.com"]);
    std::fs::write(&path, &mail.bytes).unwrap();
    let output = Command::new("python3").arg(scripts().join("read.py")).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_read(&serde_json::from_slice(&output.stdout).unwrap(), &mail);
}

#[tokio::test]
async fn a_mail_server_takes_the_mail_from_who_knows_the_password() {
    let Some(mut server) = Server::start() else { return };
    let mail = mail(&["checkout@example.com", "gone@example.com"]);
    let sent = send(&format!("smtp://pace:s3cr%25t@127.0.0.1:{}", server.port), &mail).await.unwrap();
    assert_eq!((sent.accepted, sent.answer.as_str()), (vec!["checkout@example.com".to_owned()], "OK queued as 17"));
    assert_eq!(sent.refused[0].to_string(), "gone@example.com (550 5.1.1 no such user)");
    let told: Value = serde_json::from_str(&server.lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(told["recipients"], serde_json::json!(["checkout@example.com"]));
    assert_read(&told, &mail);

    let wrong = send(&format!("smtp://pace:guess@127.0.0.1:{}", server.port), &mail).await.unwrap_err();
    assert!(
        matches!(&wrong, Error::Login { user, answer, .. } if user == "pace" && answer.starts_with("535 ")),
        "{wrong}"
    );
    let nobody = send(&format!("smtp://127.0.0.1:{}", server.port), &mail).await.unwrap_err();
    assert!(nobody.to_string().contains("530") && nobody.to_string().contains("it wants a login"), "{nobody}");
}

/// The server of tests/mail, which ends with this.
struct Server {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl Server {
    /// `None`, and said, where its package cannot be had.
    fn start() -> Option<Server> {
        static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
        let python = INSTALLED.get_or_init(|| with_packages_of(&scripts())).as_ref()?;
        let mut serve = Command::new(python);
        serve.arg(scripts().join("read.py")).arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = serve.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        Some(Server { process, lines, port })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail")
}
