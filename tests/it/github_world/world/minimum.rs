//! The least number of requests that a full collection takes, so that a test can bound what a collector spends.
//!
//! Counted for a program that reads pull requests, issues, deployments and releases by GraphQL and the rest by REST:
//! a list of n rows takes max(1, ⌈n ÷ page⌉) requests; a list nested in a row comes with its row up to `nested` rows and
//! takes ⌈n ÷ nested⌉ − 1 further requests; jobs take one list a run, members one list a team. The comments of a review
//! thread are nested in the threads' list and are counted in the same way. Asking again, probing for changes and signing
//! in are no part of it.

use super::{Item, Pull, World};

/// Rows a request, as the collector under test asks for them.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// Pull requests or issues of one GraphQL answer.
    pub items: usize,
    /// Rows of a list within a row of a GraphQL answer.
    pub nested: usize,
    /// Rows of one REST answer.
    pub rest: usize,
}

/// Requests by what they read; a test adds up what its collector reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minimum {
    pub repositories: usize,
    pub pulls: usize,
    /// Further pages of lists within pull requests.
    pub pull_lists: usize,
    pub issues: usize,
    /// Further pages of lists within issues.
    pub issue_lists: usize,
    pub deployments: usize,
    pub releases: usize,
    pub runs: usize,
    pub jobs: usize,
    pub teams: usize,
    pub members: usize,
}

impl Minimum {
    pub fn total(&self) -> usize {
        let items = self.pulls + self.pull_lists + self.issues + self.issue_lists;
        let others = self.deployments + self.releases + self.runs + self.jobs + self.teams + self.members;
        self.repositories + items + others
    }
}

impl World {
    /// The least number of requests now.
    pub fn minimum(&self, pages: Pages) -> Minimum {
        let list = |rows: usize, page: usize| rows.div_ceil(page).max(1);
        let further = |rows: usize| rows.div_ceil(pages.nested).saturating_sub(1);
        let mut least = Minimum {
            repositories: list(self.repositories.len(), pages.rest),
            teams: list(self.teams.len(), pages.rest),
            members: self.teams.iter().map(|team| list(team.members.len(), pages.rest)).sum(),
            ..Minimum::default()
        };
        for repository in &self.repositories {
            least.pulls += list(repository.pulls().count(), pages.items);
            for (item, pull) in repository.pulls() {
                least.pull_lists += lists_of_pull(item, pull).into_iter().map(further).sum::<usize>();
            }
            least.issues += list(repository.issues().count(), pages.items);
            for item in repository.issues() {
                least.issue_lists +=
                    [item.labels.len(), item.comments.len(), item.events.len()].map(further).iter().sum::<usize>();
            }
            least.deployments += list(repository.deployments.len(), pages.nested);
            least.deployments += repository.deployments.iter().map(|it| further(it.statuses.len())).sum::<usize>();
            least.releases += list(repository.releases.len(), pages.nested);
            least.runs += list(repository.runs.len(), pages.rest);
            least.jobs += repository.runs.iter().map(|run| list(run.jobs.len(), pages.rest)).sum::<usize>();
        }
        least
    }
}

/// The lengths of every list within a pull request.
fn lists_of_pull(item: &Item, pull: &Pull) -> Vec<usize> {
    let mut lengths = vec![item.labels.len(), item.comments.len(), item.events.len(), pull.commits.len()];
    lengths.push(pull.reviews.len());
    lengths.push(pull.threads().count());
    let in_thread = |id: u64| pull.review_comments.iter().filter(|it| it.thread == id).count();
    lengths.extend(pull.threads().map(|it| in_thread(it.id)));
    lengths
}
