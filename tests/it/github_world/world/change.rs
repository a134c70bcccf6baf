//! What every change shares: the clock's step, new ids, who did it, the news of it; and a change chosen by chance.
//!
//! GitHub does not document which changes move `updated_at` of the pull request or issue they belong to. Here all of
//! them do, edits and deletions of comments too, as tools that sort by it have found.

use super::chance::Chance;
use super::clock::Clock;
use super::{At, Event, Item, Pull, Repository, Time, Verdict, What, World};
use crate::github_world::webhooks::Delivery;
use serde_json::{Map, Value};

impl World {
    /// A world without content at that time.
    pub(super) fn empty(seed: u64, begins: Time) -> World {
        let organization =
            super::Organization { id: 900, login: "acme".to_owned(), created_at: begins, updated_at: begins };
        World {
            clock: Clock::standing(begins),
            organization,
            users: Vec::new(),
            teams: Vec::new(),
            repositories: Vec::new(),
            copilot: Vec::new(),
            deliveries: Vec::new(),
            api: "https://api.github.com".to_owned(),
            chance: Chance::new(seed),
            next_id: 1_000,
            next_large_id: 3_000_000_000,
            pace_seconds: 40 * 60,
            announces: false,
        }
    }

    /// Lets changes be announced and follow each other within seconds, some within the same one.
    pub(super) fn go_live(&mut self) {
        self.announces = true;
        self.pace_seconds = 3;
    }

    /// Applies a valid change chosen by chance and says what it was.
    pub fn change(&mut self) -> String {
        loop {
            if let Some(said) = self.attempt() {
                return said;
            }
        }
    }

    /// Applies a change of a pull request that is not its deletion, chosen by chance.
    pub fn change_pulls(&mut self) {
        let repository = self.some_repository();
        let kind = 35 + self.chance.below(65);
        if let Some(at) = self.some_item(repository).filter(|_| kind != 58) {
            self.change_item(at, kind);
        }
    }

    /// One change, or none if what was drawn is not possible here.
    fn attempt(&mut self) -> Option<String> {
        let kind = self.chance.below(104);
        let repository = self.some_repository();
        let name = self.repo(repository).full_name();
        let said = match kind {
            0..6 => format!("open pull request {}", self.open_pull(repository).number),
            6..9 => format!("open issue {}", self.open_issue(repository).number),
            9..15 => format!("run workflow {}", self.start_run(repository)),
            15..23 => self.progress_some_run(repository)?,
            23..25 => self.rerun_some(repository)?,
            25..28 => format!("deploy {}", self.deploy(repository)),
            28..32 => self.progress_some_deployment(repository)?,
            32 => format!("release {}", self.release(repository)),
            33 => self.change_project(repository)?,
            34 => self.change_people()?,
            100.. => self.change_delivery(repository)?,
            _ => {
                let at = self.some_item(repository)?;
                format!("{} {}", self.change_item(at, kind)?, at.number)
            }
        };
        Some(format!("{name}: {said}"))
    }

    pub(super) fn change_item(&mut self, at: At, kind: usize) -> Option<&'static str> {
        let pull = self.item(at).pull.as_ref();
        let is_pull = pull.is_some();
        let is_merged = pull.is_some_and(|it| it.merged.is_some());
        let is_draft = pull.is_some_and(|it| it.is_draft);
        let is_open = self.item(at).closed_at.is_none();
        match (kind, is_pull) {
            (35..44, _) => self.comment(at).map(|_| "comment on"),
            (44..47, _) => self.edit_some_comment(at).then_some("edit a comment on"),
            (47, true) => self.delete_some_review_comment(at).then_some("delete a comment of a review of"),
            (47..49, _) => self.delete_some_comment(at).then_some("delete a comment on"),
            (49..54, _) => self.label_some(at).then_some("label"),
            (54..56, _) => self.unlabel_some(at).then_some("take a label from"),
            (56..58, _) => self.rename(at).then_some("rename"),
            (58, _) => self.delete(at).then_some("delete"),
            (59..63, _) if is_open => self.close(at).then_some("close"),
            (59..63, _) if !is_merged => self.reopen(at).then_some("reopen"),
            (63..73, false) => self.treat(at).then_some("treat"),
            (73..75, false) => self.transfer_issue(at).then_some("transfer"),
            (63..70, true) if is_open => self.push(at).then_some("push to"),
            (70..73, true) if is_open => self.force_push(at).then_some("force-push to"),
            (73..82, true) => {
                let verdict = *self.chance.pick(&[Verdict::Approved, Verdict::ChangesRequested, Verdict::Commented]);
                self.review(at, verdict).map(|_| "review")
            }
            (82..84, true) => self.edit_some_review(at).then_some("edit a review of"),
            (84..86, true) => self.dismiss_some_review(at).then_some("dismiss a review of"),
            (86..89, true) => self.reply_to_some_thread(at).then_some("answer in a thread of"),
            (89..93, true) if is_open => self.request_review(at).then_some("ask for a review of"),
            (93..95, true) if is_open => self.remove_some_request(at).then_some("take back a request of"),
            (95..97, true) if is_open => self.set_draft(at, !is_draft).then_some("turn draft or ready"),
            (97..100, true) if is_open => self.merge(at).then_some("merge"),
            _ => None,
        }
    }

    fn some_repository(&mut self) -> u64 {
        let ids: Vec<u64> = self.repositories.iter().map(|it| it.id).collect();
        *self.chance.pick(&ids)
    }

    /// A pull request or issue, mostly one of the newest.
    fn some_item(&mut self, repository: u64) -> Option<At> {
        let numbers: Vec<u64> = self.repo(repository).items.iter().map(|it| it.number).collect();
        let recent = numbers.len().saturating_sub(12);
        let among = if self.chance.percent(70) { &numbers[recent..] } else { &numbers[..] };
        (!among.is_empty()).then(|| At { repository, number: *self.chance.pick(among) })
    }

    /// Moves the clock on by chance, often not at all.
    pub(super) fn tick(&mut self) -> Time {
        let step = self.chance.below(usize::try_from(self.pace_seconds).unwrap() + 1);
        self.clock.advance(step as u64);
        self.clock.now()
    }

    /// An id that fits 32 bits, as those of users, repositories and deployments do.
    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// An id that does not fit 32 bits, as those of comments and runs.
    pub(super) fn large_id(&mut self) -> u64 {
        self.next_large_id += 1;
        self.next_large_id
    }

    /// Somebody who can act: mostly a human.
    pub(super) fn someone(&mut self) -> u64 {
        let bots = self.chance.percent(8);
        let able = |user: &&super::User| user.is_bot == bots && !user.is_deleted;
        let ids: Vec<u64> = self.users.iter().filter(able).map(|user| user.id).collect();
        *self.chance.pick(&ids)
    }

    pub(super) fn repo(&self, id: u64) -> &Repository {
        self.repository(id).unwrap_or_else(|| panic!("no repository {id}"))
    }

    pub(super) fn repo_mut(&mut self, id: u64) -> &mut Repository {
        self.repositories.iter_mut().find(|it| it.id == id).unwrap_or_else(|| panic!("no repository {id}"))
    }

    /// The issue or pull request.
    ///
    /// # Panics
    /// When it was deleted or never was.
    pub fn item(&self, at: At) -> &Item {
        self.repo(at.repository).item(at.number).unwrap_or_else(|| panic!("no item {at:?}"))
    }

    pub(super) fn item_mut(&mut self, at: At) -> &mut Item {
        let item = self.repo_mut(at.repository).items.iter_mut().find(|item| item.number == at.number);
        item.unwrap_or_else(|| panic!("no item {at:?}"))
    }

    /// The pull request's own part.
    ///
    /// # Panics
    /// When it is an issue.
    pub fn pull(&self, at: At) -> &Pull {
        self.item(at).pull.as_ref().unwrap_or_else(|| panic!("{at:?} is no pull request"))
    }

    pub(super) fn pull_mut(&mut self, at: At) -> &mut Pull {
        self.item_mut(at).pull.as_mut().unwrap_or_else(|| panic!("{at:?} is no pull request"))
    }

    /// Notes an event in the timeline and moves `updated_at`.
    pub(super) fn happens(&mut self, at: At, actor: u64, what: What) {
        let (id, now) = (self.large_id(), self.clock.now());
        let item = self.item_mut(at);
        item.events.push(Event { id, at: now, actor, what });
        item.updated_at = now;
    }

    /// Notes the delivery of a webhook whose body has `parts` beside what all bodies have.
    pub(super) fn announce(
        &mut self,
        (event, action): (&'static str, &'static str),
        repository: Option<u64>,
        actor: u64,
        parts: impl FnOnce(&World) -> Map<String, Value>,
    ) {
        if self.announces {
            let (id, guid) = (self.large_id(), self.chance.hex(16));
            let parts = parts(self);
            let delivery = Delivery::new(self, (id, guid), (event, action), repository, actor, parts);
            self.deliveries.push(delivery);
        }
    }
}
