//! Headers as text, and the two ways in which bytes are written as text.

use super::refusal::Refusal;
use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD as STANDARD, BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD};

/// A header that must be there.
pub(super) fn required<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Refusal> {
    let value = headers.get(name).ok_or_else(|| Refusal::Missing(name.clone()))?;
    value.to_str().map_err(|_| Refusal::Malformed(name.clone(), "not plain text"))
}

/// A header that proves who is there.
pub(super) fn proof<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Refusal> {
    let value = headers.get(name).ok_or_else(|| Refusal::Unsigned(name.clone()))?;
    value.to_str().map_err(|_| Refusal::BadSignature(name.clone(), "not plain text"))
}

/// A header that names something in one word: what a sender calls an event, or a delivery.
pub(super) fn word(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Refusal> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let text = required(headers, name)?;
    if !is_word(text) {
        return Err(Refusal::Malformed(
            name.clone(),
            "not a word of letters, digits and -_:./@, of 100 characters at most",
        ));
    }
    Ok(Some(text.to_owned()))
}

/// Whether a text can stand as a name in messages and in the log.
pub(super) fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-:./@+=".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(is_plain)
}

/// The kind of a body, without its parameters and in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> Result<String, Refusal> {
    let kind = required(headers, &header::CONTENT_TYPE)?;
    Ok(kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The bytes that hexadecimal digits stand for.
pub(super) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| u8::try_from(digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?).ok();
    digits.as_bytes().chunks(2).map(byte).collect()
}

/// The bytes that a text in base64 stands for (RFC 4648, section 4), with all of the padding at its end or none of it.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let engine = if text.ends_with('=') { STANDARD } else { STANDARD_NO_PAD };
    engine.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn the_published_texts() {
        let texts = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in texts.iter().enumerate() {
            assert_eq!(from_base64(text).as_deref(), Some(&b"foobar"[..length]), "{text}");
            assert_eq!(from_base64(text.trim_end_matches('=')).as_deref(), Some(&b"foobar"[..length]), "{text}");
        }
        assert_eq!(from_base64("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
        for wrong in ["Z", "Zg=", "Zh==", "Zm9v=", "Zm 9", "Zm9vZm9vZ", "-_-_", "Zg===", "="] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
        assert_eq!(from_hex("00fFa1"), Some(vec![0, 255, 161]));
        assert_eq!((from_hex("0"), from_hex("0g"), from_hex("é")), (None, None, None));
    }
}
