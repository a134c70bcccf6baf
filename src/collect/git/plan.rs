//! What one run will collect, decided and written down before the first row.

use super::super::{Collecting, Result};
use super::history::{self, History};
use crate::project::{CodeHistory, GitPipeline};
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use gix::ObjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The commits between two moments of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Newest commit collected before; `None` collects everything and replaces what is there.
    pub base: Option<Base>,
    pub head: ObjectId,
    /// Branch that HEAD names; `None` where it names a commit.
    pub branch: Option<String>,
    /// Tags by name with the commit they name.
    pub tags: Vec<Tag>,
    /// When the run was planned: `ingested_at` of its rows.
    pub at: DateTime<Utc>,
}

/// What was collected before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub head: ObjectId,
    /// When that was planned, since a plan does not believe in dates after it.
    pub at: DateTime<Utc>,
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tag {
    pub name: String,
    pub commit: String,
    /// Seconds since 1970.
    pub released: i64,
}

/// What to do now.
pub(super) enum Step {
    NothingNew,
    /// Carry out the plan of that version, perhaps for the second time.
    Carry {
        plan: Plan,
        version: i64,
    },
}

/// The plan as it is stored.
#[derive(Serialize, Deserialize)]
struct Written {
    base: Option<(String, DateTime<Utc>)>,
    head: String,
    branch: Option<String>,
    tags: Vec<Tag>,
    code: String,
    /// Plans of earlier versions looked for no catalog.
    #[serde(default)]
    catalog: String,
    at: DateTime<Utc>,
}

pub(super) fn decide(
    collecting: &Collecting<'_>,
    application: &str,
    repo: &gix::Repository,
    keys: &GitPipeline,
) -> Result<Step> {
    let head = history::head(repo)?;
    let branch = repo.head_name().ok().flatten().map(|name| name.shorten().to_string());
    let tags = tags(repo)?;
    let unreadable = |reason: String| StoreError::Plan { application: application.to_owned(), reason };
    let mut base = None;
    if let Some(newest) = collecting.state.plan(application)? {
        let written: Written = serde_json::from_str(&newest.text).map_err(|error| unreadable(error.to_string()))?;
        let plan = written.read().map_err(unreadable)?;
        // An interrupted plan is carried out first, so that its tables agree; a history that lost its head cannot be.
        if !newest.finished && repo.has_object(plan.head) {
            return Ok(Step::Carry { plan, version: newest.version });
        }
        if newest.finished {
            if (plan.head, &plan.branch, &plan.tags) == (head, &branch, &tags) && written.is_of(keys) {
                return Ok(Step::NothingNew);
            }
            // Another sampling of the code is another table; so are another catalog and a rewritten history.
            let grows = written.is_of(keys) && is_ancestor(repo, plan.head, head);
            base = grows.then_some(Base { head: plan.head, at: plan.at });
        }
    }
    let plan = Plan { base, head, branch, tags, at: collecting.ambient.now() };
    let written = Written::from(&plan, keys);
    let text = serde_json::to_string(&written).map_err(|error| unreadable(error.to_string()))?;
    let version = collecting.state.begin(application, &text)?;
    Ok(Step::Carry { plan, version })
}

/// Whether the repository has the newest commit that was collected under an application's name.
pub(super) fn is_known(collecting: &Collecting<'_>, application: &str, repo: &gix::Repository) -> bool {
    let newest = collecting.state.plan(application).ok().flatten();
    let plan = newest.and_then(|newest| serde_json::from_str::<Written>(&newest.text).ok()?.read().ok());
    plan.is_none_or(|plan| repo.has_object(plan.head))
}

impl Plan {
    /// The part of the history that was not collected before, parents first.
    pub(super) fn new_commits(&self, repo: &gix::Repository, whole: &History) -> Result<History> {
        match &self.base {
            None => Ok(whole.clone()),
            Some(base) => Ok(History::read(repo, &[self.head], &[base.head])?),
        }
    }
}

impl Written {
    fn from(plan: &Plan, keys: &GitPipeline) -> Written {
        Written {
            base: plan.base.as_ref().map(|base| (super::hex(base.head), base.at)),
            head: super::hex(plan.head),
            branch: plan.branch.clone(),
            tags: plan.tags.clone(),
            code: word(keys.code).to_owned(),
            catalog: keys.catalog.clone(),
            at: plan.at,
        }
    }

    /// Whether it was made for what is to be collected now.
    fn is_of(&self, keys: &GitPipeline) -> bool {
        self.code == word(keys.code) && self.catalog == keys.catalog
    }

    fn read(&self) -> Result<Plan, String> {
        let id = |hex: &str| ObjectId::from_hex(hex.as_bytes()).map_err(|error| error.to_string());
        let base = |(head, at): &(String, DateTime<Utc>)| id(head).map(|head| Base { head, at: *at });
        Ok(Plan {
            base: self.base.as_ref().map(base).transpose()?,
            head: id(&self.head)?,
            branch: self.branch.clone(),
            tags: self.tags.clone(),
            at: self.at,
        })
    }
}

fn word(code: CodeHistory) -> &'static str {
    match code {
        CodeHistory::Monthly => "monthly",
        CodeHistory::Head => "head",
        CodeHistory::Off => "off",
    }
}

fn is_ancestor(repo: &gix::Repository, ancestor: ObjectId, commit: ObjectId) -> bool {
    let base = || repo.merge_base(ancestor, commit).ok().flatten();
    repo.has_object(ancestor) && base().is_some_and(|base| base == ancestor)
}

/// Tags that name commits, by name. A tag that cannot be read is an error, one that names a blob or a tree is none of ours.
fn tags(repo: &gix::Repository) -> Result<Vec<Tag>> {
    let damaged = |problem: String| history::Error::NotARepository { path: repo.path().into(), problem };
    let references = repo.references().map_err(|error| damaged(error.to_string()))?;
    let all = references.tags().map_err(|error| damaged(error.to_string()))?;
    let mut tags = BTreeSet::new();
    for reference in all {
        let mut reference = reference.map_err(|error| damaged(error.to_string()))?;
        let name = reference.name().shorten().to_string();
        let direct = reference.target().try_id().map(ToOwned::to_owned);
        let Ok(commit) = reference.peel_to_commit() else { continue };
        let tagged = direct.and_then(|id| repo.find_tag(id).ok()).and_then(|tag| {
            let tagger = tag.tagger().ok().flatten()?;
            tagger.time().ok().map(|time| time.seconds)
        });
        let committed = commit.time().map(|time| time.seconds);
        let released = tagged.or(committed.ok()).unwrap_or_default();
        tags.insert((name, super::hex(commit.id), released));
    }
    Ok(tags.into_iter().map(|(name, commit, released)| Tag { name, commit, released }).collect())
}
