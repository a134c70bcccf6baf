//! One pull request told at each of the doors in turn, for those who break off what goes on behind them.

use super::served::{Connection, signed};
use super::{DOOR, opened, project};
use crate::cli::product::Product;
use serde_json::json;

/// A project with a pipeline for each kind of door.
pub fn every() -> Product {
    let product = project();
    product.write("pipelines/ci.toml", "type = \"cdevents\"\ntoken = { file = \"token\" }\n");
    product.write("pipelines/probe.toml", "type = \"events\"\ntoken = { file = \"other\" }\n");
    product.write("token", "t0ken");
    product.write("other", "another");
    product
}

/// Tells of a pull request, with so many bytes that mean nothing.
pub fn tell(connection: &mut Connection, number: u64, padding: usize) -> std::io::Result<(u16, String)> {
    let (door, headers, mut body) = match number % 3 {
        0 => {
            let body = opened(number);
            let padded = [body.clone(), vec![b' '; padding]].concat();
            (DOOR, signed("pull_request", &format!("d-{number}"), &padded), body)
        }
        1 => ("/api/v1/cdevents/ci", shown("application/cloudevents+json", "t0ken"), cdevent(number)),
        _ => ("/api/v1/events/pull_requests", shown("application/x-ndjson", "another"), line(number)),
    };
    body.extend(vec![b' '; padding]);
    connection.post(door, &headers, &body)
}

fn shown(kind: &str, token: &str) -> Vec<(&'static str, String)> {
    vec![("content-type", kind.to_owned()), ("authorization", format!("Bearer {token}"))]
}

fn cdevent(number: u64) -> Vec<u8> {
    let (id, kind) = (format!("e-{number}"), "dev.cdevents.change.created.0.3.0");
    let context =
        json!({"id": id, "source": "/ci", "type": kind, "timestamp": "2026-02-01T10:00:00Z", "version": "0.4.1"});
    let subject = json!({"id": format!("acme/shop#{number}"), "content": {"repository": {"id": "acme/shop"}}});
    let data = json!({"context": context, "subject": subject});
    json!({"specversion": "1.0", "id": id, "source": "/ci", "type": kind, "data": data}).to_string().into_bytes()
}

fn line(number: u64) -> Vec<u8> {
    let row = json!({"repository": "acme/shop", "number": number, "state": "open", "is_revert": false});
    row.to_string().into_bytes()
}
