//! Requests of whoever sits at this computer, for pages that show names.
//!
//! One rule: a request that came over a network, through a proxy, or from another site's page is refused, whatever it says of
//! itself.

use super::error::PageError;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};

/// What a proxy adds, and every header that begins with x-forwarded.
const FORWARDED: [&str; 6] = ["cf-connecting-ip", "forwarded", "true-client-ip", "via", "x-client-ip", "x-real-ip"];

/// Lets requests from this computer through.
pub(super) async fn only(request: Request, next: Next) -> Result<Response, PageError> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
    match problem(peer, request.method(), request.headers()) {
        None => {
            let mut response = next.run(request).await;
            // Who was erased is not to be found in a browser's folder.
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        Some(problem) => Err(PageError::Forbidden(problem)),
    }
}

fn problem(peer: Option<IpAddr>, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_forwarded =
        headers.keys().any(|name| FORWARDED.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded"));
    if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) || is_forwarded {
        return Some("this page shows names: it is for a browser on the computer that serves it");
    }
    // A name of another site may lead here too.
    let host = text(header::HOST.as_str()).unwrap_or_default();
    if !is_here(host) {
        return Some("this page shows names: open it as 127.0.0.1 or localhost");
    }
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    let is_own = text(header::ORIGIN.as_str()).is_none_or(|origin| origin == format!("http://{host}"));
    let is_same = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    (!is_own || !is_same).then_some("only the page itself may send its form")
}

/// Whether a host with a port is this computer.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_on_this_computer_and_only_the_own_form() {
        let here: IpAddr = [127, 0, 0, 1].into();
        let asked = |peer: Option<IpAddr>, method: Method, pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            problem(peer, &method, &pairs.collect()).is_none()
        };
        let host = ("host", "127.0.0.1:7777");
        assert!(asked(Some(here), Method::GET, &[host]));
        assert!(asked(Some("::ffff:127.0.0.1".parse().unwrap()), Method::GET, &[("host", "localhost")]));
        assert!(asked(Some("::1".parse().unwrap()), Method::GET, &[("host", "[::1]:7777")]));
        assert!(!asked(Some([10, 0, 0, 1].into()), Method::GET, &[host]));
        assert!(!asked(None, Method::GET, &[host]));
        assert!(!asked(Some(here), Method::GET, &[("host", "evil.example:7777")]));
        assert!(!asked(Some(here), Method::GET, &[]));
        for proxy in ["via", "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] {
            assert!(!asked(Some(here), Method::GET, &[host, (proxy, "127.0.0.1")]), "{proxy}");
        }
        let own = ("origin", "http://127.0.0.1:7777");
        assert!(asked(Some(here), Method::POST, &[host, own, ("sec-fetch-site", "same-origin")]));
        assert!(asked(Some(here), Method::POST, &[host]));
        for foreign in [("origin", "http://127.0.0.1:1"), ("origin", "null"), ("sec-fetch-site", "same-site")] {
            assert!(!asked(Some(here), Method::POST, &[host, foreign]), "{foreign:?}");
        }
    }
}
