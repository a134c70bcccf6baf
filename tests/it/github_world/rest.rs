//! The REST doors: which path lists which rows, in which order, filtered how.
//!
//! Pages are counted from the start of the list as it is at the moment of asking, as GitHub does it: rows that move
//! between two requests are met twice or not at all.

pub mod page;
mod repository;
pub mod shape;

use super::world::{Repository, World};
use page::{Ask, Reply};
use serde_json::{Value, json};

/// Answers a request that was let in.
pub fn answer(world: &World, ask: &Ask) -> Reply {
    let segments: Vec<&str> = ask.path.split('/').filter(|it| !it.is_empty()).collect();
    if ask.method != "GET" {
        return Reply::not_found();
    }
    match segments.as_slice() {
        ["user"] => Reply::of(shape::user(world, viewer(world))),
        ["orgs" | "users", owner, "repos"] => repositories_of(world, ask, owner),
        ["installation", "repositories"] => installation_repositories(world, ask),
        ["repos", owner, name, rest @ ..] => match world.repository_named(owner, name) {
            Some(it) => repository::answer(world, ask, it, rest),
            None => moved(world, ask, world.repository_formerly(owner, name), rest),
        },
        ["repositories", id, rest @ ..] => match id.parse().ok().and_then(|id| world.repository(id)) {
            Some(it) => repository::answer(world, ask, it, rest),
            None => Reply::not_found(),
        },
        ["orgs", org, rest @ ..] if org.eq_ignore_ascii_case(&world.organization.login) => {
            of_organization(world, ask, rest)
        }
        _ => Reply::not_found(),
    }
}

/// Who the token belongs to.
pub fn viewer(world: &World) -> u64 {
    world.users.first().map_or(0, |user| user.id)
}

/// The redirect from a former name: to the repository by its id, whatever it is called now.
fn moved(world: &World, ask: &Ask, now: Option<&Repository>, rest: &[&str]) -> Reply {
    let Some(now) = now else { return Reply::not_found() };
    let path: String = rest.iter().map(|part| format!("/{part}")).collect();
    let to = ask.address(&format!("{}/repositories/{}{path}", world.api, now.id), &[]);
    let body =
        json!({ "message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest" });
    Reply { status: 301, headers: vec![("location", to)], body }
}

fn repositories_of(world: &World, ask: &Ask, owner: &str) -> Reply {
    let mut rows: Vec<&Repository> =
        world.repositories.iter().filter(|it| it.owner.eq_ignore_ascii_case(owner)).collect();
    if rows.is_empty() && !owner.eq_ignore_ascii_case(&world.organization.login) {
        return Reply::not_found();
    }
    let by_name = |it: &&Repository| it.full_name();
    match ask.get("sort").unwrap_or("created") {
        "updated" => rows.sort_by_key(|it| (it.updated_at, it.id)),
        "pushed" => rows.sort_by_key(|it| (it.pushed_at, it.id)),
        "full_name" => rows.sort_by_key(by_name),
        _ => rows.sort_by_key(|it| (it.created_at, it.id)),
    }
    let default = if ask.get("sort") == Some("full_name") { "asc" } else { "desc" };
    ask.page(&ask.directed(rows, default), world, |it| shape::repository(world, it))
}

fn installation_repositories(world: &World, ask: &Ask) -> Reply {
    let rows: Vec<&Repository> = world.repositories.iter().collect();
    let more = json!({ "total_count": rows.len(), "repository_selection": "all" });
    ask.page(&rows, world, |it| shape::repository(world, it)).within("repositories", more)
}

fn of_organization(world: &World, ask: &Ask, rest: &[&str]) -> Reply {
    match rest {
        ["teams"] => ask.page(&world.teams, world, |it| shape::team(world, it)),
        ["teams", slug, "members"] => match world.teams.iter().find(|it| it.slug == *slug) {
            Some(team) => ask.page(&world.members(team), world, |it| shape::user(world, *it)),
            None => Reply::not_found(),
        },
        ["members"] => {
            let rows: Vec<u64> = world.users.iter().filter(|it| !it.is_bot && !it.is_deleted).map(|it| it.id).collect();
            ask.page(&rows, world, |it| shape::user(world, *it))
        }
        ["copilot", "metrics"] => {
            let days: Vec<_> = world.copilot.iter().filter(|it| ask.is_within_days(it.day)).collect();
            ask.page(&days, world, |it| shape::copilot_day(it))
        }
        ["copilot", "metrics", "reports", "organization-28-day", "latest"] => Reply::of(shape::copilot_report(world)),
        ["copilot", "billing", "seats"] => Reply::of(json!({ "total_seats": world.users.len(), "seats": [] })),
        ["hooks", _, "deliveries", rest @ ..] => deliveries(world, ask, None, rest),
        _ => Reply::not_found(),
    }
}

/// A file of a report, which any asker with the signed address gets: the older days as one object, the newer ones a line each.
pub fn signed(world: &World, file: &str) -> Reply {
    let days: Vec<Value> = world.copilot.iter().rev().take(28).rev().map(shape::copilot_report_day).collect();
    let (old, new) = days.split_at(20);
    Reply::of(match file {
        "old.json" => json!({ "organization_id": "900", "day_totals": old }),
        _ => Value::String(new.iter().map(|day| format!("{day}\n")).collect()),
    })
}

/// What was sent to a webhook, newest first, paged by a cursor; or one delivery with its body.
fn deliveries(world: &World, ask: &Ask, of: Option<u64>, rest: &[&str]) -> Reply {
    let mine = world.deliveries.iter().rev().filter(|it| of.is_none() || it.repository == of);
    if let [id] = rest {
        let Some(one) = mine.into_iter().find(|it| it.id.to_string() == *id) else { return Reply::not_found() };
        let payload: Value = serde_json::from_str(&one.body).unwrap();
        let request = json!({ "headers": { "X-GitHub-Event": one.event }, "payload": payload });
        let response = json!({ "headers": {}, "payload": "ok" });
        return Reply::of(shape::with(delivery(one), json!({ "url": "", "request": request, "response": response })));
    }
    let before: u64 = ask.get("cursor").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    let rows: Vec<_> = mine.filter(|it| it.id < before).collect();
    let shown = rows.len().min(ask.per_page());
    let mut reply = Reply::of(rows[..shown].iter().map(|it| delivery(it)).collect());
    if shown < rows.len() {
        let next = rows[shown - 1].id.to_string();
        let to = ask.address(&format!("{}{}", world.api, ask.path), &[("cursor", next)]);
        reply.headers.push(("link", format!("<{to}>; rel=\"next\"")));
    }
    reply
}

fn delivery(it: &super::webhooks::Delivery) -> Value {
    json!({
        "id": it.id, "guid": it.guid, "delivered_at": super::world::clock::text(it.at), "redelivery": false,
        "duration": 0.1, "status": "OK", "status_code": 200, "event": it.event, "action": it.action,
        "installation_id": null, "repository_id": it.repository, "throttled_at": null,
    })
}
