//! Changes by review: verdicts, comments in threads, requests.

use super::{At, Review, ReviewComment, Reviewer, Verdict, What, World};
use crate::github_world::webhooks::{of_request, of_review, of_review_comment};

impl World {
    /// Hands in a review by somebody else than the author; some begin threads with it. None if there is nobody else.
    pub fn review(&mut self, at: At, verdict: Verdict) -> Option<u64> {
        let now = self.tick();
        let author = self.someone();
        if author == self.item(at).author {
            return None;
        }
        let id = self.large_id();
        // GitHub's own steps may take a second: `updated_at` is not always `submitted_at` without an edit.
        let updated_at = now + chrono::TimeDelta::seconds(i64::from(self.chance.percent(10)));
        let pull = self.pull_mut(at);
        let review = Review {
            id,
            author,
            verdict,
            body: if verdict == Verdict::Approved { String::new() } else { "See below.".to_owned() },
            sha: pull.head().to_owned(),
            submitted_at: now,
            updated_at,
            edited_at: None,
        };
        pull.reviews.push(review);
        let asked = Reviewer::User(author);
        pull.requested.retain(|it| *it != asked);
        self.item_mut(at).updated_at = now;
        self.announce(("pull_request_review", "submitted"), Some(at.repository), author, |it| of_review(it, at, id));
        for _ in 0..self.chance.below(3) {
            self.begin_thread(at, id, author);
        }
        Some(id)
    }

    fn begin_thread(&mut self, at: At, review: u64, author: u64) {
        let id = self.large_id();
        let path = format!("src/part_{}.rs", self.chance.below(9));
        self.add_review_comment(
            at,
            ReviewComment {
                id,
                review,
                thread: id,
                author,
                path,
                sha: String::new(),
                body: "Why this way?".to_owned(),
                created_at: self.clock.now(),
                updated_at: self.clock.now(),
                edited_at: None,
            },
        );
    }

    /// Answers in a thread; GitHub makes a review of its own for the answer.
    pub fn reply_to_some_thread(&mut self, at: At) -> bool {
        let threads: Vec<ReviewComment> = self.pull(at).threads().cloned().collect();
        if threads.is_empty() {
            return false;
        }
        let now = self.tick();
        let (first, author) = (self.chance.pick(&threads).clone(), self.someone());
        let (review, id) = (self.large_id(), self.large_id());
        let sha = self.pull(at).head().to_owned();
        self.pull_mut(at).reviews.push(Review {
            id: review,
            author,
            verdict: Verdict::Commented,
            body: String::new(),
            sha,
            submitted_at: now,
            updated_at: now,
            edited_at: None,
        });
        self.announce(("pull_request_review", "submitted"), Some(at.repository), author, |world| {
            of_review(world, at, review)
        });
        let body = "Because of the old files.".to_owned();
        let answer = ReviewComment { id, review, author, body, created_at: now, updated_at: now, ..first };
        self.add_review_comment(at, answer);
        true
    }

    fn add_review_comment(&mut self, at: At, comment: ReviewComment) {
        let (id, author) = (comment.id, comment.author);
        let sha = self.pull(at).head().to_owned();
        self.item_mut(at).updated_at = comment.created_at;
        self.pull_mut(at).review_comments.push(ReviewComment { sha, ..comment });
        let kind = ("pull_request_review_comment", "created");
        self.announce(kind, Some(at.repository), author, |world| of_review_comment(world, at, id));
    }

    /// Edits a review's text, or a comment of a review.
    pub fn edit_some_review(&mut self, at: At) -> bool {
        if self.pull(at).reviews.is_empty() {
            return false;
        }
        let now = self.tick();
        let which = self.chance.below(self.pull(at).reviews.len());
        let review = &mut self.pull_mut(at).reviews[which];
        review.body.push_str(" On second thought.");
        (review.updated_at, review.edited_at) = (now, Some(now));
        let (id, author) = (review.id, review.author);
        self.item_mut(at).updated_at = now;
        self.announce(("pull_request_review", "edited"), Some(at.repository), author, |it| of_review(it, at, id));
        let comment = self.pull_mut(at).review_comments.iter_mut().find(|it| it.review == id);
        if let Some(comment) = comment {
            comment.body.push_str(" Or?");
            (comment.updated_at, comment.edited_at) = (now, Some(now));
            let id = comment.id;
            let kind = ("pull_request_review_comment", "edited");
            self.announce(kind, Some(at.repository), author, |world| of_review_comment(world, at, id));
        }
        true
    }

    /// Takes the force from a verdict.
    pub fn dismiss_some_review(&mut self, at: At) -> bool {
        let has_force = |it: &&Review| matches!(it.verdict, Verdict::Approved | Verdict::ChangesRequested);
        let ids: Vec<u64> = self.pull(at).reviews.iter().filter(has_force).map(|it| it.id).collect();
        if ids.is_empty() {
            return false;
        }
        let now = self.tick();
        let (id, actor) = (*self.chance.pick(&ids), self.someone());
        let review = self.pull_mut(at).reviews.iter_mut().find(|it| it.id == id).unwrap();
        let was = review.verdict;
        review.verdict = Verdict::Dismissed;
        review.updated_at = now;
        self.happens(at, actor, What::ReviewDismissed { review: id, was });
        self.announce(("pull_request_review", "dismissed"), Some(at.repository), actor, |it| of_review(it, at, id));
        true
    }

    /// Asks a user or a team who was not asked yet.
    pub fn request_review(&mut self, at: At) -> bool {
        let author = self.item(at).author;
        let users = self.users.iter().filter(|it| !it.is_deleted && !it.is_bot && it.id != author);
        let all = users.map(|it| Reviewer::User(it.id)).chain(self.teams.iter().map(|it| Reviewer::Team(it.id)));
        let free: Vec<Reviewer> = all.filter(|it| !self.pull(at).requested.contains(it)).collect();
        if free.is_empty() {
            return false;
        }
        self.tick();
        let who = *self.chance.pick(&free);
        self.pull_mut(at).requested.push(who);
        self.happens(at, author, What::ReviewRequested(who));
        let kind = ("pull_request", "review_requested");
        self.announce(kind, Some(at.repository), author, |world| of_request(world, at, who));
        true
    }

    pub fn remove_some_request(&mut self, at: At) -> bool {
        if self.pull(at).requested.is_empty() {
            return false;
        }
        self.tick();
        let (which, actor) = (self.chance.below(self.pull(at).requested.len()), self.someone());
        let who = self.pull_mut(at).requested.remove(which);
        self.happens(at, actor, What::ReviewRequestRemoved(who));
        let kind = ("pull_request", "review_request_removed");
        self.announce(kind, Some(at.repository), actor, |world| of_request(world, at, who));
        true
    }

    /// Deletes a comment of a review, the first one of a thread only when it is the last.
    pub fn delete_some_review_comment(&mut self, at: At) -> bool {
        let comments = &self.pull(at).review_comments;
        let is_free =
            |it: &&ReviewComment| it.thread != it.id || comments.iter().all(|o| o.thread != it.id || o.id == it.id);
        let ids: Vec<u64> = comments.iter().filter(is_free).map(|it| it.id).collect();
        if ids.is_empty() {
            return false;
        }
        let now = self.tick();
        let (id, actor) = (*self.chance.pick(&ids), self.someone());
        let kind = ("pull_request_review_comment", "deleted");
        self.announce(kind, Some(at.repository), actor, |world| of_review_comment(world, at, id));
        self.pull_mut(at).review_comments.retain(|it| it.id != id);
        self.item_mut(at).updated_at = now;
        true
    }
}
