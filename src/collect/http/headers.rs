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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        let header =
            "<https://a/?page=1>; rel=\"prev\", <https://a/?page=3>; rel=\"next\", <https://a/?page=9>; rel=\"last\"";
        assert_eq!(next_link(header), Some("https://a/?page=3"));
        assert_eq!(next_link("<https://a/?page=1>; rel=\"first\""), None);
        assert_eq!(next_link("nonsense"), None);
    }
}
