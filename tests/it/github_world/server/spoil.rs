//! From a reply to bytes, and what a fault does to them on the way.

use super::Outcome;
use crate::github_world::faults::Fault;
use crate::github_world::world::Time;
use axum::body::{Body, Bytes};
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::Value;

pub fn response(outcome: Outcome, now: Time, address: &str) -> Response<Body> {
    let Outcome { mut reply, door, told, fault } = outcome;
    let reset = (now + TimeDelta::seconds(i64::try_from(told.resets_in_seconds).unwrap())).timestamp();
    let common = [
        ("date", now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("x-ratelimit-limit", told.limit.to_string()),
        ("x-ratelimit-used", told.used.to_string()),
        ("x-ratelimit-remaining", (told.limit - told.used).to_string()),
        ("x-ratelimit-reset", reset.to_string()),
        ("x-ratelimit-resource", door.name().to_owned()),
        ("x-github-media-type", "github.v3; format=json".to_owned()),
    ];
    match &fault {
        Some(Fault::Retyped { field, value }) => retype(&mut reply.body, field, value),
        Some(Fault::NextLink(to)) => link(&mut reply.headers, to),
        Some(Fault::NextLoop) => link(&mut reply.headers, address),
        _ => {}
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    for (name, value) in common {
        if reply.headers.iter().all(|it| it.0 != name) {
            response = response.header(name, value);
        }
    }
    // A text stands for a page that is no JSON.
    let (kind, text) = match &reply.body {
        Value::Null => return response.body(Body::empty()).unwrap(),
        Value::String(text) => ("text/html", text.clone()),
        value => ("application/json; charset=utf-8", value.to_string()),
    };
    response = response.header("content-type", kind);
    let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |it| it.0);
    match fault {
        // Wrong within a text and between them.
        Some(Fault::Malformed) => response.body(Body::from(format!("{}\0{}", &text[..half], &text[half..]))).unwrap(),
        Some(Fault::Truncated) => {
            let begin = Ok(Bytes::from(text[..half].to_owned()));
            let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
            let body = Body::from_stream(futures::stream::iter([begin, end]));
            response.header("content-length", text.len()).body(body).unwrap()
        }
        _ => response.body(Body::from(text)).unwrap(),
    }
}

/// Sets the link to the next page.
fn link(headers: &mut Vec<(&'static str, String)>, to: &str) {
    headers.retain(|it| it.0 != "link");
    headers.push(("link", format!("<{to}>; rel=\"next\"")));
}

fn retype(value: &mut Value, field: &str, with: &Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if key == field { value.clone_from(with) } else { retype(value, field, with) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| retype(item, field, with)),
        _ => {}
    }
}
