//! What has to be known of a Jira before it is asked for issues: which kind it is, its statuses, and how it numbers the fields
//! of Service Management.

use super::find::{Next, Page, Question};
use super::map::{self, States};
use super::payload::Status;
use crate::collect::http::{Answer, Client, HttpError, with_query};
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// One Jira.
#[derive(Debug)]
pub(super) struct Server {
    /// Atlassian's cloud has another way to list issues than a server:
    /// <https://developer.atlassian.com/changelog/#CHANGE-2046>.
    pub is_cloud: bool,
    /// By its clock, when it began to answer.
    pub now: Option<DateTime<Utc>>,
    pub states: States,
    fields: String,
}

/// Fields that every Jira has.
const FIELDS: &str = "summary,project,issuetype,priority,status,labels,components,reporter,creator,assignee,created,updated,\
                      resolutiondate,statuscategorychangedate,comment";
/// Types of fields that Service Management adds: what a request was made by, and goals for times.
const CUSTOM: [&str; 2] = ["com.atlassian.servicedesk:vp-origin", "com.atlassian.servicedesk:sd-sla-field"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    deployment_type: Option<String>,
}

#[derive(Deserialize)]
struct Field {
    id: String,
    schema: Option<Schema>,
}

#[derive(Deserialize)]
struct Schema {
    custom: Option<String>,
}

impl Server {
    /// Asks a Jira about itself.
    pub async fn ask(client: &mut Client<'_>) -> Result<Server, HttpError> {
        let path = "/rest/api/2/serverInfo";
        let page = client.page(path).await?;
        let info: Info = client.parse(path, &page.body)?;
        let is_cloud = info.deployment_type.as_deref() == Some("Cloud");
        let path = "/rest/api/2/status";
        let body = client.page(path).await?.body;
        let statuses: Vec<Status> = client.parse(path, &body)?;
        let path = "/rest/api/2/field";
        let body = client.page(path).await?.body;
        let fields: Vec<Field> = client.parse(path, &body)?;
        let is_wanted = |field: &&Field| {
            let kind = field.schema.as_ref().and_then(|schema| schema.custom.as_deref());
            kind.is_some_and(|kind| CUSTOM.contains(&kind))
        };
        let mut names: Vec<&str> = fields.iter().filter(is_wanted).map(|field| field.id.as_str()).collect();
        names.sort_unstable();
        let fields = [FIELDS].into_iter().chain(names).collect::<Vec<_>>().join(",");
        Ok(Server { is_cloud, now: page.at, states: map::states(&statuses), fields })
    }

    /// The fields that a ticket needs.
    pub fn fields(&self) -> &str {
        &self.fields
    }

    /// One page of issues.
    pub async fn page(
        &self,
        client: &mut Client<'_>,
        question: &Question,
        next: &Next,
        fields: &str,
    ) -> Result<Page, HttpError> {
        let path = question.path(self.is_cloud, next, fields);
        let body = client.page(&path).await?.body;
        Page::read(client, &path, &body, next)
    }

    /// One issue as text, by its key; `None` where there is none.
    pub async fn issue(
        &self,
        client: &mut Client<'_>,
        key: &str,
        fields: &str,
    ) -> Result<Option<super::Issue>, HttpError> {
        let query = [("fields", fields), ("expand", "changelog")];
        let path = with_query(&format!("/rest/api/2/issue/{key}"), query);
        match client.get(&path, None).await? {
            Answer::Page(page) => Ok(Some(client.parse(&path, &page.body)?)),
            _ => Ok(None),
        }
    }
}
