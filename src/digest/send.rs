//! Sends a mail by SMTP. Nothing else of the digest opens a connection.
//!
//! One rule: the conversation is held step by step, so that an error says which step failed, what the server answered
//! and what to do. A password is never written into an error, and never sent over a connection that others can read.

mod error;
mod server;

use super::mail::Message;
use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use server::{Security, Server};
use std::future::Future;
use std::time::Duration;

pub use error::{Error, Refused};

type Failure = lettre::transport::smtp::Error;

/// How long one step may take. Servers that check what they are sent take their time.
const STEP: Duration = Duration::from_secs(60);
/// CRAM-MD5 and its like need what nobody offers any more.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The addresses that the server took it for.
    pub accepted: Vec<String>,
    /// The addresses that it refused; the others have the mail nevertheless.
    pub refused: Vec<Refused>,
    /// The server's last words, often with the number it gave the mail.
    pub answer: String,
}

/// Hands a mail to the server at `url`:
///
/// - `smtps://user:password@mail.example.com`: TLS from the start, port 465
/// - `smtp://user:password@mail.example.com`: STARTTLS, port 587; without it nothing is sent
/// - `smtp://localhost` and `smtp://relay.internal?tls=none`: no TLS, port 25; then a password only to this machine
///
/// A port may be given. In user and password, characters that mean something in a URL are written as %XX.
///
/// # Errors
///
/// The URL is wrong, the server cannot be reached, is not trusted, does not know the user, or takes the mail for
/// nobody.
pub async fn send(url: &str, message: &Message) -> Result<Sent, Error> {
    let server = Server::parse(url)?;
    let mut connection = open(&server, &ClientId::Domain(message.from.domain().to_owned())).await?;
    let outcome = converse(&mut connection, &server, message).await;
    // Whether it was sent is decided by now; a server that does not say goodbye changes nothing.
    drop(tokio::time::timeout(Duration::from_secs(5), connection.quit()).await);
    outcome
}

async fn converse(connection: &mut AsyncSmtpConnection, server: &Server, message: &Message) -> Result<Sent, Error> {
    log_in(connection, server).await?;
    let from = Mail::new(Some(message.from.clone()), Vec::new());
    let taken = step(server, "naming the sender", connection.command(from)).await?;
    taken.map_err(|why| Error::sender(server, &message.from, &why))?;
    let (accepted, refused) = recipients(connection, server, &message.to).await?;
    let ready = step(server, "announcing the mail", connection.command(Data)).await?;
    ready.map_err(|why| Error::content(server, &why))?;
    let taken = step(server, "sending the mail", connection.message(&message.bytes)).await?;
    let answer = taken.map_err(|why| Error::content(server, &why))?;
    let answer = answer.message().collect::<Vec<_>>().join(" ");
    Ok(Sent { accepted, refused, answer: super::words::line(&answer, 200) })
}

/// Connects, and agrees on TLS where the URL asks for it.
async fn open(server: &Server, name: &ClientId) -> Result<AsyncSmtpConnection, Error> {
    let address = (server.host.as_str(), server.port);
    let tls = || TlsParameters::new(server.host.clone()).map_err(|why| Error::tls(server, &why));
    let first = if server.security == Security::Tls { Some(tls()?) } else { None };
    let connect = AsyncSmtpConnection::connect_tokio1(address, Some(Duration::from_secs(20)), name, first, None);
    let connected = step(server, "connecting", connect).await?;
    let mut connection = connected.map_err(|why| Error::connecting(server, &why))?;
    if server.security == Security::StartTls {
        if !connection.can_starttls() {
            return Err(Error::NoStartTls { server: server.to_string() });
        }
        let upgraded = step(server, "agreeing on TLS", connection.starttls(tls()?, name)).await?;
        upgraded.map_err(|why| Error::tls(server, &why))?;
    }
    Ok(connection)
}

async fn log_in(connection: &mut AsyncSmtpConnection, server: &Server) -> Result<(), Error> {
    let Some(credentials) = &server.credentials else { return Ok(()) };
    if connection.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
        return Err(Error::NoLogin { server: server.to_string(), user: server.user.clone() });
    }
    let known = step(server, "logging in", connection.auth(&MECHANISMS, credentials)).await?;
    known.map(drop).map_err(|why| Error::login(server, &why))
}

/// Names the recipients. One that is refused keeps nobody else from the mail.
async fn recipients(
    connection: &mut AsyncSmtpConnection,
    server: &Server,
    to: &[Address],
) -> Result<(Vec<String>, Vec<Refused>), Error> {
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for address in to {
        let command = connection.command(Rcpt::new(address.clone(), Vec::new()));
        match step(server, "naming a recipient", command).await? {
            Ok(_) => accepted.push(address.to_string()),
            Err(why) if why.status().is_some() => refused.push(Refused::new(address, &why)),
            Err(why) => return Err(Error::lost(server, "naming a recipient", &why)),
        }
    }
    if accepted.is_empty() {
        return Err(Error::NoRecipient { server: server.to_string(), refused });
    }
    Ok((accepted, refused))
}

async fn step<T>(
    server: &Server,
    doing: &'static str,
    future: impl Future<Output = Result<T, Failure>>,
) -> Result<Result<T, Failure>, Error> {
    let late = |_| Error::Late { server: server.to_string(), doing, seconds: STEP.as_secs() };
    tokio::time::timeout(STEP, future).await.map_err(late)
}

#[cfg(test)]
mod tests;
