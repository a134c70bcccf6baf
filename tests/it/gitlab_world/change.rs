//! What can happen in a simulated GitLab.

use super::{LISTS, Thing, World, moment};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl World {
    /// Adds a thing to a list of a project.
    pub fn create(&mut self, project: usize, list: &'static str) {
        let (id, user, at) = (self.id(), self.user(), moment(self.now));
        // A number is never given again.
        let iid = id;
        let sha = format!("{id:040x}");
        let body = match list {
            "merge_requests" => json!({
                "id": id, "iid": iid, "title": format!("Change {iid}"), "state": "opened", "author": user, "draft": false,
                "labels": ["b", "a"], "target_branch": "main", "sha": sha, "merge_commit_sha": null,
                "squash_commit_sha": null, "created_at": at, "updated_at": at, "merged_at": null, "closed_at": null,
            }),
            "issues" => json!({
                "id": id, "iid": iid, "title": format!("Question {iid}"), "state": "opened", "author": user,
                "assignees": [], "labels": [], "issue_type": "issue", "severity": "UNKNOWN",
                "web_url": format!("https://gitlab.example/-/issues/{iid}"), "created_at": at, "updated_at": at,
                "closed_at": null, "service_desk_reply_to": null,
            }),
            "pipelines" => json!({
                "id": id, "name": null, "sha": sha, "ref": format!("refs/merge-requests/{iid}/head"),
                "source": "merge_request_event", "status": "running", "created_at": at, "updated_at": at,
                "started_at": at, "finished_at": null,
            }),
            "deployments" => json!({
                "id": id, "sha": sha, "status": "running", "user": user, "environment": { "name": "production" },
                "deployable": { "name": "deploy", "finished_at": null }, "created_at": at, "updated_at": at,
            }),
            _ => json!({
                "tag_name": format!("v{id}"), "created_at": at, "released_at": at, "commit": { "id": sha },
            }),
        };
        let mut parts: BTreeMap<&'static str, Vec<Value>> = BTreeMap::new();
        if list == "merge_requests" {
            parts.insert("commits", vec![self.commit()]);
        }
        if list == "pipelines" {
            parts.insert("jobs", vec![self.job(id)]);
        }
        let names: &[&'static str] = match list {
            "merge_requests" => &["notes", "resource_state_events", "approvals"],
            "issues" => &["notes", "resource_state_events", "resource_label_events"],
            _ => &[],
        };
        names.iter().for_each(|name| drop(parts.insert(name, Vec::new())));
        self.projects[project].lists.entry(list).or_default().push(Thing { body, parts });
    }

    /// Something happens to a thing; what is deleted is said by [`World::delete`] alone.
    pub fn change(&mut self) -> String {
        self.pass();
        let (project, list) = (self.below(self.projects.len()), LISTS[self.below(LISTS.len())]);
        let count = self.projects[project].lists.get(list).map_or(0, Vec::len);
        if count == 0 || self.below(4) == 0 {
            self.create(project, list);
            return format!("{project}: new in {list}");
        }
        let index = self.below(count);
        let mut thing = self.projects[project].lists[list][index].clone();
        let word = match list {
            "merge_requests" => self.change_merge(&mut thing),
            "issues" => self.change_issue(&mut thing),
            "pipelines" => self.change_pipeline(&mut thing),
            "deployments" => self.change_deployment(&mut thing),
            _ => {
                thing.body["commit"]["id"] = format!("{:040x}", self.id()).into();
                "moved"
            }
        };
        let key = thing.key();
        if list != "releases" {
            thing.body["updated_at"] = moment(self.now).into();
        }
        let lists = &mut self.projects[project].lists;
        lists.entry(list).or_default()[index] = thing;
        format!("{project}: {list} {key} {word}")
    }

    /// Something is deleted, of which no list tells.
    pub fn delete(&mut self) -> String {
        self.pass();
        let (project, list) = (self.below(self.projects.len()), LISTS[self.below(LISTS.len())]);
        let things = self.projects[project].lists.get(list).map_or(0, Vec::len);
        if things < 2 {
            return String::new();
        }
        let index = self.below(things);
        let thing = self.projects[project].lists.entry(list).or_default().remove(index);
        format!("{project}: {list} {} deleted", thing.key())
    }

    fn change_merge(&mut self, merge: &mut Thing) -> &'static str {
        let state = merge.body["state"].as_str().unwrap_or_default().to_owned();
        match self.below(9) {
            0 => {
                let commit = self.commit();
                merge.body["sha"] = commit["id"].clone();
                part(merge, "commits").push(commit);
                "has another commit"
            }
            1 => {
                let note = self.note(None, "looks good");
                part(merge, "notes").push(note);
                "has a comment"
            }
            2 => {
                let note = self.note(Some("DiffNote"), "why?");
                part(merge, "notes").push(note);
                "has a comment on code"
            }
            3 => {
                let is_draft = merge.body["draft"] == true;
                merge.body["draft"] = (!is_draft).into();
                let word = if is_draft { "ready" } else { "draft" };
                let note = self.sentence(&format!("marked this merge request as **{word}**"));
                part(merge, "notes").push(note);
                "turned into a draft or out of it"
            }
            4 => {
                let note = self.sentence("approved this merge request");
                let approval = json!({ "user": note["author"], "approved_at": note["created_at"] });
                let is_first = !merge.parts["approvals"].iter().any(|it| it["user"] == note["author"]);
                if is_first {
                    part(merge, "approvals").push(approval);
                    part(merge, "notes").push(note);
                }
                "approved"
            }
            5 => {
                if let Some(approval) = part(merge, "approvals").pop() {
                    let mut note = self.sentence("unapproved this merge request");
                    note["author"] = approval["user"].clone();
                    part(merge, "notes").push(note);
                }
                "approval taken back"
            }
            6 => {
                let note = self.sentence("requested review from @user1 and @user2");
                part(merge, "notes").push(note);
                "review requested"
            }
            7 if state == "opened" => {
                let word = ["merged", "closed"][self.below(2)];
                merge.body["state"] = word.into();
                merge.body[format!("{word}_at")] = moment(self.now).into();
                if word == "merged" {
                    merge.body["merge_commit_sha"] = format!("{:040x}", self.id()).into();
                }
                self.turn(merge, word);
                "ended"
            }
            7 if state == "closed" => {
                merge.body["state"] = "opened".into();
                self.turn(merge, "reopened");
                "opened again"
            }
            _ => {
                // GitLab touches what a note belongs to.
                let notes = part(merge, "notes");
                if let Some(index) = notes.iter().rposition(|note| note["system"] == false) {
                    notes.remove(index);
                }
                "lost a comment"
            }
        }
    }

    fn change_issue(&mut self, issue: &mut Thing) -> &'static str {
        match self.below(5) {
            0 => {
                let note = self.note(None, "have you tried");
                part(issue, "notes").push(note);
                "answered"
            }
            1 => {
                let mut note = self.note(None, "between us");
                note["internal"] = true.into();
                part(issue, "notes").push(note);
                "noted"
            }
            2 => {
                let user = self.user();
                let note = self.sentence(&format!("assigned to @{}", user["username"].as_str().unwrap_or_default()));
                issue.body["assignees"] = json!([user]);
                part(issue, "notes").push(note);
                "assigned"
            }
            3 => {
                issue.body["labels"] = json!(["build"]);
                let (id, user) = (self.id(), self.user());
                let event = json!({
                    "id": id, "user": user, "created_at": moment(self.now), "label": { "name": "build" }, "action": "add",
                });
                part(issue, "resource_label_events").push(event);
                "labelled"
            }
            _ => {
                let is_closed = issue.body["state"] == "closed";
                issue.body["state"] = if is_closed { "opened" } else { "closed" }.into();
                issue.body["closed_at"] = if is_closed { Value::Null } else { moment(self.now).into() };
                self.turn(issue, if is_closed { "reopened" } else { "closed" });
                "closed or opened again"
            }
        }
    }

    fn change_pipeline(&mut self, pipeline: &mut Thing) -> &'static str {
        let is_running = pipeline.body["status"] == "running";
        let at = moment(self.now);
        if is_running {
            let word = ["success", "failed", "canceled", "skipped"][self.below(4)];
            pipeline.body["status"] = word.into();
            pipeline.body["finished_at"] = at.clone().into();
            for job in part(pipeline, "jobs") {
                job["status"] = word.into();
                job["finished_at"] = at.clone().into();
            }
            return "finished";
        }
        pipeline.body["status"] = "running".into();
        pipeline.body["finished_at"] = Value::Null;
        let job = self.job(pipeline.body["id"].as_i64().unwrap_or_default());
        part(pipeline, "jobs").push(job);
        "run again"
    }

    fn change_deployment(&mut self, deployment: &mut Thing) -> &'static str {
        if deployment.body["status"] == "running" {
            deployment.body["status"] = ["success", "failed", "canceled"][self.below(3)].into();
            deployment.body["deployable"]["finished_at"] = moment(self.now).into();
        }
        "finished"
    }

    fn commit(&mut self) -> Value {
        let (id, at, number) = (self.id(), moment(self.now), self.below(4));
        json!({
            "id": format!("{id:040x}"), "author_name": format!("User {number}"),
            "author_email": format!("user{number}@acme.example"), "authored_date": at, "committed_date": at,
        })
    }

    fn job(&mut self, pipeline: i64) -> Value {
        let (id, at) = (self.id(), moment(self.now));
        json!({
            "id": id, "name": "test", "status": "running", "created_at": at, "started_at": at, "finished_at": null,
            "pipeline": { "id": pipeline },
        })
    }

    fn note(&mut self, kind: Option<&str>, body: &str) -> Value {
        let (id, user, at) = (self.id(), self.user(), moment(self.now));
        json!({
            "id": id, "type": kind, "body": body, "author": user, "created_at": at, "updated_at": at, "system": false,
            "internal": false,
        })
    }

    fn sentence(&mut self, body: &str) -> Value {
        let mut note = self.note(None, body);
        note["system"] = true.into();
        note
    }

    fn turn(&mut self, thing: &mut Thing, state: &str) {
        let (id, user) = (self.id(), self.user());
        let event = json!({ "id": id, "user": user, "created_at": moment(self.now), "state": state });
        part(thing, "resource_state_events").push(event);
    }
}

fn part<'t>(thing: &'t mut Thing, name: &'static str) -> &'t mut Vec<Value> {
    thing.parts.entry(name).or_default()
}
