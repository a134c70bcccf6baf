//! The product as a server, and the few words of HTTP that a sender of webhooks needs.

use crate::cli::product::Product;
use crate::github_world::webhooks::signature;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

pub const SECRET: &str = "It's a Secret to Everybody";

/// A running server; it is killed when this is dropped.
pub struct Served {
    child: Child,
    pub address: String,
    /// What it said before it was ready.
    pub said: Vec<String>,
}

impl Served {
    /// Serves a project on a free port.
    pub fn start(product: &Product) -> Served {
        Served::by(product.command(["serve", "--http", "127.0.0.1:0"]))
    }

    pub fn by(command: Command) -> Served {
        Served::try_by(command).unwrap_or_else(|said| panic!("the server ended: {said:?}"))
    }

    /// What it said when it ended before it was ready.
    pub fn try_by(mut command: Command) -> Result<Served, Vec<String>> {
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(line) = lines.next().map(Result::unwrap) else {
                child.wait().unwrap();
                return Err(said);
            };
            // Half a line has no more words behind the address.
            match line.strip_prefix("serving http://").and_then(|rest| rest.split_once(' ')) {
                Some((address, _)) => break address.to_owned(),
                None => said.push(line),
            }
        };
        // What it says later would fill the pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
        Ok(Served { child, address, said })
    }

    /// Ends it as a power cut of the process would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Status and body of a page.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.connect().ask(&format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"), b"").unwrap()
    }

    /// Sends one delivery with these headers and nothing else.
    pub fn post(&self, path: &str, headers: &[(&str, String)], body: &[u8]) -> (u16, Value) {
        let (status, text) = self.connect().post(path, headers, body).unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub fn connect(&self) -> Connection {
        Connection::of(TcpStream::connect(&self.address).unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub struct Connection(TcpStream);

impl Connection {
    pub fn of(stream: TcpStream) -> Connection {
        Connection(stream)
    }

    pub fn post(&mut self, path: &str, headers: &[(&str, String)], body: &[u8]) -> std::io::Result<(u16, String)> {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n{lines}\r\n", body.len());
        self.ask(&head, body)
    }

    /// Sends a request, and reads the answer by its declared length, or to the end where it has none.
    pub fn ask(&mut self, head: &str, body: &[u8]) -> std::io::Result<(u16, String)> {
        self.0.set_read_timeout(Some(Duration::from_secs(30)))?;
        self.0.write_all(head.as_bytes())?;
        // One who is refused early may have closed already.
        self.0.write_all(body).ok();
        let (mut answer, mut chunk) = (Vec::new(), [0; 16 << 10]);
        loop {
            if let Some(whole) = whole(&answer) {
                return Ok(whole);
            }
            match self.0.read(&mut chunk) {
                Ok(0) if answer.is_empty() => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(0) => return Ok(parts(&answer).map(|(status, _, body)| (status, body)).unwrap()),
                Ok(read) => answer.extend(&chunk[..read]),
                Err(error) => return Err(error),
            }
        }
    }
}

fn whole(answer: &[u8]) -> Option<(u16, String)> {
    let (status, length, body) = parts(answer)?;
    (body.len() == length?).then_some((status, body))
}

/// Status, declared length and body so far.
fn parts(answer: &[u8]) -> Option<(u16, Option<usize>, String)> {
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    Some((head.get(9..12)?.parse().ok()?, length, String::from_utf8_lossy(&answer[end + 4..]).into_owned()))
}

/// The headers of a delivery as GitHub sends them.
pub fn signed(event: &str, id: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    vec![
        ("content-type", "application/json".to_owned()),
        ("x-github-event", event.to_owned()),
        ("x-github-delivery", id.to_owned()),
        ("x-hub-signature-256", signature(SECRET, body)),
    ]
}

/// Looks again until it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
}
