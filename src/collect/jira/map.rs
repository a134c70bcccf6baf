//! What Jira's objects mean for the tables.
//!
//! One rule: a column is what the object says, and NULL where it does not say. Rows say neither who asked nor who told: that
//! is for whoever read the object.

mod event;
mod ticket;

pub use event::{comment, history};
pub use ticket::ticket;

use super::payload::{Status, User};
use crate::collect::observation::Who;
use std::collections::BTreeMap;

/// The state of each status by the status's id, as far as is known.
pub type States = BTreeMap<String, &'static str>;

/// The states of statuses; those of no category are left out.
pub fn states<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> States {
    statuses.into_iter().filter_map(|status| Some((status.id.clone()?, state(status)?))).collect()
}

/// Statuses in which Service Management waits for somebody outside of the team, by the names that its own workflows have:
/// <https://support.atlassian.com/jira-service-management-cloud/docs/what-are-the-default-workflows/>.
const WAITING: [&str; 3] = ["waiting for customer", "waiting for approval", "pending"];

/// The table's word for a status: its category decides, and of those under way the name.
fn state(status: &Status) -> Option<&'static str> {
    let name = status.untranslated.as_ref().or(status.name.as_ref()).map(|name| name.to_lowercase());
    match status.category.as_ref()?.key.as_deref()? {
        "new" => Some("open"),
        "indeterminate" if name.is_some_and(|name| WAITING.contains(&name.as_str())) => Some("waiting"),
        "indeterminate" => Some("active"),
        "done" => Some("done"),
        _ => None,
    }
}

/// How an account is named; `None` for one that is not said, such as a deleted one.
///
/// The id is the login, since it never changes. Name and address are profiles' and may.
fn who(user: Option<&User>) -> Option<Who> {
    let user = user?;
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let login = said(&user.account_id).or_else(|| said(&user.key)).or_else(|| said(&user.name))?;
    let is_bot = user.account_type.as_deref() == Some("app");
    let profile_email = said(&user.email_address).unwrap_or_default();
    Some(Who { login, is_bot, profile_email, ..Who::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_category_and_the_names_of_waiting_decide_the_state() {
        let state = |name: &str, category: &str| {
            let status = json!({ "id": "1", "name": name, "statusCategory": { "key": category } });
            super::state(&serde_json::from_value(status).unwrap())
        };
        assert_eq!(state("Waiting for support", "new"), Some("open"));
        assert_eq!(state("Waiting for support", "indeterminate"), Some("active"));
        assert_eq!(state("Waiting for Customer", "indeterminate"), Some("waiting"));
        assert_eq!(state("Pending", "done"), Some("done"));
        assert_eq!(state("Pending", "undefined"), None);
    }

    #[test]
    fn an_account_is_known_by_what_does_not_change() {
        let named = |user: serde_json::Value| who(Some(&serde_json::from_value(user).unwrap()));
        let cloud = named(json!({ "accountId": "5e97", "displayName": "Ann", "emailAddress": "ann@acme.example" }));
        let cloud = cloud.unwrap();
        assert_eq!((cloud.login.as_str(), cloud.name.as_str(), cloud.email.as_str()), ("5e97", "", ""));
        assert_eq!((cloud.profile_email.as_str(), cloud.is_bot), ("ann@acme.example", false));
        assert_eq!(named(json!({ "key": "JIRAUSER1", "name": "ann" })).unwrap().login, "JIRAUSER1");
        assert!(named(json!({ "accountId": "1", "accountType": "app" })).unwrap().is_bot);
        assert_eq!(named(json!({ "accountId": "", "displayName": "Former user" })), None);
    }
}
