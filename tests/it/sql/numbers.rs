//! Headers and facts written by hand, for the tests of series and summaries.

use chrono::{DateTime, Utc};
use paceline::metric::{Facts, Figures, Measure, Result, Texts, Values, Window};
use paceline::project::{Better, Grain, Header, Statistic};
use paceline::stats::Estimate;

pub fn header(statistic: Statistic, grain: Grain) -> Header {
    Header {
        title: "Test".to_owned(),
        about: "A test.".to_owned(),
        unit: "units".to_owned(),
        statistic,
        better: Better::Neither,
        dimensions: Vec::new(),
        grain,
        is_stock: false,
        sampled_of: None,
        entity: None,
        target: None,
    }
}

/// The numbers of all rows of a window, of days in UTC.
pub fn figures(header: &Header, facts: &Facts, window: &Window) -> Result<Figures> {
    Measure::of("m", header).figures(facts, window)
}

/// The statistic of that name in a header.
pub fn named(name: &str) -> Statistic {
    name.to_owned().try_into().expect("a statistic")
}

pub fn stock(statistic: Statistic) -> Header {
    Header { is_stock: true, ..header(statistic, Grain::Month) }
}

pub fn moment(text: &str) -> DateTime<Utc> {
    let text = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    text.parse().expect("a moment")
}

pub fn window(from: &str, to: &str) -> Window {
    Window { from: moment(from), to: moment(to) }
}

pub fn rows(at: &[&str]) -> Facts {
    Facts { at: at.iter().map(|at| moment(at).timestamp_micros()).collect(), ..Facts::default() }
}

pub fn numbers(rows: &[(&str, Option<f64>)]) -> Facts {
    let (at, values): (Vec<&str>, Vec<Option<f64>>) = rows.iter().copied().unzip();
    Facts { values: Values::Numbers(values.into_iter().collect()), ..self::rows(&at) }
}

/// Known values, all at one moment.
pub fn numbers_at(at: &str, values: &[f64]) -> Facts {
    numbers(&values.iter().map(|value| (at, Some(*value))).collect::<Vec<_>>())
}

/// Numerators and denominators of which both or none is known.
pub fn pairs(pairs: &[Option<(f64, f64)>]) -> Values {
    let half = |pick: fn((f64, f64)) -> f64| pairs.iter().map(|pair| pair.map(pick)).collect();
    Values::Pairs(half(|pair| pair.0), half(|pair| pair.1))
}

pub fn keys(keys: &[Option<&str>]) -> Values {
    Values::Keys(keys.iter().copied().collect())
}

pub fn texts(texts: &[&str]) -> Texts {
    texts.iter().map(|text| Some(*text)).collect()
}

/// Value, interval and n, rounded to four digits.
pub fn rounded(estimate: &Estimate) -> (Option<f64>, Option<(f64, f64)>, u64) {
    let round = |value: f64| (value * 1e4).round() / 1e4;
    let interval = estimate.interval.map(|interval| (round(interval.low), round(interval.high)));
    (estimate.value.map(round), interval, estimate.n)
}
