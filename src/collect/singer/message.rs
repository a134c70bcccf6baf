//! What a tap prints: one JSON message a line.

use crate::collect::mapping::{Misfit, member, member_text};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read};

/// Where garbage is said to stand.
pub(super) const OUTPUT: &str = "output:";
/// Longer lines are left out, bytes.
const LINE_BYTES: u64 = 32 << 20;
/// Lines are handed on together, bytes.
const TOGETHER: usize = 1 << 20;

/// One line, by its number from 1.
pub(super) struct Line {
    pub number: u64,
    pub text: Vec<u8>,
    pub is_whole: bool,
}

/// What a line says.
pub(super) enum Message<'a> {
    /// The record is a JSON object, as it was written.
    Record {
        stream: String,
        record: &'a str,
        version: Option<i64>,
    },
    Schema {
        stream: String,
        properties: Vec<String>,
    },
    State(Value),
    ActivateVersion {
        stream: String,
        version: i64,
    },
    /// Something that only other targets need, such as a batch or a log line of a known type.
    Other,
}

/// Reads lines until the end, or until nobody takes them.
pub(super) fn read_lines(printed: impl Read, mut give: impl FnMut(Vec<Line>) -> bool) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(256 << 10, printed);
    let (mut together, mut bytes, mut number) = (Vec::new(), 0, 0);
    loop {
        let mut text = Vec::new();
        let read = (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut text)?;
        if read == 0 {
            break;
        }
        number += 1;
        let is_whole = text.ends_with(b"\n") || (read as u64) < LINE_BYTES;
        if !is_whole {
            skip_line(&mut reader)?;
            text.truncate(1 << 10);
        }
        bytes += text.len();
        together.push(Line { number, text, is_whole });
        // A tap that is slow is heard at once.
        if bytes >= TOGETHER || reader.buffer().is_empty() {
            bytes = 0;
            if !give(std::mem::take(&mut together)) {
                return Ok(());
            }
        }
    }
    if !together.is_empty() {
        give(together);
    }
    Ok(())
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (count, ends) = match memchr::memchr(b'\n', buffer) {
            Some(newline) => (newline + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(count);
        if ends {
            return Ok(());
        }
    }
}

impl Line {
    /// What it says.
    ///
    /// # Errors
    /// Why it says nothing.
    pub fn message(&self) -> Result<Message<'_>, Misfit> {
        let wrong =
            |reason: &str| Misfit::new(format!("{OUTPUT}{}", self.number), reason.to_owned(), self.text.trim_ascii());
        if !self.is_whole {
            return Err(wrong(&format!("the line is longer than {LINE_BYTES} bytes")));
        }
        let text = std::str::from_utf8(self.text.trim_ascii()).map_err(|_| wrong("not UTF-8 text"))?;
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            let error = error.to_string().replace(" at line 1 column ", " at column ");
            return Err(wrong(&format!("not a message of a tap: {error}")));
        }
        let kind = member_text(text, "type").ok_or_else(|| wrong("not a message of a tap: it has no type"))?;
        let stream = || member_text(text, "stream").ok_or_else(|| wrong("a message without its stream"));
        let number = |name: &str| member(text, name).and_then(|value| value.parse::<i64>().ok());
        Ok(match kind.as_str() {
            "RECORD" => {
                let record = member(text, "record").filter(|record| record.starts_with('{'));
                let record = record.ok_or_else(|| wrong("a record that is no object"))?;
                Message::Record { stream: stream()?, record, version: number("version") }
            }
            "SCHEMA" => {
                let schema = member(text, "schema").ok_or_else(|| wrong("a schema message without its schema"))?;
                let schema: Value = serde_json::from_str(schema).unwrap_or_default();
                let properties = schema["properties"].as_object().into_iter().flatten();
                Message::Schema { stream: stream()?, properties: properties.map(|(name, _)| name.clone()).collect() }
            }
            "STATE" => {
                let value = member(text, "value").and_then(|value| serde_json::from_str(value).ok());
                Message::State(value.ok_or_else(|| wrong("a state message without its value"))?)
            }
            "ACTIVATE_VERSION" => {
                let version = number("version").ok_or_else(|| wrong("a version that is no number"))?;
                Message::ActivateVersion { stream: stream()?, version }
            }
            _ => Message::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_in_order() {
        let text = (0..1_000).map(|it| format!("{it} {}\n", "x".repeat(it))).collect::<String>() + "last";
        let mut found = Vec::new();
        read_lines(text.as_bytes(), |lines| {
            found.extend(lines.into_iter().map(|line| (line.number, line.is_whole, line.text)));
            true
        })
        .unwrap();
        assert!(found.iter().all(|(_, is_whole, _)| *is_whole));
        assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), (1..=1_001).collect::<Vec<_>>());
        assert_eq!(found.into_iter().flat_map(|it| it.2).collect::<Vec<_>>(), text.as_bytes());
    }

    #[test]
    fn garbage_is_named() {
        let reason = |text: &str| {
            let line = Line { number: 7, text: text.as_bytes().to_vec(), is_whole: true };
            line.message().err().map(|misfit| format!("{} {}", misfit.place, misfit.reason))
        };
        assert_eq!(reason(r#"{"type": "STATE", "value": {}}"#), None);
        assert_eq!(reason(r#"{"type": "RECORD", "stream": "a", "record": {}}"#), None);
        for (text, words) in [
            ("INFO starting", "not a message of a tap: expected value at column 1"),
            ("{}", "not a message of a tap: it has no type"),
            (r#"{"type": "RECORD", "record": {}}"#, "a message without its stream"),
            (r#"{"type": "RECORD", "stream": "a", "record": 1}"#, "a record that is no object"),
            (r#"{"type": "STATE"}"#, "a state message without its value"),
        ] {
            assert_eq!(reason(text), Some(format!("output:7 {words}")));
        }
    }
}
