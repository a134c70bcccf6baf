//! Issues and pull requests and all that is said about them.

use super::{html_url, owner, repository_url, reviewer, user, user_or_null, with};
use crate::github_world::world::clock::text;
use crate::github_world::world::{
    At, Comment, Commit, Event, Item, Label, Pull, Repository, Review, ReviewComment, Reviewer, Verdict, What, World,
    node_id,
};
use serde_json::{Map, Value, json};

fn labels(world: &World, repository: &Repository, item: &Item) -> Vec<Value> {
    item.labels.iter().filter_map(|id| repository.label(*id)).map(|label| label_of(world, repository, label)).collect()
}

fn label_of(world: &World, repository: &Repository, label: &Label) -> Value {
    json!({
        "id": label.id, "node_id": node_id("LA", label.id), "name": label.name, "color": label.color, "default": false,
        "description": "", "url": format!("{}/labels/{}", repository_url(world, repository), label.name),
    })
}

/// What an issue and a pull request say in the same words.
fn common(world: &World, repository: &Repository, item: &Item) -> Value {
    json!({
        "number": item.number, "title": item.title, "body": item.body, "user": user(world, item.author),
        "state": if item.closed_at.is_some() { "closed" } else { "open" }, "locked": false, "active_lock_reason": null,
        "assignee": item.assignee.map(|it| user(world, it)), "milestone": null,
        "assignees": item.assignee.iter().map(|it| user(world, *it)).collect::<Vec<Value>>(), "labels": labels(world, repository, item),
        "created_at": text(item.created_at), "updated_at": text(item.updated_at),
        "closed_at": item.closed_at.map(text), "author_association": "MEMBER",
        "comments_url": format!("{}/issues/{}/comments", repository_url(world, repository), item.number),
    })
}

pub fn issue(world: &World, repository: &Repository, item: &Item) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/issues/{}", item.number);
    let html = format!("{}/issues/{}", html_url(repository), item.number);
    let own = json!({
        "id": item.id, "node_id": node_id("I", item.id), "url": url, "html_url": html, "repository_url": base,
        "labels_url": format!("{url}/labels{{/name}}"), "events_url": format!("{url}/events"),
        "timeline_url": format!("{url}/timeline"), "comments": item.comments.len(),
        "state_reason": item.closed_at.map(|_| "completed"), "performed_via_github_app": null,
        "type": item.kind.map(|name| json!({ "id": 7, "node_id": format!("IT_{name}"), "name": name, "description": "" })),
    });
    let mut object = with(common(world, repository, item), own);
    if let Some(pull) = &item.pull {
        let html = format!("{}/pull/{}", html_url(repository), item.number);
        object["node_id"] = json!(node_id("PR", pull.id));
        object["state_reason"] = Value::Null;
        object["draft"] = json!(pull.is_draft);
        object["pull_request"] = json!({
            "url": format!("{base}/pulls/{}", item.number), "html_url": html, "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"), "merged_at": pull.merged.as_ref().map(|it| text(it.at)),
        });
    }
    object
}

/// A pull request as in a list.
pub fn pull(world: &World, repository: &Repository, item: &Item, pull: &Pull) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/pulls/{}", item.number);
    let html = format!("{}/pull/{}", html_url(repository), item.number);
    let branch = |name: &str, sha: &str| {
        json!({
            "label": format!("{}:{name}", repository.owner), "ref": name, "sha": sha,
            "user": owner(world, &repository.owner), "repo": super::repository(world, repository),
        })
    };
    let reviewers = |teams: bool| -> Vec<Value> {
        pull.requested
            .iter()
            .filter(|it| matches!(it, Reviewer::Team(_)) == teams)
            .map(|it| reviewer(world, *it))
            .collect()
    };
    let issue_url = format!("{base}/issues/{}", item.number);
    let statuses = format!("{base}/statuses/{}", pull.head());
    let links = [
        ("self", url.clone()),
        ("html", html.clone()),
        ("issue", issue_url.clone()),
        ("comments", format!("{issue_url}/comments")),
        ("review_comments", format!("{url}/comments")),
        ("review_comment", format!("{base}/pulls/comments{{/number}}")),
        ("commits", format!("{url}/commits")),
        ("statuses", statuses.clone()),
    ];
    let links: Map<String, Value> =
        links.into_iter().map(|(name, to)| (name.to_owned(), json!({ "href": to }))).collect();
    let own = json!({
        "id": pull.id, "node_id": node_id("PR", pull.id), "url": url, "html_url": html, "issue_url": issue_url,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "_links": links,
        "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{base}/pulls/comments{{/number}}"), "statuses_url": statuses,
        "merged_at": pull.merged.as_ref().map(|it| text(it.at)), "draft": pull.is_draft, "auto_merge": null,
        "merge_commit_sha": pull.merged.as_ref().map(|it| &it.sha), "requested_reviewers": reviewers(false),
        "requested_teams": reviewers(true), "head": branch(&pull.head_ref, pull.head()),
        "base": branch("main", &"0".repeat(40)),
    });
    with(common(world, repository, item), own)
}

/// A pull request with what only the answer about one has.
pub fn full_pull(world: &World, repository: &Repository, item: &Item, it: &Pull) -> Value {
    let more = json!({
        "merged": it.merged.is_some(), "mergeable": null, "rebaseable": null, "mergeable_state": "unknown",
        "merged_by": it.merged.as_ref().map(|merge| user(world, merge.by)), "comments": item.comments.len(),
        "review_comments": it.review_comments.len(), "maintainer_can_modify": false, "commits": it.commits.len(),
        "additions": it.additions, "deletions": it.deletions, "changed_files": it.changed_files,
    });
    with(pull(world, repository, item, it), more)
}

pub fn comment(world: &World, repository: &Repository, item: &Item, it: &Comment) -> Value {
    let base = repository_url(world, repository);
    let part = if item.pull.is_some() { "pull" } else { "issues" };
    json!({
        "id": it.id, "node_id": node_id("IC", it.id), "url": format!("{base}/issues/comments/{}", it.id),
        "html_url": format!("{}/{part}/{}#issuecomment-{}", html_url(repository), item.number, it.id),
        "issue_url": format!("{base}/issues/{}", item.number), "user": user(world, it.author), "body": it.body,
        "created_at": text(it.created_at), "updated_at": text(it.updated_at), "author_association": "MEMBER",
        "performed_via_github_app": null,
    })
}

/// A verdict in the words of the API.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "APPROVED",
        Verdict::ChangesRequested => "CHANGES_REQUESTED",
        Verdict::Commented => "COMMENTED",
        Verdict::Dismissed => "DISMISSED",
    }
}

pub fn review(world: &World, repository: &Repository, item: &Item, it: &Review) -> Value {
    let pull_url = format!("{}/pulls/{}", repository_url(world, repository), item.number);
    let html = format!("{}/pull/{}#pullrequestreview-{}", html_url(repository), item.number, it.id);
    json!({
        "id": it.id, "node_id": node_id("PRR", it.id), "user": user_or_null(world, it.author), "body": it.body,
        "state": verdict(it.verdict), "html_url": html, "pull_request_url": pull_url, "author_association": "MEMBER",
        "submitted_at": text(it.submitted_at), "commit_id": it.sha,
        "_links": { "html": { "href": html }, "pull_request": { "href": pull_url } },
    })
}

pub fn review_comment(world: &World, repository: &Repository, item: &Item, it: &ReviewComment) -> Value {
    let base = repository_url(world, repository);
    let (url, pull_url) = (format!("{base}/pulls/comments/{}", it.id), format!("{base}/pulls/{}", item.number));
    let html = format!("{}/pull/{}#discussion_r{}", html_url(repository), item.number, it.id);
    let mut object = json!({
        "id": it.id, "node_id": node_id("PRRC", it.id), "url": url, "html_url": html, "pull_request_url": pull_url,
        "pull_request_review_id": it.review, "diff_hunk": "@@ -1 +1 @@", "path": it.path, "commit_id": it.sha,
        "original_commit_id": it.sha, "user": user(world, it.author), "body": it.body, "author_association": "MEMBER",
        "created_at": text(it.created_at), "updated_at": text(it.updated_at), "line": 1, "side": "RIGHT",
        "subject_type": "line",
        "_links": { "self": { "href": url }, "html": { "href": html }, "pull_request": { "href": pull_url } },
    });
    if it.thread != it.id {
        object["in_reply_to_id"] = json!(it.thread);
    }
    object
}

pub fn commit(world: &World, repository: &Repository, it: &Commit) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/commits/{}", it.sha);
    let account = it.author.map_or(Value::Null, |id| user_or_null(world, id));
    json!({
        "sha": it.sha, "node_id": format!("C_{}", it.sha), "url": url, "comments_url": format!("{url}/comments"),
        "html_url": format!("{}/commit/{}", html_url(repository), it.sha), "author": account, "committer": account,
        "commit": git_commit(&base, it), "parents": [],
    })
}

fn git_commit(base: &str, it: &Commit) -> Value {
    json!({
        "author": { "name": it.author_name, "email": it.author_email, "date": text(it.authored_at) },
        "committer": { "name": it.author_name, "email": it.author_email, "date": text(it.committed_at) },
        "message": it.message, "url": format!("{base}/git/commits/{}", it.sha), "comment_count": 0,
        "tree": { "sha": it.sha, "url": format!("{base}/git/trees/{}", it.sha) },
    })
}

/// An event of a pull request or issue.
pub fn event(world: &World, repository: &Repository, it: &Event) -> Value {
    let base = repository_url(world, repository);
    let label = |id: &u64| repository.label(*id).map(|label| json!({ "name": label.name, "color": label.color }));
    let asked = |who: &Reviewer| {
        let field = if matches!(who, Reviewer::Team(_)) { "requested_team" } else { "requested_reviewer" };
        json!({ "review_requester": user(world, it.actor), field: reviewer(world, *who) })
    };
    let (name, more) = match &it.what {
        What::ReadyForReview => ("ready_for_review", json!({})),
        What::ConvertToDraft => ("convert_to_draft", json!({})),
        What::ReviewRequested(who) => ("review_requested", asked(who)),
        What::ReviewRequestRemoved(who) => ("review_request_removed", asked(who)),
        What::HeadRefForcePushed { after, .. } => ("head_ref_force_pushed", json!({ "commit_id": after })),
        What::Closed => ("closed", json!({ "state_reason": null })),
        What::Reopened => ("reopened", json!({ "state_reason": null })),
        What::Merged(sha) => ("merged", json!({ "commit_id": sha, "commit_url": format!("{base}/commits/{sha}") })),
        What::Labeled(id) => ("labeled", json!({ "label": label(id) })),
        What::Unlabeled(id) => ("unlabeled", json!({ "label": label(id) })),
        What::Renamed { from, to } => ("renamed", json!({ "rename": { "from": from, "to": to } })),
        What::ReviewDismissed { review, was } => {
            let was = verdict(*was).to_lowercase();
            let dismissed = json!({ "state": was, "review_id": review, "dismissal_message": "No longer holds." });
            ("review_dismissed", json!({ "dismissed_review": dismissed }))
        }
        What::Done(deed) => (deed.word, json!({})),
    };
    let common = json!({
        "id": it.id, "node_id": node_id("EV", it.id), "url": format!("{base}/issues/events/{}", it.id), "event": name,
        "actor": user(world, it.actor), "commit_id": null, "commit_url": null, "created_at": text(it.at),
        "performed_via_github_app": null,
    });
    with(common, more)
}

/// Everything in the conversation, by time: events, comments, and of a pull request commits and reviews.
pub fn timeline(world: &World, repository: &Repository, item: &Item) -> Vec<Value> {
    let mut rows: Vec<_> = item.events.iter().map(|it| (it.at, event(world, repository, it))).collect();
    for it in &item.comments {
        let more = json!({ "event": "commented", "actor": user(world, it.author) });
        rows.push((it.created_at, with(comment(world, repository, item, it), more)));
    }
    if let Some(pull) = &item.pull {
        for it in &pull.commits {
            let git = git_commit(&repository_url(world, repository), it);
            let more = json!({ "event": "committed", "sha": it.sha, "node_id": format!("C_{}", it.sha), "parents": [],
                "html_url": format!("{}/commit/{}", html_url(repository), it.sha),
                "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null } });
            rows.push((it.committed_at, with(git, more)));
        }
        for it in &pull.reviews {
            let state = verdict(it.verdict).to_lowercase();
            let row = with(review(world, repository, item, it), json!({ "event": "reviewed", "state": state }));
            rows.push((it.submitted_at, row));
        }
    }
    rows.sort_by_key(|row| row.0);
    rows.into_iter().map(|row| row.1).collect()
}

/// The item at `at`, as an issue or as a pull request.
pub fn item(world: &World, at: At) -> Value {
    let (repository, item) = (world.repository(at.repository).unwrap(), world.item(at));
    match &item.pull {
        Some(pull) => full_pull(world, repository, item, pull),
        None => issue(world, repository, item),
    }
}
