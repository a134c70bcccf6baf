//! The tag of a bulk answer, by which a tool asks whether anything is new.
//!
//! One rule: the tag covers the answer and the context, so that another developer's tag never says "unchanged".
//!
//! It is made of the bytes that are sent and not of the definitions: a person who was joined to another identity yesterday has another
//! answer with the same flags. FNV-1a of 128 bits (Fowler, Noll and Vo, 1991; RFC 9923) is no cryptographic hash: who builds a
//! collision hides news from nobody but the own tool.

use super::Context;
use serde_json::Value;

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The strong entity tag of a bulk answer, with its quotes. Contexts are equal whatever order their members were sent in.
pub fn etag(body: &[u8], context: &Context) -> String {
    let mut hash = Fnv(OFFSET);
    hash.text(b"body", body);
    if let Some(key) = &context.targeting_key {
        hash.text(b"targetingKey", key.as_bytes());
    }
    for (name, value) in &context.attributes {
        hash.text(b"attribute", name.as_bytes());
        hash.value(value);
    }
    format!("\"{:032x}\"", hash.0)
}

/// Whether an `If-None-Match` header names the tag. The comparison is weak, as RFC 9110 section 13.1.2 has it, because a proxy that
/// compresses makes a strong tag weak.
pub fn etag_matches(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

struct Fnv(u128);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// With its kind and length, so that no two sequences of texts are one.
    fn text(&mut self, kind: &[u8], text: &[u8]) {
        self.bytes(kind);
        self.bytes(&text.len().to_le_bytes());
        self.bytes(text);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.text(b"null", b""),
            Value::Bool(value) => self.text(b"boolean", &[u8::from(*value)]),
            Value::Number(number) => self.text(b"number", number.to_string().as_bytes()),
            Value::String(text) => self.text(b"string", text.as_bytes()),
            Value::Array(items) => {
                self.text(b"list", &items.len().to_le_bytes());
                items.iter().for_each(|item| self.value(item));
            }
            Value::Object(members) => {
                let mut members: Vec<(&String, &Value)> = members.iter().collect();
                members.sort_by_key(|member| member.0);
                self.text(b"object", &members.len().to_le_bytes());
                for (name, value) in members {
                    self.text(b"member", name.as_bytes());
                    self.value(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fnv, OFFSET};

    #[test]
    fn published_vectors() {
        let vectors = [
            ("", OFFSET),
            ("a", 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964),
            ("foobar", 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18),
        ];
        for (text, expected) in vectors {
            let mut hash = Fnv(OFFSET);
            hash.bytes(text.as_bytes());
            assert_eq!(hash.0, expected, "{text}");
        }
    }
}
