//! Periods from what a URL says, with data from January to 22 November 2026.

use super::*;

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn period(pairs: &[(&str, &str)]) -> Period {
    let pairs: Vec<(String, String)> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let span = Window { from: moment("2026-01-05T00:00:00Z"), to: moment("2026-11-22T06:00:00Z") };
    Period::of(&Parameters::try_from(pairs).unwrap(), 26, span.to, Some(span), Tz::UTC)
}

#[test]
fn without_days_it_is_the_weeks_of_the_page_or_of_the_url() {
    let page = period(&[]);
    assert_eq!((page.weeks, page.asked, page.words().as_str()), (26, None, "last 26 weeks"));
    assert_eq!(period(&[("weeks", "12")]).asked, Some(Asked::Weeks(12)));
    assert_eq!(period(&[("weeks", "0")]).weeks, 26);
}

#[test]
fn days_are_whole_and_win_over_weeks() {
    let summer = period(&[("from", "2026-08-01"), ("to", "2026-10-31"), ("weeks", "12")]);
    assert_eq!(summer.window.from, moment("2026-08-01T00:00:00Z"));
    assert_eq!(summer.window.to, moment("2026-11-01T00:00:00Z"));
    assert_eq!((summer.weeks, summer.problem.as_deref()), (14, None));
    assert_eq!(summer.words(), "1 Aug to 31 Oct 2026");
    assert_eq!(summer.parts(Some(summer.said())), [("from", "2026-08-01".into()), ("to", "2026-10-31".into())]);
    assert_eq!(period(&[("from", "2026-08-03"), ("to", "2026-08-09")]).weeks, 1);
}

#[test]
fn one_day_alone_is_the_begin_or_the_end() {
    let since = period(&[("from", "2026-11-16")]);
    // The data end on that day: what comes after them is not there, rather than zero.
    assert_eq!(since.window.to, moment("2026-11-22T06:00:00.000001Z"));
    assert_eq!(since.days().unwrap().1.to_string(), "2026-11-22");
    assert_eq!(period(&[("to", "2026-02-01")]).window.from, moment("2026-01-05T00:00:00Z"));
}

#[test]
fn wrong_days_are_said_and_the_page_has_its_own_period() {
    let wrong = |pairs: &[(&str, &str)], said: &str| {
        let period = period(pairs);
        assert_eq!(period.problem.unwrap(), format!("{said}: the last 26 weeks are shown instead"));
        assert_eq!((period.weeks, period.asked), (26, None));
    };
    wrong(&[("from", "2026-13-01")], "\"2026-13-01\" is no day such as 2026-08-31");
    wrong(&[("to", "soon")], "\"soon\" is no day such as 2026-08-31");
    wrong(&[("from", "99999-01-01")], "\"99999-01-01\" is no day such as 2026-08-31");
    wrong(
        &[("from", "2026-10-31"), ("to", "2026-08-01")],
        "a period from 2026-10-31 to 2026-08-01 ends before it begins",
    );
    wrong(&[("from", "2027-01-01"), ("to", "2027-02-01")], "the data end on 2026-11-22, before 2027-01-01");
    wrong(&[("from", "2025-01-01"), ("to", "2025-02-01")], "the data begin on 2026-01-05, after 2025-02-01");
    wrong(
        &[("from", "2010-01-01"), ("to", "2026-02-01")],
        "a period from 2010-01-01 to 2026-02-01 is longer than 520 weeks",
    );
}
