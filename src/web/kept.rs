//! Pages that were made already, compressed as they were sent.
//!
//! One rule: a kept page is the one that would be made now, from the same tables, people, facts, runs, files and hour. Whoever asks
//! while it is being made waits for it, so that many readers cost what one does.

use super::App;
use crate::flags::etag_matches;
use crate::query::{QueryError, Stamp};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pages that are kept, in bytes as they are sent.
const KEPT_BYTES: u64 = 64 << 20;

/// A larger page is made each time.
const LARGEST_BYTES: usize = 2 << 20;

/// About as many pages as fit.
const PAGES: usize = 4_096;

/// How long the state of the data folder is believed: reading it costs more than a kept page.
const BELIEVED: Duration = Duration::from_millis(50);

/// What a page follows from: its address, whether it is packed, the data folder, the hour.
type Key = (String, bool, Arc<Stamp>, i64);

/// A page as it is sent.
#[derive(Clone)]
struct Kept {
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Kept> for ByBytes {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        (key.0.len() + kept.body.len()) as u64 + 1_024
    }
}

/// The pages that are kept.
pub(super) struct Pages {
    pages: Cache<Key, Kept, ByBytes>,
    stamp: Mutex<Option<(Instant, Arc<Stamp>)>>,
}

impl Default for Pages {
    fn default() -> Pages {
        Pages { pages: Cache::with_weighter(PAGES, KEPT_BYTES, ByBytes), stamp: Mutex::default() }
    }
}

impl Pages {
    fn stamp(&self, app: &App) -> Result<Arc<Stamp>, QueryError> {
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stamp)) = known.as_ref().filter(|(at, _)| at.elapsed() < BELIEVED) {
            return Ok(stamp.clone());
        }
        let stamp = Arc::new(app.engine.stamp()?);
        *known = Some((Instant::now(), stamp.clone()));
        Ok(stamp)
    }
}

/// Answers with the kept page, or makes it and keeps it where it is whole.
pub(super) async fn keep(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (Ok(stamp), &Method::GET) = (app.pages.stamp(&app), request.method()) else { return next.run(request).await };
    let is_packed = takes_gzip(request.headers());
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    // What is made is packed as the key says.
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    if is_packed {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let key = (request.uri().to_string(), is_packed, stamp, app.ambient.now().timestamp() / 3_600);
    let made = app.pages.pages.get_or_insert_async(&key, async { kept(next.run(request).await).await }).await;
    match made {
        Ok(kept) => answer(kept, known.as_ref()),
        Err(response) => *response,
    }
}

/// Whether an answer may be packed: browsers differ in what else they take.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings =
        all.flat_map(|value| value.split(',')).map(|coding| coding.split_once(';').unwrap_or((coding, "")));
    let is_wanted = |weight: &str| weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) != Some(0.0);
    codings.any(|(coding, weight)| coding.trim().eq_ignore_ascii_case("gzip") && is_wanted(weight))
}

/// A whole page; anything else is given back.
async fn kept(response: Response) -> Result<Kept, Box<Response>> {
    let (mut head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        head.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Err(Box::new(Response::from_parts(head, Body::empty())));
    };
    if head.status != StatusCode::OK || body.len() > LARGEST_BYTES {
        return Err(Box::new(Response::from_parts(head, Body::from(body))));
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", &blake3::hash(&body).to_hex()[..16])) {
        head.headers.insert(header::ETAG, tag);
    }
    // A browser asks each time, and is mostly told that it has the page.
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(Kept { headers: head.headers, body })
}

fn answer(kept: Kept, known: Option<&HeaderValue>) -> Response {
    let tag = kept.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let is_known =
        known.and_then(|tags| tags.to_str().ok()).zip(tag).is_some_and(|(tags, tag)| etag_matches(tags, tag));
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(kept.body) });
    *response.headers_mut() = kept.headers;
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(value: &'static str) -> bool {
        takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
    }

    #[test]
    fn what_browsers_take_is_one_of_two() {
        for packed in ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.8"] {
            assert!(takes(packed), "{packed}");
        }
        for plain in ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br"] {
            assert!(!takes(plain), "{plain}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
