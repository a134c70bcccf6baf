//! What GitLab's objects mean for the tables.
//!
//! One rule: a column is what the object says, and NULL where it does not say. Rows say neither who asked nor who told: that
//! is for whoever read the object.

mod delivery;
mod merge_request;
mod pipeline;
mod review;
mod ticket;

pub use delivery::{deployment, deployment_status, deployment_version, release};
pub use merge_request::{commits, events, merge_request, merge_request_version, state_event};
pub use pipeline::{is_running, job, pipeline, pipeline_version};
pub use review::{comments, reviews};
pub use ticket::{label_event, ticket, ticket_id, ticket_note, ticket_state_event};

use super::payload::{Project, User};
use crate::collect::observation::{Row, Who};
use crate::model::code::REPOSITORIES;
use chrono::{DateTime, TimeDelta, Utc};

/// A project as a repository.
pub fn repository(project: &Project) -> Row {
    Row::of(&REPOSITORIES)
        .set("repository", &project.path_with_namespace)
        .set("origin", &project.web_url)
        .set("default_branch", &project.default_branch)
        .set("source_key", project.id.to_string())
        .set("updated_at", project.last_activity_at)
}

/// The account that gets what deleted ones wrote: <https://docs.gitlab.com/user/profile/account/delete_account/>.
const GHOST: &str = "ghost";

/// How an account is named; `None` for a deleted one, so that all deleted ones do not become one person.
fn who(user: Option<&User>) -> Option<Who> {
    let user = user.filter(|user| user.username.as_deref() != Some(GHOST))?;
    let login = user.username.clone().filter(|name| !name.is_empty())?;
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let profile_email = said(&user.email).or_else(|| said(&user.public_email)).unwrap_or_default();
    let is_bot = user.bot == Some(true) || is_service_account(&login);
    Some(Who { number: user.id, login, is_bot, profile_email, ..Who::default() })
}

/// Whether GitLab made the account for a token or a group: <https://docs.gitlab.com/user/project/settings/project_access_tokens/>.
fn is_service_account(login: &str) -> bool {
    let parts: Vec<&str> = login.split('_').collect();
    let is_token = matches!(parts[..], ["project" | "group", number, "bot", ..] if number.parse::<u64>().is_ok());
    is_token || login.starts_with("service_account_") || ["support-bot", "alert-bot", "GitLabDuo"].contains(&login)
}

/// Names that GitLab puts behind an `@` in its own sentences.
fn mentioned(sentence: &str) -> Vec<Who> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    let name = |rest: &str| rest.chars().take_while(|c| is_name(*c)).collect::<String>();
    let names = sentence.split('@').skip(1).map(name).filter(|name| !name.is_empty());
    names.map(|login| Who { login, ..Who::default() }).collect()
}

/// The names, sorted, with this between them; `None` where the object has no list.
fn labels(labels: Option<&Vec<String>>, between: &str) -> Option<String> {
    let mut labels = labels?.clone();
    labels.sort_unstable();
    Some(labels.join(between))
}

/// The version of what is finished: the end of what begins and ends at one moment is newer than its beginning.
fn version(at: DateTime<Utc>, is_finished: bool) -> DateTime<Utc> {
    if is_finished { at + TimeDelta::microseconds(1) } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_nobody_and_of_machines() {
        let user = |login: &str| User { id: Some(1), username: Some(login.to_owned()), ..User::default() };
        let is_bot = |login: &str| who(Some(&user(login))).unwrap().is_bot;
        assert_eq!(who(Some(&user("ghost"))), None);
        assert_eq!(who(None), None);
        assert!(is_bot("project_4821_bot_3f") && is_bot("group_7_bot") && is_bot("support-bot"));
        assert!(!is_bot("project_manager") && !is_bot("ann_1_bot"));
    }

    #[test]
    fn sentences_name_people() {
        let logins = |text: &str| mentioned(text).into_iter().map(|who| who.login).collect::<Vec<_>>();
        assert_eq!(logins("requested review from @ann and @b.o-b_1"), ["ann", "b.o-b_1"]);
        assert_eq!(logins("requested review from nobody @"), [""; 0]);
    }
}
