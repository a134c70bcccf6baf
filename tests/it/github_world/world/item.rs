//! Changes of pull requests and issues, but for reviews.

use super::{At, Comment, Commit, Item, Label, Merge, Pull, Time, What, World};
use crate::github_world::webhooks::{of_comment, of_issue, of_item};
use serde_json::json;

const SUBJECTS: [&str; 8] = [
    "Retry the upload when the disk is full",
    "Keep the order of rows",
    "Drop the second cache",
    "Say which file was not found",
    "Read settings once",
    "Bump serde from 1.0.1 to 1.0.2",
    "Fix the off-by-one in paging",
    "Übersetze die Meldungen ✅",
];

impl World {
    /// Opens a pull request with a few commits; some are drafts.
    pub fn open_pull(&mut self, repository: u64) -> At {
        let now = self.tick();
        let (author, commits) = (self.someone(), 1 + self.chance.below(3));
        let pull = Pull {
            id: self.large_id(),
            is_draft: self.chance.percent(20),
            merged: None,
            head_ref: format!("topic-{}", self.chance.hex(3)),
            additions: self.chance.below(900) as u64,
            deletions: self.chance.below(300) as u64,
            changed_files: 1 + self.chance.below(20) as u64,
            commits: (0..commits).map(|_| self.new_commit(author, now)).collect(),
            reviews: Vec::new(),
            review_comments: Vec::new(),
            requested: Vec::new(),
        };
        self.repo_mut(repository).pushed_at = now;
        self.open(repository, author, Some(pull))
    }

    pub fn open_issue(&mut self, repository: u64) -> At {
        self.tick();
        let author = self.someone();
        self.open(repository, author, None)
    }

    fn open(&mut self, repository: u64, author: u64, pull: Option<Pull>) -> At {
        let (id, now) = (self.large_id(), self.clock.now());
        let title = (*self.chance.pick(&SUBJECTS)).to_owned();
        let is_pull = pull.is_some();
        let repo = self.repo_mut(repository);
        let number = repo.next_number;
        repo.next_number += 1;
        let kind = (!is_pull && number.is_multiple_of(4)).then_some("Task");
        repo.items.push(Item {
            id,
            number,
            title,
            body: format!("What and why, number {number}."),
            author,
            created_at: now,
            updated_at: now,
            closed_at: None,
            edited_at: None,
            kind,
            assignee: None,
            labels: Vec::new(),
            comments: Vec::new(),
            events: Vec::new(),
            pull,
        });
        let at = At { repository, number };
        let kind = if is_pull { ("pull_request", "opened") } else { ("issues", "opened") };
        self.announce(kind, Some(repository), author, |world| of_item(world, at));
        at
    }

    fn new_commit(&mut self, author: u64, now: Time) -> Commit {
        let user = self.users.iter().find(|user| user.id == author).unwrap().clone();
        // Some commit under an address that no account has.
        let is_known = self.chance.percent(85);
        let sent_before = self.chance.below(7_200) as i64;
        Commit {
            sha: self.chance.hex(20),
            message: (*self.chance.pick(&SUBJECTS)).to_owned(),
            author_name: user.name.unwrap_or_else(|| user.login.clone()),
            author_email: if is_known { user.email } else { format!("{}@laptop.local", user.login) },
            author: is_known.then_some(author),
            authored_at: now - chrono::TimeDelta::seconds(sent_before),
            committed_at: now - chrono::TimeDelta::seconds(sent_before / 2),
        }
    }

    fn announce_item(&mut self, at: At, actor: u64, action: &'static str) {
        let event = if self.item(at).pull.is_some() { "pull_request" } else { "issues" };
        self.announce((event, action), Some(at.repository), actor, |world| of_item(world, at));
    }

    /// Adds a commit.
    pub fn push(&mut self, at: At) -> bool {
        let now = self.tick();
        let author = self.item(at).author;
        let commit = self.new_commit(author, now);
        self.pull_mut(at).commits.push(commit);
        self.touch_by_push(at, author, now)
    }

    /// Replaces every commit by a new one.
    pub fn force_push(&mut self, at: At) -> bool {
        let now = self.tick();
        let author = self.item(at).author;
        let before = self.pull(at).head().to_owned();
        let count = self.pull(at).commits.len();
        let commits: Vec<Commit> = (0..count).map(|_| self.new_commit(author, now)).collect();
        self.pull_mut(at).commits = commits;
        let after = self.pull(at).head().to_owned();
        self.happens(at, author, What::HeadRefForcePushed { before, after });
        self.touch_by_push(at, author, now)
    }

    fn touch_by_push(&mut self, at: At, author: u64, now: Time) -> bool {
        self.item_mut(at).updated_at = now;
        self.pull_mut(at).additions += 3;
        self.repo_mut(at.repository).pushed_at = now;
        self.announce_item(at, author, "synchronize");
        true
    }

    pub fn comment(&mut self, at: At) -> Option<u64> {
        let now = self.tick();
        let (id, author) = (self.large_id(), self.someone());
        let item = self.item_mut(at);
        let body = format!("A thought, the {}th.", item.comments.len() + 1);
        item.comments.push(Comment { id, author, body, created_at: now, updated_at: now, edited_at: None });
        item.updated_at = now;
        self.announce_comment(at, id, author, "created");
        Some(id)
    }

    fn announce_comment(&mut self, at: At, id: u64, actor: u64, action: &'static str) {
        self.announce(("issue_comment", action), Some(at.repository), actor, |world| of_comment(world, at, id));
    }

    pub fn edit_some_comment(&mut self, at: At) -> bool {
        if self.item(at).comments.is_empty() {
            return false;
        }
        let (now, which) = (self.tick(), self.chance.below(self.item(at).comments.len()));
        let item = self.item_mut(at);
        let comment = &mut item.comments[which];
        comment.body.push_str(" Rather not.");
        (comment.updated_at, comment.edited_at) = (now, Some(now));
        let (id, author) = (comment.id, comment.author);
        item.updated_at = now;
        self.announce_comment(at, id, author, "edited");
        true
    }

    pub fn delete_some_comment(&mut self, at: At) -> bool {
        if self.item(at).comments.is_empty() {
            return false;
        }
        let (now, which) = (self.tick(), self.chance.below(self.item(at).comments.len()));
        let (id, author) = (self.item(at).comments[which].id, self.item(at).comments[which].author);
        // The news carries the comment as it was.
        self.announce_comment(at, id, author, "deleted");
        let item = self.item_mut(at);
        item.comments.remove(which);
        item.updated_at = now;
        true
    }

    pub fn label_some(&mut self, at: At) -> bool {
        self.tick();
        let worn = self.item(at).labels.clone();
        let free: Vec<u64> =
            self.repo(at.repository).labels.iter().map(|label| label.id).filter(|id| !worn.contains(id)).collect();
        let label = if free.is_empty() || self.chance.percent(3) {
            self.new_label(at.repository)
        } else {
            *self.chance.pick(&free)
        };
        let actor = self.someone();
        self.item_mut(at).labels.push(label);
        self.happens(at, actor, What::Labeled(label));
        self.announce_item(at, actor, "labeled");
        true
    }

    fn new_label(&mut self, repository: u64) -> u64 {
        let (id, color) = (self.large_id(), self.chance.hex(3));
        let labels = &mut self.repo_mut(repository).labels;
        labels.push(Label { id, name: format!("area/{}", labels.len()), color });
        id
    }

    pub fn unlabel_some(&mut self, at: At) -> bool {
        if self.item(at).labels.is_empty() {
            return false;
        }
        self.tick();
        let (which, actor) = (self.chance.below(self.item(at).labels.len()), self.someone());
        let label = self.item_mut(at).labels.remove(which);
        self.happens(at, actor, What::Unlabeled(label));
        self.announce_item(at, actor, "unlabeled");
        true
    }

    /// Changes the title.
    pub fn rename(&mut self, at: At) -> bool {
        let now = self.tick();
        let from = self.item(at).title.clone();
        let to = format!("{from} again");
        let author = self.item(at).author;
        self.item_mut(at).title.clone_from(&to);
        self.item_mut(at).edited_at = Some(now);
        let changes = json!({ "title": { "from": from } });
        self.happens(at, author, What::Renamed { from, to });
        let event = if self.item(at).pull.is_some() { "pull_request" } else { "issues" };
        self.announce((event, "edited"), Some(at.repository), author, |world| {
            of_item(world, at).into_iter().chain([("changes".to_owned(), changes)]).collect()
        });
        true
    }

    pub fn close(&mut self, at: At) -> bool {
        let now = self.tick();
        let actor = self.someone();
        self.item_mut(at).closed_at = Some(now);
        self.happens(at, actor, What::Closed);
        self.announce_item(at, actor, "closed");
        true
    }

    pub fn reopen(&mut self, at: At) -> bool {
        self.tick();
        let actor = self.someone();
        self.item_mut(at).closed_at = None;
        self.happens(at, actor, What::Reopened);
        self.announce_item(at, actor, "reopened");
        true
    }

    pub fn merge(&mut self, at: At) -> bool {
        let now = self.tick();
        let (by, sha) = (self.someone(), self.chance.hex(20));
        self.pull_mut(at).merged = Some(Merge { at: now, by, sha: sha.clone() });
        self.pull_mut(at).is_draft = false;
        self.item_mut(at).closed_at = Some(now);
        self.happens(at, by, What::Merged(sha));
        self.happens(at, by, What::Closed);
        self.announce_item(at, by, "closed");
        true
    }

    pub fn set_draft(&mut self, at: At, is_draft: bool) -> bool {
        self.tick();
        let author = self.item(at).author;
        self.pull_mut(at).is_draft = is_draft;
        let (what, action) = if is_draft {
            (What::ConvertToDraft, "converted_to_draft")
        } else {
            (What::ReadyForReview, "ready_for_review")
        };
        self.happens(at, author, what);
        self.announce_item(at, author, action);
        true
    }

    /// Deletes an issue, of which GitHub sends news, or a pull request, of which it sends none: only its staff can do it.
    pub fn delete(&mut self, at: At) -> bool {
        self.tick();
        let actor = self.someone();
        if self.item(at).pull.is_none() {
            self.announce(("issues", "deleted"), Some(at.repository), actor, |world| of_issue(world, at));
        }
        let repo = self.repo_mut(at.repository);
        repo.items.retain(|item| item.number != at.number);
        repo.deleted.push(at.number);
        true
    }
}
