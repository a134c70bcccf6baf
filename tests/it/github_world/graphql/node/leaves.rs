//! What an object says itself.

use super::{Event, Item, Map, Meter, Node, Pull, Repository, Value, World, json, node_id, shape, text};
use crate::github_world::world::What;

impl Node<'_> {
    /// Fields that lead nowhere, by name.
    pub fn leaves(self, world: &World) -> Map<String, Value> {
        let leaves = match self {
            Node::Root { .. } | Node::Request(..) => match self {
                Node::Request(item, _, index) => json!({ "id": node_id("RR", item.id + index), "databaseId": null }),
                _ => json!({}),
            },
            Node::RateLimit { meter, cost, nodes } => rate_limit(world, meter, cost, nodes),
            Node::Organization(login) => {
                let it = &world.organization;
                let mut of = account("O", if login == it.login { it.id } else { 901 }, login);
                of["name"] = json!(login);
                shape::with(of, json!({ "createdAt": text(it.created_at), "updatedAt": text(it.updated_at) }))
            }
            Node::Team(it) => json!({
                "id": node_id("T", it.id), "databaseId": it.id, "name": it.name, "slug": it.slug,
                "createdAt": text(it.created_at), "updatedAt": text(it.updated_at),
            }),
            Node::User(it) => {
                let of = account(if it.is_bot { "BOT" } else { "U" }, it.id, &it.login);
                let times = json!({ "createdAt": text(it.created_at), "updatedAt": text(it.updated_at) });
                shape::with(shape::with(of, times), json!({ "name": it.name, "email": it.email }))
            }
            Node::Ghost => {
                let since = text(world.organization.created_at);
                let own = json!({ "name": null, "email": "", "createdAt": since, "updatedAt": since });
                shape::with(account("U", 10_137, "ghost"), own)
            }
            Node::Repository(it) => repository(it),
            Node::Branch(repository, name) => json!({ "id": node_id("REF", repository.id), "name": name }),
            Node::Item(repository, item) => match &item.pull {
                Some(it) => shape::with(common(repository, item, "PR", it.id), pull(item, it)),
                None => issue(repository, item),
            },
            Node::Label(it) => json!({ "id": node_id("LA", it.id), "name": it.name, "color": it.color }),
            Node::IssueType(name) => json!({ "id": format!("IT_{name}"), "name": name }),
            Node::PullCommit(item, it, _) => json!({ "id": format!("PURC_{:x}{}", item.id, it.sha) }),
            Node::Commit(it) => json!({
                "id": format!("C_{}", it.sha), "oid": it.sha, "url": commit_url(&it.sha), "message": it.message,
                "messageHeadline": it.message, "authoredDate": text(it.authored_at),
                "committedDate": text(it.committed_at), "additions": 3, "deletions": 1,
            }),
            Node::Sha(sha, at) => json!({
                "id": format!("C_{sha}"), "oid": sha, "url": commit_url(sha), "message": "", "messageHeadline": "",
                "authoredDate": text(at), "committedDate": text(at), "additions": 0, "deletions": 0,
                "author": null, "committer": null,
            }),
            Node::GitActor(it, at) => json!({ "name": it.author_name, "email": it.author_email, "date": text(at) }),
            Node::Review(_, it) => json!({
                "id": node_id("PRR", it.id), "databaseId": small(it.id), "fullDatabaseId": it.id.to_string(),
                "state": shape::verdict(it.verdict), "body": it.body, "url": "https://github.com/",
                "submittedAt": text(it.submitted_at), "createdAt": text(it.submitted_at),
                "updatedAt": text(it.updated_at), "lastEditedAt": it.edited_at.map(text),
            }),
            Node::Thread(_, it) => json!({ "id": node_id("PRRT", it.id), "isResolved": false, "path": it.path }),
            Node::ReviewComment(_, it) => json!({
                "id": node_id("PRRC", it.id), "databaseId": small(it.id), "fullDatabaseId": it.id.to_string(),
                "body": it.body, "path": it.path, "url": "https://github.com/", "createdAt": text(it.created_at),
                "updatedAt": text(it.updated_at), "lastEditedAt": it.edited_at.map(text),
            }),
            Node::Comment(it) => json!({
                "id": node_id("IC", it.id), "databaseId": small(it.id), "fullDatabaseId": it.id.to_string(),
                "body": it.body, "url": "https://github.com/", "createdAt": text(it.created_at),
                "updatedAt": text(it.updated_at), "lastEditedAt": it.edited_at.map(text),
            }),
            Node::Event(_, _, it) => event(it),
            Node::Release(it) => json!({
                "id": node_id("RE", it.id), "databaseId": it.id, "name": it.tag, "tagName": it.tag,
                "isDraft": it.is_draft, "isPrerelease": it.is_prerelease, "createdAt": text(it.created_at),
                "publishedAt": it.published_at.map(text), "updatedAt": text(it.updated_at),
                "url": "https://github.com/",
            }),
            Node::Deployment(_, it) => json!({
                "id": node_id("DE", it.id), "databaseId": it.id, "environment": it.environment,
                "originalEnvironment": it.environment, "task": "deploy", "commitOid": it.sha,
                "payload": null,
                "state": state(it.statuses.last().map_or("pending", |it| it.state)),
                "createdAt": text(it.created_at), "updatedAt": text(it.updated_at),
            }),
            Node::Status(deployment, it) => json!({
                "id": node_id("DES", it.id), "state": it.state.to_uppercase(), "createdAt": text(it.created_at),
                "updatedAt": text(it.created_at), "environment": deployment.environment,
            }),
            Node::Run(repository, it) => json!({
                "id": node_id("WFR", it.id), "databaseId": small(it.id), "event": it.event, "runNumber": it.number,
                "createdAt": text(it.created_at), "updatedAt": text(it.updated_at),
                "url": format!("https://github.com/{}/actions/runs/{}", repository.full_name(), it.id),
            }),
            Node::CheckSuite(it) => json!({
                "id": node_id("CS", it.id + 1), "databaseId": small(it.id + 1), "status": it.status.to_uppercase(),
                "conclusion": it.conclusion.map(str::to_uppercase), "createdAt": text(it.created_at),
                "updatedAt": text(it.updated_at),
            }),
        };
        match leaves {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }
}

/// An id as `Int`, which has 32 bits; null where it does not fit.
fn small(id: u64) -> Option<i32> {
    i32::try_from(id).ok()
}

fn commit_url(sha: &str) -> String {
    format!("https://github.com/commit/{sha}")
}

/// A deployment's state after a status: a successful one is active.
fn state(status: &str) -> String {
    if status == "success" { "ACTIVE".to_owned() } else { status.to_uppercase() }
}

fn account(prefix: &str, id: u64, login: &str) -> Value {
    json!({ "id": node_id(prefix, id), "databaseId": id, "login": login, "url": format!("https://github.com/{login}") })
}

fn rate_limit(world: &World, meter: Meter, cost: u64, nodes: u64) -> Value {
    let seconds = i64::try_from(meter.resets_in_seconds).unwrap();
    json!({
        "cost": cost, "limit": meter.limit, "remaining": meter.limit.saturating_sub(meter.used), "used": meter.used,
        "resetAt": text(world.clock.now() + chrono::TimeDelta::seconds(seconds)), "nodeCount": nodes,
    })
}

fn repository(it: &Repository) -> Value {
    json!({
        "id": node_id("R", it.id), "databaseId": it.id, "name": it.name, "nameWithOwner": it.full_name(),
        "url": format!("https://github.com/{}", it.full_name()), "isArchived": it.is_archived, "isFork": false,
        "isPrivate": true, "createdAt": text(it.created_at), "updatedAt": text(it.updated_at),
        "pushedAt": text(it.pushed_at), "archivedAt": it.is_archived.then(|| text(it.updated_at)),
    })
}

/// What pull requests and issues say in the same words.
fn common(repository: &Repository, item: &Item, prefix: &str, id: u64) -> Value {
    let part = if item.pull.is_some() { "pull" } else { "issues" };
    json!({
        "id": node_id(prefix, id), "databaseId": small(id), "fullDatabaseId": id.to_string(), "number": item.number,
        "title": item.title, "body": item.body, "closed": item.closed_at.is_some(),
        "url": format!("https://github.com/{}/{part}/{}", repository.full_name(), item.number),
        "createdAt": text(item.created_at), "updatedAt": text(item.updated_at), "closedAt": item.closed_at.map(text),
        "lastEditedAt": item.edited_at.map(text),
    })
}

fn issue(repository: &Repository, item: &Item) -> Value {
    let (state, reason) = if item.closed_at.is_some() { ("CLOSED", Some("COMPLETED")) } else { ("OPEN", None) };
    shape::with(common(repository, item, "I", item.id), json!({ "state": state, "stateReason": reason }))
}

fn pull(item: &Item, it: &Pull) -> Value {
    let state = match (&it.merged, item.closed_at) {
        (Some(_), _) => "MERGED",
        (None, Some(_)) => "CLOSED",
        (None, None) => "OPEN",
    };
    json!({
        "state": state, "isDraft": it.is_draft, "merged": it.merged.is_some(),
        "mergedAt": it.merged.as_ref().map(|merge| text(merge.at)), "baseRefName": "main", "headRefName": it.head_ref,
        "headRefOid": it.head(), "additions": it.additions, "deletions": it.deletions, "changedFiles": it.changed_files,
    })
}

fn event(it: &Event) -> Value {
    let own = match &it.what {
        What::Closed => json!({ "stateReason": null }),
        What::Merged(_) => json!({ "mergeRefName": "main" }),
        What::Renamed { from, to } => json!({ "previousTitle": from, "currentTitle": to }),
        What::ReviewDismissed { was, .. } => {
            json!({ "databaseId": null, "previousReviewState": shape::verdict(*was) })
        }
        _ => json!({}),
    };
    shape::with(json!({ "id": node_id("EV", it.id), "createdAt": text(it.at) }), own)
}
