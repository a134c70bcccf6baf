//! Asking GitHub politely: one request at a time, every declared wait kept, nothing sent to another host.
//!
//! octocrab gives the connection, the authorization (also of an App, whose token it renews) and the time-outs; what GitHub
//! answers is judged here.

mod limits;

pub(super) use limits::Limits;
pub use limits::Patience;

use super::troubles::{self, Denied};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{ETAG, IF_NONE_MATCH, LINK, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// What can go wrong while asking GitHub.
#[derive(Debug, thiserror::Error)]
pub enum GithubError {
    #[error("{0}")]
    Secret(String),
    #[error("{address}: the API cannot be used: {reason}")]
    Setup { address: String, reason: String },
    #[error("{}", troubles::line(.0))]
    Denied(Vec<Denied>),
    #[error("{address} refuses the token (401: {message}); make a new one, or check where the pipeline reads it from")]
    Unauthorized { address: String, message: String },
    #[error("{address} answers {status}: {message}")]
    Refused { address: String, status: StatusCode, message: String },
    #[error("{address} points to {target} on another host, where the token must not go")]
    Foreign { address: String, target: String },
    #[error("{address} cannot be reached after {attempts} attempts: {reason}")]
    Unreachable { address: String, attempts: u32, reason: String },
    #[error("{address} sent something that is not what GitHub documents: {reason}")]
    Malformed { address: String, reason: String },
    #[error("{address} sends the same page again and again: {page}")]
    Endless { address: String, page: String },
}

/// The result of asking.
pub type Result<T, E = GithubError> = std::result::Result<T, E>;

/// An answer of the REST API.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing changed since the ETag; this cost nothing.
    Same,
    Page(Page),
    /// 404 or 410: not there, or not for this token.
    Missing,
}

#[derive(Debug)]
pub(super) struct Page {
    pub body: Bytes,
    pub etag: Option<String>,
    /// When it was answered, by GitHub's clock.
    pub at: Option<DateTime<Utc>>,
    /// Path and query of the next page, on this host.
    pub next: Option<String>,
}

/// What GraphQL answers.
#[derive(Debug)]
pub(super) enum Graph {
    /// With the moment it was answered, by GitHub's clock.
    Data(Value, Option<DateTime<Utc>>),
    /// The question was too large to be answered in time: 502 or 504.
    TooLarge,
}

/// Who asks: a token, or an App's private key.
pub(super) enum Login {
    Token(String),
    App { id: u64, installation: u64, pem: String },
}

/// Connection to one GitHub.
pub(super) struct Client<'a> {
    octocrab: Octocrab,
    /// Without the token.
    stranger: Octocrab,
    /// Scheme, host and port.
    origin: String,
    /// Path that REST requests begin with.
    rest: String,
    graphql: String,
    pub limits: Limits<'a>,
}

/// GitHub's documentation recommends the first, its description of the API knows the second alone.
const ACCEPT: &str = "application/vnd.github+json, application/json";
/// Requests that fail in a row before it is given up.
pub(super) const ATTEMPTS: u32 = 6;
/// Larger than any page of 100 items.
const LARGEST_BODY: usize = 64 << 20;
const CONNECT: Duration = Duration::from_secs(15);
/// GitHub gives up on a query after ten seconds.
const READ: Duration = Duration::from_secs(60);

impl<'a> Client<'a> {
    /// Prepares the connection; nothing is sent yet.
    pub fn new(url: &str, login: Login, limits: Limits<'a>) -> Result<Client<'a>> {
        let setup = |reason: String| GithubError::Setup { address: url.to_owned(), reason };
        let parsed = url::Url::parse(url).map_err(|error| setup(error.to_string()))?;
        let origin = parsed.origin().ascii_serialization();
        let rest = parsed.path().trim_end_matches('/').to_owned();
        // An Enterprise server has REST at /api/v3 and GraphQL at /api/graphql.
        let graphql = match rest.strip_suffix("/v3") {
            Some(api) => format!("{api}/graphql"),
            None => format!("{rest}/graphql"),
        };
        let agent = concat!("paceline/", env!("CARGO_PKG_VERSION"));
        let builder = Octocrab::builder()
            .base_uri(origin.as_str())
            .map_err(|error| setup(error.to_string()))?
            .add_retry_config(RetryConfig::None)
            .add_header(HeaderName::from_static("user-agent"), agent.to_owned())
            .add_header(HeaderName::from_static("accept"), ACCEPT.to_owned())
            .add_header(HeaderName::from_static("x-github-api-version"), "2022-11-28".to_owned())
            .set_connect_timeout(Some(CONNECT))
            .set_read_timeout(Some(READ));
        let octocrab = match login {
            Login::Token(token) => builder.personal_token(token).build(),
            Login::App { id, installation, pem } => builder
                .app_from_rsa_pem(id.into(), pem)
                .and_then(|builder| builder.build())
                .and_then(|app| app.installation(installation.into())),
        };
        let octocrab = octocrab.map_err(|error| setup(error.to_string()))?;
        let stranger = Octocrab::builder()
            .add_retry_config(RetryConfig::None)
            .add_header(HeaderName::from_static("user-agent"), agent.to_owned())
            .set_connect_timeout(Some(CONNECT))
            .set_read_timeout(Some(READ))
            .build()
            .map_err(|error| setup(error.to_string()))?;
        Ok(Client { octocrab, stranger, origin, rest, graphql, limits })
    }

    /// One page of the REST API; `path` begins with a slash, or is what [`Page::next`] said.
    pub async fn get(&mut self, path: &str, etag: Option<&str>) -> Result<Answer> {
        let mut uri = if path.starts_with(&self.rest) { path.to_owned() } else { format!("{}{path}", self.rest) };
        // A renamed or moved repository redirects once, by id.
        for _ in 0..4 {
            let answer = self.request(&uri, |octocrab, uri| {
                let mut headers = HeaderMap::new();
                if let Some(value) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
                    headers.insert(IF_NONE_MATCH, value);
                }
                async move { octocrab._get_with_headers(uri, Some(headers)).await }
            });
            let Response { status, headers, body } = answer.await?;
            match status {
                StatusCode::NOT_MODIFIED => return Ok(Answer::Same),
                StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Missing),
                status if status.is_redirection() => {
                    let target = text(&headers, LOCATION).unwrap_or_default();
                    uri = self.on_this_host(&uri, target)?;
                }
                status if status.is_success() => {
                    let next = text(&headers, LINK).and_then(next_link);
                    let next = next.map(|next| self.on_this_host(&uri, next)).transpose()?;
                    let etag = text(&headers, ETAG).map(str::to_owned);
                    return Ok(Answer::Page(Page { body, etag, at: date(&headers), next }));
                }
                status => return Err(self.refused(&uri, status, &body)),
            }
        }
        Err(GithubError::Endless { address: self.address(path), page: uri })
    }

    /// All pages of a list; `None` where there is none.
    pub async fn list<T: DeserializeOwned>(&mut self, first: String) -> Result<Option<Vec<T>>> {
        Ok(self.pages::<Vec<T>>(first).await?.map(|pages| pages.into_iter().flatten().collect()))
    }

    /// The pages of a list; `None` where there is none.
    pub async fn pages<P: DeserializeOwned>(&mut self, first: String) -> Result<Option<Vec<P>>> {
        let (mut all, mut asked, mut next) = (Vec::new(), BTreeSet::new(), Some(first));
        while let Some(path) = next {
            let Answer::Page(page) = self.get(&path, None).await? else { return Ok(None) };
            all.push(self.parse(&path, &page.body)?);
            asked.insert(path.clone());
            if let Some(page) = page.next.as_ref().filter(|next| asked.contains(*next)) {
                return Err(GithubError::Endless { address: self.address(&path), page: page.clone() });
            }
            next = page.next;
        }
        Ok(Some(all))
    }

    /// A file that GitHub keeps on another host at a signed address, which is all the permission it takes: the token stays here.
    pub async fn download(&mut self, address: &str) -> Result<Bytes> {
        let is_safe = |url: url::Url| url.has_host() && self.origin.starts_with(&format!("{}://", url.scheme()));
        if !url::Url::parse(address).is_ok_and(is_safe) {
            let reason = "a link that is no address of the API's scheme".to_owned();
            return Err(GithubError::Malformed { address: self.address(address), reason });
        }
        let stranger = self.stranger.clone();
        let answer = self.request(address, |_, address| {
            let stranger = stranger.clone();
            async move { stranger._get(address).await }
        });
        let Response { status, body, .. } = answer.await?;
        if status.is_success() { Ok(body) } else { Err(self.refused(address, status, &body)) }
    }

    /// One GraphQL query.
    pub async fn graphql(&mut self, query: &str, variables: &Value) -> Result<Graph> {
        let uri = self.graphql.clone();
        let question = json!({ "query": query, "variables": variables });
        loop {
            let answer = self.request(&uri, |octocrab, uri| {
                let question = question.clone();
                async move { octocrab._post(uri, Some(&question)).await }
            });
            let Response { status, headers, body } = match answer.await {
                Err(GithubError::Refused { status: StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, .. }) => {
                    return Ok(Graph::TooLarge);
                }
                other => other?,
            };
            if !status.is_success() {
                return Err(self.refused(&uri, status, &body));
            }
            let answer: GraphAnswer = self.parse(&uri, &body)?;
            // The limits of GraphQL come as HTTP 200, the older ones and the newer ones by another word.
            if answer.errors.iter().any(|error| error.is(&["RATE_LIMITED", "RATE_LIMIT"])) {
                self.limits.refuse();
                continue;
            }
            if answer.errors.iter().any(GraphError::is_too_large) {
                return Ok(Graph::TooLarge);
            }
            match (answer.data, answer.errors.iter().find(|error| !error.is_harmless())) {
                (Some(data), None) => return Ok(Graph::Data(data, date(&headers))),
                (_, error) => {
                    let message = error.map_or("neither data nor an error", |error| &error.message).to_owned();
                    // A missing permission comes as HTTP 200 too.
                    let is_forbidden = error.is_some_and(|error| error.is(&["FORBIDDEN", "INSUFFICIENT_SCOPES"]));
                    let status = if is_forbidden { StatusCode::FORBIDDEN } else { status };
                    return Err(GithubError::Refused { address: self.address(&uri), status, message });
                }
            }
        }
    }

    /// Reads JSON; an error names the address and the place in the text.
    pub fn parse<'b, T: Deserialize<'b>>(&self, path: &str, body: &'b [u8]) -> Result<T> {
        let mut reader = serde_json::Deserializer::from_slice(body);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let place = error.path().to_string();
            let place = if place == "." { String::new() } else { format!("at {place}: ") };
            GithubError::Malformed { address: self.address(path), reason: format!("{place}{}", error.inner()) }
        })
    }

    /// The whole address, for messages; of another host's without the query, which may be a signature.
    pub fn address(&self, path: &str) -> String {
        if !path.starts_with('/') {
            path.split('?').next().unwrap_or_default().to_owned()
        } else if path.starts_with(&self.rest) || path == self.graphql {
            format!("{}{path}", self.origin)
        } else {
            format!("{}{}{path}", self.origin, self.rest)
        }
    }

    /// Sends until there is an answer that is neither a failure of the moment nor a limit.
    async fn request<F, S>(&mut self, uri: &str, send: S) -> Result<Response>
    where
        S: Fn(Octocrab, String) -> F,
        F: Future<
            Output = octocrab::Result<http::Response<http_body_util::combinators::BoxBody<Bytes, octocrab::Error>>>,
        >,
    {
        let resource = if uri == self.graphql { "graphql" } else { "core" };
        let mut attempts = 0;
        loop {
            self.limits.wait().await;
            let answer = async {
                let answer = send(self.octocrab.clone(), uri.to_owned()).await.map_err(|error| words(&error))?;
                let (head, body) = answer.into_parts();
                let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(|error| error.to_string())?;
                Ok::<_, String>(Response { status: head.status, headers: head.headers, body: body.to_bytes() })
            };
            let answer = answer.await;
            // Being told to wait is no failure.
            if answer.as_ref().is_ok_and(|answer| self.limits.hear(answer, resource)) {
                continue;
            }
            attempts += 1;
            match answer {
                Ok(answer) => {
                    match answer.status {
                        StatusCode::UNAUTHORIZED => {
                            let (address, message) = (self.address(uri), message(&answer.body));
                            return Err(GithubError::Unauthorized { address, message });
                        }
                        // The question is to be made smaller, not repeated.
                        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT if uri == self.graphql => {
                            return Err(self.refused(uri, answer.status, &answer.body));
                        }
                        status if status.is_server_error() && attempts < ATTEMPTS => {
                            self.limits.fail(attempts, status.as_str());
                        }
                        status if status.is_server_error() => return Err(self.refused(uri, status, &answer.body)),
                        _ => return Ok(answer),
                    }
                }
                Err(_) if attempts < ATTEMPTS => self.limits.fail(attempts, "connection failed"),
                Err(reason) => {
                    return Err(GithubError::Unreachable { address: self.address(uri), attempts, reason });
                }
            }
        }
    }

    /// The path and query of an address, which must be of this host.
    fn on_this_host(&self, from: &str, target: &str) -> Result<String> {
        let foreign = || GithubError::Foreign { address: self.address(from), target: target.to_owned() };
        let base = url::Url::parse(&self.origin).map_err(|_| foreign())?;
        let url = base.join(target).map_err(|_| foreign())?;
        if url.origin() != base.origin() {
            return Err(foreign());
        }
        Ok(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    }

    fn refused(&self, uri: &str, status: StatusCode, body: &[u8]) -> GithubError {
        GithubError::Refused { address: self.address(uri), status, message: message(body) }
    }
}

struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Deserialize)]
struct GraphAnswer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<GraphError>,
}

#[derive(Deserialize)]
struct GraphError {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: String,
    /// Where in the data, by names and places.
    #[serde(default)]
    path: Vec<Value>,
}

impl GraphError {
    fn is(&self, kinds: &[&str]) -> bool {
        self.kind.as_deref().is_some_and(|kind| kinds.contains(&kind))
    }

    /// The question was too large to be answered, said as HTTP 200:
    /// <https://github.blog/changelog/2025-09-01-graphql-api-resource-limits/>.
    fn is_too_large(&self) -> bool {
        self.is(&["RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"])
            || (self.kind.is_none() && self.message.starts_with("Something went wrong while executing your query"))
    }

    /// Something that was deleted meanwhile is NULL in the data, and so is a team whose review was requested for who may not
    /// see teams.
    fn is_harmless(&self) -> bool {
        let is_reviewer = self.path.last().and_then(Value::as_str) == Some("requestedReviewer");
        self.is(&["NOT_FOUND"]) || (self.is(&["FORBIDDEN"]) && is_reviewer)
    }
}

/// GitHub's own words, or the beginning of what came instead.
fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    match serde_json::from_slice::<Message>(body) {
        Ok(it) => it.message,
        Err(_) => {
            String::from_utf8_lossy(body).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
        }
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    text(headers, name)?.parse().ok()
}

fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text(headers, http::header::DATE)?).ok().map(|date| date.to_utc())
}

/// The address of `rel="next"` in a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        parameters.split(';').any(|it| it.trim() == "rel=\"next\"").then_some(target)
    })
}

/// The innermost reason; the outer ones only say that a service failed.
fn words(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str) -> Client<'static> {
        rustls::crypto::ring::default_provider().install_default().ok();
        Client::new(url, Login::Token("t".to_owned()), limits::tests::limits(std::path::Path::new("none"))).unwrap()
    }

    #[tokio::test]
    async fn addresses() {
        let com = client("https://api.github.com");
        assert_eq!(com.address("/user"), "https://api.github.com/user");
        assert_eq!(com.graphql, "/graphql");
        let enterprise = client("https://ghe.example.com/api/v3");
        assert_eq!(enterprise.address("/user"), "https://ghe.example.com/api/v3/user");
        assert_eq!(enterprise.address(&enterprise.graphql), "https://ghe.example.com/api/graphql");
    }

    #[tokio::test]
    async fn other_hosts_are_refused() {
        let client = client("https://api.github.com");
        let next = client.on_this_host("/a", "https://api.github.com/repositories/1/pulls?page=2").unwrap();
        assert_eq!(next, "/repositories/1/pulls?page=2");
        assert_eq!(client.on_this_host("/a", "/b?c=d").unwrap(), "/b?c=d");
        for target in [
            "https://api.github.com.evil.org/a",
            "http://api.github.com/a",
            "//evil.org/a",
            "https://api.github.com:8443/",
        ] {
            assert!(matches!(client.on_this_host("/a", target), Err(GithubError::Foreign { .. })), "{target}");
        }
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
