//! How values spread: a density with the middle half as a bar and the median as a dot, one row a group.
//!
//! The one rule: all groups share axis and bandwidth, so that a difference in shape is one of the data.

use maud::{Markup, html};

use super::Unit;
use super::axis::{TICK_ROOM, column_labels, column_title, grid_columns, unit_words};
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::number::{MISSING, count};
use super::scale::Scale;
use super::svg::{Path, coordinate};
use super::text::{LINE, cut_name, isolated};

const LEFT: f64 = 12.0;
const RIGHT: f64 = WIDTH - 30.0;
const ROW: f64 = 92.0;
const NAME_ROOM: f64 = 24.0;
/// Places at which a density is drawn.
const PLACES: usize = 80;
/// The axis ends here, as the last percent of durations would squeeze all others.
const SHOWN_SHARE: f64 = 0.99;
/// Below this a density would show single values.
const FEWEST: usize = 5;

/// The spread of a metric in one or a few groups.
#[derive(Debug, Clone, Default)]
pub struct Distribution<'a> {
    pub frame: Frame<'a>,
    pub unit: Unit,
    /// Heading of the groups in the data table, such as "Variant".
    pub what: &'a str,
    pub groups: Vec<Group>,
}

/// One group's values, in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub name: String,
    pub values: Vec<f64>,
}

/// A group with its finite values in order.
struct Spread<'a> {
    name: &'a str,
    sorted: Vec<f64>,
}

impl Spread<'_> {
    fn new(group: &Group) -> Spread<'_> {
        let mut sorted: Vec<f64> = group.values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        Spread { name: &group.name, sorted }
    }

    /// Hyndman and Fan (1996), type 7: linear between the two values around place (n − 1)p.
    fn quantile(&self, p: f64) -> Option<f64> {
        let place = self.sorted.len().checked_sub(1)? as f64 * p;
        let below = *self.sorted.get(place.floor() as usize)?;
        let above = *self.sorted.get(place.ceil() as usize)?;
        Some(below + (above / 2.0 - below / 2.0) * 2.0 * place.fract())
    }

    fn is_drawn(&self) -> bool {
        self.sorted.len() >= FEWEST
    }
}

impl Distribution<'_> {
    /// The figure, with quartiles and n as a table.
    pub fn render(&self) -> Markup {
        let spreads: Vec<Spread> = self.groups.iter().map(Spread::new).collect();
        let drawn: Vec<&Spread> = spreads.iter().filter(|spread| spread.is_drawn()).collect();
        let drawing = match axis(&drawn) {
            Some(scale) => self.drawing(&spreads, &drawn, scale),
            None => not_enough_data(ROW, &format!("every group has fewer than {FEWEST} values")),
        };
        self.frame.figure(&drawing, &self.table(&spreads))
    }

    fn drawing(&self, spreads: &[Spread], drawn: &[&Spread], scale: Scale) -> Drawing {
        let scale = scale.between(LEFT, RIGHT);
        let bottom = spreads.len() as f64 * ROW;
        let words = unit_words(&self.unit, false);
        let height = bottom + TICK_ROOM + if words.is_some() { LINE } else { 0.0 };
        let bandwidth = bandwidth(drawn);
        let densities: Vec<Vec<f64>> = spreads.iter().map(|spread| density(spread, &scale, bandwidth)).collect();
        let peak = densities.iter().flatten().copied().fold(0.0, f64::max);
        let body = html! {
            (grid_columns(&column_labels(&scale, &self.unit), 2.0, bottom))
            @if let Some(words) = &words { (column_title(words, height - 6.0)) }
            @for (i, (spread, density)) in spreads.iter().zip(&densities).enumerate() {
                @if spreads.len() > 1 {
                    text class="name halo" x=(LEFT) y=(coordinate(i as f64 * ROW + 17.0)) { (cut_name(spread.name, WIDTH - LEFT)) }
                }
                (row(spread, density, peak, &scale, i))
            }
        };
        let beyond = drawn.iter().flat_map(|spread| &spread.sorted).filter(|value| **value > scale.domain().1).count();
        let legend = html! { @if beyond > 0 { p class="aside" {
            (count(beyond as u64)) " above " (self.unit.value(scale.domain().1)) " not drawn"
        } } };
        Drawing { height, summary: self.summary(spreads), hover: Hover::Nothing, body, legend }
    }

    fn summary(&self, spreads: &[Spread]) -> String {
        let words = spreads.iter().map(|spread| match spread.quantile(0.5).filter(|_| spread.is_drawn()) {
            Some(median) => {
                format!(
                    "{}: median {}, middle half {}",
                    isolated(spread.name),
                    self.unit.value(median),
                    self.middle(spread)
                )
            }
            None => format!("{}: not enough data", isolated(spread.name)),
        });
        words.collect::<Vec<_>>().join("; ") + "."
    }

    fn middle(&self, spread: &Spread) -> String {
        match (spread.quantile(0.25), spread.quantile(0.75)) {
            (Some(low), Some(high)) => format!("{} to {}", self.unit.number(low), self.unit.value(high)),
            _ => MISSING.to_owned(),
        }
    }

    fn table(&self, spreads: &[Spread]) -> Table {
        let head = [self.what, "n", "Median", "Middle half", "90th percentile"].map(str::to_owned).to_vec();
        let row = |spread: &Spread| {
            let shown = |text: String| if spread.is_drawn() { text } else { MISSING.to_owned() };
            vec![
                spread.name.to_owned(),
                count(spread.sorted.len() as u64),
                shown(self.unit.optional(spread.quantile(0.5))),
                shown(self.middle(spread)),
                shown(self.unit.optional(spread.quantile(0.9))),
            ]
        };
        Table { head, rows: spreads.iter().map(row).collect() }
    }
}

/// From the lowest value (or zero, where that is near) to where nearly all values of every group lie.
fn axis(drawn: &[&Spread]) -> Option<Scale> {
    let lows = drawn.iter().filter_map(|spread| spread.quantile(0.0));
    let highs = drawn.iter().filter_map(|spread| spread.quantile(SHOWN_SHARE));
    let (low, high) = (lows.fold(f64::INFINITY, f64::min), highs.fold(f64::NEG_INFINITY, f64::max));
    let from_zero = low >= 0.0 && low < high / 2.0;
    (low <= high).then(|| Scale::nice(if from_zero { 0.0 } else { low }, high, 5))
}

/// Silverman (1986), equation 3.31, the narrowest of the groups.
fn bandwidth(drawn: &[&Spread]) -> f64 {
    let of = |spread: &&Spread| {
        let middle = spread.quantile(0.75)? - spread.quantile(0.25)?;
        Some(0.9 * middle / 1.34 * (spread.sorted.len() as f64).powf(-0.2))
    };
    drawn.iter().filter_map(of).filter(|width| *width > 0.0).fold(f64::INFINITY, f64::min)
}

/// A Gaussian kernel density at [`PLACES`] places, from counts in bins: its cost does not grow with the square of n.
fn density(spread: &Spread, scale: &Scale, bandwidth: f64) -> Vec<f64> {
    if !spread.is_drawn() {
        return Vec::new();
    }
    let (low, high) = scale.domain();
    let bin = (high - low) / (PLACES - 1) as f64;
    let mut counts = [0.0; PLACES];
    for value in spread.sorted.iter().filter(|value| scale.contains(**value)) {
        counts[(((value - low) / bin).round() as usize).min(PLACES - 1)] += 1.0 / spread.sorted.len() as f64;
    }
    let width_in_bins = if bandwidth.is_finite() { (bandwidth / bin).clamp(0.8, PLACES as f64) } else { 0.8 };
    let kernel = |distance: f64| (-0.5 * (distance / width_in_bins).powi(2)).exp();
    let at = |i: usize| counts.iter().enumerate().map(|(j, share)| share * kernel(i as f64 - j as f64)).sum();
    (0..PLACES).map(at).collect()
}

fn row(spread: &Spread, density: &[f64], peak: f64, scale: &Scale, i: usize) -> Markup {
    let middle = i as f64 * ROW + NAME_ROOM + (ROW - NAME_ROOM) / 2.0;
    let half = (ROW - NAME_ROOM) / 2.0 - 2.0;
    let quartiles = (spread.quantile(0.25), spread.quantile(0.5), spread.quantile(0.75));
    let (Some(lower), Some(median), Some(upper)) = quartiles else { return html! {} };
    if density.is_empty() {
        return html! { text class="tick" x=(LEFT) y=(coordinate(middle + 4.0)) { "not enough data" } };
    }
    let x = |place: usize| LEFT + place as f64 / (PLACES - 1) as f64 * (RIGHT - LEFT);
    let side = |sign: f64| move |(place, d): (usize, &f64)| (x(place), middle + sign * half * d / peak);
    let mut shape = Path::default();
    let lower_side = density.iter().enumerate().rev().map(side(1.0));
    shape.area(&density.iter().enumerate().map(side(-1.0)).chain(lower_side).collect::<Vec<_>>());
    let mut bar = Path::default();
    bar.line(&[(scale.at(lower), middle), (scale.at(upper), middle)]);
    html! {
        path class={ "group" (i % 2) } d=(shape.text()) {}
        path class="middle" d=(bar.text()) {}
        circle class="median" cx=(coordinate(scale.at(median))) cy=(coordinate(middle)) r="5" {}
    }
}
