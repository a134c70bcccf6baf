//! Rows as REST writes them; the names are those of GitHub's OpenAPI description (@octokit/openapi 23.0.2).

use crate::github_world::world::clock::text;
use crate::github_world::world::{
    At, Comment, Commit, CopilotDay, Deployment, DeploymentStatus, Event, Item, Job, Pull, Release, Repository, Review,
    ReviewComment, Reviewer, Run, Team, Verdict, What, World, node_id,
};
use serde_json::{Map, Value, json};

/// Adds the fields of `more` to an object.
pub fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

/// A user; one that was deleted is shown as `ghost`.
pub fn user(world: &World, id: u64) -> Value {
    match world.user(id) {
        None => account(world, "ghost", node_id("U", 10_137), 10_137, "User"),
        Some(user) if user.is_bot => {
            account(world, &format!("{}[bot]", user.login), node_id("BOT", user.id), user.id, "Bot")
        }
        Some(user) => account(world, &user.login, node_id("U", user.id), user.id, "User"),
    }
}

/// A user; one that was deleted is null. Reviews say it so.
pub fn user_or_null(world: &World, id: u64) -> Value {
    world.user(id).map_or(Value::Null, |_| user(world, id))
}

/// The owner of a repository.
pub fn owner(world: &World, login: &str) -> Value {
    let id = if login == world.organization.login { world.organization.id } else { 901 };
    account(world, login, node_id("O", id), id, "Organization")
}

fn account(world: &World, login: &str, node_id: String, id: u64, kind: &str) -> Value {
    let url = format!("{}/users/{login}", world.api);
    let mut object = json!({
        "login": login, "id": id, "node_id": node_id, "avatar_url": format!("https://avatars.example/u/{id}"),
        "gravatar_id": "", "url": url, "html_url": format!("https://github.com/{login}"), "type": kind,
        "user_view_type": "public", "site_admin": false,
        "following_url": format!("{url}/following{{/other_user}}"), "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"), "events_url": format!("{url}/events{{/privacy}}"),
    });
    for part in ["followers", "subscriptions", "repos", "received_events"] {
        object[format!("{part}_url")] = json!(format!("{url}/{part}"));
    }
    object["organizations_url"] = json!(format!("{url}/orgs"));
    object
}

/// Address templates of a repository: field and what follows the repository's own address.
const REPOSITORY_URLS: [(&str, &str); 36] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// The address of a repository's REST resources.
pub fn repository_url(world: &World, repository: &Repository) -> String {
    format!("{}/repos/{}", world.api, repository.full_name())
}

fn html_url(repository: &Repository) -> String {
    format!("https://github.com/{}", repository.full_name())
}

pub fn repository(world: &World, it: &Repository) -> Value {
    let (url, html) = (repository_url(world, it), html_url(it));
    let open = it.items.iter().filter(|item| item.closed_at.is_none()).count();
    let mut object = json!({
        "id": it.id, "node_id": node_id("R", it.id), "name": it.name, "full_name": it.full_name(), "private": true,
        "owner": owner(world, &it.owner), "html_url": html, "description": null, "fork": false, "url": url,
        "created_at": text(it.created_at), "updated_at": text(it.updated_at), "pushed_at": text(it.pushed_at),
        "git_url": format!("git:{}.git", &html[6..]), "ssh_url": format!("git@github.com:{}.git", it.full_name()),
        "clone_url": format!("{html}.git"), "svn_url": html, "homepage": null, "size": 108, "stargazers_count": 0,
        "watchers_count": 0, "language": "Rust",
    });
    let more = json!({
        "has_issues": true, "has_projects": true, "has_downloads": true,
        "has_wiki": true, "has_pages": false, "has_discussions": false, "forks_count": 0, "mirror_url": null,
        "archived": it.is_archived, "disabled": false, "open_issues_count": open, "license": null,
        "allow_forking": false, "is_template": false, "web_commit_signoff_required": false, "topics": [],
        "visibility": "private", "forks": 0, "open_issues": open, "watchers": 0, "default_branch": "main",
    });
    object = with(object, more);
    for (field, rest) in REPOSITORY_URLS {
        object[field] = json!(format!("{url}{rest}"));
    }
    object
}

/// What only the answer about one repository has.
pub fn full_repository(world: &World, it: &Repository) -> Value {
    with(repository(world, it), json!({ "network_count": 0, "subscribers_count": 0 }))
}

fn labels(world: &World, repository: &Repository, item: &Item) -> Vec<Value> {
    item.labels.iter().filter_map(|id| repository.label(*id)).map(|label| label_of(world, repository, label)).collect()
}

fn label_of(world: &World, repository: &Repository, label: &crate::github_world::world::Label) -> Value {
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
        "assignee": null, "assignees": [], "milestone": null, "labels": labels(world, repository, item),
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
            "user": owner(world, &repository.owner), "repo": self::repository(world, repository),
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

pub fn reviewer(world: &World, reviewer: Reviewer) -> Value {
    match reviewer {
        Reviewer::User(id) => user(world, id),
        Reviewer::Team(id) => world.team(id).map_or(Value::Null, |it| team(world, it)),
    }
}

pub fn team(world: &World, it: &Team) -> Value {
    let parent = it.parent.and_then(|id| world.team(id)).map(|parent| slim_team(world, parent));
    with(slim_team(world, it), json!({ "parent": parent }))
}

fn slim_team(world: &World, it: &Team) -> Value {
    let (org, id) = (&world.organization, it.id);
    let url = format!("{}/organizations/{}/team/{id}", world.api, org.id);
    json!({
        "id": id, "node_id": node_id("T", id), "url": url, "members_url": format!("{url}/members{{/member}}"),
        "repositories_url": format!("{url}/repos"), "name": it.name, "slug": it.slug, "description": "",
        "privacy": "closed", "notification_setting": "notifications_enabled", "permission": "pull",
        "html_url": format!("https://github.com/orgs/{}/teams/{}", org.login, it.slug), "type": "organization",
        "organization_id": org.id,
    })
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
    for pull in &item.pull {
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

pub fn run(world: &World, repository: &Repository, it: &Run) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/actions/runs/{}", it.id);
    let workflow = if it.name == "build" { 71 } else { 72 };
    let author = json!({ "name": "Dev", "email": "dev@example.com" });
    let previous = (it.attempt > 1).then(|| format!("{url}/attempts/{}", it.attempt - 1));
    let own = json!({
        "id": it.id, "name": it.name, "node_id": node_id("WFR", it.id), "head_branch": it.branch, "head_sha": it.sha,
        "path": format!(".github/workflows/{}.yml", it.name), "display_title": it.name, "run_number": it.number,
        "event": it.event, "status": it.status, "conclusion": it.conclusion, "workflow_id": workflow,
        "check_suite_id": it.id + 1, "check_suite_node_id": node_id("CS", it.id + 1), "url": url,
        "html_url": format!("{}/actions/runs/{}", html_url(repository), it.id), "pull_requests": [],
        "created_at": text(it.created_at), "updated_at": text(it.updated_at), "actor": user(world, it.actor),
        "triggering_actor": user(world, it.actor), "run_attempt": it.attempt, "referenced_workflows": [],
    });
    let links = json!({
        "run_started_at": text(it.started_at), "previous_attempt_url": previous, "jobs_url": format!("{url}/jobs"),
        "logs_url": format!("{url}/logs"), "check_suite_url": format!("{base}/check-suites/{}", it.id + 1),
        "artifacts_url": format!("{url}/artifacts"), "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"), "workflow_url": format!("{base}/actions/workflows/{workflow}"),
        "head_commit": { "id": it.sha, "tree_id": it.sha, "message": "Work", "timestamp": text(it.created_at),
            "author": author, "committer": author },
        "repository": self::repository(world, repository), "head_repository": self::repository(world, repository),
    });
    with(own, links)
}

pub fn job(world: &World, repository: &Repository, run: &Run, it: &Job) -> Value {
    let base = repository_url(world, repository);
    let run_url = format!("{base}/actions/runs/{}", run.id);
    json!({
        "id": it.id, "run_id": run.id, "run_url": run_url, "run_attempt": it.attempt, "workflow_name": run.name,
        "node_id": node_id("CR", it.id), "head_branch": run.branch, "head_sha": run.sha, "name": it.name,
        "url": format!("{base}/actions/jobs/{}", it.id), "html_url": format!("{}/job/{}", html_url(repository), it.id),
        "status": it.status, "conclusion": it.conclusion, "created_at": text(it.created_at),
        "started_at": text(it.started_at), "completed_at": it.completed_at.map(text), "steps": [],
        "check_run_url": format!("{base}/check-runs/{}", it.id), "labels": ["ubuntu-latest"], "runner_id": null,
        "runner_name": null, "runner_group_id": null, "runner_group_name": null,
    })
}

pub fn deployment(world: &World, repository: &Repository, it: &Deployment) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/deployments/{}", it.id);
    json!({
        "id": it.id, "node_id": node_id("DE", it.id), "url": url, "sha": it.sha, "ref": it.branch, "task": "deploy",
        "payload": {}, "original_environment": it.environment, "environment": it.environment, "description": null,
        "creator": user(world, it.creator), "created_at": text(it.created_at), "updated_at": text(it.updated_at),
        "statuses_url": format!("{url}/statuses"), "repository_url": base, "transient_environment": false,
        "production_environment": it.environment == "production", "performed_via_github_app": null,
    })
}

pub fn deployment_status(world: &World, repository: &Repository, of: &Deployment, it: &DeploymentStatus) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/deployments/{}", of.id);
    json!({
        "id": it.id, "node_id": node_id("DES", it.id), "url": format!("{url}/statuses/{}", it.id), "state": it.state,
        "creator": user(world, it.creator), "description": "", "environment": of.environment, "target_url": "",
        "created_at": text(it.created_at), "updated_at": text(it.created_at), "deployment_url": url,
        "repository_url": base, "environment_url": "", "log_url": "", "performed_via_github_app": null,
    })
}

pub fn release(world: &World, repository: &Repository, it: &Release) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/releases/{}", it.id);
    json!({
        "id": it.id, "node_id": node_id("RE", it.id), "url": url, "assets_url": format!("{url}/assets"),
        "upload_url": format!("{url}/assets{{?name,label}}"), "assets": [], "tag_name": it.tag, "name": it.tag,
        "html_url": format!("{}/releases/tag/{}", html_url(repository), it.tag), "target_commitish": "main",
        "draft": it.is_draft, "prerelease": it.is_prerelease, "author": user(world, it.author), "body": "",
        "created_at": text(it.created_at), "updated_at": text(it.updated_at),
        "published_at": it.published_at.map(text), "tarball_url": format!("{base}/tarball/{}", it.tag),
        "zipball_url": format!("{base}/zipball/{}", it.tag),
    })
}

/// The tag of a release; a draft has none yet.
pub fn tag(world: &World, repository: &Repository, it: &Release) -> Value {
    let base = repository_url(world, repository);
    json!({
        "name": it.tag, "node_id": node_id("REF", it.id),
        "commit": { "sha": it.sha, "url": format!("{base}/commits/{}", it.sha) },
        "tarball_url": format!("{base}/tarball/refs/tags/{}", it.tag),
        "zipball_url": format!("{base}/zipball/refs/tags/{}", it.tag),
    })
}

/// A day of `GET /orgs/{org}/copilot/metrics`.
pub fn copilot_day(it: &CopilotDay) -> Value {
    let language = json!({ "name": "rust", "total_engaged_users": it.engaged_users,
        "total_code_suggestions": it.suggestions, "total_code_acceptances": it.acceptances,
        "total_code_lines_suggested": it.suggestions * 2, "total_code_lines_accepted": it.acceptances * 2 });
    let model = json!({ "name": "default", "is_custom_model": false, "custom_model_training_date": null,
        "total_engaged_users": it.engaged_users, "languages": [language] });
    json!({
        "date": it.day.to_string(), "total_active_users": it.active_users, "total_engaged_users": it.engaged_users,
        "copilot_ide_code_completions": { "total_engaged_users": it.engaged_users,
            "languages": [{ "name": "rust", "total_engaged_users": it.engaged_users }],
            "editors": [{ "name": "vscode", "total_engaged_users": it.engaged_users, "models": [model] }] },
        "copilot_ide_chat": null, "copilot_dotcom_chat": null, "copilot_dotcom_pull_requests": null,
    })
}

/// The item at `at`, as an issue or as a pull request.
pub fn item(world: &World, at: At) -> Value {
    let (repository, item) = (world.repository(at.repository).unwrap(), world.item(at));
    match &item.pull {
        Some(pull) => full_pull(world, repository, item, pull),
        None => issue(world, repository, item),
    }
}
