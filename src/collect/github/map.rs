//! What GitHub's objects mean for the tables.
//!
//! One rule: a column is what the object says, and NULL where it does not say; what follows from several objects, such as
//! the first review of a pull request, is derived at reading.

mod build;
mod copilot;
mod delivery;
mod event;
mod pull;
mod team;
mod ticket;

pub use build::{is_running, job, run, run_version};
pub use copilot::{copilot_metrics, copilot_seats};
pub use delivery::{deployment, deployment_status, is_deployed, is_final, release, release_version};
pub use event::{pull_request_event, pull_request_event_word, timeline};
pub use pull::{comment, commits, pull_request, review};
pub use team::{members, team_name, teams};
pub use ticket::{ticket, ticket_comment, ticket_event, ticket_id, ticket_ids};

use super::payload::{Label, Repository, Signature, User};
use crate::collect::observation::{Observation, Row, Who};
use crate::model::{self, Table};
use chrono::{DateTime, TimeDelta, Utc};

/// How we came to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// GitHub answered.
    Asked,
    /// GitHub told us unasked, perhaps late.
    Told,
}

impl Voice {
    fn say(self, row: Row) -> Observation {
        match self {
            Voice::Asked => row.asked(),
            Voice::Told => row.told(),
        }
    }
}

/// The statement that `rows`, all of `table` and of one pull request, are all of that pull request's.
pub fn whole(table: &'static Table, repository: &str, pull_request: i64, rows: &[Observation]) -> Observation {
    Row::of(table).set("repository", repository).set("pull_request", pull_request).whole_of(rows)
}

/// A repository; `None` where the object has only part of it and does not say when it last changed.
pub fn repository(repository: &Repository, voice: Voice) -> Option<Observation> {
    let row = Row::of(&model::code::REPOSITORIES)
        .set("repository", repository.full_name.as_deref()?)
        .set("origin", &repository.html_url)
        .set("default_branch", &repository.default_branch)
        .set("source_key", key(repository.node_id.as_deref(), repository.id))
        .set("updated_at", repository.updated_at?);
    Some(voice.say(row))
}

/// The account that GitHub puts in place of deleted ones where it does not say null: <https://github.com/ghost>.
const GHOST: i64 = 10137;

/// How an account is named; `None` for a deleted one, so that all deleted ones do not become one person.
fn who(user: Option<&User>) -> Option<Who> {
    let user = user.filter(|user| user.id != Some(GHOST))?;
    let login = user.login.clone().filter(|login| !login.is_empty())?;
    // Brackets are in no login that a person can choose.
    let is_bot = user.kind.as_deref() == Some("Bot") || login.ends_with("[bot]");
    // Name and address of a profile can be changed and are not said everywhere: they would be another identity.
    Some(Who { number: user.id, login, is_bot, ..Who::default() })
}

/// How the author of a commit is named: by git, and by the account that GitHub found for it.
fn author(user: Option<&User>, signature: Option<&Signature>) -> Option<Who> {
    let account = who(user).unwrap_or_default();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let name = text(signature.and_then(|it| it.name.as_ref()));
    let email = text(signature.and_then(|it| it.email.as_ref()));
    let author = Who { name, email, ..account };
    (author != Who::default()).then_some(author)
}

/// GitHub's global id, or its number where the object is older than those.
fn key(node_id: Option<&str>, id: Option<i64>) -> Option<String> {
    node_id.map(str::to_owned).or_else(|| id.map(|id| id.to_string()))
}

/// The version of what is finished. GitHub's times are whole seconds: without this the end of what begins and ends within
/// one would be of the same moment as its beginning, and news of the same moment does not overwrite.
fn version(at: DateTime<Utc>, is_finished: bool) -> DateTime<Utc> {
    if is_finished { at + TimeDelta::milliseconds(1) } else { at }
}

/// The names, sorted, one a line; `None` where the object has no list.
fn labels(labels: Option<&[Label]>) -> Option<String> {
    let mut names: Vec<&str> = labels?.iter().filter_map(Label::name).collect();
    names.sort_unstable();
    Some(names.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn deleted_accounts_are_nobody() {
        let user = |id, login: &str, kind: &str| User {
            id,
            login: Some(login.to_owned()),
            kind: Some(kind.to_owned()),
            ..User::default()
        };
        let named = who(Some(&user(Some(1), "octocat", "User"))).unwrap();
        assert_eq!((named.number, named.login.as_str(), named.is_bot), (Some(1), "octocat", false));
        assert!(who(Some(&user(Some(2), "renovate[bot]", "User"))).unwrap().is_bot);
        assert!(who(Some(&user(Some(3), "copilot", "Bot"))).unwrap().is_bot);
        assert_eq!(who(Some(&user(Some(GHOST), "ghost", "User"))), None);
        assert_eq!(who(Some(&User::default())), None, "GitHub writes {{}} for the author of some commits");
        assert_eq!(who(None), None);
    }

    #[test]
    fn a_commit_without_account_is_its_signatures() {
        let signature = Signature { name: Some("A B".into()), email: Some("a@b".into()), date: None };
        let author = author(None, Some(&signature)).unwrap();
        assert_eq!((author.login.as_str(), author.name.as_str(), author.email.as_str()), ("", "A B", "a@b"));
        assert_eq!(super::author(None, None), None);
    }

    #[test]
    fn a_whole_lists_the_last_key_column() {
        let row = |sha: &str| {
            Row::of(&model::flow::PULL_REQUEST_COMMITS)
                .set("repository", "a/b")
                .set("pull_request", 1)
                .set("sha", sha)
                .asked()
        };
        let Observation::Whole { within, keys, .. } =
            whole(&model::flow::PULL_REQUEST_COMMITS, "a/b", 1, &[row("x"), row("y")])
        else {
            panic!("not a whole")
        };
        assert_eq!(keys, ["x", "y"]);
        assert_eq!((&within["repository"], &within["pull_request"]), (&Value::from("a/b"), &Value::from(1)));
    }
}
