//! The digest as a mail: HTML with pictures, and a text part that says the same.
//!
//! One rule: the bytes follow from the digest and from the headers that are given; no clock, no chance. A header gets
//! one line only, whatever a name contains.

mod html;
mod text;

use super::{Digest, picture, words};
use chrono::{DateTime, Datelike, Utc};
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

/// From whom, to whom and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// "paceline@example.com" or "Paceline <paceline@example.com>".
    pub from: String,
    /// At least one, written like [`Headers::from`]. Everybody sees them all.
    pub to: Vec<String>,
    pub date: DateTime<Utc>,
    /// The same for the same digest, so that a mail that is sent twice is seen once:
    /// "digest.checkout.2026-11-22@example.com".
    pub message_id: String,
}

/// A mail that is ready to be sent or kept as a file (`.eml`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub html: String,
    pub text: String,
    /// The whole message by RFC 5322, in ASCII.
    pub bytes: Vec<u8>,
    pub(super) from: Address,
    pub(super) to: Vec<Address>,
}

/// A mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{value:?} is no mail address to send {way}: {why}; write name@example.com or Name <name@example.com>")]
    Address { way: &'static str, value: String, why: String },
    #[error("nobody to send the digest to; name at least one address")]
    NobodyToSendTo,
    #[error("{0:?} is no message id; write it like digest.checkout.2026-11-22@example.com")]
    MessageId(String),
    #[error("{0} is no date for a mail; give one from 1970 to 9998")]
    Date(DateTime<Utc>),
    #[error(transparent)]
    Picture(#[from] picture::Error),
    #[error("cannot put the mail together: {0}")]
    Message(String),
}

/// The mail of a digest.
///
/// # Errors
///
/// An address, the message id or the date is not one, or a picture cannot be drawn.
pub fn message(digest: &Digest, headers: &Headers) -> Result<Message, Error> {
    let from = mailbox("from", &headers.from)?;
    let to = headers.to.iter().map(|to| mailbox("to", to)).collect::<Result<Vec<Mailbox>, Error>>()?;
    if to.is_empty() {
        return Err(Error::NobodyToSendTo);
    }
    let message_id = message_id(&headers.message_id)?;
    if !(1970..=9998).contains(&headers.date.year()) {
        return Err(Error::Date(headers.date));
    }
    let digest = words::harmless(digest);
    let (subject, text) = (digest.subject(), text::text(&digest));
    let html::Html { html, pictures } = html::html(&digest, html::Place::Attached)?;
    let mut builder = lettre::Message::builder()
        .from(from.clone())
        .date(headers.date.into())
        .subject(subject.clone())
        .message_id(Some(message_id.clone()))
        // Nobody's absence notice shall answer it (RFC 3834).
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
    for mailbox in &to {
        builder = builder.to(mailbox.clone());
    }
    let seal = blake3::hash(format!("{message_id}\n{text}\n{html}").as_bytes()).to_hex();
    let parts = parts(text.clone(), html.clone(), pictures, &seal[..32])?;
    let whole = builder.multipart(parts).map_err(|why| Error::Message(why.to_string()))?;
    let to = to.into_iter().map(|mailbox| mailbox.email).collect();
    Ok(Message { subject, html, text, bytes: whole.formatted(), from: from.email, to })
}

/// The HTML of the mail with its pictures inside, to look at in a browser.
///
/// # Errors
///
/// A picture cannot be drawn.
pub fn preview(digest: &Digest) -> Result<String, Error> {
    Ok(html::html(&words::harmless(digest), html::Place::Inside)?.html)
}

/// Text first, then HTML with its pictures: a mail program shows the last that it knows. The boundaries come of the
/// content, so that they are the same each time and do not occur in it.
fn parts(text: String, html: String, pictures: Vec<html::Picture>, seal: &str) -> Result<MultiPart, Error> {
    let kind = |words: String| ContentType::parse(&words).map_err(|why| Error::Message(why.to_string()));
    let alternative = kind(format!("multipart/alternative; boundary=\"a{seal}\""))?;
    let related = kind(format!("multipart/related; boundary=\"r{seal}\"; type=\"text/html\""))?;
    let png = kind("image/png".to_owned())?;
    let mut page = MultiPart::builder().header(related).singlepart(SinglePart::html(html));
    for picture in pictures {
        page = page.singlepart(Attachment::new_inline(picture.id).body(picture.png, png.clone()));
    }
    Ok(MultiPart::builder().header(alternative).singlepart(SinglePart::plain(text)).multipart(page))
}

fn mailbox(way: &'static str, value: &str) -> Result<Mailbox, Error> {
    let wrong = |why: String| Error::Address { way, value: value.to_owned(), why };
    if value.chars().any(char::is_control) {
        return Err(wrong("it has a line break or another control character".to_owned()));
    }
    let mailbox: Mailbox = value.trim().parse().map_err(|why: lettre::address::AddressError| wrong(why.to_string()))?;
    if !mailbox.email.to_string().is_ascii() {
        return Err(wrong("not every server takes other letters than ASCII; write the domain as xn--…".to_owned()));
    }
    Ok(Mailbox::new(mailbox.name.map(|name| words::line(&name, 80)), mailbox.email))
}

fn message_id(text: &str) -> Result<String, Error> {
    let id = text.trim().trim_start_matches('<').trim_end_matches('>');
    let is_plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._+=".contains(c));
    let is_id = id.len() <= 200 && id.split_once('@').is_some_and(|(left, right)| is_plain(left) && is_plain(right));
    if is_id { Ok(format!("<{id}>")) } else { Err(Error::MessageId(text.to_owned())) }
}

#[cfg(test)]
pub(super) mod tests;
