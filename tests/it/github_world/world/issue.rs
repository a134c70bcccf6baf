//! Changes of issues alone: what is done to them in passing, and the move to another repository.

use super::{At, What, World};
use crate::github_world::rest::shape;
use crate::github_world::webhooks::{of_issue, of_item};
use serde_json::json;

/// Something that is done to an issue and changes no more than its timeline.
#[derive(Debug, PartialEq, Eq)]
pub struct Deed {
    /// REST's word.
    pub word: &'static str,
    /// GraphQL's type.
    pub type_name: &'static str,
    /// The webhook's action, where there is one.
    pub action: Option<&'static str>,
}

const fn deed(word: &'static str, type_name: &'static str, action: Option<&'static str>) -> Deed {
    Deed { word, type_name, action }
}

pub static DEEDS: [Deed; 14] = [
    deed("assigned", "AssignedEvent", Some("assigned")),
    deed("unassigned", "UnassignedEvent", Some("unassigned")),
    deed("milestoned", "MilestonedEvent", Some("milestoned")),
    deed("demilestoned", "DemilestonedEvent", Some("demilestoned")),
    deed("locked", "LockedEvent", Some("locked")),
    deed("unlocked", "UnlockedEvent", Some("unlocked")),
    deed("pinned", "PinnedEvent", Some("pinned")),
    deed("unpinned", "UnpinnedEvent", Some("unpinned")),
    deed("marked_as_duplicate", "MarkedAsDuplicateEvent", None),
    deed("sub_issue_added", "SubIssueAddedEvent", None),
    deed("issue_type_added", "IssueTypeAddedEvent", Some("typed")),
    // These are nobody's deeds on the issue.
    deed("mentioned", "MentionedEvent", None),
    deed("subscribed", "SubscribedEvent", None),
    deed("cross-referenced", "CrossReferencedEvent", None),
];

static TRANSFERRED: Deed = deed("transferred", "TransferredEvent", None);

impl World {
    /// Something is done to an issue in passing.
    pub fn treat(&mut self, at: At) -> bool {
        self.tick();
        let (actor, deed) = (self.someone(), *self.chance.pick(&DEEDS.each_ref()));
        if deed.word == "issue_type_added" {
            self.item_mut(at).kind = Some(*self.chance.pick(&["Bug", "Question"]));
        }
        match deed.word {
            // A machine is no user in GraphQL, and only users see to issues.
            "assigned" if self.user(actor).is_none_or(|it| it.is_bot) => {}
            "assigned" => self.item_mut(at).assignee = Some(actor),
            "unassigned" => self.item_mut(at).assignee = None,
            _ => {}
        }
        self.happens(at, actor, What::Done(deed));
        if let Some(action) = deed.action {
            self.announce(("issues", action), Some(at.repository), actor, |world| of_item(world, at));
        }
        true
    }

    /// Moves an issue to another repository, where it has another id and number. Its labels stay behind.
    pub fn transfer_issue(&mut self, at: At) -> bool {
        let others: Vec<u64> = self.repositories.iter().map(|it| it.id).filter(|id| *id != at.repository).collect();
        if others.is_empty() {
            return false;
        }
        self.tick();
        let (to, id, actor) = (*self.chance.pick(&others), self.large_id(), self.someone());
        let was = of_issue(self, at);
        let mut item = self.item(at).clone();
        let repo = self.repo_mut(at.repository);
        repo.items.retain(|item| item.number != at.number);
        repo.deleted.push(at.number);
        let repo = self.repo_mut(to);
        (item.id, item.number) = (id, repo.next_number);
        item.labels.clear();
        item.events.retain(|it| !matches!(it.what, What::Labeled(_) | What::Unlabeled(_)));
        repo.next_number += 1;
        repo.items.push(item);
        let there = At { repository: to, number: repo.next_number - 1 };
        self.happens(there, actor, What::Done(&TRANSFERRED));
        self.announce(("issues", "transferred"), Some(at.repository), actor, |world| {
            let repository = world.repository(to).unwrap();
            let issue = shape::issue(world, repository, world.item(there));
            let changes = json!({ "new_issue": issue, "new_repository": shape::repository(world, repository) });
            was.into_iter().chain([("changes".to_owned(), changes)]).collect()
        });
        self.announce(("issues", "opened"), Some(to), actor, |world| of_issue(world, there));
        true
    }
}
