//! What carries a request to a server and its answer back.
//!
//! One rule: a connection judges nothing. It follows no redirect and repeats nothing.

use super::base::is_metadata;
use super::{Base, HttpError, Result};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use serde_json::Value;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Larger than any page of an API.
pub(in crate::collect) const LARGEST_BODY: usize = 64 << 20;
pub(in crate::collect) const CONNECT: Duration = Duration::from_secs(15);
/// Longer than any of these servers works on an answer.
pub(in crate::collect) const READ: Duration = Duration::from_secs(60);
/// What the program calls itself.
pub(in crate::collect) const AGENT: &str = concat!("paceline/", env!("CARGO_PKG_VERSION"));

/// What is asked.
#[derive(Clone, Debug)]
pub(in crate::collect) struct Request {
    pub method: Method,
    /// Path and query on the host, beginning with a slash.
    pub uri: String,
    pub headers: HeaderMap,
    /// Sent as JSON.
    pub body: Option<Value>,
}

/// What came back.
pub(in crate::collect) struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Carries requests.
#[async_trait]
pub(in crate::collect) trait Connection: Send + Sync {
    /// Sends a request once; an error is the reason why no whole answer came.
    async fn send(&self, request: &Request) -> Result<Response, String>;
}

/// A connection with the same headers in every request.
pub(super) struct Direct {
    client: reqwest::Client,
    origin: String,
}

impl Direct {
    pub fn new(base: &Base, headers: &[(HeaderName, String)]) -> Result<Direct> {
        let setup = |reason: String| HttpError::Setup { address: base.address("/"), reason };
        let mut defaults = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value);
            // The value is not repeated: it may be the secret.
            let mut value =
                value.map_err(|_| setup(format!("the value of {name} has letters that no header can have")))?;
            value.set_sensitive(true);
            defaults.insert(name, value);
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(AGENT)
            .default_headers(defaults)
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .dns_resolver(Arc::new(Outside));
        // What is on this machine is not asked for by way of another.
        if ["//127.0.0.1", "//[::1]", "//localhost"].iter().any(|it| base.origin().contains(it)) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| setup(words(&error)))?;
        Ok(Direct { client, origin: base.origin().to_owned() })
    }
}

#[async_trait]
impl Connection for Direct {
    async fn send(&self, request: &Request) -> Result<Response, String> {
        let Request { method, uri, headers, body } = request;
        let mut asked = self.client.request(method.clone(), format!("{}{uri}", self.origin)).headers(headers.clone());
        if let Some(body) = body {
            asked = asked.header(http::header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut answer = asked.send().await.map_err(|error| words(&error))?;
        let (status, headers, mut body) = (answer.status(), answer.headers().clone(), BytesMut::new());
        while let Some(part) = answer.chunk().await.map_err(|error| words(&error))? {
            if body.len() + part.len() > LARGEST_BODY {
                return Err(format!("the answer is larger than {} MiB", LARGEST_BODY >> 20));
            }
            body.extend_from_slice(&part);
        }
        Ok(Response { status, headers, body: body.freeze() })
    }
}

/// Finds the addresses of names, but none at which a cloud keeps the secrets of its machines.
struct Outside;

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|it| is_metadata(it.ip())) {
                let reason = format!("{} is where a cloud keeps the secrets of its machines", name.as_str());
                return Err(reason.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The innermost reason; the outer ones only say that a service failed.
pub(in crate::collect) fn words(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
