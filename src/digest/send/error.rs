//! Why a mail was not sent.
//!
//! One rule: what failed, with the server's own answer, and what to do.

use super::super::words::line;
use super::Failure;
use super::server::Server;
use lettre::Address;
use std::fmt;

/// A mail was not sent, or not to everybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "wrong address of the mail server: {why}; write smtps://user:password@mail.example.com or smtp://localhost:25"
    )]
    Url { why: String },
    #[error("cannot reach the mail server {server}: {why}; check host and port, and whether a firewall stands between")]
    Unreachable { server: String, why: String },
    #[error(
        "no TLS with the mail server {server}: {why}; its certificate must be for that name and from an authority that this \
         machine trusts, and smtps:// is only for ports that speak TLS from the start (465)"
    )]
    Tls { server: String, why: String },
    #[error(
        "the mail server {server} offers no STARTTLS, so nothing was sent; write smtps:// if the port speaks TLS from the start, \
         or add ?tls=none where nobody else can listen"
    )]
    NoStartTls { server: String },
    #[error("the mail server {server} does not talk to this machine: {answer}; ask who runs it")]
    Unwelcome { server: String, answer: String },
    #[error(
        "the mail server {server} offers no login that is known here (PLAIN, LOGIN) for {user:?}; leave user and password out, \
         or add ?tls=required where it offers one over TLS only"
    )]
    NoLogin { server: String, user: String },
    #[error(
        "the mail server {server} refused the login of {user:?}: {answer}; check user and password, with special characters written as %XX"
    )]
    Login { server: String, user: String, answer: String },
    #[error("the mail server {server} takes no mail from {from}: {answer}; {remedy}")]
    Sender { server: String, from: String, answer: String, remedy: &'static str },
    #[error("the mail server {server} refused every recipient: {}; check the addresses", listed(refused))]
    NoRecipient { server: String, refused: Vec<Refused> },
    #[error("the mail server {server} refused the mail itself: {answer}; nobody got it")]
    Content { server: String, answer: String },
    #[error("lost the mail server {server} while {doing}: {why}; try again")]
    Lost { server: String, doing: &'static str, why: String },
    #[error("the mail server {server} did not answer within {seconds} seconds while {doing}; try again")]
    Late { server: String, doing: &'static str, seconds: u64 },
}

/// An address that a server does not take mail for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub address: String,
    /// The server's answer: "550 no such user".
    pub answer: String,
}

impl Refused {
    pub(super) fn new(address: &Address, why: &Failure) -> Refused {
        Refused { address: address.to_string(), answer: words(why) }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.answer)
    }
}

fn listed(refused: &[Refused]) -> String {
    refused.iter().map(Refused::to_string).collect::<Vec<_>>().join(", ")
}

impl Error {
    pub(super) fn connecting(server: &Server, why: &Failure) -> Error {
        let (server_name, words) = (server.to_string(), words(why));
        match why {
            why if why.status().is_some() => Error::Unwelcome { server: server_name, answer: words },
            why if why.is_tls() || is_of_tls(why) => Error::Tls { server: server_name, why: words },
            why if why.is_response() => Error::Unwelcome { server: server_name, answer: words },
            _ => Error::Unreachable { server: server_name, why: words },
        }
    }

    pub(super) fn tls(server: &Server, why: &Failure) -> Error {
        Error::Tls { server: server.to_string(), why: words(why) }
    }

    pub(super) fn login(server: &Server, why: &Failure) -> Error {
        if why.status().is_none() {
            return Error::lost(server, "logging in", why);
        }
        Error::Login { server: server.to_string(), user: server.user.clone(), answer: words(why) }
    }

    pub(super) fn sender(server: &Server, from: &Address, why: &Failure) -> Error {
        let Some(status) = why.status() else { return Error::lost(server, "naming the sender", why) };
        let is_login = status.to_string() == "530";
        let remedy = if is_login {
            "it wants a login: write smtps://user:password@…"
        } else {
            "use a sender that it may send for"
        };
        Error::Sender { server: server.to_string(), from: from.to_string(), answer: words(why), remedy }
    }

    pub(super) fn content(server: &Server, why: &Failure) -> Error {
        if why.status().is_none() {
            return Error::lost(server, "sending the mail", why);
        }
        Error::Content { server: server.to_string(), answer: words(why) }
    }

    pub(super) fn lost(server: &Server, doing: &'static str, why: &Failure) -> Error {
        Error::Lost { server: server.to_string(), doing, why: words(why) }
    }
}

/// The server's answer with its code, or what the machine says, on one line.
fn words(why: &Failure) -> String {
    let mut innermost: &dyn std::error::Error = why;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let code = why.status().map_or_else(String::new, |code| format!("{code} "));
    line(&format!("{code}{innermost}"), 300)
}

/// A handshake that fails is told as an error of reading or writing, with the library's own one inside.
fn is_of_tls(why: &Failure) -> bool {
    let mut source = std::error::Error::source(why);
    while let Some(inner) = source {
        let io = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is::<rustls::Error>() || io.is_some_and(|it| it.is::<rustls::Error>()) {
            return true;
        }
        source = inner.source();
    }
    false
}
