//! A world with a history, made by the same changes that happen to it later.

use super::clock::at;
use super::{At, CopilotDay, Label, Repository, Team, Time, User, Verdict, World};
use chrono::TimeDelta;

/// How much of everything there is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub users: usize,
    pub repositories: usize,
    /// Pull requests of the first repository; the second has half, the third a third of them.
    pub pulls: usize,
    /// Pull requests of the first repository that have over 100 of all that they can have many of.
    pub busy_pulls: usize,
    pub issues: usize,
    /// Issues of the first repository that have over 100 of all that they can have many of.
    pub busy_issues: usize,
    pub runs: usize,
    pub deployments: usize,
    pub releases: usize,
}

impl Default for Size {
    fn default() -> Size {
        Size {
            users: 12,
            repositories: 3,
            pulls: 30,
            busy_pulls: 0,
            issues: 10,
            busy_issues: 0,
            runs: 20,
            deployments: 10,
            releases: 3,
        }
    }
}

/// Monday, 5 January 2026, 08:00.
const BEGINS: i64 = 1_767_600_000;

impl World {
    /// A small world.
    pub fn new(seed: u64) -> World {
        World::sized(seed, Size::default())
    }

    /// A world of that size; nothing in it was announced by webhook.
    pub fn sized(seed: u64, size: Size) -> World {
        let mut world = World::empty(seed, at(BEGINS));
        world.people(size.users);
        for index in 0..size.repositories {
            world.add_repository(index, &size);
        }
        world.copilot = (0..35).map(|day| world.copilot_day(day)).collect();
        world.go_live();
        world
    }

    fn people(&mut self, humans: usize) {
        for index in 0..humans {
            let login = format!("dev-{index}");
            self.add_user(login, (index % 5 != 4).then(|| format!("Dev Nº {index}")), false);
        }
        for bot in ["dependabot", "github-actions"] {
            self.add_user(bot.to_owned(), None, true);
        }
        let ids: Vec<u64> = self.users.iter().filter(|it| !it.is_bot).map(|it| it.id).collect();
        let mut parent = None;
        for (index, slug) in ["platform", "storage", "mobile"].into_iter().enumerate() {
            let (id, now) = (self.id(), self.clock.now());
            // Somebody is in two teams, somebody in none.
            let members = ids.iter().enumerate().filter(|it| it.0 % 4 == index || it.0 == 0).map(|it| *it.1).collect();
            let name = format!("{}{}", slug[..1].to_uppercase(), &slug[1..]);
            let slug = slug.to_owned();
            self.teams.push(Team { id, slug, name, parent, members, created_at: now, updated_at: now });
            parent = parent.or(Some(id));
        }
    }

    fn add_user(&mut self, login: String, name: Option<String>, is_bot: bool) {
        let (id, now) = (self.id(), self.clock.now());
        let email = format!("{login}@example.com");
        self.users.push(User { id, login, name, email, is_bot, is_deleted: false, created_at: now, updated_at: now });
    }

    fn add_repository(&mut self, index: usize, size: &Size) {
        let (id, now) = (self.id(), self.clock.now());
        let name = ["alpha", "beta", "gamma"].get(index).map_or(format!("repo-{index}"), |name| (*name).to_owned());
        let labels = ["bug", "feature", "docs", "good first issue"];
        let labels = labels
            .into_iter()
            .map(|name| Label { id: self.large_id(), name: name.to_owned(), color: self.chance.hex(3) })
            .collect();
        self.repositories.push(Repository {
            id,
            owner: "acme".to_owned(),
            name,
            former: Vec::new(),
            is_archived: false,
            created_at: now,
            updated_at: now,
            pushed_at: now,
            labels,
            items: Vec::new(),
            deleted: Vec::new(),
            runs: Vec::new(),
            deployments: Vec::new(),
            releases: Vec::new(),
            next_number: 1,
        });
        let share = |count: usize| count / (index + 1);
        for pull in 0..share(size.pulls) {
            let at = self.open_pull(id);
            self.live_through(at);
            if index == 0 && pull < size.busy_pulls {
                self.keep_busy(at);
            }
        }
        for issue in 0..share(size.issues) {
            let at = self.open_issue(id);
            self.live_through(at);
            if index == 0 && issue < size.busy_issues {
                self.keep_issue_busy(at);
            }
        }
        for _ in 0..share(size.runs) {
            self.start_run(id);
            self.progress_some_run(id);
            self.progress_some_run(id);
        }
        for _ in 0..share(size.deployments) {
            self.deploy(id);
            self.progress_some_deployment(id);
            self.progress_some_deployment(id);
        }
        for _ in 0..share(size.releases) {
            self.release(id);
        }
    }

    /// A pull request's or an issue's usual life, with an open end.
    fn live_through(&mut self, at: At) {
        for _ in 0..self.chance.below(10) {
            let kind = 35 + self.chance.below(65);
            // What is deleted or transferred has no further life here.
            if kind != 58 && (self.item(at).pull.is_some() || !(73..75).contains(&kind)) {
                self.change_item(at, kind);
            }
        }
        if self.item(at).closed_at.is_none() && self.chance.percent(60) {
            if self.item(at).pull.is_some() {
                self.merge(at)
            } else {
                self.close(at)
            };
        }
    }

    /// Brings every list of a pull request over 100.
    fn keep_busy(&mut self, at: At) {
        if self.item(at).closed_at.is_some() && self.pull(at).merged.is_none() {
            self.reopen(at);
        }
        let is_short = |world: &World| {
            let (item, pull) = (world.item(at), world.pull(at));
            let lists = [item.labels.len(), item.comments.len(), pull.commits.len(), pull.reviews.len()];
            lists.iter().chain([&pull.threads().count()]).any(|length| *length <= 100)
        };
        while is_short(self) {
            self.label_some(at);
            self.comment(at);
            self.push(at);
            self.review(at, Verdict::ChangesRequested);
            self.request_review(at);
            self.remove_some_request(at);
        }
    }

    /// Brings every list of an issue over 100.
    fn keep_issue_busy(&mut self, at: At) {
        let is_short = |world: &World| {
            let item = world.item(at);
            [item.labels.len(), item.comments.len(), item.events.len()].iter().any(|length| *length <= 100)
        };
        while is_short(self) {
            self.label_some(at);
            self.comment(at);
            self.treat(at);
        }
    }

    fn copilot_day(&mut self, day: i64) -> CopilotDay {
        let begins: Time = at(BEGINS);
        let suggestions = 200 + self.chance.below(400) as u64;
        CopilotDay {
            day: (begins + TimeDelta::days(day)).date_naive(),
            active_users: 4 + self.chance.below(6) as u64,
            engaged_users: 3 + self.chance.below(2) as u64,
            suggestions,
            acceptances: suggestions * (20 + self.chance.below(20) as u64) / 100,
        }
    }
}
