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

/// The address of `rel="next"` in a `Link` header (RFC 8288). An address may have commas.
pub(super) fn next_link(header: &str) -> Option<&str> {
    let is_next = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or_default();
        let mut relations = value.trim().trim_matches('"').split_whitespace();
        name.trim().eq_ignore_ascii_case("rel") && relations.any(|it| it.eq_ignore_ascii_case("next"))
    };
    let mut links = header;
    while let Some((_, link)) = links.split_once('<') {
        let (target, rest) = link.split_once('>')?;
        let parameters = rest.split(',').next().unwrap_or_default();
        if parameters.split(';').any(is_next) {
            return Some(target);
        }
        links = rest;
    }
    None
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
        let header = "<https://a/?ids=1,2&page=1>; rel=\"prev\",<https://a/?ids=1,2&page=3>; title=\"b\"; rel=next";
        assert_eq!(next_link(header), Some("https://a/?ids=1,2&page=3"));
        assert_eq!(next_link("<https://a/?page=2>; rel=\"last next\""), Some("https://a/?page=2"));
        assert_eq!(next_link("<https://a/?page=2"), None);
    }
}
