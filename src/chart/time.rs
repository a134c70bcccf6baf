//! The time axis: days on paper, ticks on Mondays or the first of a month.
//!
//! The one rule: ticks follow the calendar, not the data, so that two figures of one page line up.

use chrono::{Datelike, Days, Months, NaiveDate};

/// What one point of a series covers; its date is the first day of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Grain {
    Day,
    #[default]
    Week,
    Month,
}

impl Grain {
    /// The period in full, for tables and tooltips: "W34, 17 Aug 2026".
    pub fn label(self, first_day: NaiveDate) -> String {
        match self {
            Grain::Day => first_day.format("%-d %b %Y").to_string(),
            Grain::Week => format!("{}, {}", week_label(first_day), first_day.format("%-d %b %Y")),
            Grain::Month => first_day.format("%b %Y").to_string(),
        }
    }

    /// The period for a tick: "17 Aug", "W34", "Aug 2026".
    pub fn short_label(self, first_day: NaiveDate) -> String {
        match self {
            Grain::Day => first_day.format("%-d %b").to_string(),
            Grain::Week => week_label(first_day),
            Grain::Month => first_day.format("%b %Y").to_string(),
        }
    }

    /// The last day of the period that begins with this one.
    pub fn last_day(self, first_day: NaiveDate) -> NaiveDate {
        let next = match self {
            Grain::Day => return first_day,
            Grain::Week => first_day.checked_add_days(Days::new(7)),
            Grain::Month => first_day.checked_add_months(Months::new(1)),
        };
        next.and_then(|next| next.pred_opt()).unwrap_or(first_day)
    }
}

/// The ISO week of a day: "W34".
pub fn week_label(day: NaiveDate) -> String {
    format!("W{:02}", day.iso_week().week())
}

/// An axis from one day to another.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeScale {
    first: NaiveDate,
    last: NaiveDate,
    from: f64,
    to: f64,
}

impl TimeScale {
    /// `first` lies at `from`, `last` at `to`.
    pub fn new(first: NaiveDate, last: NaiveDate, from: f64, to: f64) -> TimeScale {
        TimeScale { first: first.min(last), last: first.max(last), from, to }
    }

    /// Where a day lies; a single day lies in the middle.
    pub fn at(&self, day: NaiveDate) -> f64 {
        let span = (self.last - self.first).num_days();
        if span == 0 {
            return (self.from + self.to) / 2.0;
        }
        let share = (day - self.first).num_days() as f64 / span as f64;
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// The first and the last day of the axis.
    pub fn ends(&self) -> (NaiveDate, NaiveDate) {
        (self.first, self.last)
    }

    /// Whether the day lies on the axis.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// Days to label and their labels, about `most`: days up to two weeks, weeks up to 40, then months; never finer
    /// than the data's own grain.
    pub fn ticks(&self, grain: Grain, most: usize) -> Vec<(NaiveDate, String)> {
        let readable = match (self.last - self.first).num_days() {
            0..=14 => Grain::Day,
            15..=280 => Grain::Week,
            _ => Grain::Month,
        };
        match grain.max(readable) {
            Grain::Day => self.day_ticks(most),
            Grain::Week => self.week_ticks(most),
            Grain::Month => self.month_ticks(most),
        }
    }

    fn day_ticks(&self, most: usize) -> Vec<(NaiveDate, String)> {
        let days = (self.last - self.first).num_days() as usize + 1;
        let every = days.div_ceil(most.max(1));
        let all = self.first.iter_days().take(days).step_by(every);
        all.map(|day| (day, day.format("%-d %b").to_string())).collect()
    }

    fn week_ticks(&self, most: usize) -> Vec<(NaiveDate, String)> {
        let to_monday = (7 - u64::from(self.first.weekday().num_days_from_monday())) % 7;
        let first_monday = self.first.checked_add_days(Days::new(to_monday)).unwrap_or(self.first);
        let weeks = (self.last - first_monday).num_days().max(0) as usize / 7 + 1;
        let every = [1, 2, 4, 8, 13].into_iter().find(|every| weeks.div_ceil(*every) <= most).unwrap_or(26);
        first_monday.iter_weeks().take(weeks).step_by(every).map(|day| (day, week_label(day))).collect()
    }

    fn month_ticks(&self, most: usize) -> Vec<(NaiveDate, String)> {
        let months_between =
            |a: NaiveDate, b: NaiveDate| (b.year() - a.year()) * 12 + b.month0() as i32 - a.month0() as i32;
        let months = months_between(self.first, self.last).max(0) as usize + 1;
        let every = [1, 2, 3, 6].into_iter().find(|every| months.div_ceil(*every) <= most);
        let every = every.unwrap_or_else(|| months.div_ceil(12).div_ceil(most.max(1)) * 12) as u32;
        // Counting from January keeps quarters and years on their usual months.
        let january = self.first.with_day(1).and_then(|day| day.with_month(1)).unwrap_or(self.first);
        let steps = (0..).map_while(|i| january.checked_add_months(Months::new(i * every)));
        let inside = steps.take_while(|day| *day <= self.last).filter(|day| *day >= self.first);
        inside.map(|day| (day, month_label(day, every))).collect()
    }
}

fn month_label(day: NaiveDate, every: u32) -> String {
    let is_year = every >= 12 || day.month() == 1;
    day.format(if is_year { "%Y" } else { "%b" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn labels(first: &str, last: &str) -> String {
        let ticks = TimeScale::new(day(first), day(last), 0.0, 100.0).ticks(Grain::Day, 7);
        ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_follow_the_calendar() {
        assert_eq!(labels("2026-05-25", "2026-11-16"), "W22 W26 W30 W34 W38 W42 W46");
        assert_eq!(labels("2026-05-27", "2026-06-20"), "W23 W24 W25");
        assert_eq!(labels("2025-11-24", "2026-11-16"), "2026 Mar May Jul Sep Nov");
        assert_eq!(labels("2020-03-01", "2026-11-16"), "2021 2022 2023 2024 2025 2026");
        assert_eq!(labels("2026-11-02", "2026-11-04"), "2 Nov 3 Nov 4 Nov");
        assert_eq!(labels("2026-11-02", "2026-11-02"), "2 Nov");
    }

    #[test]
    fn ticks_are_never_finer_than_the_data() {
        let ticks = TimeScale::new(day("2026-05-25"), day("2026-06-08"), 0.0, 1.0).ticks(Grain::Week, 8);
        assert_eq!(ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>(), ["W22", "W23", "W24"]);
    }

    #[test]
    fn a_week_across_new_year_keeps_its_iso_number() {
        assert_eq!(Grain::Week.label(day("2026-12-28")), "W53, 28 Dec 2026");
        assert_eq!(Grain::Month.label(day("2026-12-01")), "Dec 2026");
        assert_eq!(Grain::Week.last_day(day("2026-12-28")), day("2027-01-03"));
        assert_eq!(Grain::Month.last_day(day("2026-02-01")), day("2026-02-28"));
    }

    proptest! {
        #[test]
        fn ticks_ascend_inside_and_are_few(start in 0u64..20_000, length in 0u64..9_000, most in 2usize..12) {
            let first = day("1990-01-01") + Days::new(start);
            let scale = TimeScale::new(first, first + Days::new(length), 10.0, 600.0);
            let ticks = scale.ticks(Grain::Day, most);
            prop_assert!(ticks.len() <= most + 1, "{} of {most}", ticks.len());
            prop_assert!(ticks.iter().all(|(day, _)| scale.contains(*day)));
            prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
