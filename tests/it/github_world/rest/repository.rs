//! What lies under one repository.

use super::page::{Ask, Reply, moment};
use super::{deliveries, shape};
use crate::github_world::world::{Item, Pull, Repository, Run, Time, World};
use serde_json::json;

/// Runs that a filtered list has at most.
const MOST_FILTERED_RUNS: usize = 1_000;
/// Commits that the list of a pull request has at most.
const MOST_COMMITS: usize = 250;

struct Door<'a> {
    world: &'a World,
    ask: &'a Ask,
    repository: &'a Repository,
    /// The address of this list by the repository's id, as GitHub's links have it.
    here: String,
}

pub fn answer(world: &World, ask: &Ask, repository: &Repository, rest: &[&str]) -> Reply {
    let here = format!("{}/repositories/{}/{}", world.api, repository.id, rest.join("/"));
    let door = Door { world, ask, repository, here };
    match rest {
        [] => Reply::of(shape::full_repository(world, repository)),
        ["pulls"] => door.pulls(),
        ["pulls", "comments"] => door.review_comments(),
        ["pulls", number, rest @ ..] => door.pull(number, rest),
        ["issues"] => door.issues(),
        ["issues", "comments"] => door.comments(),
        ["issues", number, rest @ ..] => door.issue(number, rest),
        ["actions", "runs"] => door.runs(),
        ["actions", "runs", id, rest @ ..] => door.run(id, rest),
        ["deployments"] => {
            let rows: Vec<_> = repository.deployments.iter().rev().collect();
            ask.page_at(&rows, &door.here, |it| shape::deployment(world, repository, it))
        }
        ["deployments", id, "statuses"] => door.statuses(id),
        ["releases"] => {
            let rows: Vec<_> = repository.releases.iter().rev().collect();
            ask.page_at(&rows, &door.here, |it| shape::release(world, repository, it))
        }
        ["tags"] => {
            let rows: Vec<_> = repository.releases.iter().rev().filter(|it| !it.is_draft).collect();
            ask.page_at(&rows, &door.here, |it| shape::tag(world, repository, it))
        }
        ["hooks", _, "deliveries", rest @ ..] => deliveries(world, ask, Some(repository.id), rest),
        _ => Reply::not_found(),
    }
}

impl Door<'_> {
    fn is_asked_state(&self, item: &Item) -> bool {
        match self.ask.get("state").unwrap_or("open") {
            "all" => true,
            "closed" => item.closed_at.is_some(),
            _ => item.closed_at.is_none(),
        }
    }

    fn pulls(&self) -> Reply {
        let mut rows: Vec<(&Item, &Pull)> = self.repository.pulls().filter(|it| self.is_asked_state(it.0)).collect();
        let sort = self.ask.get("sort").unwrap_or("created");
        sort_items(&mut rows, sort, |it| it.0);
        // GitHub's own default: descending by creation, else ascending.
        let rows = self.ask.directed(rows, if sort == "created" { "desc" } else { "asc" });
        self.ask.page_at(&rows, &self.here, |(item, pull)| shape::pull(self.world, self.repository, item, pull))
    }

    fn issues(&self) -> Reply {
        let is_asked = |it: &&Item| self.is_asked_state(it) && self.ask.is_since(it.updated_at);
        let mut rows: Vec<&Item> = self.repository.items.iter().filter(is_asked).collect();
        sort_items(&mut rows, self.ask.get("sort").unwrap_or("created"), |it| it);
        let rows = self.ask.directed(rows, "desc");
        self.ask.page_at(&rows, &self.here, |it| shape::issue(self.world, self.repository, it))
    }

    fn pull(&self, number: &str, rest: &[&str]) -> Reply {
        let (world, repository) = (self.world, self.repository);
        let found = number.parse().ok().and_then(|number| repository.item(number));
        let Some((item, pull)) = found.and_then(|item| Some((item, item.pull.as_ref()?))) else {
            return Reply::not_found();
        };
        match rest {
            [] => Reply::of(shape::full_pull(world, repository, item, pull)),
            ["reviews"] => self.ask.page_at(&pull.reviews, &self.here, |it| shape::review(world, repository, item, it)),
            ["comments"] => {
                let rows = &pull.review_comments;
                self.ask.page_at(rows, &self.here, |it| shape::review_comment(world, repository, item, it))
            }
            ["commits"] => {
                let rows = &pull.commits[..pull.commits.len().min(MOST_COMMITS)];
                self.ask.page_at(rows, &self.here, |it| shape::commit(world, repository, it))
            }
            _ => Reply::not_found(),
        }
    }

    fn issue(&self, number: &str, rest: &[&str]) -> Reply {
        let (world, repository) = (self.world, self.repository);
        let Ok(number) = number.parse() else { return Reply::not_found() };
        if repository.deleted.contains(&number) {
            return Reply::error(410, "This issue was deleted");
        }
        let Some(item) = repository.item(number) else { return Reply::not_found() };
        match rest {
            [] => Reply::of(shape::issue(world, repository, item)),
            ["comments"] => {
                let rows: Vec<_> = item.comments.iter().filter(|it| self.ask.is_since(it.updated_at)).collect();
                self.ask.page_at(&rows, &self.here, |it| shape::comment(world, repository, item, it))
            }
            ["timeline"] => {
                let rows = shape::timeline(world, repository, item);
                self.ask.page_at(&rows, &self.here, Clone::clone)
            }
            ["events"] => self.ask.page_at(&item.events, &self.here, |it| shape::event(world, repository, it)),
            _ => Reply::not_found(),
        }
    }

    /// Comments of all issues and pull requests, by id unless sorted otherwise.
    fn comments(&self) -> Reply {
        let all = self.repository.items.iter().flat_map(|item| item.comments.iter().map(move |it| (item, it)));
        let mut rows: Vec<_> = all.filter(|it| self.ask.is_since(it.1.updated_at)).collect();
        rows.sort_by_key(|it| self.comment_order(it.1.id, it.1.updated_at));
        let rows = self.comments_directed(rows);
        self.ask.page_at(&rows, &self.here, |it| shape::comment(self.world, self.repository, it.0, it.1))
    }

    /// Comments of all reviews, by id unless sorted otherwise.
    fn review_comments(&self) -> Reply {
        let all =
            self.repository.pulls().flat_map(|(item, pull)| pull.review_comments.iter().map(move |it| (item, it)));
        let mut rows: Vec<_> = all.filter(|it| self.ask.is_since(it.1.updated_at)).collect();
        rows.sort_by_key(|it| self.comment_order(it.1.id, it.1.updated_at));
        let rows = self.comments_directed(rows);
        self.ask.page_at(&rows, &self.here, |it| shape::review_comment(self.world, self.repository, it.0, it.1))
    }

    fn comment_order(&self, id: u64, updated_at: Time) -> (Option<Time>, u64) {
        ((self.ask.get("sort") == Some("updated")).then_some(updated_at), id)
    }

    /// The direction counts only together with an order.
    fn comments_directed<T>(&self, rows: Vec<T>) -> Vec<T> {
        if self.ask.get("sort").is_some() { self.ask.directed(rows, "desc") } else { rows }
    }

    fn runs(&self) -> Reply {
        let filters = ["actor", "branch", "created", "event", "head_sha", "status"];
        let created = match self.ask.get("created").map(range).transpose() {
            Ok(range) => range,
            Err(()) => return Reply::error(422, "Validation Failed"),
        };
        let is_asked = |run: &&Run| {
            created.is_none_or(|(from, to)| run.created_at >= from && run.created_at <= to)
                && self.ask.get("branch").is_none_or(|it| it == run.branch)
                && self.ask.get("event").is_none_or(|it| it == run.event)
                && self.ask.get("head_sha").is_none_or(|it| it == run.sha)
                && self.ask.get("status").is_none_or(|it| it == run.status || Some(it) == run.conclusion)
        };
        let rows: Vec<&Run> = self.repository.runs.iter().rev().filter(is_asked).collect();
        let is_filtered = filters.iter().any(|name| self.ask.get(name).is_some());
        let reachable = if is_filtered { rows.len().min(MOST_FILTERED_RUNS) } else { rows.len() };
        let page = self.ask.page_at(&rows[..reachable], &self.here, |it| shape::run(self.world, self.repository, it));
        page.within("workflow_runs", json!({ "total_count": rows.len() }))
    }

    fn run(&self, id: &str, rest: &[&str]) -> Reply {
        let (world, repository) = (self.world, self.repository);
        let Some(run) = repository.runs.iter().find(|it| it.id.to_string() == id) else { return Reply::not_found() };
        let attempt = match rest {
            [] => return Reply::of(shape::run(world, repository, run)),
            ["jobs"] if self.ask.get("filter") == Some("all") => None,
            ["jobs"] => Some(run.attempt),
            ["attempts", attempt, "jobs"] => attempt.parse().ok(),
            _ => return Reply::not_found(),
        };
        let rows: Vec<_> = run.jobs.iter().filter(|it| attempt.is_none_or(|attempt| attempt == it.attempt)).collect();
        let page = self.ask.page_at(&rows, &self.here, |it| shape::job(world, repository, run, it));
        page.within("jobs", json!({ "total_count": rows.len() }))
    }

    fn statuses(&self, id: &str) -> Reply {
        let Some(deployment) = self.repository.deployments.iter().find(|it| it.id.to_string() == id) else {
            return Reply::not_found();
        };
        let rows: Vec<_> = deployment.statuses.iter().rev().collect();
        let shape = |it: &&_| shape::deployment_status(self.world, self.repository, deployment, it);
        self.ask.page_at(&rows, &self.here, shape)
    }
}

/// Ascending, rows of the same second by number.
fn sort_items<T>(rows: &mut [T], sort: &str, item: impl Fn(&T) -> &Item) {
    match sort {
        "updated" => rows.sort_by_key(|it| (item(it).updated_at, item(it).number)),
        "comments" => rows.sort_by_key(|it| (item(it).comments.len(), item(it).number)),
        _ => rows.sort_by_key(|it| (item(it).created_at, item(it).number)),
    }
}

/// The range of a search for dates: `A..B`, with `*` for an open end, `>=A`, `<=B` or one day.
fn range(text: &str) -> Result<(Time, Time), ()> {
    let end = |text: &str| {
        moment(text).map(|at| if text.contains('T') { at } else { at + chrono::TimeDelta::seconds(86_399) })
    };
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (from, to),
        None if text.starts_with(">=") => (&text[2..], "*"),
        None if text.starts_with("<=") => ("*", &text[2..]),
        None => (text, text),
    };
    let from = if from == "*" { Some(Time::MIN_UTC) } else { moment(from) };
    let to = if to == "*" { Some(Time::MAX_UTC) } else { end(to) };
    from.zip(to).ok_or(())
}
