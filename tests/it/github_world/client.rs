//! A client that hides nothing: one request a connection, every header in sight.

use crate::github_world::server::Server;
use crate::github_world::server::app::TOKEN;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The ids of a list of rows.
    pub fn ids(&self) -> Vec<u64> {
        self.json().as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
    }

    /// The address of `Link: rel="next"` without the host.
    pub fn next(&self) -> Option<String> {
        let link = self.headers.get("link")?.split(", ").find(|it| it.ends_with("rel=\"next\""))?;
        let address = link.split('>').next()?.trim_start_matches("<http://");
        address.split_once('/').map(|(_, path)| format!("/{path}"))
    }
}

/// Sends a request; `None` when the connection ended before a whole answer.
pub fn send(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    send_to(server.url(), method, path, headers, body)
}

/// Sends a request to any address of this machine.
pub fn send_to(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{lines}content-length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that was cut may end in an error; what came before it counts.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: BTreeMap<String, String> = headers.collect();
    let announced: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    (text.len() == announced).then(|| Answer { status, headers, text: text.to_owned() })
}

/// What every request should carry.
pub fn usual() -> [(&'static str, String); 2] {
    [("user-agent", "test".to_owned()), ("authorization", format!("Bearer {TOKEN}"))]
}

pub fn try_get(server: &Server, path: &str, more: &[(&str, &str)]) -> Option<Answer> {
    let usual = usual();
    let headers: Vec<(&str, &str)> =
        usual.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
    send(server, "GET", path, &headers, "")
}

pub fn get(server: &Server, path: &str) -> Answer {
    try_get(server, path, &[]).unwrap_or_else(|| panic!("no whole answer to {path}"))
}

/// All rows of a list, page by page along the links.
pub fn pages(server: &Server, path: &str) -> Vec<Answer> {
    let mut pages = vec![get(server, path)];
    while let Some(next) = pages.last().and_then(Answer::next) {
        pages.push(get(server, &next));
    }
    pages
}

/// Answers a query.
pub fn ask(server: &Server, query: &str, variables: Value) -> Answer {
    let usual = usual();
    let headers: Vec<(&str, &str)> = usual.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = json!({ "query": query, "variables": variables }).to_string();
    send(server, "POST", "/graphql", &headers, &body).unwrap()
}

/// The data of a query that must not fail.
pub fn data(server: &Server, query: &str, variables: Value) -> Value {
    let answer = ask(server, query, variables).json();
    assert!(answer["errors"].is_null(), "{}", answer["errors"]);
    answer["data"].clone()
}
