//! A Zendesk account: tickets, what happened to them, and the exports of both.

use super::folder::{Chance, TOKEN};
use super::server::{self, Ask, Left, Reply};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

/// Agents have the numbers 1 to 4, requesters those from 100.
const AGENTS: usize = 4;
const REQUESTERS: usize = 9;

pub struct World {
    pub now: DateTime<Utc>,
    pub tickets: Vec<Ticket>,
    pub audits: Vec<Audit>,
    metrics: Vec<Metric>,
    /// Rows of a page of an export.
    pub page: usize,
    chance: Chance,
    number: i64,
}

#[derive(Clone)]
pub struct Ticket {
    pub id: i64,
    pub status: &'static str,
    priority: &'static str,
    group: i64,
    requester: i64,
    assignee: Option<i64>,
    pub created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// When Zendesk last touched it.
    pub generated_at: DateTime<Utc>,
    solved_at: Option<DateTime<Utc>>,
    pub first_reply_at: Option<DateTime<Utc>>,
    pub reopens: i64,
}

/// What somebody did at one moment.
#[derive(Clone)]
pub struct Audit {
    id: i64,
    pub ticket: i64,
    at: DateTime<Utc>,
    updater: i64,
    pub children: Vec<Value>,
}

#[derive(Clone)]
struct Metric {
    id: i64,
    ticket: i64,
    kind: &'static str,
    at: DateTime<Utc>,
}

impl World {
    /// So many tickets of the last year, most of them solved.
    pub fn new(seed: u64, tickets: usize) -> World {
        let now: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let (tickets_, audits, metrics) = (Vec::new(), Vec::new(), Vec::new());
        let mut world =
            World { now, tickets: tickets_, audits, metrics, page: 1000, chance: Chance(seed), number: 1000 };
        for index in 0..tickets {
            world.now = now - TimeDelta::days(365) + TimeDelta::days(360) / tickets as i32 * index as i32;
            world.open();
            for _ in 0..world.chance.below(4) {
                world.touch(index);
            }
            if index + 5 < tickets {
                world.set_status(index, "solved");
            }
        }
        world.now = now;
        world
    }

    pub fn advance(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    fn id(&mut self) -> i64 {
        self.number += 1;
        self.number
    }

    fn audit(&mut self, place: usize, updater: i64, mut children: Vec<Value>) {
        for child in &mut children {
            child["id"] = self.id().into();
        }
        let (id, at) = (self.id(), self.now);
        self.audits.push(Audit { id, ticket: self.tickets[place].id, at, updater, children });
        let ticket = &mut self.tickets[place];
        (ticket.updated_at, ticket.generated_at) = (at, at);
    }

    pub fn open(&mut self) {
        let (id, now) = (self.id(), self.now);
        let requester = 100 + self.chance.below(REQUESTERS) as i64;
        let group = 1 + self.chance.below(2) as i64;
        self.tickets.push(Ticket {
            id,
            status: "new",
            priority: "normal",
            group,
            requester,
            assignee: None,
            created_at: now,
            updated_at: now,
            generated_at: now,
            solved_at: None,
            first_reply_at: None,
            reopens: 0,
        });
        let place = self.tickets.len() - 1;
        let create = json!({ "event_type": "Create", "status": "new", "via": "Web form" });
        let comment = json!({ "event_type": "Comment", "comment_present": true, "comment_public": true });
        self.audit(place, requester, vec![create, comment]);
    }

    pub fn set_status(&mut self, place: usize, status: &'static str) {
        let now = self.now;
        let ticket = &mut self.tickets[place];
        let before = std::mem::replace(&mut ticket.status, status);
        let is_done = |status: &str| ["solved", "closed"].contains(&status);
        if is_done(status) && !is_done(before) {
            ticket.solved_at = Some(now);
        }
        ticket.reopens += i64::from(is_done(before) && !is_done(status));
        let child = json!({ "event_type": "Change", "status": status, "previous_value": before });
        self.audit(place, 1, vec![child]);
    }

    /// An agent writes, takes it or makes it more urgent.
    fn touch(&mut self, place: usize) {
        let seconds = 60 + self.chance.below(3_000) as i64;
        self.advance(seconds);
        let agent = 1 + self.chance.below(AGENTS) as i64;
        let comment =
            |is_public: bool| json!({ "event_type": "Comment", "comment_present": true, "comment_public": is_public });
        match self.chance.below(4) {
            0 => {
                let now = self.now;
                if self.tickets[place].first_reply_at.is_none() {
                    self.tickets[place].first_reply_at = Some(now);
                    let id = self.id();
                    self.metrics.push(Metric { id, ticket: self.tickets[place].id, kind: "fulfill", at: now });
                }
                self.audit(place, agent, vec![comment(true)]);
            }
            1 => self.audit(place, agent, vec![comment(false)]),
            2 => {
                let before = self.tickets[place].assignee.replace(agent);
                let child = json!({ "event_type": "Change", "assignee_id": agent, "previous_value": before });
                self.audit(place, agent, vec![child]);
            }
            _ => {
                let before = std::mem::replace(&mut self.tickets[place].priority, "urgent");
                let child = json!({ "event_type": "Change", "priority": "urgent", "previous_value": before });
                let id = self.id();
                self.metrics.push(Metric { id, ticket: self.tickets[place].id, kind: "breach", at: self.now });
                self.audit(place, -1, vec![child]);
            }
        }
    }

    /// Zendesk itself touches a ticket: its `updated_at` stays.
    pub fn touch_silently(&mut self, place: usize) {
        let now = self.now;
        let ticket = &mut self.tickets[place];
        (ticket.status, ticket.generated_at) = ("closed", now);
    }

    pub fn delete(&mut self, place: usize) {
        let now = self.now;
        let ticket = &mut self.tickets[place];
        (ticket.status, ticket.updated_at, ticket.generated_at) = ("deleted", now, now);
    }

    /// It is not even in the exports any more.
    pub fn delete_for_good(&mut self, place: usize) -> i64 {
        let id = self.tickets.remove(place).id;
        self.audits.retain(|it| it.ticket != id);
        self.metrics.retain(|it| it.ticket != id);
        id
    }

    pub fn living(&self) -> Vec<usize> {
        (0..self.tickets.len()).filter(|place| self.tickets[*place].status != "deleted").collect()
    }

    /// Something happens a little later; says what.
    pub fn change(&mut self) -> String {
        let seconds = 1 + self.chance.below(600) as i64;
        self.advance(seconds);
        let living = self.living();
        let place = living[self.chance.below(living.len())];
        let what = self.chance.below(8);
        match what {
            0 => self.open(),
            1 => self.set_status(place, "solved"),
            2 => self.set_status(place, "pending"),
            3 => self.set_status(place, "open"),
            4 => self.delete(place),
            5 => self.touch_silently(place),
            _ => self.touch(place),
        }
        format!("{} changes by {what}", self.tickets[place].id)
    }

    fn ticket(&self, ticket: &Ticket, includes: &[&str]) -> Value {
        let mut shown = json!({
            "id": ticket.id, "url": format!("https://acme.zendesk.com/api/v2/tickets/{}.json", ticket.id),
            "subject": format!("Help {}", ticket.id), "type": "question", "priority": ticket.priority,
            "status": ticket.status, "tags": ["vpn", "access"], "requester_id": ticket.requester,
            "assignee_id": ticket.assignee, "group_id": ticket.group, "ticket_form_id": 7,
            "created_at": moment(ticket.created_at), "updated_at": moment(ticket.updated_at),
            "generated_timestamp": ticket.generated_at.timestamp(),
        });
        if includes.contains(&"metric_sets") && ticket.status != "deleted" {
            shown["metric_set"] = json!({
                "ticket_id": ticket.id, "solved_at": ticket.solved_at.map(moment), "reopens": ticket.reopens });
        }
        shown
    }

    fn page_of(&self, tickets: &[Ticket], ask: &Ask) -> Map<String, Value> {
        let includes: Vec<&str> = ask.get("include").unwrap_or_default().split(',').collect();
        let mut body = Map::new();
        let shown: Vec<Value> = tickets.iter().map(|it| self.ticket(it, &includes)).collect();
        body.insert("tickets".to_owned(), shown.into());
        if includes.contains(&"users") {
            let mut ids: Vec<i64> = tickets.iter().flat_map(|it| [Some(it.requester), it.assignee]).flatten().collect();
            ids.sort_unstable();
            ids.dedup();
            let user =
                |id: &i64| json!({ "id": id, "name": format!("User {id}"), "email": format!("u{id}@acme.example") });
            body.insert("users".to_owned(), ids.iter().map(user).collect());
        }
        if includes.contains(&"groups") {
            body.insert("groups".to_owned(), json!([{ "id": 1, "name": "IT" }, { "id": 2, "name": "Platform" }]));
        }
        if includes.contains(&"ticket_forms") {
            body.insert("ticket_forms".to_owned(), json!([{ "id": 7, "name": "Default" }]));
        }
        body
    }

    /// Exports say nothing of the last minute.
    fn settled(&self) -> i64 {
        self.now.timestamp() - 60
    }

    fn export(&self, ask: &Ask) -> Reply {
        if let Some(name) = ask.unknown(&["start_time", "cursor", "per_page", "include"]) {
            return Reply::error(400, &format!("unknown parameter {name}"));
        }
        let after = match (ask.get("cursor"), ask.get("start_time")) {
            (Some(cursor), None) => {
                let (second, id) = cursor.split_once('-').unwrap();
                (second.parse::<i64>().unwrap(), id.parse::<i64>().unwrap())
            }
            (None, Some(start)) if start.parse::<i64>().unwrap() < self.settled() => (start.parse().unwrap(), 0),
            (None, Some(_)) => return Reply::error(422, "StartTimeTooRecent"),
            _ => return Reply::error(400, "start_time or cursor"),
        };
        let key = |it: &Ticket| (it.generated_at.timestamp(), it.id);
        let mut found: Vec<Ticket> =
            self.tickets.iter().filter(|it| key(it) > after && key(it).0 < self.settled()).cloned().collect();
        found.sort_by_key(key);
        let is_last = found.len() <= self.page;
        found.truncate(self.page);
        let (second, id) = found.last().map_or(after, key);
        let mut body = self.page_of(&found, ask);
        body.insert("after_cursor".to_owned(), format!("{second}-{id}").into());
        body.insert("end_of_stream".to_owned(), is_last.into());
        Reply::of(body.into())
    }

    fn by_time(&self, ask: &Ask, name: &str, mut all: Vec<(i64, i64, Value)>) -> Reply {
        if let Some(name) = ask.unknown(&["start_time", "include"]) {
            return Reply::error(400, &format!("unknown parameter {name}"));
        }
        let start: i64 = ask.get("start_time").unwrap().parse().unwrap();
        if start > self.settled() {
            return Reply::error(422, "StartTimeTooRecent");
        }
        all.retain(|(second, ..)| *second >= start && *second < self.settled());
        all.sort_by_key(|(second, id, _)| (*second, *id));
        // A page does not end within a second.
        let mut end = all.len().min(self.page);
        while end > 0 && end < all.len() && all[end].0 == all[end - 1].0 {
            end += 1;
        }
        let is_last = end == all.len();
        all.truncate(end);
        let mut body = json!({ "end_time": all.last().map(|it| it.0), "count": all.len(), "end_of_stream": is_last });
        body[name] = all.into_iter().map(|it| it.2).collect();
        Reply::of(body)
    }

    fn events(&self, ask: &Ask) -> Reply {
        let shown = |it: &Audit| {
            let event = json!({ "id": it.id, "ticket_id": it.ticket, "timestamp": it.at.timestamp(),
                "created_at": moment(it.at), "updater_id": it.updater, "event_type": "Audit", "child_events": it.children });
            (it.at.timestamp(), it.id, event)
        };
        self.by_time(ask, "ticket_events", self.audits.iter().map(shown).collect())
    }

    fn metric_events(&self, ask: &Ask) -> Reply {
        let shown = |it: &Metric| {
            let event = json!({ "id": it.id, "ticket_id": it.ticket, "metric": "reply_time", "instance_id": 1,
                "type": it.kind, "time": moment(it.at) });
            (it.at.timestamp(), it.id, event)
        };
        self.by_time(ask, "ticket_metric_events", self.metrics.iter().map(shown).collect())
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl server::World for World {
    fn answer(&mut self, ask: &Ask) -> Reply {
        match ask.path.as_str() {
            "/api/v2/incremental/tickets/cursor.json" => self.export(ask),
            "/api/v2/incremental/ticket_events.json" => self.events(ask),
            "/api/v2/incremental/ticket_metric_events.json" => self.metric_events(ask),
            "/api/v2/tickets/show_many.json" => {
                let ids: Vec<i64> = ask.get("ids").unwrap().split(',').map(|it| it.parse().unwrap()).collect();
                let found: Vec<Ticket> = self.tickets.iter().filter(|it| ids.contains(&it.id)).cloned().collect();
                Reply::of(self.page_of(&found, ask).into())
            }
            _ => Reply::error(404, "not found"),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// `agent@acme.example/token` with the token.
    fn credential(&self) -> String {
        assert_eq!(TOKEN, "s3cret");
        "Basic YWdlbnRAYWNtZS5leGFtcGxlL3Rva2VuOnMzY3JldA==".to_owned()
    }

    fn told(&self, left: Left, is_refusal: bool) -> Vec<(&'static str, String)> {
        let Left { most, remaining, seconds } = left;
        let mut told = vec![("x-rate-limit", most.to_string()), ("x-rate-limit-remaining", remaining.to_string())];
        if is_refusal {
            told.push(("retry-after", seconds.to_string()));
        }
        told
    }
}
