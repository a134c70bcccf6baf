//! Rows as REST writes them; the names are those of GitHub's OpenAPI description (@octokit/openapi 23.0.2).

mod conversation;
mod project;

pub use conversation::{
    comment, commit, event, full_pull, issue, item, pull, review, review_comment, timeline, verdict,
};
pub use project::{
    copilot_day, copilot_report, copilot_report_day, deployment, deployment_status, job, release, run, tag,
};

use crate::github_world::world::clock::text;
use crate::github_world::world::{Repository, Reviewer, Team, World, node_id};
use serde_json::{Value, json};

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
