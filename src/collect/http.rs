//! Asking the API of a vendor politely: one request at a time, every declared wait kept, nothing sent to another host.
//!
//! One rule: what a server says of itself is judged here, once for all collectors: limits, failures of the moment, redirects
//! and links. What an answer means is the collector's business.

mod base;
mod budget;
mod connection;
mod error;
mod headers;
pub(super) mod limits;
#[cfg(test)]
mod tests;
mod troubles;

pub(super) use base::{Base, with_query};
pub(super) use connection::{AGENT, CONNECT, Connection, LARGEST_BODY, READ, Request, Response, words};
pub use error::HttpError;
pub(super) use error::message;
pub(super) use headers::{basic, date};
pub(super) use limits::Limits;
pub use limits::Patience;
pub use troubles::Denied;
pub(super) use troubles::Troubles;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use connection::Direct;
use headers::{next_link, text};
use http::header::{ETAG, IF_NONE_MATCH, LINK, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The result of asking.
pub type Result<T, E = HttpError> = std::result::Result<T, E>;

/// Requests that fail in a row before it is given up.
pub(super) const ATTEMPTS: u32 = 6;
/// Longer than an answer takes, unless it comes letter by letter to hold us.
const WHOLE: Duration = Duration::from_mins(10);
/// Redirects that are followed one after the other.
const REDIRECTS: usize = 4;

/// A vendor's API and who asks.
pub(super) struct Endpoint<'e> {
    /// The vendor's name in messages, such as `PagerDuty`.
    pub product: &'static str,
    /// Base address, with the path that all requests begin with.
    pub address: &'e str,
    /// Sent with every request: the credential, the accepted version.
    pub headers: Vec<(HeaderName, String)>,
}

/// What an API answers, unless it refuses: a missing permission (403) is [`HttpError::Refused`], for the caller to judge.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing changed since the ETag.
    Same,
    Page(Page),
    /// 404 or 410: not there, or not for this credential.
    Missing,
}

#[derive(Debug)]
pub(super) struct Page {
    pub body: Bytes,
    pub etag: Option<String>,
    /// When it was answered, by the server's clock.
    pub at: Option<DateTime<Utc>>,
    /// Path and query of the next page by the `Link` header, on this host.
    pub next: Option<String>,
}

/// Connection to one API. It is used by one task, so that its requests go out one after the other.
pub(super) struct Client<'a> {
    pub base: Base,
    pub limits: Limits<'a>,
    connection: Arc<dyn Connection>,
    /// What requests are counted as where an answer does not say.
    resource: &'static str,
}

impl<'a> Client<'a> {
    /// Prepares the connection; nothing is sent yet.
    ///
    /// # Errors
    /// [`HttpError::Setup`] when the address cannot be one of an API.
    pub fn new(endpoint: &Endpoint<'_>, limits: Limits<'a>) -> Result<Client<'a>> {
        let base = Base::new(endpoint.product, endpoint.address)?;
        let direct = Direct::new(&base, &endpoint.headers)?;
        Ok(Client::over(base, Arc::new(direct), "requests", limits))
    }

    /// The same over another connection.
    pub fn over(base: Base, connection: Arc<dyn Connection>, resource: &'static str, limits: Limits<'a>) -> Client<'a> {
        let limits = limits.of_product(base.product());
        Client { base, limits, connection, resource }
    }

    /// Asks for one page; `path` begins with a slash and has the query, or is what [`Page::next`] said.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn get(&mut self, path: &str, etag: Option<&str>) -> Result<Answer> {
        let mut headers = HeaderMap::new();
        if let Some(value) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            headers.insert(IF_NONE_MATCH, value);
        }
        let mut request = Request { method: Method::GET, uri: self.base.uri(path), headers, body: None };
        // A thing that was renamed or moved redirects once, by id.
        for _ in 0..REDIRECTS {
            let Response { status, headers, body } = self.ask(&request).await?;
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                let target = text(&headers, LOCATION).unwrap_or_default();
                request.uri = self.base.on_this_host(&request.uri, target)?;
                continue;
            }
            return self.judge(&request.uri, status, &headers, body);
        }
        Err(HttpError::Endless { address: self.base.address(path), page: request.uri })
    }

    /// A page that must be there.
    ///
    /// # Errors
    /// [`HttpError`], also when it is not there.
    pub async fn page(&mut self, path: &str) -> Result<Page> {
        match self.get(path, None).await? {
            Answer::Page(page) => Ok(page),
            Answer::Same | Answer::Missing => {
                let message = "it is not there, or not for this token".to_owned();
                Err(HttpError::Refused { address: self.address(path), status: StatusCode::NOT_FOUND, message })
            }
        }
    }

    /// Sends JSON; a question, since it may be repeated when the connection fails.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn post(&mut self, path: &str, body: Value) -> Result<Answer> {
        let (method, uri, headers) = (Method::POST, self.base.uri(path), HeaderMap::new());
        let request = Request { method, uri, headers, body: Some(body) };
        let Response { status, headers, body } = self.ask(&request).await?;
        self.judge(&request.uri, status, &headers, body)
    }

    fn judge(&self, uri: &str, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Result<Answer> {
        match status {
            StatusCode::NOT_MODIFIED => Ok(Answer::Same),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Answer::Missing),
            status if status.is_success() => {
                let next = headers.get_all(LINK).iter().find_map(|it| next_link(it.to_str().ok()?));
                let next = next.map(|next| self.base.on_this_host(uri, next)).transpose()?;
                let (etag, at) = (text(headers, ETAG).map(str::to_owned), date(headers));
                Ok(Answer::Page(Page { body, etag, at, next }))
            }
            status => Err(self.base.refused(uri, status, &body)),
        }
    }

    /// All pages of a list by the `Link` header; `None` where there is none.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn list<T: DeserializeOwned>(&mut self, first: String) -> Result<Option<Vec<T>>> {
        Ok(self.pages::<Vec<T>>(first).await?.map(|pages| pages.into_iter().flatten().collect()))
    }

    /// The pages of a list by the `Link` header; `None` where there is none.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn pages<P: DeserializeOwned>(&mut self, first: String) -> Result<Option<Vec<P>>> {
        let (mut all, mut asked, mut next) = (Vec::new(), BTreeSet::new(), Some(first));
        while let Some(path) = next {
            let Answer::Page(page) = self.get(&path, None).await? else { return Ok(None) };
            all.push(self.parse(&path, &page.body)?);
            asked.insert(path.clone());
            if let Some(page) = page.next.as_ref().filter(|next| asked.contains(*next)) {
                return Err(HttpError::Endless { address: self.address(&path), page: page.clone() });
            }
            next = page.next;
        }
        Ok(Some(all))
    }

    /// Reads JSON; an error names the address and the place in the text.
    ///
    /// # Errors
    /// [`HttpError::Malformed`].
    pub fn parse<'b, T: Deserialize<'b>>(&self, path: &str, body: &'b [u8]) -> Result<T> {
        self.base.parse(path, body)
    }

    /// The whole address, for messages.
    pub fn address(&self, path: &str) -> String {
        self.base.address(path)
    }

    /// Sends until there is an answer that is neither a failure of the moment nor a limit.
    async fn ask(&mut self, request: &Request) -> Result<Response> {
        let connection = self.connection.clone();
        ask(&self.base, &mut self.limits, &*connection, request, self.resource, &[]).await
    }
}

/// Sends until there is an answer that is neither a failure of the moment nor a limit. Of the statuses in `tells`, which are
/// of servers that fail, none is repeated.
///
/// # Errors
/// [`HttpError`].
pub(super) async fn ask(
    base: &Base,
    limits: &mut Limits<'_>,
    connection: &dyn Connection,
    request: &Request,
    resource: &str,
    tells: &[StatusCode],
) -> Result<Response> {
    let mut attempts = 0;
    loop {
        limits.wait().await;
        let answer = tokio::time::timeout(WHOLE, connection.send(request)).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("no whole answer in {} s", WHOLE.as_secs())));
        // Being told to wait is no failure.
        if answer.as_ref().is_ok_and(|answer| limits.hear(answer, resource)) {
            continue;
        }
        attempts += 1;
        match answer {
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
                let (address, message) = (base.address(&request.uri), message(&answer.body));
                return Err(HttpError::Unauthorized { address, message });
            }
            Ok(answer) if !answer.status.is_server_error() => return Ok(answer),
            Ok(answer) if attempts < ATTEMPTS && !tells.contains(&answer.status) => {
                limits.fail(attempts, answer.status.as_str());
            }
            Ok(answer) => return Err(base.refused(&request.uri, answer.status, &answer.body)),
            Err(_) if attempts < ATTEMPTS => limits.fail(attempts, "connection failed"),
            Err(reason) => {
                return Err(HttpError::Unreachable { address: base.address(&request.uri), attempts, reason });
            }
        }
    }
}
