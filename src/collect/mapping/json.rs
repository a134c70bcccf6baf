//! Finding values in JSON text without building anything.
//!
//! One rule: the text is scanned from the left and nothing is trusted; what is not there, or not JSON, is not found.

use std::borrow::Cow;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
    /// `[*]`: any element.
    Each,
}

/// Reads a path such as `a.b[0].c` or `labels[*].name`. A key with a sign in it is written `["a.b"]`.
pub(super) fn path(text: &str) -> Option<Vec<Step>> {
    let (mut steps, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[\"") {
            let (key, after) = after.split_once("\"]")?;
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            steps.push(if index == "*" { Step::Each } else { Step::Index(index.parse().ok()?) });
            rest = after;
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Key(after[..end].to_owned()));
            rest = &after[end..];
        }
    }
    Some(steps)
}

/// Calls `found` with every value at the path, in order, until it says that this was enough.
pub(super) fn find<'a>(json: &'a str, path: &[Step], found: &mut impl FnMut(&'a str) -> bool) -> bool {
    let Some((step, rest)) = path.split_first() else { return found(json.trim()) };
    match step {
        Step::Key(key) => {
            let mut wanted = None;
            members(json, |name, value| {
                if is_key(name, key) {
                    // Of two with the same name the last counts, as everywhere.
                    wanted = Some(value);
                }
                false
            });
            wanted.is_some_and(|value| find(value, rest, found))
        }
        Step::Index(index) => {
            let (mut at, mut wanted) = (0, None);
            elements(json, |value| {
                wanted = (at == *index).then_some(value);
                at += 1;
                wanted.is_some()
            });
            wanted.is_some_and(|value| find(value, rest, found))
        }
        Step::Each => elements(json, |value| find(value, rest, found)),
    }
}

/// The text of a value: what a string says, any other value as it is written; `None` of null.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    let value = value.trim();
    match value.as_bytes().first()? {
        b'n' => None,
        b'"' => {
            let inner = value.strip_prefix('"')?.strip_suffix('"')?;
            if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
                return Some(Cow::Borrowed(inner));
            }
            serde_json::from_str::<String>(value).ok().map(Cow::Owned)
        }
        _ => Some(Cow::Borrowed(value)),
    }
}

/// Calls `each` with the raw name and value of every member, until it says that this was enough. Whether it did.
pub(super) fn members<'a>(json: &'a str, mut each: impl FnMut(&'a str, &'a str) -> bool) -> bool {
    let bytes = json.as_bytes();
    let mut at = blank(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return false;
    }
    at += 1;
    loop {
        at = blank(bytes, at);
        let Some(end) = string(bytes, at) else { return false };
        let colon = blank(bytes, end);
        if bytes.get(colon) != Some(&b':') {
            return false;
        }
        let start = blank(bytes, colon + 1);
        let Some(after) = value(bytes, start) else { return false };
        if each(&json[at + 1..end - 1], &json[start..after]) {
            return true;
        }
        at = blank(bytes, after);
        if bytes.get(at) != Some(&b',') {
            return false;
        }
        at += 1;
    }
}

/// Whether a raw name is this key.
pub(super) fn is_key(raw: &str, key: &str) -> bool {
    raw == key
        || (raw.contains('\\') && serde_json::from_str::<String>(&format!("\"{raw}\"")).is_ok_and(|it| it == key))
}

fn elements<'a>(json: &'a str, mut each: impl FnMut(&'a str) -> bool) -> bool {
    let bytes = json.as_bytes();
    let mut at = blank(bytes, 0);
    if bytes.get(at) != Some(&b'[') {
        return false;
    }
    at += 1;
    loop {
        let start = blank(bytes, at);
        let Some(after) = value(bytes, start) else { return false };
        if each(&json[start..after]) {
            return true;
        }
        at = blank(bytes, after);
        if bytes.get(at) != Some(&b',') {
            return false;
        }
        at += 1;
    }
}

fn blank(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The end of the string that begins here.
fn string(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The end of the value that begins here.
fn value(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => string(bytes, start),
        b'{' | b'[' => {
            let (mut at, mut depth) = (start, 0_usize);
            loop {
                match bytes.get(at)? {
                    b'"' => at = string(bytes, at)?,
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        at += 1;
                        if depth == 0 {
                            return Some(at);
                        }
                    }
                    _ => at += 1,
                }
            }
        }
        b'}' | b']' | b',' | b':' => None,
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
            Some(bytes[start..].iter().position(ends).map_or(bytes.len(), |length| start + length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(json: &str, at: &str) -> Vec<String> {
        let mut found = Vec::new();
        find(json, &path(at).unwrap(), &mut |value| {
            found.extend(text(value).map(Cow::into_owned));
            false
        });
        found
    }

    #[test]
    fn values_are_found_by_path() {
        let json = r#" {"a": {"b": [1, {"c": "x\"}]\n"}, [true]], "d.e": null}, "l": [{"n": "p"}, {}, {"n": "q"}], "a2": -1.5e3}"#;
        assert_eq!(all(json, "a.b[0]"), ["1"]);
        assert_eq!(all(json, "a.b[1].c"), ["x\"}]\n"]);
        assert_eq!(all(json, "a.b[2]"), ["[true]"]);
        assert_eq!(all(json, "l[*].n"), ["p", "q"]);
        assert_eq!(all(json, "a2"), ["-1.5e3"]);
        for nothing in ["a.b[3]", "a.c", "a[\"d.e\"]", "l.n", "x", "a.b[1].c.d"] {
            assert!(all(json, nothing).is_empty(), "{nothing}");
        }
        for broken in
            ["", "{", "{\"a\"", "{\"a\": ", "[", "{\"a\": \"", "{\"a\": [1", "nonsense", "{\"a\" 1}", "{\"a\": }"]
        {
            for at in ["a", "a[0]", "[0]"] {
                drop(all(broken, at));
            }
        }
        assert_eq!((path("a..b"), path("a[x]"), path("[")), (None, None, None));
    }
}
