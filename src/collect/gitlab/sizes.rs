//! How large merge requests are, which REST says only by sending the whole diff.

use super::payload::Size;
use crate::collect::Progress;
use crate::collect::http::{Answer, Client, HttpError};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// <https://docs.gitlab.com/api/graphql/reference/#diffstatssummary>. A hundred are the most that GitLab gives at once.
const QUESTION: &str = "query($path: ID!, $iids: [String!]) { project(fullPath: $path) { mergeRequests(iids: $iids, first: 100) \
                        { nodes { iid diffStatsSummary { additions deletions fileCount } } } } }";

#[derive(Deserialize)]
struct Said {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Trouble>,
}

#[derive(Deserialize)]
struct Trouble {
    message: String,
}

#[derive(Deserialize)]
struct Data {
    project: Option<Project>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    merge_requests: Nodes,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    /// A number as text.
    iid: String,
    diff_stats_summary: Option<Summary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    additions: i64,
    deletions: i64,
    file_count: i64,
}

/// The sizes of up to a hundred merge requests of a project, by number. Where GitLab does not say them, which older ones do not,
/// they stay unknown.
pub(super) async fn sizes(
    client: &mut Client<'_>,
    progress: &dyn Progress,
    project: &str,
    numbers: &[i64],
) -> Result<BTreeMap<i64, Size>, HttpError> {
    if numbers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let iids: Vec<String> = numbers.iter().map(i64::to_string).collect();
    let question = json!({ "query": QUESTION, "variables": { "path": project, "iids": iids } });
    let answer = match client.post("/graphql", question).await {
        Err(error @ HttpError::Refused { .. }) => {
            progress.warn(&format!("{project}: the sizes of merge requests stay unknown: {error}"));
            return Ok(BTreeMap::new());
        }
        other => other?,
    };
    let Answer::Page(page) = answer else { return Ok(BTreeMap::new()) };
    let said: Said = client.parse("/graphql", &page.body)?;
    if let Some(trouble) = said.errors.first() {
        progress.warn(&format!("{project}: the sizes of merge requests stay unknown: {}", trouble.message));
    }
    let nodes = said.data.and_then(|data| data.project).into_iter().flat_map(|project| project.merge_requests.nodes);
    let size = |node: Node| {
        let summary = node.diff_stats_summary?;
        let size = Size {
            commits: None,
            files: Some(summary.file_count),
            lines_added: Some(summary.additions),
            lines_deleted: Some(summary.deletions),
        };
        Some((node.iid.parse().ok()?, size))
    };
    Ok(nodes.filter_map(size).collect())
}
