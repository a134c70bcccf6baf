//! The address that all requests to an API begin with, and what is beside it.
//!
//! One rule: a credential goes to the scheme, host and port that the pipeline names, and nowhere else.

use super::error::message;
use super::{HttpError, Result};
use http::StatusCode;
use serde::Deserialize;
use std::net::IpAddr;
use url::{Host, Position, Url};

/// Where an API is.
#[derive(Clone, Debug)]
pub(in crate::collect) struct Base {
    product: &'static str,
    /// Scheme, host and port.
    origin: String,
    /// Path that requests begin with, without a slash at its end.
    path: String,
}

impl Base {
    /// Reads the address of an API.
    ///
    /// # Errors
    /// [`HttpError::Setup`] when it is none, has a password, or is one at which a cloud keeps the secrets of its machines.
    pub fn new(product: &'static str, address: &str) -> Result<Base> {
        let setup = |reason: String| HttpError::Setup { address: address.to_owned(), reason };
        let url = Url::parse(address).map_err(|error| setup(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
            let reason = "it has a name or password, which is never sent; write the credential under its own key";
            return Err(HttpError::Setup { address, reason: reason.to_owned() });
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        if ip.is_some_and(is_metadata) {
            return Err(setup("that is where a cloud keeps the secrets of its machines".to_owned()));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(Base { product, origin: url.origin().ascii_serialization(), path })
    }

    pub fn product(&self) -> &'static str {
        self.product
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Path that requests begin with, without a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path on the host of a path within the API.
    pub fn uri(&self, path: &str) -> String {
        if self.holds(path) { path.to_owned() } else { format!("{}{path}", self.path) }
    }

    /// The whole address, for messages; of another host's without the query, which may be a signature.
    pub fn address(&self, path: &str) -> String {
        if !path.starts_with('/') {
            return path.split('?').next().unwrap_or_default().to_owned();
        }
        format!("{}{}", self.origin, self.uri(path))
    }

    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    /// The path and query of an address that an answer gave, which must be of this host.
    ///
    /// # Errors
    /// [`HttpError::Foreign`].
    pub fn on_this_host(&self, from: &str, target: &str) -> Result<String> {
        // The query of another host's address may be a signature.
        let target_shown = || target.split(['?', '#']).next().unwrap_or_default().to_owned();
        let foreign = || HttpError::Foreign { address: self.address(from), target: target_shown() };
        let base = Url::parse(&self.address(from)).map_err(|_| foreign())?;
        let url = base.join(target).map_err(|_| foreign())?;
        if url.origin() != base.origin() {
            return Err(foreign());
        }
        Ok(url[Position::BeforePath..Position::AfterQuery].to_owned())
    }

    /// Reads JSON; an error names the address and the place in the text.
    ///
    /// # Errors
    /// [`HttpError::Malformed`].
    pub fn parse<'b, T: Deserialize<'b>>(&self, path: &str, body: &'b [u8]) -> Result<T> {
        let mut reader = serde_json::Deserializer::from_slice(body);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let place = error.path().to_string();
            let place = if place == "." { String::new() } else { format!("at {place}: ") };
            self.malformed(path, format!("{place}{}", error.inner()))
        })
    }

    /// That an answer is not what the vendor documents.
    pub fn malformed(&self, path: &str, reason: String) -> HttpError {
        HttpError::Malformed { address: self.address(path), product: self.product, reason }
    }

    /// That the server refuses to answer.
    pub fn refused(&self, path: &str, status: StatusCode, body: &[u8]) -> HttpError {
        HttpError::Refused { address: self.address(path), status, message: message(body) }
    }
}

/// A path with a query; the values may hold anything.
pub(in crate::collect) fn with_query<'q>(path: &str, query: impl IntoIterator<Item = (&'q str, &'q str)>) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Whether a cloud gives its machines their secrets at this address: link-local addresses, and those of Amazon and Google for
/// IPv6 and of Alibaba: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>.
pub(super) fn is_metadata(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.octets() == [100, 100, 100, 200],
        IpAddr::V6(ip) => {
            let segments = ip.segments();
            segments[0] & 0xffc0 == 0xfe80
                || segments == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
                || segments == [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let base = Base::new("Forge", "https://forge.example.com/api/v4/").unwrap();
        assert_eq!(base.address("/user"), "https://forge.example.com/api/v4/user");
        assert_eq!(base.uri("/api/v4/user?page=2"), "/api/v4/user?page=2");
        assert_eq!(base.uri("/api/v44"), "/api/v4/api/v44");
        assert_eq!(base.address("https://elsewhere/file?signature=s"), "https://elsewhere/file");
        assert_eq!(Base::new("Forge", "https://a:8443").unwrap().address("/b"), "https://a:8443/b");
        assert_eq!(
            with_query("/a", [("since", "2026-01-01T00:00:00+01:00"), ("x[]", "é&")]),
            "/a?since=2026-01-01T00%3A00%3A00%2B01%3A00&x%5B%5D=%C3%A9%26"
        );
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = Base::new("Forge", "https://ann:s3cret@forge.example.com/api").unwrap_err().to_string();
        assert!(error.starts_with("https://forge.example.com/api: the API cannot be used: it has a name"), "{error}");
    }

    #[test]
    fn other_hosts_are_refused() {
        let base = Base::new("GitHub", "https://api.github.com").unwrap();
        let next = base.on_this_host("/a", "https://api.github.com/repositories/1/pulls?page=2").unwrap();
        assert_eq!(next, "/repositories/1/pulls?page=2");
        assert_eq!(base.on_this_host("/a", "/b?c=d").unwrap(), "/b?c=d");
        assert_eq!(base.on_this_host("/a/b?c=d", "?page=2").unwrap(), "/a/b?page=2");
        let error = base.on_this_host("/a", "https://evil.org/a?signature=s3cret").unwrap_err().to_string();
        assert!(error.contains("points to https://evil.org/a on another host"), "{error}");
        for target in [
            "https://api.github.com.evil.org/a",
            "http://api.github.com/a",
            "//evil.org/a",
            "https://api.github.com:8443/",
        ] {
            assert!(matches!(base.on_this_host("/a", target), Err(HttpError::Foreign { .. })), "{target}");
        }
    }

    #[test]
    fn secrets_of_machines_are_not_asked_for() {
        for host in [
            "169.254.169.254",
            "169.254.170.2",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "[fe80::1]",
            "2852039166",
        ] {
            let error = Base::new("Forge", &format!("http://{host}/api")).unwrap_err().to_string();
            assert!(error.ends_with("that is where a cloud keeps the secrets of its machines"), "{host}: {error}");
        }
        for host in ["127.0.0.1", "10.0.0.1", "[::1]", "[fd00::1]", "169.253.0.1"] {
            assert!(Base::new("Forge", &format!("http://{host}/api")).is_ok(), "{host}");
        }
    }
}
