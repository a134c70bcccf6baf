//! What a simulated GitLab answers: <https://docs.gitlab.com/api/rest/>.

use super::{Project, Thing, World};
use serde_json::{Value, json};

/// A question.
pub struct Ask {
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

/// An answer.
pub struct Reply {
    pub status: u16,
    pub body: Value,
    /// Another page follows.
    pub has_next: bool,
}

impl Ask {
    fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Parameters that any list takes.
    fn unknown(&self) -> Option<&str> {
        const KNOWN: [&str; 12] = [
            "scope",
            "state",
            "order_by",
            "sort",
            "per_page",
            "page",
            "updated_after",
            "created_after",
            "include_subgroups",
            "with_shared",
            "include_retried",
            "view",
        ];
        self.query.iter().map(|(name, _)| name.as_str()).find(|name| !KNOWN.contains(name))
    }
}

impl World {
    pub fn answer(&self, ask: &Ask) -> Reply {
        if let Some(unknown) = ask.unknown() {
            return error(400, &format!("{unknown} is invalid"));
        }
        let path = ask.path.strip_prefix("/api").unwrap_or_default();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts[..] {
            ["graphql"] => self.sizes(&ask.body),
            ["v4", "groups", "acme", "projects"] => {
                page(ask, self.projects.iter().map(|project| project.body.clone()).collect())
            }
            ["v4", "projects", named] => match self.project(named) {
                Some(project) => Reply { status: 200, body: project.body.clone(), has_next: false },
                None => error(404, "404 Project Not Found"),
            },
            ["v4", "projects", named, list, ref rest @ ..] => {
                let Some(project) = self.project(named) else { return error(404, "404 Project Not Found") };
                if project.forbidden.contains(&list) {
                    return error(403, "403 Forbidden");
                }
                let Some(things) = project.lists.get(list) else { return error(404, "404 Not Found") };
                match rest {
                    [] => listed(ask, list, things),
                    [number, part @ ..] => match things.iter().find(|thing| thing.is_named(number)) {
                        Some(thing) => of_thing(ask, thing, part),
                        None => error(404, "404 Not found"),
                    },
                }
            }
            _ => error(404, "404 Not Found"),
        }
    }

    fn project(&self, named: &str) -> Option<&Project> {
        let path = named.replace("%2F", "/");
        self.projects.iter().find(|project| {
            project.body["id"].as_i64() == named.parse().ok() || project.body["path_with_namespace"] == path
        })
    }

    /// Follows from the number of a merge request and its commits.
    fn sizes(&self, body: &Value) -> Reply {
        let path = body["variables"]["path"].as_str().unwrap_or_default();
        let Some(project) = self.project(path) else { return error(404, "no project") };
        let iids = body["variables"]["iids"].as_array().cloned().unwrap_or_default();
        let things = project.lists["merge_requests"].iter();
        let asked = things.filter(|thing| iids.contains(&thing.body["iid"].to_string().into()));
        let nodes: Vec<Value> = asked
            .map(|thing| {
                let commits = thing.parts["commits"].len();
                let summary = json!({ "additions": 10 * commits, "deletions": commits, "fileCount": commits });
                json!({ "iid": thing.body["iid"].to_string(), "diffStatsSummary": summary })
            })
            .collect();
        let body = json!({ "data": { "project": { "mergeRequests": { "nodes": nodes } } } });
        Reply { status: 200, body, has_next: false }
    }
}

fn of_thing(ask: &Ask, thing: &Thing, part: &[&str]) -> Reply {
    match part {
        [] => Reply { status: 200, body: thing.body.clone(), has_next: false },
        ["approvals"] => {
            Reply { status: 200, body: json!({ "approved_by": thing.parts["approvals"] }), has_next: false }
        }
        [name] => match thing.parts.get(name) {
            Some(all) => page(ask, all.clone()),
            None => error(404, "404 Not Found"),
        },
        _ => error(404, "404 Not Found"),
    }
}

/// A list in the order that is asked for, without what a list of GitLab's leaves out.
fn listed(ask: &Ask, list: &str, things: &[Thing]) -> Reply {
    let order = ask.get("order_by").unwrap_or("created_at").to_owned();
    if ask.get("sort") != Some("asc") {
        return error(400, "only ascending lists are simulated");
    }
    let after = |field: &str, name: &str, body: &Value| {
        ask.get(name).is_none_or(|after| body[field].as_str().is_some_and(|at| at >= after))
    };
    let mut found: Vec<Value> = things
        .iter()
        .map(|thing| thing.body.clone())
        .filter(|body| after("updated_at", "updated_after", body) && after("created_at", "created_after", body))
        .collect();
    found.sort_by_key(|body| (body[&order].as_str().map(str::to_owned), body["id"].as_i64()));
    if list == "pipelines" {
        for body in &mut found {
            body.as_object_mut().unwrap().retain(|name, _| !["started_at", "finished_at"].contains(&name.as_str()));
        }
    }
    page(ask, found)
}

fn page(ask: &Ask, all: Vec<Value>) -> Reply {
    let number = |name: &str, usual: usize| ask.get(name).map_or(usual, |it| it.parse().unwrap());
    let (size, page) = (number("per_page", 20).min(100), number("page", 1));
    let has_next = all.len() > size * page;
    let rows: Vec<Value> = all.into_iter().skip(size * (page - 1)).take(size).collect();
    Reply { status: 200, body: rows.into(), has_next }
}

fn error(status: u16, message: &str) -> Reply {
    Reply { status, body: json!({ "message": message }), has_next: false }
}
