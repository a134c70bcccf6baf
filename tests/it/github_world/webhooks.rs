//! What GitHub would send to a webhook for each change: event, delivery id, body and signature.
//!
//! A test posts them itself, in whatever order, repeated or left out: GitHub promises neither order nor delivery.

use super::rest::shape;
use super::world::chance::Chance;
use super::world::{At, Reviewer, Time, World};
use rustls::crypto::tls13::OkmBlock;
use serde_json::{Map, Value, json};

/// One delivery. A redelivery has the same `guid`.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: u64,
    pub guid: String,
    pub event: &'static str,
    pub action: &'static str,
    pub at: Time,
    pub repository: Option<u64>,
    pub body: String,
}

impl Delivery {
    /// The body is made at once: it says how things are now, not how they are when it is sent.
    pub fn new(
        world: &World,
        (id, guid): (u64, String),
        (event, action): (&'static str, &'static str),
        repository: Option<u64>,
        actor: u64,
        parts: Map<String, Value>,
    ) -> Delivery {
        let mut body = parts;
        body.insert("action".to_owned(), json!(action));
        body.insert("sender".to_owned(), shape::user(world, actor));
        body.insert("organization".to_owned(), shape::owner(world, &world.organization.login));
        if let Some(repository) = repository.and_then(|id| world.repository(id)) {
            body.insert("repository".to_owned(), shape::repository(world, repository));
        }
        let guid = [&guid[..8], &guid[8..12], &guid[12..16], &guid[16..20], &guid[20..]].join("-");
        Delivery { id, guid, event, action, at: world.clock.now(), repository, body: Value::Object(body).to_string() }
    }

    /// The headers of the request, signed with the webhook's secret.
    pub fn headers(&self, secret: &str) -> Vec<(&'static str, String)> {
        vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "GitHub-Hookshot/0000000".to_owned()),
            ("x-github-event", self.event.to_owned()),
            ("x-github-delivery", self.guid.clone()),
            ("x-github-hook-id", "1".to_owned()),
            ("x-github-hook-installation-target-type", "organization".to_owned()),
            ("x-hub-signature-256", signature(secret, self.body.as_bytes())),
        ]
    }
}

/// `sha256=` and the HMAC-SHA-256 of the body in hexadecimal digits.
///
/// # Panics
/// When the secret is longer than 64 bytes; such a key would have to be hashed first.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().unwrap();
    let tag = suite.hkdf_provider.hmac_sign(&OkmBlock::new(secret.as_bytes()), body);
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// The deliveries in another order, a tenth of them left out and a tenth sent twice.
pub fn disordered(deliveries: &[Delivery], seed: u64) -> Vec<Delivery> {
    let mut chance = Chance::new(seed);
    let mut waiting: Vec<Delivery> = Vec::new();
    for delivery in deliveries {
        let copies = [1, 1, 1, 1, 1, 1, 1, 1, 0, 2][chance.below(10)];
        waiting.extend(std::iter::repeat_n(delivery.clone(), copies));
    }
    let mut sent = Vec::new();
    while !waiting.is_empty() {
        sent.push(waiting.swap_remove(chance.below(waiting.len())));
    }
    sent
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// The part of a body about a pull request, or about an issue.
pub fn of_item(world: &World, at: At) -> Map<String, Value> {
    match world.item(at).pull {
        Some(_) => object(json!({ "number": at.number, "pull_request": shape::item(world, at) })),
        None => of_issue(world, at),
    }
}

/// An issue, or a pull request as an issue.
pub fn of_issue(world: &World, at: At) -> Map<String, Value> {
    let repository = world.repository(at.repository).unwrap();
    object(json!({ "issue": shape::issue(world, repository, world.item(at)) }))
}

pub fn of_comment(world: &World, at: At, id: u64) -> Map<String, Value> {
    let (repository, item) = (world.repository(at.repository).unwrap(), world.item(at));
    let comment = item.comments.iter().find(|it| it.id == id).unwrap();
    let mut body = of_issue(world, at);
    body.insert("comment".to_owned(), shape::comment(world, repository, item, comment));
    body
}

pub fn of_request(world: &World, at: At, who: Reviewer) -> Map<String, Value> {
    let field = if matches!(who, Reviewer::Team(_)) { "requested_team" } else { "requested_reviewer" };
    let mut body = of_item(world, at);
    body.insert(field.to_owned(), shape::reviewer(world, who));
    body
}

/// A pull request as events about its reviews show it: without the figures of the single answer.
fn slim_pull(world: &World, at: At) -> Value {
    let (repository, item) = (world.repository(at.repository).unwrap(), world.item(at));
    shape::pull(world, repository, item, world.pull(at))
}

/// A review; its state is in small letters here, unlike in REST.
pub fn of_review(world: &World, at: At, id: u64) -> Map<String, Value> {
    let (repository, item) = (world.repository(at.repository).unwrap(), world.item(at));
    let review = world.pull(at).reviews.iter().find(|it| it.id == id).unwrap();
    let state = shape::verdict(review.verdict).to_lowercase();
    let more = json!({ "state": state, "updated_at": super::world::clock::text(review.updated_at) });
    let review = shape::with(shape::review(world, repository, item, review), more);
    object(json!({ "review": review, "pull_request": slim_pull(world, at) }))
}

pub fn of_review_comment(world: &World, at: At, id: u64) -> Map<String, Value> {
    let (repository, item) = (world.repository(at.repository).unwrap(), world.item(at));
    let comment = world.pull(at).review_comments.iter().find(|it| it.id == id).unwrap();
    let comment = shape::review_comment(world, repository, item, comment);
    object(json!({ "comment": comment, "pull_request": slim_pull(world, at) }))
}

pub fn of_run(world: &World, repository: u64, id: u64) -> Map<String, Value> {
    let repository = world.repository(repository).unwrap();
    let run = repository.runs.iter().find(|it| it.id == id).unwrap();
    object(json!({ "workflow_run": shape::run(world, repository, run), "workflow": { "name": run.name } }))
}

/// A deployment, with its latest status if it has one.
pub fn of_deployment(world: &World, repository: u64, id: u64) -> Map<String, Value> {
    let repository = world.repository(repository).unwrap();
    let deployment = repository.deployments.iter().find(|it| it.id == id).unwrap();
    let mut body = object(json!({ "deployment": shape::deployment(world, repository, deployment) }));
    if let Some(status) = deployment.statuses.last() {
        let status = shape::deployment_status(world, repository, deployment, status);
        body.insert("deployment_status".to_owned(), status);
    }
    body
}

pub fn of_release(world: &World, repository: u64, id: u64) -> Map<String, Value> {
    let repository = world.repository(repository).unwrap();
    let release = repository.releases.iter().find(|it| it.id == id).unwrap();
    object(json!({ "release": shape::release(world, repository, release) }))
}

pub fn of_member(world: &World, team: u64, user: u64) -> Map<String, Value> {
    let team = shape::team(world, world.team(team).unwrap());
    object(json!({ "scope": "team", "member": shape::user(world, user), "team": team }))
}
