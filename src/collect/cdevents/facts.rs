//! What each event says of which row.
//!
//! One rule: what an event does not say is NULL, or there is no fact. CDEvents name no repository of a run, so the place of the
//! subject (its source) stands there.

use super::event::Event;
use crate::collect::files::who;
use crate::collect::observation::{Observation, Row, Values};
use crate::model::{Table, delivery, flow, support};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Some columns of a row, its key among them, as one event says them.
#[derive(Clone, Debug)]
pub(in crate::collect) struct Fact {
    pub table: &'static Table,
    pub values: Values,
    pub at: DateTime<Utc>,
    /// It says how something began, which at the same moment yields to how it ended.
    pub opens: bool,
}

/// Something that happened to the newest deployment of a service before it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::collect) struct Placed {
    pub service: String,
    pub environment: String,
    pub id: String,
    pub status: String,
    pub at: DateTime<Utc>,
}

/// What one event says.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub observations: Vec<Observation>,
    pub facts: Vec<Fact>,
    pub placed: Option<Placed>,
}

/// Why an event says nothing for the tables.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nothing(pub &'static str);

/// What an event says; its type's subject and predicate are these words.
///
/// # Errors
/// [`Nothing`].
pub(super) fn facts(subject: &str, predicate: &str, event: &Event) -> Result<Facts, Nothing> {
    match subject {
        "pipelinerun" => run(event, predicate, event.text("/pipelineName")),
        "testsuiterun" => run(event, predicate, event.text("/testSuite/name").or(event.text("/testSuite/id"))),
        "build" => build(event, predicate),
        "taskrun" => task(event, predicate),
        "service" => service(event, predicate),
        "incident" => incident(event, predicate),
        "change" => change(event, predicate),
        "ticket" => ticket(event, predicate),
        "testcaserun" => Err(Nothing("no table holds single test cases; their suite is told by itself")),
        "testoutput" => Err(Nothing("no table holds what tests leave behind")),
        "environment" => Err(Nothing("no table holds environments; deployments name theirs")),
        "artifact" => Err(Nothing("no table holds artifacts")),
        "approval" => Err(Nothing("no table holds approvals of CDEvents")),
        "repository" | "branch" => Err(Nothing("repositories and branches are read from the repository itself")),
        _ => Err(Nothing("no table holds what this event is about")),
    }
}

const NO_SUCH: Nothing = Nothing("this is nothing that the specification says of it");

/// The run of a pipeline or of a suite of tests.
fn run(event: &Event, predicate: &str, name: Option<&str>) -> Result<Facts, Nothing> {
    let row = Row::of(&delivery::BUILDS).set("repository", event.place()).set("build_id", &event.subject.id);
    let row = row.set("workflow", name).set("trigger", event.text("/trigger/type"));
    progress(event, predicate, row, true)
}

fn build(event: &Event, predicate: &str) -> Result<Facts, Nothing> {
    if predicate == "finished" && event.text("/artifactId").is_none() {
        return Err(Nothing("a build that finished without an artifact does not say how it ended"));
    }
    let row = Row::of(&delivery::BUILDS).set("repository", event.place()).set("build_id", &event.subject.id);
    progress(event, predicate, row, false)
}

fn task(event: &Event, predicate: &str) -> Result<Facts, Nothing> {
    let Some(build) = event.text("/pipelineRun/id") else {
        return Err(Nothing("a task that names no pipeline run belongs to no build"));
    };
    let name = event.text("/taskName").unwrap_or(&event.subject.id);
    let row = Row::of(&delivery::BUILD_JOBS).set("repository", event.place()).set("job_id", &event.subject.id);
    progress(event, predicate, row.set("build_id", build).set("name", name), true)
}

/// Something that is queued, started and finished.
fn progress(event: &Event, predicate: &str, row: Row, says_outcome: bool) -> Result<Facts, Nothing> {
    let at = event.context.timestamp;
    Ok(match predicate {
        "queued" => one(event, row.set("status", "running"), true),
        "started" => one(event, row.set("status", "running").set("started_at", at), true),
        "finished" => {
            let outcome = if says_outcome { event.text("/outcome") } else { Some("success") };
            let status = match outcome.map(str::to_ascii_lowercase).as_deref() {
                Some("success" | "pass") => "success",
                Some("failure" | "fail" | "error") => "failure",
                Some("cancel" | "cancelled" | "canceled") => "cancelled",
                Some("skip" | "skipped") => "skipped",
                _ => return Err(Nothing("it finished and does not say with which outcome")),
            };
            one(event, row.set("status", status).set("finished_at", at), false)
        }
        _ => return Err(NO_SUCH),
    })
}

/// A service that was deployed is a deployment of one moment: there is no event for its beginning.
fn service(event: &Event, predicate: &str) -> Result<Facts, Nothing> {
    let Some(environment) = event.text("/environment/id") else {
        return Err(Nothing("it names no environment"));
    };
    let (service, id, at) = (&event.subject.id, &event.context.id, event.context.timestamp);
    if ["published", "removed"].contains(&predicate) {
        let (service, environment, id) = (service.clone(), environment.to_owned(), id.clone());
        let placed = Placed { service, environment, id, status: predicate.to_owned(), at };
        return Ok(Facts { placed: Some(placed), ..Facts::default() });
    }
    if !["deployed", "upgraded", "rolledback"].contains(&predicate) {
        return Err(NO_SUCH);
    }
    let row = Row::of(&delivery::DEPLOYMENTS).set("service", service).set("deployment_id", id);
    let row = row.set("environment", environment).set("status", "success").set("started_at", at).set("finished_at", at);
    let row = row.set("is_rollback", predicate == "rolledback").set("updated_at", at);
    let status = Row::of(&delivery::DEPLOYMENT_STATUSES).set("service", service).set("deployment_id", id);
    let status = status.set("status_id", id).set("status", predicate).set("reported_at", at).set("updated_at", at);
    Ok(Facts { observations: vec![row.asked(), status.asked()], ..Facts::default() })
}

fn incident(event: &Event, predicate: &str) -> Result<Facts, Nothing> {
    let at = event.context.timestamp;
    let row = Row::of(&delivery::INCIDENTS).set("incident_id", &event.subject.id).set("status", predicate);
    let row = row.set("service", event.text("/service/id")).set("url", event.text("/ticketURI"));
    Ok(match predicate {
        "detected" | "reported" => {
            one(event, row.set("subject", event.line("/description")).set("opened_at", at), predicate == "detected")
        }
        // What is said at the end is about the end.
        "resolved" => one(event, row.set("resolved_at", at), false),
        _ => return Err(NO_SUCH),
    })
}

fn change(event: &Event, predicate: &str) -> Result<Facts, Nothing> {
    let Some(repository) = event.text("/repository/id") else {
        return Err(Nothing("it names no repository"));
    };
    let Some(number) = number(&event.subject.id) else {
        return Err(Nothing("its id ends in no number, which a pull request has"));
    };
    let (id, at) = (&event.context.id, event.context.timestamp);
    let row = Row::of(&flow::PULL_REQUESTS).set("repository", repository).set("number", number);
    let moment = |word: &str| {
        let row = Row::of(&flow::PULL_REQUEST_EVENTS).set("repository", repository).set("pull_request", number);
        row.set("event_id", id).set("event", word).set("happened_at", at).set("updated_at", at).asked()
    };
    let mut facts = match predicate {
        "created" => {
            let about = event.line("/description");
            let is_revert = about.is_some_and(|text| text.starts_with("Revert \""));
            one(event, row.set("created_at", at).set("is_revert", is_revert), true)
        }
        "updated" | "reviewed" => one(event, row, true),
        "merged" => one(event, row.set("merged_at", at).set("closed_at", at), false),
        "abandoned" => one(event, row.set("closed_at", at), false),
        _ => return Err(NO_SUCH),
    };
    match predicate {
        "reviewed" => {
            // Neither who it was is said nor with which result.
            let row = Row::of(&flow::REVIEWS).set("repository", repository).set("pull_request", number);
            let row = row.set("review_id", id).set("state", "commented").set("submitted_at", at).set("updated_at", at);
            facts.observations.push(row.asked());
        }
        "merged" => facts.observations.push(moment("merged")),
        "abandoned" => facts.observations.push(moment("closed")),
        _ => {}
    }
    Ok(facts)
}

/// The number at the end of ids such as `42`, `acme/shop#42`, `shop!42` and `https://forge/acme/shop/pull/42`.
fn number(id: &str) -> Option<i64> {
    let digits = id.rsplit(['/', '#', '!']).next()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

fn ticket(event: &Event, predicate: &str) -> Result<Facts, Nothing> {
    let at = event.context.timestamp;
    let texts = |name: &str| {
        let all = event.subject.content.get(name).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<&str>>()
    };
    let mut labels = texts("labels");
    labels.sort_unstable();
    labels.dedup();
    let labels = Some(labels.join(",")).filter(|labels| !labels.is_empty());
    let row = Row::of(&support::TICKETS).set("ticket_id", &event.subject.id).set("subject", event.line("/summary"));
    let row = row.set("kind", event.text("/ticketType")).set("project", event.text("/group"));
    let row = row.set("priority", event.text("/priority")).set("labels", labels).set("url", event.text("/uri"));
    let row = row.set("requester_id", event.text("/creator").and_then(who));
    let row = row.set("assignee_id", texts("assignees").first().copied().and_then(who));
    let moment = |word: &str| {
        let row =
            Row::of(&support::TICKET_EVENTS).set("ticket_id", &event.subject.id).set("event_id", &event.context.id);
        let row = row.set("event", word).set("actor_id", event.text("/updatedBy").and_then(who));
        row.set("happened_at", at).set("updated_at", at).asked()
    };
    let (mut facts, word) = match predicate {
        "created" => (one(event, row.set("opened_at", at), true), None),
        "updated" => (one(event, row, true), Some("changed")),
        "closed" => {
            let row = row.set("status", event.text("/resolution")).set("resolved_at", at);
            (one(event, row, false), Some("resolved"))
        }
        _ => return Err(NO_SUCH),
    };
    facts.observations.extend(word.map(moment));
    Ok(facts)
}

fn one(event: &Event, row: Row, opens: bool) -> Facts {
    let (table, values) = row.into_parts();
    let fact = Fact { table, values, at: event.context.timestamp, opens };
    Facts { facts: vec![fact], ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn ids_that_end_in_a_number() {
        let ids = ["42", "acme/shop#42", "shop!42", "https://forge.example/acme/shop/pull/42"];
        assert_eq!(ids.map(number), [Some(42); 4]);
        assert_eq!(["mySubject123", "", "42a", "a/", "-1", "99999999999999999999"].map(number), [None; 6]);
    }
}
