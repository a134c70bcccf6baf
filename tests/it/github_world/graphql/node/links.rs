//! Where an object leads.

use super::{
    Deployment, Event, Found, Item, Map, NEWEST_FIRST, Node, Pull, Repository, Review, ReviewComment, Reviewer, Time,
    Value, World, actor, of_node_id, somebody, viewer,
};
use crate::github_world::rest::shape;
use crate::github_world::world::What;

/// A query's arguments of one field.
type Arguments = Map<String, Value>;

impl<'w> Node<'w> {
    /// Follows a field that is no leaf.
    ///
    /// # Panics
    /// When the schema has a field that nothing here answers.
    pub fn link(self, world: &'w World, field: &str, arguments: &Arguments) -> Found<'w> {
        match self {
            Node::Root { .. } => self.root(world, field, arguments),
            Node::Organization(owner) => organization(world, owner, field),
            Node::Team(team) => match field {
                "parentTeam" => Found::One(team.parent.and_then(|id| world.team(id)).map(Node::Team)),
                _ => {
                    let own = || team.members.clone();
                    let members = if arguments.get("membership").is_some_and(|it| it == "IMMEDIATE") {
                        own()
                    } else {
                        world.members(team)
                    };
                    Found::Many(members.into_iter().filter_map(|id| world.user(id)).map(Node::User).collect(), "")
                }
            },
            Node::Repository(it) => repository(it, field, arguments),
            Node::Branch(it, _) => Found::One(Some(Node::Sha("", it.pushed_at))),
            Node::Item(repository, item) => in_item(world, repository, item, field, arguments),
            Node::Request(_, who, _) => Found::One(reviewer(world, who)),
            Node::PullCommit(_, it, _) => Found::One(Some(Node::Commit(it))),
            Node::Commit(it) => {
                let at = if field == "author" { it.authored_at } else { it.committed_at };
                Found::One(Some(Node::GitActor(it, at)))
            }
            // A machine's account is no `User`.
            Node::GitActor(it, _) => {
                Found::One(it.author.and_then(|id| world.user(id)).filter(|user| !user.is_bot).map(Node::User))
            }
            Node::Review(item, it) => match field {
                "author" => actor(world, it.author),
                "commit" => Found::One(Some(Node::Sha(&it.sha, it.submitted_at))),
                _ => Found::Many(comments(item, |comment| comment.review == it.id), ""),
            },
            Node::Thread(item, first) => Found::Many(comments(item, |comment| comment.thread == first.id), ""),
            Node::ReviewComment(item, it) => {
                let pull = pull_of(item);
                match field {
                    "author" => actor(world, it.author),
                    "pullRequestReview" => Found::One(
                        pull.reviews.iter().find(|review| review.id == it.review).map(|it| Node::Review(item, it)),
                    ),
                    _ => {
                        let first = |other: &&ReviewComment| other.id == it.thread && it.thread != it.id;
                        Found::One(pull.review_comments.iter().find(first).map(|it| Node::ReviewComment(item, it)))
                    }
                }
            }
            Node::Comment(it) => actor(world, it.author),
            Node::Event(repository, item, it) => in_event(world, repository, item, it, field),
            Node::Release(it) => Found::One(world.user(it.author).filter(|user| !user.is_bot).map(Node::User)),
            Node::Deployment(repository, it) => in_deployment(world, repository, it, field),
            Node::Status(_, it) => somebody(world, it.creator),
            Node::Run(_, it) => Found::One(Some(Node::CheckSuite(it))),
            Node::RateLimit { .. }
            | Node::User(_)
            | Node::Ghost
            | Node::Label(_)
            | Node::IssueType(_)
            | Node::Sha(..)
            | Node::CheckSuite(_) => {
                panic!("{}.{field} is in the schema, but has no answer", self.type_name())
            }
        }
    }

    fn root(self, world: &'w World, field: &str, arguments: &Arguments) -> Found<'w> {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        match (field, self) {
            ("rateLimit", Node::Root { meter, cost, nodes }) => {
                Found::One(Some(Node::RateLimit { meter, cost, nodes }))
            }
            ("viewer", _) => actor(world, viewer(world)),
            ("organization", _) => {
                let login = text("login");
                let is_known = login.eq_ignore_ascii_case(&world.organization.login);
                if is_known {
                    Found::One(Some(Node::Organization(&world.organization.login)))
                } else {
                    Found::Missing(format!("Could not resolve to an Organization with the login of '{login}'."))
                }
            }
            ("repository", _) => {
                let (owner, name) = (text("owner"), text("name"));
                // A former name is followed without a word.
                let found = world.repository_named(owner, name).or_else(|| world.repository_formerly(owner, name));
                let missing = || format!("Could not resolve to a Repository with the name '{owner}/{name}'.");
                found.map_or_else(|| Found::Missing(missing()), |it| Found::One(Some(Node::Repository(it))))
            }
            ("nodes", _) => {
                let ids = arguments.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
                Found::Each(ids.iter().map(|id| by_id(world, id.as_str().unwrap_or_default())).collect())
            }
            _ => by_id(world, text("id")).map_or_else(Found::Missing, |it| Found::One(Some(it))),
        }
    }
}

/// The object with a node id.
fn by_id<'w>(world: &'w World, id: &str) -> Result<Node<'w>, String> {
    let of_item = |item: &'w Item, kind: &str, wanted: u64| -> Option<Node<'w>> {
        let pull = item.pull.as_ref();
        match kind {
            "IC" => item.comments.iter().find(|it| it.id == wanted).map(Node::Comment),
            "PRR" => pull?.reviews.iter().find(|it| it.id == wanted).map(|it| Node::Review(item, it)),
            "PRRC" => pull?.review_comments.iter().find(|it| it.id == wanted).map(|it| Node::ReviewComment(item, it)),
            "PRRT" => pull?.threads().find(|it| it.id == wanted).map(|it| Node::Thread(item, it)),
            _ => None,
        }
    };
    let in_repository = |repository: &'w Repository, kind: &str, wanted: u64| match kind {
        "PR" => {
            let found = repository.pulls().find(|it| it.1.id == wanted);
            found.map(|(item, _)| Node::Item(repository, item))
        }
        "I" => repository.issues().find(|it| it.id == wanted).map(|item| Node::Item(repository, item)),
        "DE" => repository.deployments.iter().find(|it| it.id == wanted).map(|it| Node::Deployment(repository, it)),
        "WFR" => repository.runs.iter().find(|it| it.id == wanted).map(|it| Node::Run(repository, it)),
        "RE" => repository.releases.iter().find(|it| it.id == wanted).map(Node::Release),
        _ => repository.items.iter().find_map(|item| of_item(item, kind, wanted)),
    };
    let found = of_node_id(id).and_then(|(kind, wanted)| match kind {
        "R" => world.repository(wanted).map(Node::Repository),
        "U" | "BOT" => world.user(wanted).map(Node::User),
        "T" => world.team(wanted).map(Node::Team),
        "O" => (wanted == world.organization.id).then_some(Node::Organization(&world.organization.login)),
        _ => world.repositories.iter().find_map(|repository| in_repository(repository, kind, wanted)),
    });
    found.ok_or_else(|| format!("Could not resolve to a node with the global id of '{id}'"))
}

fn organization<'w>(world: &'w World, owner: &str, field: &str) -> Found<'w> {
    match field {
        "repositories" => {
            Found::Many(world.repositories.iter().filter(|it| it.owner == owner).map(Node::Repository).collect(), "")
        }
        "teams" => Found::Many(world.teams.iter().map(Node::Team).collect(), ""),
        _ => Found::Many(world.users.iter().filter(|it| !it.is_bot && !it.is_deleted).map(Node::User).collect(), ""),
    }
}

/// Whether a list of values is absent or holds the value.
fn allows(arguments: &Arguments, name: &str, value: &str) -> bool {
    match arguments.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.iter().any(|item| item == value),
        Some(one) => one == value,
    }
}

/// Whether a time is at or after `since` among the arguments.
fn is_since(arguments: &Arguments, time: Time) -> bool {
    let since = arguments.get("since").and_then(Value::as_str);
    // Both are compared as moments: the argument may have another offset.
    since.and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok()).is_none_or(|since| time >= since)
}

fn state_of(item: &Item) -> &'static str {
    match (&item.pull, item.closed_at) {
        (Some(Pull { merged: Some(_), .. }), _) => "MERGED",
        (_, Some(_)) => "CLOSED",
        (_, None) => "OPEN",
    }
}

fn repository<'w>(it: &'w Repository, field: &str, arguments: &Arguments) -> Found<'w> {
    let number = arguments.get("number").and_then(Value::as_u64).unwrap_or(0);
    let one = |is_pull: bool, name: &str| {
        let found = it.item(number).filter(|item| item.pull.is_some() == is_pull);
        let missing = || format!("Could not resolve to {name} with the number of {number}.");
        found.map_or_else(|| Found::Missing(missing()), |item| Found::One(Some(Node::Item(it, item))))
    };
    match field {
        "owner" => Found::One(Some(Node::Organization(&it.owner))),
        "defaultBranchRef" => Found::One(Some(Node::Branch(it, "main"))),
        "pullRequest" => one(true, "a PullRequest"),
        "issue" => one(false, "an Issue"),
        "pullRequests" => {
            let rows = it.pulls().map(|row| row.0).filter(|item| allows(arguments, "states", state_of(item)));
            Found::Many(rows.map(|item| Node::Item(it, item)).collect(), "")
        }
        "issues" => {
            let filter = arguments.get("filterBy").and_then(Value::as_object).cloned().unwrap_or_default();
            let is_asked = |item: &&Item| {
                let state = state_of(item);
                allows(arguments, "states", state)
                    && allows(&filter, "states", state)
                    && is_since(&filter, item.updated_at)
            };
            Found::Many(it.issues().filter(is_asked).map(|item| Node::Item(it, item)).collect(), "")
        }
        "releases" => Found::Many(it.releases.iter().map(Node::Release).collect(), ""),
        _ => {
            let rows = it.deployments.iter().filter(|row| allows(arguments, "environments", &row.environment));
            Found::Many(rows.map(|row| Node::Deployment(it, row)).collect(), "")
        }
    }
}

fn pull_of(item: &Item) -> &Pull {
    item.pull.as_ref().unwrap_or_else(|| panic!("{} is no pull request", item.number))
}

fn comments<'w>(item: &'w Item, is_asked: impl Fn(&ReviewComment) -> bool) -> Vec<Node<'w>> {
    let all = pull_of(item).review_comments.iter();
    all.filter(|it| is_asked(it)).map(|it| Node::ReviewComment(item, it)).collect()
}

fn in_item<'w>(
    world: &'w World,
    repository: &'w Repository,
    item: &'w Item,
    field: &str,
    arguments: &Arguments,
) -> Found<'w> {
    let merge = || pull_of(item).merged.as_ref();
    match field {
        "author" => actor(world, item.author),
        "repository" => Found::One(Some(Node::Repository(repository))),
        "assignees" => {
            Found::Many(item.assignee.and_then(|it| world.user(it)).map(Node::User).into_iter().collect(), "")
        }
        "labels" => {
            Found::Many(item.labels.iter().filter_map(|id| repository.label(*id)).map(Node::Label).collect(), "")
        }
        "issueType" => Found::One(item.kind.map(Node::IssueType)),
        "comments" => Found::Many(item.comments.iter().map(Node::Comment).collect(), ""),
        "timelineItems" => timeline(repository, item, arguments),
        "mergedBy" => Found::One(merge().and_then(|it| world.user(it.by)).map(Node::User)),
        "mergeCommit" => Found::One(merge().map(|it| Node::Sha(&it.sha, it.at))),
        "commits" => Found::Many(commits(item), ""),
        "reviews" => {
            let is_asked = |it: &&Review| allows(arguments, "states", shape::verdict(it.verdict));
            Found::Many(pull_of(item).reviews.iter().filter(is_asked).map(|it| Node::Review(item, it)).collect(), "")
        }
        "reviewThreads" => Found::Many(pull_of(item).threads().map(|it| Node::Thread(item, it)).collect(), ""),
        _ => {
            let asked = pull_of(item).requested.iter().enumerate();
            Found::Many(asked.map(|(index, who)| Node::Request(item, *who, index as u64)).collect(), "")
        }
    }
}

fn commits(item: &Item) -> Vec<Node<'_>> {
    let commits = pull_of(item).commits.iter().enumerate();
    commits.map(|(index, it)| Node::PullCommit(item, it, index as u64)).collect()
}

/// Everything in the conversation, by time.
fn timeline<'w>(repository: &'w Repository, item: &'w Item, arguments: &Arguments) -> Found<'w> {
    let mut rows: Vec<Node> = item.events.iter().map(|it| Node::Event(repository, item, it)).collect();
    rows.extend(item.comments.iter().map(Node::Comment));
    if let Some(pull) = &item.pull {
        rows.extend(commits(item));
        rows.extend(pull.reviews.iter().map(|it| Node::Review(item, it)));
        rows.extend(pull.threads().map(|it| Node::Thread(item, it)));
    }
    let since = arguments.get("since").and_then(Value::as_str);
    rows.retain(|row| {
        let is_late = since.is_none_or(|_| is_since(arguments, row.sorted_by().1));
        allows(arguments, "itemTypes", &constant(row.type_name())) && is_late
    });
    Found::Many(rows, "CREATED_AT")
}

/// `ClosedEvent` as `CLOSED_EVENT`.
fn constant(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

fn reviewer(world: &World, who: Reviewer) -> Option<Node<'_>> {
    match who {
        Reviewer::User(id) => world.user(id).map(Node::User),
        Reviewer::Team(id) => world.team(id).map(Node::Team),
    }
}

fn in_event<'w>(world: &'w World, repository: &'w Repository, item: &'w Item, it: &'w Event, field: &str) -> Found<'w> {
    if field == "actor" {
        return actor(world, it.actor);
    }
    Found::One(match &it.what {
        What::ReviewRequested(who) | What::ReviewRequestRemoved(who) => reviewer(world, *who),
        What::HeadRefForcePushed { before, after } => {
            Some(Node::Sha(if field == "beforeCommit" { before } else { after }, it.at))
        }
        What::Merged(sha) => Some(Node::Sha(sha, it.at)),
        What::Labeled(id) | What::Unlabeled(id) => repository.label(*id).map(Node::Label),
        What::ReviewDismissed { review, .. } => {
            pull_of(item).reviews.iter().find(|row| row.id == *review).map(|row| Node::Review(item, row))
        }
        _ => None,
    })
}

fn in_deployment<'w>(world: &'w World, repository: &'w Repository, it: &'w Deployment, field: &str) -> Found<'w> {
    match field {
        "creator" => somebody(world, it.creator),
        "ref" => Found::One(Some(Node::Branch(repository, &it.branch))),
        "latestStatus" => Found::One(it.statuses.last().map(|row| Node::Status(it, row))),
        // As GitHub is seen to answer; it does not say.
        _ => Found::Many(it.statuses.iter().map(|row| Node::Status(it, row)).collect(), NEWEST_FIRST),
    }
}
