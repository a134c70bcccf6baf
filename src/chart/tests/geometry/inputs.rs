//! Hard inputs: numbers, names and units that charts have broken on.
//!
//! The one rule: what is drawn at random here is written out in a failing case, so it can be pasted into a test.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use crate::chart::{Annotation, Grain, Line, Point, Unit};

/// Long, without a space, right to left, wide, empty.
pub const NAMES: [&str; 10] = [
    "Checkout",
    "payments-gateway-and-reconciliation-service-for-marketplaces-and-partners-in-all-regions",
    "The team that looks after everything nobody else wants to look after, and its on-call rota",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "فريق المدفوعات والتسوية للأسواق والشركاء في جميع المناطق",
    "צוות התשלומים 12",
    "支払いと照合サービスのチーム、すべての地域のパートナーのために",
    "🚀🚀🚀 Rockets 👩‍💻 and ❤️ friends 🇩🇪 🇯🇵 of the whole company",
    "i",
    "",
];

/// A name, mostly from [`NAMES`].
pub fn name() -> impl Strategy<Value = String> {
    prop_oneof![8 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => "\\PC{0,40}"]
}

/// A number of everyday size, tiny, huge, or anything.
pub fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -100.0..1000.0f64,
        2 => Just(0.0),
        1 => prop::sample::select(vec![1e300, -1e300, 1e-300, -1e-300, 1e15, 1e15 + 1.0, 1e6, f64::MAX, 1e-9]),
        1 => any::<f64>(),
    ]
}

/// A number that may be unknown.
pub fn value() -> impl Strategy<Value = Option<f64>> {
    prop::option::weighted(0.85, number())
}

pub fn unit() -> impl Strategy<Value = Unit> {
    let long = ["merged PRs per engineer-week", "tickets per developer and week", NAMES[1], NAMES[2]];
    let named = ["hours", "share", "count", "lines", "per day", "", "minutes"].into_iter().chain(long);
    prop::sample::select(named.map(Unit::named).collect::<Vec<_>>())
}

pub fn grain() -> impl Strategy<Value = Grain> {
    prop::sample::select(vec![Grain::Day, Grain::Week, Grain::Month])
}

/// The first day of the nth period.
pub fn day(grain: Grain, n: usize) -> NaiveDate {
    let first: NaiveDate = "2024-12-02".parse().unwrap();
    match grain {
        Grain::Day => first + Days::new(n as u64),
        Grain::Week => first + Days::new(7 * n as u64),
        Grain::Month => first.checked_add_months(chrono::Months::new(n as u32)).unwrap(),
    }
}

/// Values in order of time, with an interval around each.
pub fn points(grain: Grain, values: &[Option<f64>]) -> Vec<Point> {
    let point = |(i, value): (usize, &Option<f64>)| {
        let bound = |share: f64| value.map(|value| value + value.abs() * share);
        Point { at: day(grain, i), value: *value, low: bound(-0.4), high: bound(0.7), n: Some(i as u64) }
    };
    values.iter().enumerate().map(point).collect()
}

pub fn lines(grain: Grain, series: &[(String, Vec<Option<f64>>)]) -> Vec<Line> {
    series.iter().map(|(name, values)| Line { name: name.clone(), points: points(grain, values) }).collect()
}

/// Something that happened on a day of the axis, or a little before or after it.
pub fn annotation() -> impl Strategy<Value = Annotation> {
    (0u64..400, prop::option::of(0u64..90), name()).prop_map(|(start, length, label)| {
        let from = "2024-11-20".parse::<NaiveDate>().unwrap() + Days::new(start);
        Annotation { from, to: length.map(|length| from + Days::new(length)), label }
    })
}
