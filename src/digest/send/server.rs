//! The mail server as its URL names it.
//!
//! One rule: TLS unless the server is this machine or the URL says otherwise, and no password without TLS.

use super::Error;
use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use std::fmt;
use url::{Host, Url};

/// Whether and when the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// From its first byte.
    Tls,
    /// After the server's greeting, or not at all.
    StartTls,
    Nothing,
}

pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) user: String,
    pub(super) credentials: Option<Credentials>,
}

/// "mail.example.com:587", as errors name it.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Server {
    pub(super) fn parse(text: &str) -> Result<Server, Error> {
        // The text itself may hold a password: errors say what is wrong with it and do not repeat it.
        let url = Url::parse(text.trim()).map_err(|why| wrong(&why.to_string()))?;
        let (host, is_here) = host(&url)?;
        let security = security(&url, is_here)?;
        let usual = match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Nothing => 25,
        };
        let (user, password) = (decoded(url.username())?, decoded(url.password().unwrap_or_default())?);
        if user.is_empty() != url.password().is_none_or(str::is_empty) {
            return Err(wrong("user and password belong together; give both or none"));
        }
        if !user.is_empty() && security == Security::Nothing && !is_here {
            return Err(wrong(
                "with tls=none everybody on the way can read the password; leave out tls=none, or the password",
            ));
        }
        let credentials = (!user.is_empty()).then(|| Credentials::new(user.clone(), password));
        Ok(Server { host, port: url.port().unwrap_or(usual), security, user, credentials })
    }
}

/// The host, and whether it is this machine.
fn host(url: &Url) -> Result<(String, bool), Error> {
    // Only for schemes of the web does the library read numbers as addresses.
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok((ip.to_string(), ip.is_loopback())),
        Some(Host::Ipv6(ip)) => Ok((ip.to_string(), ip.is_loopback())),
        Some(Host::Domain(name)) if !name.is_empty() => {
            let is_loopback = name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
            Ok((name.to_owned(), is_loopback || name == "localhost"))
        }
        _ => Err(wrong("no server is named")),
    }
}

fn security(url: &Url, is_here: bool) -> Result<Security, Error> {
    let mut tls = None;
    for (key, value) in url.query_pairs() {
        if key != "tls" {
            return Err(wrong(&format!("unknown option {key:?}; the only one is tls=none or tls=required")));
        }
        tls = Some(value.into_owned());
    }
    match (url.scheme(), tls.as_deref()) {
        ("smtps", None) => Ok(Security::Tls),
        ("smtps", Some(_)) => Err(wrong("smtps:// always has TLS; leave out tls=…, or write smtp://")),
        ("smtp", Some("none")) => Ok(Security::Nothing),
        ("smtp", Some("required")) => Ok(Security::StartTls),
        ("smtp", Some(other)) => Err(wrong(&format!("unknown tls={other}; write tls=none or tls=required"))),
        ("smtp", None) if is_here => Ok(Security::Nothing),
        ("smtp", None) => Ok(Security::StartTls),
        (scheme, _) => Err(wrong(&format!("unknown scheme {scheme}://; write smtps:// or smtp://"))),
    }
}

fn decoded(text: &str) -> Result<String, Error> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| wrong("user or password is not UTF-8 once %XX is read"))
}

fn wrong(why: &str) -> Error {
    Error::Url { why: why.to_owned() }
}
