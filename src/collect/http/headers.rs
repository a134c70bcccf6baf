//! Reading the headers of answers.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName};

pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// When it was answered, by the server's clock.
pub(in crate::collect) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    http_date(text(headers, http::header::DATE)?)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

/// The address of `rel="next"` in a `Link` header (RFC 8288).
pub(super) fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        parameters.split(';').any(|it| it.trim() == "rel=\"next\"").then_some(target)
    })
}

/// The value of `Authorization` for a name with a password (RFC 7617).
pub(in crate::collect) fn basic(name: &str, password: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = "Basic ".to_owned();
    for part in format!("{name}:{password}").as_bytes().chunks(3) {
        let byte = |place: usize| u32::from(part.get(place).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for letter in 0..4 {
            let place = (bits >> (18 - 6 * letter)) & 63;
            text.push(if letter as usize > part.len() { '=' } else { char::from(LETTERS[place as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords() {
        // The example of RFC 7617.
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("a", "bc"), "Basic YTpiYw==");
        assert_eq!(basic("a", "bcd"), "Basic YTpiY2Q=");
        assert_eq!(basic("a", "b"), "Basic YTpi");
    }

    #[test]
    fn links() {
        let header =
            "<https://a/?page=1>; rel=\"prev\", <https://a/?page=3>; rel=\"next\", <https://a/?page=9>; rel=\"last\"";
        assert_eq!(next_link(header), Some("https://a/?page=3"));
        assert_eq!(next_link("<https://a/?page=1>; rel=\"first\""), None);
        assert_eq!(next_link("nonsense"), None);
    }
}
