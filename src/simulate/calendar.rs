//! Working hours, seasons, and the one rule that keeps both honest: moving an event into working hours must not change
//! the expected logarithm of a duration, or the true effect would no longer be the configured one.

/// Seconds.
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3600;
pub const DAY: i64 = 24 * HOUR;
pub const WEEK: i64 = 7 * DAY;

/// Offsets from UTC of the teams' sites, hours. Fixed all year: daylight saving would add a zone database for one hour.
pub const SITE_OFFSETS_HOURS: [f64; 6] = [-8.0, -5.0, 0.0, 1.0, 1.0, 5.5];

/// Office hours, seconds after local midnight, Monday to Friday.
const OFFICE: (i64, i64) = (9 * HOUR, 18 * HOUR);
/// Hours of work outside the office, on any day.
const WAKING: (i64, i64) = (7 * HOUR, 23 * HOUR);
/// Share of events by somebody who works outside office hours.
const AFTER_HOURS_SHARE: f64 = 0.07;
/// Work comes within this time of the day's end or the next day's beginning.
const EDGE: f64 = 2.0 * HOUR as f64;
/// The shortest phase: nobody commits and asks for review in the same minute.
const SHORTEST: i64 = 2 * MINUTE;

/// A site's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    /// Local time minus UTC, seconds.
    pub offset: i64,
}

/// The uniform numbers that one event's landing takes, drawn beforehand so that the effect cannot shift a stream.
#[derive(Clone, Copy, Debug)]
pub struct Landing {
    pub after_hours: f64,
    pub side: f64,
    pub edge: f64,
}

impl Zone {
    /// The instant of `seconds` after local midnight, `day` days after `monday` (UTC midnight of a Monday).
    pub fn instant(self, monday: i64, day: i64, seconds: i64) -> i64 {
        monday + day * DAY + seconds - self.offset
    }

    /// Where an event falls that is due `duration` seconds after `start`.
    ///
    /// Inside working hours: where it is due. Otherwise before or after the break, by lot, with the odds that keep the
    /// expected logarithm of the duration. Where the break begins too soon after `start`, only the later side is left.
    pub fn land(self, start: i64, duration: f64, landing: Landing) -> i64 {
        let due = start + duration.round().max(SHORTEST as f64) as i64;
        // Who works late now still works late when the next thing is due soon.
        let late = landing.after_hours < AFTER_HOURS_SHARE || !self.open(start, OFFICE, 5);
        let (hours, days) = if late { (WAKING, 7) } else { (OFFICE, 5) };
        if self.open(due, hours, days) {
            return due;
        }
        let (closing, opening) = self.gap(due, hours, days);
        let later = opening + (landing.edge * EDGE) as i64;
        let room = closing - (start + SHORTEST);
        if room <= 0 {
            return later;
        }
        let earlier = closing - (landing.edge * EDGE.min(room as f64)) as i64;
        let log = |instant: i64| ((instant - start) as f64).ln();
        let odds = (log(due) - log(earlier)) / (log(later) - log(earlier));
        if landing.side < odds { later } else { earlier }
    }

    fn open(self, instant: i64, hours: (i64, i64), days: i64) -> bool {
        let (day, second) = self.local(instant);
        weekday(day) < days && (hours.0..hours.1).contains(&second)
    }

    /// The last closing before `instant` and the first opening after it, for an instant outside the hours.
    fn gap(self, instant: i64, hours: (i64, i64), days: i64) -> (i64, i64) {
        let (today, second) = self.local(instant);
        let works = |day: i64| weekday(day) < days;
        let mut last = if works(today) && second >= hours.1 { today } else { today - 1 };
        while !works(last) {
            last -= 1;
        }
        let mut next = if works(today) && second < hours.0 { today } else { today + 1 };
        while !works(next) {
            next += 1;
        }
        (last * DAY + hours.1 - self.offset, next * DAY + hours.0 - self.offset)
    }

    fn local(self, instant: i64) -> (i64, i64) {
        let local = instant + self.offset;
        (local.div_euclid(DAY), local.rem_euclid(DAY))
    }
}

/// Monday is 0; day 0, 1970-01-01, was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The share of ordinary activity in the week that begins at `monday`: the summer and the turn of the year are quiet, in
/// every organisation's data, and a before/after comparison that ignores them finds effects of the calendar.
pub fn season(monday: i64) -> f64 {
    use chrono::{DateTime, Datelike};
    let Some(date) = DateTime::from_timestamp(monday + 3 * DAY, 0) else {
        return 1.0;
    };
    match (date.month(), date.day()) {
        (12, 21..) | (1, ..=3) => 0.30,
        (12, 14..=20) | (1, 4..=9) => 0.75,
        (8, _) => 0.75,
        (7, _) => 0.88,
        _ => 1.0,
    }
}
