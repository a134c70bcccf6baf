//! A request's parameters and its reply, and how a list is cut into pages.

use crate::github_world::world::{Time, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows a page unless asked otherwise.
const PER_PAGE: usize = 30;
/// Rows a page at most; who asks for more gets so many.
const MOST_PER_PAGE: usize = 100;

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
}

/// A reply, but for the headers that all replies have.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Reply {
    pub fn of(body: Value) -> Reply {
        Reply { status: 200, headers: Vec::new(), body }
    }

    /// An error as GitHub writes one.
    pub fn error(status: u16, message: &str) -> Reply {
        let documentation = "https://docs.github.com/rest";
        let body = json!({ "message": message, "documentation_url": documentation, "status": status.to_string() });
        Reply { status, headers: Vec::new(), body }
    }

    pub fn not_found() -> Reply {
        Reply::error(404, "Not Found")
    }

    /// Puts the list into the field of an object that says more.
    #[must_use]
    pub fn within(mut self, field: &str, mut object: Value) -> Reply {
        object[field] = self.body;
        self.body = object;
        self
    }
}

impl Ask {
    pub fn get(&self, parameter: &str) -> Option<&str> {
        self.query.get(parameter).map(String::as_str)
    }

    pub fn per_page(&self) -> usize {
        self.number("per_page").unwrap_or(PER_PAGE).clamp(1, MOST_PER_PAGE)
    }

    fn number(&self, parameter: &str) -> Option<usize> {
        self.get(parameter)?.parse().ok()
    }

    /// Whether a time is at or after the parameter `since`.
    pub fn is_since(&self, time: Time) -> bool {
        self.get("since").and_then(moment).is_none_or(|since| time >= since)
    }

    /// Whether a day is within the parameters `since` and `until`.
    pub fn is_within_days(&self, day: chrono::NaiveDate) -> bool {
        let is = |parameter: &str| self.get(parameter).and_then(moment).map(|time| time.date_naive());
        is("since").is_none_or(|since| day >= since) && is("until").is_none_or(|until| day <= until)
    }

    /// Ascending rows in the direction asked for.
    pub fn directed<T>(&self, mut rows: Vec<T>, default: &str) -> Vec<T> {
        if self.get("direction").unwrap_or(default) == "desc" {
            rows.reverse();
        }
        rows
    }

    /// An address with the request's parameters, some of them set anew.
    pub fn address(&self, base: &str, set: &[(&str, String)]) -> String {
        let mut parameters = self.query.clone();
        parameters.extend(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }
    }

    /// The page asked for, with the addresses of the pages around it.
    pub fn page<T>(&self, rows: &[T], world: &World, shape: impl Fn(&T) -> Value) -> Reply {
        self.page_at(rows, &format!("{}{}", world.api, self.path), shape)
    }

    /// Like [`Ask::page`], with another address than the one asked.
    pub fn page_at<T>(&self, rows: &[T], base: &str, shape: impl Fn(&T) -> Value) -> Reply {
        let (size, page) = (self.per_page(), self.number("page").unwrap_or(1).max(1));
        let last = rows.len().div_ceil(size).max(1);
        let begin = (page - 1).saturating_mul(size).min(rows.len());
        let end = begin.saturating_add(size).min(rows.len());
        let mut reply = Reply::of(rows[begin..end].iter().map(shape).collect());
        let mut links = Vec::new();
        let mut link = |rel: &str, to: usize| {
            links.push(format!("<{}>; rel=\"{rel}\"", self.address(base, &[("page", to.to_string())])));
        };
        if page > 1 {
            link("prev", (page - 1).min(last));
        }
        if page < last {
            link("next", page + 1);
            link("last", last);
        }
        if page > 1 {
            link("first", 1);
        }
        if !links.is_empty() {
            reply.headers.push(("link", links.join(", ")));
        }
        reply
    }
}

/// A time or a day, as parameters state it.
pub fn moment(text: &str) -> Option<Time> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    let day = || chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    time.or_else(|| Some(day()?.and_utc()))
}
