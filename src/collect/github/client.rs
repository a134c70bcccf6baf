//! Asking GitHub: REST as every API is asked, GraphQL, and files that it keeps elsewhere.
//!
//! octocrab gives the connection and the authorization, also of an App, whose token it renews; how an API is asked politely is
//! in [`crate::collect::http`].

use crate::collect::http::{
    self as api, AGENT, Base, CONNECT, Connection, LARGEST_BODY, Limits, READ, Request, Response,
};
use crate::collect::http::{date, message, words};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) use api::{ATTEMPTS, Answer, HttpError, Page, Result};

/// What messages call it.
pub(super) const PRODUCT: &str = "GitHub";

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
    rest: api::Client<'a>,
    /// Over which GraphQL is asked too.
    connection: Arc<Octo>,
    /// Without the token.
    stranger: Octo,
    graphql: String,
}

/// octocrab as a connection.
struct Octo(Octocrab);

/// GitHub's documentation recommends the first, its description of the API knows the second alone.
const ACCEPT: &str = "application/vnd.github+json, application/json";

impl<'a> Client<'a> {
    /// Prepares the connection; nothing is sent yet.
    pub fn new(url: &str, login: Login, limits: Limits<'a>) -> Result<Client<'a>> {
        let base = Base::new(PRODUCT, url)?;
        let setup = |reason: String| HttpError::Setup { address: url.to_owned(), reason };
        // An Enterprise server has REST at /api/v3 and GraphQL at /api/graphql.
        let graphql = match base.path().strip_suffix("/v3") {
            Some(api) => format!("{api}/graphql"),
            None => format!("{}/graphql", base.path()),
        };
        let builder = Octocrab::builder()
            .base_uri(base.origin())
            .map_err(|error| setup(error.to_string()))?
            .add_retry_config(RetryConfig::None)
            .add_header(HeaderName::from_static("user-agent"), AGENT.to_owned())
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
        let connection = Arc::new(Octo(octocrab.map_err(|error| setup(error.to_string()))?));
        let stranger = Octocrab::builder()
            .add_retry_config(RetryConfig::None)
            .add_header(HeaderName::from_static("user-agent"), AGENT.to_owned())
            .set_connect_timeout(Some(CONNECT))
            .set_read_timeout(Some(READ))
            .build()
            .map_err(|error| setup(error.to_string()))?;
        let rest = api::Client::over(base, connection.clone(), "core", limits);
        Ok(Client { rest, connection, stranger: Octo(stranger), graphql })
    }

    /// What GitHub said of its limits.
    pub fn limits(&mut self) -> &mut Limits<'a> {
        &mut self.rest.limits
    }

    /// One page of the REST API; see [`api::Client::get`].
    pub async fn get(&mut self, path: &str, etag: Option<&str>) -> Result<Answer> {
        self.rest.get(path, etag).await
    }

    /// All pages of a list; `None` where there is none.
    pub async fn list<T: DeserializeOwned>(&mut self, first: String) -> Result<Option<Vec<T>>> {
        self.rest.list(first).await
    }

    /// The pages of a list; `None` where there is none.
    pub async fn pages<P: DeserializeOwned>(&mut self, first: String) -> Result<Option<Vec<P>>> {
        self.rest.pages(first).await
    }

    /// A file that GitHub keeps on another host at a signed address, which is all the permission it takes: the token stays here.
    pub async fn download(&mut self, address: &str) -> Result<Bytes> {
        let is_safe =
            |url: url::Url| url.has_host() && self.rest.base.origin().starts_with(&format!("{}://", url.scheme()));
        if !url::Url::parse(address).is_ok_and(is_safe) {
            return Err(self.rest.base.malformed(address, "a link that is no address of the API's scheme".to_owned()));
        }
        // An address of its own, so that what must not be asked is not.
        Base::new(PRODUCT, address)?;
        let (method, uri, headers) = (Method::GET, address.to_owned(), HeaderMap::new());
        let request = Request { method, uri, headers, body: None };
        let api::Client { base, limits, .. } = &mut self.rest;
        let Response { status, body, .. } = api::ask(base, limits, &self.stranger, &request, "core", &[]).await?;
        if status.is_success() { Ok(body) } else { Err(base.refused(address, status, &body)) }
    }

    /// One GraphQL query.
    pub async fn graphql(&mut self, query: &str, variables: &Value) -> Result<Graph> {
        // The question is to be made smaller, not repeated.
        const TELLS: [StatusCode; 2] = [StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT];
        let body = Some(json!({ "query": query, "variables": variables }));
        let request = Request { method: Method::POST, uri: self.graphql.clone(), headers: HeaderMap::new(), body };
        loop {
            let api::Client { base, limits, .. } = &mut self.rest;
            let answer = api::ask(base, limits, &*self.connection, &request, "graphql", &TELLS).await;
            let Response { status, headers, body } = match answer {
                Err(HttpError::Refused { status, .. }) if TELLS.contains(&status) => return Ok(Graph::TooLarge),
                other => other?,
            };
            if !status.is_success() {
                return Err(HttpError::Refused {
                    address: self.address(&request.uri),
                    status,
                    message: message(&body),
                });
            }
            let answer: GraphAnswer = self.parse(&request.uri, &body)?;
            // The limits of GraphQL come as HTTP 200, the older ones and the newer ones by another word.
            if answer.errors.iter().any(|error| error.is(&["RATE_LIMITED", "RATE_LIMIT"])) {
                self.rest.limits.refuse("GraphQL limit");
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
                    return Err(HttpError::Refused { address: self.address(&request.uri), status, message });
                }
            }
        }
    }

    /// Reads JSON; an error names the address and the place in the text.
    pub fn parse<'b, T: Deserialize<'b>>(&self, path: &str, body: &'b [u8]) -> Result<T> {
        self.rest.parse(path, body)
    }

    /// The whole address, for messages.
    pub fn address(&self, path: &str) -> String {
        if path == self.graphql { format!("{}{path}", self.rest.base.origin()) } else { self.rest.address(path) }
    }
}

#[async_trait]
impl Connection for Octo {
    async fn send(&self, request: &Request) -> Result<Response, String> {
        let answer = match &request.body {
            Some(body) => self.0._post(&request.uri, Some(body)).await,
            None => self.0._get_with_headers(&request.uri, Some(request.headers.clone())).await,
        };
        let (head, body) = answer.map_err(|error| words(&error))?.into_parts();
        let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(|error| error.to_string())?;
        Ok(Response { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::http::limits::tests::limits;

    #[tokio::test]
    async fn addresses() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client =
            |url: &str| Client::new(url, Login::Token("t".to_owned()), limits(std::path::Path::new("none"))).unwrap();
        let com = client("https://api.github.com");
        assert_eq!(com.address("/user"), "https://api.github.com/user");
        assert_eq!(com.graphql, "/graphql");
        let enterprise = client("https://ghe.example.com/api/v3");
        assert_eq!(enterprise.address("/user"), "https://ghe.example.com/api/v3/user");
        assert_eq!(enterprise.address(&enterprise.graphql), "https://ghe.example.com/api/graphql");
    }
}
