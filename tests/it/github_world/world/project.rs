//! Changes beside pull requests and issues: workflow runs, deployments, releases, repositories, people and teams.

use super::{Deployment, DeploymentStatus, Job, Release, Run, World};
use crate::github_world::webhooks::{of_deployment, of_member, of_release, of_run};
use serde_json::{Map, json};
use std::collections::BTreeSet;

impl World {
    /// Starts a run of a workflow on the head of some pull request, with two queued jobs.
    pub fn start_run(&mut self, repository: u64) -> u64 {
        let now = self.tick();
        let (id, actor) = (self.large_id(), self.someone());
        let heads: Vec<(String, String)> =
            self.repo(repository).pulls().map(|(_, it)| (it.head_ref.clone(), it.head().to_owned())).collect();
        let on_main = heads.is_empty() || self.chance.percent(30);
        let (branch, sha) =
            if on_main { ("main".to_owned(), self.chance.hex(20)) } else { self.chance.pick(&heads).clone() };
        let name = (*self.chance.pick(&["build", "lint"])).to_owned();
        let jobs = self.new_jobs(1);
        let repo = self.repo_mut(repository);
        repo.runs.push(Run {
            id,
            name,
            number: repo.runs.last().map_or(1, |run| run.number + 1),
            attempt: 1,
            event: if on_main { "push" } else { "pull_request" },
            status: "queued",
            conclusion: None,
            branch,
            sha,
            actor,
            created_at: now,
            updated_at: now,
            started_at: now,
            jobs,
        });
        self.announce(("workflow_run", "requested"), Some(repository), actor, |world| of_run(world, repository, id));
        id
    }

    fn new_jobs(&mut self, attempt: u64) -> Vec<Job> {
        let now = self.clock.now();
        let mut job = |name: &str| Job {
            id: self.large_id(),
            attempt,
            name: name.to_owned(),
            status: "queued",
            conclusion: None,
            created_at: now,
            started_at: now,
            completed_at: None,
        };
        vec![job("test (ubuntu)"), job("test (macos)")]
    }

    /// Brings a run that is not complete a step further.
    pub fn progress_some_run(&mut self, repository: u64) -> Option<String> {
        let open: Vec<u64> =
            self.repo(repository).runs.iter().filter(|run| run.status != "completed").map(|run| run.id).collect();
        if open.is_empty() {
            return None;
        }
        let id = *self.chance.pick(&open);
        self.progress_run(repository, id);
        Some(format!("progress run {id}"))
    }

    /// Brings a run a step further: it begins, or ends.
    pub fn progress_run(&mut self, repository: u64, id: u64) {
        let now = self.tick();
        let conclusion = *self.chance.pick(&["success", "success", "success", "failure", "cancelled"]);
        let run = self.repo_mut(repository).runs.iter_mut().find(|run| run.id == id).unwrap();
        let (status, conclusion) =
            if run.status == "queued" { ("in_progress", None) } else { ("completed", Some(conclusion)) };
        (run.status, run.conclusion, run.updated_at) = (status, conclusion, now);
        for job in run.jobs.iter_mut().filter(|job| job.attempt == run.attempt) {
            (job.status, job.conclusion) = (status, conclusion);
            match conclusion {
                None => job.started_at = now,
                Some(_) => job.completed_at = Some(now),
            }
        }
        let actor = run.actor;
        self.announce(("workflow_run", status), Some(repository), actor, |world| of_run(world, repository, id));
    }

    /// Starts some complete run again.
    pub fn rerun_some(&mut self, repository: u64) -> Option<String> {
        let done: Vec<u64> =
            self.repo(repository).runs.iter().filter(|run| run.status == "completed").map(|run| run.id).collect();
        if done.is_empty() {
            return None;
        }
        let id = *self.chance.pick(&done);
        self.rerun(repository, id);
        Some(format!("run {id} again"))
    }

    /// Starts a complete run again: same run, next attempt.
    pub fn rerun(&mut self, repository: u64, id: u64) {
        let now = self.tick();
        let attempt = self.repo(repository).runs.iter().find(|run| run.id == id).unwrap().attempt + 1;
        let jobs = self.new_jobs(attempt);
        let run = self.repo_mut(repository).runs.iter_mut().find(|run| run.id == id).unwrap();
        (run.attempt, run.status, run.conclusion) = (attempt, "queued", None);
        (run.updated_at, run.started_at) = (now, now);
        run.jobs.extend(jobs);
        let actor = run.actor;
        self.announce(("workflow_run", "requested"), Some(repository), actor, |world| of_run(world, repository, id));
    }

    pub fn deploy(&mut self, repository: u64) -> u64 {
        let now = self.tick();
        let (id, creator, sha) = (self.id(), self.someone(), self.chance.hex(20));
        let environment = (*self.chance.pick(&["production", "staging"])).to_owned();
        self.repo_mut(repository).deployments.push(Deployment {
            id,
            environment,
            sha,
            branch: "main".to_owned(),
            creator,
            created_at: now,
            updated_at: now,
            statuses: Vec::new(),
        });
        self.announce(("deployment", "created"), Some(repository), creator, |world| {
            of_deployment(world, repository, id)
        });
        id
    }

    /// Adds a status to some deployment.
    pub fn progress_some_deployment(&mut self, repository: u64) -> Option<String> {
        let ids: Vec<u64> = self.repo(repository).deployments.iter().map(|it| it.id).collect();
        if ids.is_empty() {
            return None;
        }
        let id = *self.chance.pick(&ids);
        let state = self.progress_deployment(repository, id);
        Some(format!("{state} of deployment {id}"))
    }

    /// Adds a status to a deployment: it begins, ends, or is replaced.
    pub fn progress_deployment(&mut self, repository: u64, deployment: u64) -> &'static str {
        let (now, id) = (self.tick(), self.id());
        let end = *self.chance.pick(&["success", "success", "failure", "error"]);
        let of = self.repo_mut(repository).deployments.iter_mut().find(|it| it.id == deployment).unwrap();
        let state = match of.statuses.last().map(|it| it.state) {
            None => "in_progress",
            Some("in_progress") => end,
            Some(_) => "inactive",
        };
        let creator = of.creator;
        of.statuses.push(DeploymentStatus { id, state, creator, created_at: now });
        of.updated_at = now;
        self.announce(("deployment_status", "created"), Some(repository), creator, |world| {
            of_deployment(world, repository, deployment)
        });
        state
    }

    pub fn release(&mut self, repository: u64) -> String {
        let now = self.tick();
        let (id, author, sha) = (self.id(), self.someone(), self.chance.hex(20));
        let (is_draft, is_prerelease) = (self.chance.percent(15), self.chance.percent(15));
        let releases = &mut self.repo_mut(repository).releases;
        let mut tags = (releases.len()..).map(|minor| format!("v1.{minor}.0"));
        let tag = tags.find(|tag| releases.iter().all(|it| it.tag != *tag)).unwrap();
        releases.push(Release {
            id,
            tag: tag.clone(),
            sha,
            is_draft,
            is_prerelease,
            author,
            created_at: now,
            updated_at: now,
            published_at: (!is_draft).then_some(now),
        });
        if !is_draft {
            let kind = ("release", "published");
            self.announce(kind, Some(repository), author, |world| of_release(world, repository, id));
        }
        tag
    }

    /// Edits or deletes something that was built, deployed or released.
    pub(super) fn change_delivery(&mut self, repository: u64) -> Option<String> {
        match self.chance.below(8) {
            0..3 => self.edit_some_release(repository),
            3 => self.delete_some_release(repository),
            4..6 => self.delete_some_run(repository),
            _ => self.delete_some_deployment(repository),
        }
    }

    /// Moves a release to another tag.
    pub fn edit_some_release(&mut self, repository: u64) -> Option<String> {
        let id = self.some_release(repository)?;
        let (now, suffix) = (self.tick(), self.chance.hex(1));
        let release = self.repo_mut(repository).releases.iter_mut().find(|it| it.id == id)?;
        let (former, tag, author) = (release.tag.clone(), format!("{}-{suffix}", release.tag), release.author);
        (release.tag, release.updated_at) = (tag.clone(), now);
        self.announce(("release", "edited"), Some(repository), author, |world| {
            let mut body = of_release(world, repository, id);
            body.insert("changes".to_owned(), json!({ "tag_name": { "from": former } }));
            body
        });
        Some(format!("edit release {tag}"))
    }

    pub fn delete_some_release(&mut self, repository: u64) -> Option<String> {
        let id = self.some_release(repository)?;
        self.tick();
        let author = self.repo(repository).releases.iter().find(|it| it.id == id)?.author;
        self.announce(("release", "deleted"), Some(repository), author, |world| of_release(world, repository, id));
        self.repo_mut(repository).releases.retain(|it| it.id != id);
        Some("delete a release".to_owned())
    }

    fn some_release(&mut self, repository: u64) -> Option<u64> {
        let ids: Vec<u64> = self.repo(repository).releases.iter().filter(|it| !it.is_draft).map(|it| it.id).collect();
        (!ids.is_empty()).then(|| *self.chance.pick(&ids))
    }

    /// GitHub sends no news of it, and refuses to delete a run that goes on.
    pub fn delete_some_run(&mut self, repository: u64) -> Option<String> {
        let done: Vec<u64> =
            self.repo(repository).runs.iter().filter(|run| run.status == "completed").map(|run| run.id).collect();
        if done.is_empty() {
            return None;
        }
        let id = *self.chance.pick(&done);
        self.delete_run(repository, id);
        Some(format!("delete a run, {id}"))
    }

    pub fn delete_run(&mut self, repository: u64, id: u64) {
        self.tick();
        self.repo_mut(repository).runs.retain(|run| run.id != id);
    }

    /// GitHub sends no news of it, and refuses to delete a deployment that is active.
    pub fn delete_some_deployment(&mut self, repository: u64) -> Option<String> {
        let is_inactive =
            |it: &&Deployment| it.statuses.last().is_some_and(|it| !["success", "in_progress"].contains(&it.state));
        let ids: Vec<u64> = self.repo(repository).deployments.iter().filter(is_inactive).map(|it| it.id).collect();
        if ids.is_empty() {
            return None;
        }
        self.tick();
        let id = *self.chance.pick(&ids);
        self.repo_mut(repository).deployments.retain(|it| it.id != id);
        Some(format!("delete a deployment, {id}"))
    }

    /// Renames, moves or archives a repository, or publishes a draft of a release.
    pub(super) fn change_project(&mut self, repository: u64) -> Option<String> {
        match self.chance.below(4) {
            0 => {
                let suffix = self.chance.hex(1);
                let name = format!("{}-{suffix}", self.repo(repository).name);
                self.rename_repository(repository, &name);
                Some(format!("rename to {name}"))
            }
            1 => {
                let owner = if self.repo(repository).owner == "acme" { "elsewhere" } else { "acme" };
                self.transfer_repository(repository, owner);
                Some(format!("transfer to {owner}"))
            }
            2 => {
                let now = self.tick();
                let repo = self.repo_mut(repository);
                repo.is_archived = !repo.is_archived;
                repo.updated_at = now;
                let action = if repo.is_archived { "archived" } else { "unarchived" };
                let actor = self.someone();
                self.announce(("repository", action), Some(repository), actor, |_| Map::new());
                Some(action.to_owned())
            }
            _ => {
                let now = self.tick();
                let release = self.repo_mut(repository).releases.iter_mut().find(|it| it.is_draft)?;
                release.is_draft = false;
                (release.updated_at, release.published_at) = (now, Some(now));
                let (id, author) = (release.id, release.author);
                let kind = ("release", "published");
                self.announce(kind, Some(repository), author, |world| of_release(world, repository, id));
                Some("publish a release".to_owned())
            }
        }
    }

    /// Gives the repository another name; the old one redirects.
    pub fn rename_repository(&mut self, repository: u64, name: &str) {
        let owner = self.repo(repository).owner.clone();
        self.move_repository(repository, &owner, name, "renamed");
    }

    /// Gives the repository to another owner; the old name redirects.
    pub fn transfer_repository(&mut self, repository: u64, owner: &str) {
        let name = self.repo(repository).name.clone();
        self.move_repository(repository, owner, &name, "transferred");
    }

    fn move_repository(&mut self, repository: u64, owner: &str, name: &str, action: &'static str) {
        let now = self.tick();
        let repo = self.repo_mut(repository);
        let former = (repo.owner.clone(), repo.name.clone());
        repo.former.push(former);
        (repo.owner, repo.name, repo.updated_at) = (owner.to_owned(), name.to_owned(), now);
        let actor = self.someone();
        self.announce(("repository", action), Some(repository), actor, |_| Map::new());
    }

    /// A user joins or leaves a team, changes the login, or is deleted.
    pub fn change_people(&mut self) -> Option<String> {
        self.tick();
        let humans: Vec<u64> = self.users.iter().filter(|it| !it.is_bot && !it.is_deleted).map(|it| it.id).collect();
        let who = *self.chance.pick(&humans);
        match self.chance.below(6) {
            0 if humans.len() > 4 => {
                self.delete_user(who);
                Some(format!("delete user {who}"))
            }
            1 => {
                let login = format!("user-{}", self.chance.hex(3));
                self.rename_user(who, &login);
                Some(format!("user {who} has another login"))
            }
            _ => {
                let teams: Vec<u64> = self.teams.iter().map(|team| team.id).collect();
                let team = *self.chance.pick(&teams);
                let joins = self.team(team).is_some_and(|team| !team.members.contains(&who));
                let action = self.set_member(team, who, joins);
                Some(format!("user {who} {action}"))
            }
        }
    }

    /// Lets somebody join a team, or leave it; the word for it.
    pub fn set_member(&mut self, team: u64, who: u64, joins: bool) -> &'static str {
        for team in self.teams.iter_mut().filter(|it| it.id == team) {
            team.members.retain(|member| *member != who);
            team.members.extend(joins.then_some(who));
        }
        let action = if joins { "added" } else { "removed" };
        self.announce(("membership", action), None, who, |world| of_member(world, team, who));
        action
    }

    /// Deletes a team that has none below it.
    pub fn delete_team(&mut self, id: u64) {
        self.teams.retain(|team| team.id != id);
    }

    /// Gives the account another login; of that GitHub sends no news.
    pub fn rename_user(&mut self, id: u64, login: &str) {
        let now = self.clock.now();
        for user in self.users.iter_mut().filter(|user| user.id == id) {
            (user.login, user.updated_at) = (login.to_owned(), now);
        }
    }

    /// The accounts that are deleted.
    pub fn deleted_users(&self) -> BTreeSet<i64> {
        self.users.iter().filter(|user| user.is_deleted).map(|user| user.id.cast_signed()).collect()
    }

    /// Deletes the account; of that GitHub sends no news.
    pub fn delete_user(&mut self, id: u64) {
        for user in self.users.iter_mut().filter(|user| user.id == id) {
            user.is_deleted = true;
        }
        for team in &mut self.teams {
            team.members.retain(|member| *member != id);
        }
    }
}
