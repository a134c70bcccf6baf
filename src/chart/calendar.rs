//! Stretches of days under one another, such as experiments that overlap.
//!
//! The one rule: a bar covers its first and its last day whole, so that two that follow each other touch and do not overlap.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use super::axis::{TICK_ROOM, TITLE_BASELINE, grid_columns, most_that_fit};
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::svg::coordinate;
use super::text::{cut_name, isolated};
use super::time::{Grain, TimeScale};

/// Half a tick label.
const LEFT: f64 = 26.0;
const RIGHT: f64 = WIDTH - 30.0;
const ROW: f64 = 46.0;
const BAR: f64 = 11.0;
/// Room above the rows for the word of today.
const TOP: f64 = 24.0;

/// Stretches of days on one axis.
#[derive(Debug, Clone, Default)]
pub struct Calendar<'a> {
    pub frame: Frame<'a>,
    /// Heading of the names in the data table, such as "Experiment".
    pub what: &'a str,
    pub rows: Vec<CalendarRow>,
    /// A line across all rows, where it lies on the axis.
    pub today: Option<NaiveDate>,
}

/// One stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarRow {
    pub name: String,
    pub first: NaiveDate,
    /// Still part of it.
    pub last: NaiveDate,
    /// What else the table says, such as "running".
    pub note: String,
    /// The one that the page is about.
    pub is_marked: bool,
}

impl Calendar<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        let drawing = match self.time() {
            Some(time) => self.drawing(&time),
            None => not_enough_data(ROW, "no dates"),
        };
        self.frame.figure(&drawing, &self.table())
    }

    fn time(&self) -> Option<TimeScale> {
        let first = self.rows.iter().map(|row| row.first.min(row.last)).min()?;
        let last = self.rows.iter().map(|row| row.first.max(row.last)).max()?;
        Some(TimeScale::new(first, day_after(last), LEFT, RIGHT))
    }

    fn drawing(&self, time: &TimeScale) -> Drawing {
        let bottom = TOP + self.rows.len() as f64 * ROW;
        let ticks = most_that_fit(7, |most| {
            time.ticks(Grain::Day, most).into_iter().map(|(day, label)| (time.at(day), label)).collect()
        });
        let today = self.today.filter(|day| time.contains(*day)).map(|day| time.at(day));
        let body = html! {
            (grid_columns(&ticks, TOP, bottom))
            @if let Some(x) = today { (today_line(x, bottom)) }
            @for (i, row) in self.rows.iter().enumerate() { (bar(row, TOP + i as f64 * ROW, time)) }
        };
        let ys = (0..self.rows.len()).map(|i| TOP + (i as f64 + 0.7) * ROW).collect();
        let legend = html! {};
        Drawing { height: bottom + TICK_ROOM, summary: self.summary(), hover: Hover::Down(ys), body, legend }
    }

    fn summary(&self) -> String {
        let words =
            self.rows.iter().map(|row| format!("{}: {} to {}", isolated(&row.name), day(row.first), day(row.last)));
        words.collect::<Vec<_>>().join("; ") + "."
    }

    fn table(&self) -> Table {
        let head = [self.what, "First day", "Last day", "State"].map(str::to_owned).to_vec();
        let row = |row: &CalendarRow| vec![row.name.clone(), day(row.first), day(row.last), row.note.clone()];
        Table { head, rows: self.rows.iter().map(row).collect() }
    }
}

/// The name above the bar, beginning or ending with it, whichever leaves more room.
fn bar(row: &CalendarRow, top: f64, time: &TimeScale) -> Markup {
    let (from, to) = (time.at(row.first.min(row.last)), time.at(day_after(row.first.max(row.last))));
    let is_left = WIDTH - from >= to;
    let (x, room) = if is_left { (from, WIDTH - from) } else { (to, to) };
    let (y, width) = (top + ROW * 0.7 - BAR / 2.0, (to - from).max(2.0));
    html! {
        text class="name halo" x=(coordinate(x)) y=(coordinate(top + ROW * 0.42)) text-anchor=[(!is_left).then_some("end")] { (cut_name(&row.name, room)) }
        rect class=(if row.is_marked { "bar" } else { "part5" }) x=(coordinate(from)) y=(coordinate(y)) width=(coordinate(width)) height=(BAR) rx="3" {}
    }
}

fn today_line(x: f64, bottom: f64) -> Markup {
    let is_late = x > WIDTH * 0.8;
    html! {
        path class="note" d=(format!("M{},4V{}", coordinate(x), coordinate(bottom))) {}
        text class="note halo" x=(coordinate(x + if is_late { -5.0 } else { 5.0 })) y=(TITLE_BASELINE) text-anchor=[is_late.then_some("end")] { "today" }
    }
}

fn day(day: NaiveDate) -> String {
    Grain::Day.label(day)
}

fn day_after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, first: &str, last: &str) -> CalendarRow {
        let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
        CalendarRow { name: name.to_owned(), first, last, note: "running".to_owned(), is_marked: name == "a" }
    }

    fn places(html: &str, attribute: &str) -> Vec<f64> {
        let rects = html.split("<rect").skip(1);
        let value = |rect: &str| rect.split(&format!(" {attribute}=\"")).nth(1)?.split('"').next()?.parse().ok();
        rects.filter_map(value).collect()
    }

    #[test]
    fn the_day_after_an_end_touches_it() {
        let rows = vec![row("a", "2026-09-01", "2026-09-14"), row("b", "2026-09-15", "2026-09-28")];
        let html = Calendar { rows, ..Calendar::default() }.render().into_string();
        let (xs, widths) = (places(&html, "x"), places(&html, "width"));
        assert!((xs[0] + widths[0] - xs[1]).abs() < 0.11, "{xs:?} {widths:?}");
        assert!(html.contains("a: 1 Sep 2026 to 14 Sep 2026; b: "), "{html}");
    }

    #[test]
    fn today_is_drawn_only_where_it_lies_on_the_axis() {
        let drawn = |today: &str| {
            let rows = vec![row("a", "2026-09-01", "2026-09-14")];
            let today = Some(today.parse().unwrap());
            Calendar { rows, today, ..Calendar::default() }.render().into_string().contains(">today<")
        };
        assert!(drawn("2026-09-10") && !drawn("2026-10-10"));
    }

    #[test]
    fn a_single_day_and_no_day_can_be_drawn() {
        let one = Calendar { rows: vec![row("a", "2026-09-01", "2026-09-01")], ..Calendar::default() }.render();
        assert!(places(&one.into_string(), "width")[0] > 100.0);
        assert!(Calendar::default().render().into_string().contains("not enough data"));
    }
}
