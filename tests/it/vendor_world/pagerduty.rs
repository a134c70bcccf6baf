//! A PagerDuty account: services, users, incidents and their log.

use super::folder::{Chance, TOKEN};
use super::server::{self, Ask, Left, Reply};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

/// Rows that PagerDuty gives of a list, by offset and limit together.
const MOST: usize = 10_000;

pub struct World {
    pub now: DateTime<Utc>,
    pub incidents: Vec<Incident>,
    chance: Chance,
    /// Of incidents and log entries so far.
    number: usize,
}

pub struct Incident {
    pub id: String,
    pub number: usize,
    pub title: String,
    pub service: usize,
    pub status: &'static str,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub status_changed_at: DateTime<Utc>,
    pub has_priority: bool,
    pub log: Vec<Entry>,
}

pub struct Entry {
    id: String,
    kind: &'static str,
    at: DateTime<Utc>,
    /// When it is first listed.
    visible_at: DateTime<Utc>,
}

impl Incident {
    /// Everything about it was so much later.
    pub fn shift(&mut self, by: TimeDelta) {
        let moments = [&mut self.created_at, &mut self.updated_at, &mut self.status_changed_at];
        let of_log = self.log.iter_mut().flat_map(|it| [&mut it.at, &mut it.visible_at]);
        moments.into_iter().chain(of_log).for_each(|it| *it += by);
    }
}

impl World {
    /// So many incidents over a year, the last of them open.
    pub fn new(seed: u64, incidents: usize) -> World {
        let now: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut world = World { now, incidents: Vec::new(), chance: Chance(seed), number: 0 };
        let step = TimeDelta::days(365) / incidents.max(1) as i32;
        world.now = now - TimeDelta::days(365);
        for index in 0..incidents {
            world.now = now - TimeDelta::days(365) + step * index as i32;
            world.begin();
            if index + 5 < incidents {
                let place = world.incidents.len() - 1;
                if world.chance.below(4) > 0 {
                    world.now += TimeDelta::minutes(3);
                    world.set_status(place, "acknowledged");
                }
                world.now += TimeDelta::minutes(30);
                world.set_status(place, "resolved");
            }
        }
        world.now = now;
        world
    }

    pub fn advance(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    fn entry(&mut self, kind: &'static str) -> Entry {
        self.number += 1;
        Entry { id: format!("R{:08}", self.number), kind, at: self.now, visible_at: self.now }
    }

    pub fn begin(&mut self) {
        self.number += 1;
        let (number, now) = (self.number, self.now);
        let log = vec![self.entry("trigger_log_entry"), self.entry("assign_log_entry")];
        self.incidents.push(Incident {
            id: format!("Q{number:08}"),
            number,
            title: format!("Alarm {number}"),
            service: number % 3,
            status: "triggered",
            created_at: now,
            updated_at: now,
            status_changed_at: now,
            has_priority: self.chance.below(2) == 0,
            log,
        });
    }

    pub fn set_status(&mut self, place: usize, status: &'static str) {
        let entry = self.entry(match status {
            "acknowledged" => "acknowledge_log_entry",
            "resolved" => "resolve_log_entry",
            _ => "unacknowledge_log_entry",
        });
        let now = self.now;
        let incident = &mut self.incidents[place];
        (incident.status, incident.updated_at, incident.status_changed_at) = (status, now, now);
        incident.log.push(entry);
    }

    /// Changes something that the log's overview does not tell.
    pub fn rename(&mut self, place: usize) {
        let incident = &mut self.incidents[place];
        incident.title.push_str(" again");
        incident.updated_at = self.now;
    }

    pub fn open(&self) -> Vec<usize> {
        (0..self.incidents.len()).filter(|place| self.incidents[*place].status != "resolved").collect()
    }

    /// Something happens a little later; says what.
    pub fn change(&mut self) -> String {
        let seconds = 1 + self.chance.below(600) as i64;
        self.advance(seconds);
        let open = self.open();
        let what = self.chance.below(5);
        if what == 0 || open.is_empty() {
            self.begin();
            return format!("{} begins", self.incidents.last().unwrap().id);
        }
        let place = open[self.chance.below(open.len())];
        match what {
            1 => self.set_status(place, "resolved"),
            2 => self.rename(place),
            3 => self.set_status(place, "acknowledged"),
            _ => {
                self.set_status(place, "acknowledged");
                self.advance(1);
                self.set_status(place, "triggered");
            }
        }
        format!("{} changes by {what}", self.incidents[place].id)
    }

    /// The newest entries of the log are listed late.
    pub fn delay_log(&mut self, seconds: i64) {
        let now = self.now;
        let late = self.incidents.iter_mut().flat_map(|it| &mut it.log).filter(|it| it.at == now);
        late.for_each(|it| it.visible_at = now + TimeDelta::seconds(seconds));
    }

    fn incident(&self, incident: &Incident) -> Value {
        let service = incident.service;
        let is_acknowledged = incident.status == "acknowledged";
        let acknowledgements = is_acknowledged.then(|| {
            json!({ "at": moment(incident.status_changed_at), "acknowledger": { "id": "PU1", "type": "user_reference" } })
        });
        let priority = incident.has_priority.then(|| json!({ "id": "PP1", "type": "priority", "summary": "P1" }));
        json!({
            "id": incident.id, "type": "incident", "incident_number": incident.number, "title": incident.title,
            "summary": format!("[#{}] {}", incident.number, incident.title),
            "html_url": format!("https://acme.pagerduty.com/incidents/{}", incident.id),
            "created_at": moment(incident.created_at), "updated_at": moment(incident.updated_at),
            "status": incident.status, "last_status_change_at": moment(incident.status_changed_at),
            "resolved_at": (incident.status == "resolved").then(|| moment(incident.status_changed_at)),
            "service": { "id": format!("PS{service}"), "type": "service_reference", "summary": format!("Service {service}") },
            "teams": [{ "id": "PT1", "type": "team_reference", "summary": "Platform" }],
            "acknowledgements": acknowledgements.into_iter().collect::<Vec<_>>(),
            "priority": priority, "urgency": "high",
        })
    }

    fn incidents(&self, ask: &Ask) -> Reply {
        const KNOWN: [&str; 9] =
            ["limit", "offset", "total", "date_range", "service_ids[]", "statuses[]", "sort_by", "since", "until"];
        if let Some(name) = ask.unknown(&KNOWN) {
            return Reply::error(400, &format!("Invalid Input: {name}"));
        }
        let is_all = ask.get("date_range") == Some("all");
        let time = |name| ask.get(name).map(|it| it.parse::<DateTime<Utc>>().unwrap());
        let (since, until) = (time("since"), time("until"));
        let since = since.unwrap_or(self.now - TimeDelta::days(30));
        let until = until.unwrap_or(self.now);
        if !is_all && until - since > TimeDelta::days(184) {
            return Reply::error(400, "Invalid Input: the range is longer than six months");
        }
        let (services, statuses) = (ask.all("service_ids[]"), ask.all("statuses[]"));
        let mut found: Vec<&Incident> = (self.incidents.iter())
            .filter(|it| is_all || (it.created_at >= since && it.created_at < until))
            .filter(|it| services.is_empty() || services.contains(&format!("PS{}", it.service).as_str()))
            .filter(|it| statuses.is_empty() || statuses.contains(&it.status))
            .collect();
        match ask.get("sort_by") {
            Some("created_at:asc") => found.sort_by_key(|it| it.created_at),
            None => found.sort_by_key(|it| std::cmp::Reverse(it.number)),
            Some(_) => return Reply::error(400, "Invalid Input: sort_by"),
        }
        page(ask, "incidents", &found, |it| self.incident(it))
    }

    fn log(&self, ask: &Ask, of: Option<&str>) -> Reply {
        const KNOWN: [&str; 7] = ["limit", "offset", "total", "since", "until", "is_overview", "include[]"];
        if let Some(name) = ask.unknown(&KNOWN) {
            return Reply::error(400, &format!("Invalid Input: {name}"));
        }
        let time = |name| ask.get(name).map(|it| it.parse::<DateTime<Utc>>().unwrap());
        let (since, until) = (time("since"), time("until"));
        let (is_overview, is_whole) =
            (ask.get("is_overview") == Some("true"), ask.all("include[]").contains(&"incidents"));
        let mut found: Vec<(&Entry, &Incident)> = self
            .incidents
            .iter()
            .filter(|it| of.is_none_or(|id| it.id == id))
            .flat_map(|it| it.log.iter().map(move |entry| (entry, it)))
            .filter(|(entry, _)| entry.visible_at <= self.now && (!is_overview || entry.kind != "assign_log_entry"))
            .filter(|(entry, _)| since.is_none_or(|since| entry.at >= since))
            .filter(|(entry, _)| until.is_none_or(|until| entry.at < until))
            .collect();
        found.sort_by_key(|(entry, _)| std::cmp::Reverse((entry.at, &entry.id)));
        let shown = |(entry, incident): &(&Entry, &Incident)| {
            let incident = if is_whole {
                self.incident(incident)
            } else {
                json!({ "id": incident.id, "type": "incident_reference", "summary": incident.title })
            };
            json!({ "id": entry.id, "type": entry.kind, "created_at": moment(entry.at), "incident": incident })
        };
        page(ask, "log_entries", &found, shown)
    }
}

fn page<T>(ask: &Ask, name: &str, all: &[T], shown: impl Fn(&T) -> Value) -> Reply {
    let number = |name: &str, usual| ask.get(name).map_or(usual, |it| it.parse::<usize>().unwrap());
    let (limit, offset) = (number("limit", 25), number("offset", 0));
    if limit > 100 || offset + limit > MOST {
        return Reply::error(400, "Invalid Input: offset and limit are too large");
    }
    let total = (ask.get("total") == Some("true")).then_some(all.len());
    let more = all.len() > offset + limit;
    let rows: Vec<Value> = all.iter().skip(offset).take(limit).map(shown).collect();
    let mut body = json!({ "limit": limit, "offset": offset, "more": more, "total": total });
    body[name] = rows.into();
    Reply::of(body)
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl server::World for World {
    fn answer(&mut self, ask: &Ask) -> Reply {
        let parts: Vec<&str> = ask.path[1..].split('/').collect();
        match parts[..] {
            ["incidents"] => self.incidents(ask),
            ["incidents", id] => match self.incidents.iter().find(|it| it.id == id) {
                Some(incident) => Reply::of(json!({ "incident": self.incident(incident) })),
                None => Reply::error(404, "Not Found"),
            },
            ["incidents", id, "log_entries"] => self.log(ask, Some(id)),
            ["log_entries"] => self.log(ask, None),
            ["users"] => {
                let user = |id: &usize| {
                    json!({ "id": format!("PU{id}"), "type": "user", "name": format!("User {id}"),
                        "email": format!("user{id}@acme.example") })
                };
                page(ask, "users", &[1, 2, 3, 4, 5], user)
            }
            _ => Reply::error(404, "Not Found"),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn credential(&self) -> String {
        format!("Token token={TOKEN}")
    }

    fn told(&self, left: Left, _is_refusal: bool) -> Vec<(&'static str, String)> {
        let Left { most, remaining, seconds } = left;
        vec![
            ("ratelimit-limit", most.to_string()),
            ("ratelimit-remaining", remaining.to_string()),
            ("ratelimit-reset", seconds.to_string()),
        ]
    }
}
