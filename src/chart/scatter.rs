//! Two measures against each other, the size of a dot a third: the map of hotspots.
//!
//! The one rule: a label is drawn only where it covers neither another label nor leaves the plot; the table names all.

use maud::{Markup, html};

use super::Unit;
use super::axis::{TICK_ROOM, column_labels, column_title, grid_columns, grid_rows, label_room, row_labels, row_title};
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::scale::{Scale, extent};
use super::svg::{Path, coordinate};
use super::text::{ASCENT, DESCENT, LINE, cut_name, ellipsised, isolated, width};

const HEIGHT: f64 = 340.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 30.0;
/// Tick labels and, below them, the name of the axis.
const BOTTOM: f64 = HEIGHT - TICK_ROOM - LINE;
const SMALLEST_RADIUS: f64 = 2.5;
const LARGEST_RADIUS: f64 = 20.0;
/// A longer name is cut.
const NAME_ROOM: f64 = 300.0;

/// Spots by two measures, most important first.
#[derive(Debug, Clone, Default)]
pub struct Scatter<'a> {
    pub frame: Frame<'a>,
    /// Heading of the names in the data table, such as "File".
    pub what: &'a str,
    pub x: Measure<'a>,
    pub y: Measure<'a>,
    /// What a dot's area means; its axis settings are not used.
    pub size: Measure<'a>,
    pub spots: Vec<Spot>,
    /// How many of the first spots get a label, as far as there is room.
    pub labelled: usize,
}

/// One axis.
#[derive(Debug, Clone, Default)]
pub struct Measure<'a> {
    pub name: &'a str,
    pub unit: Unit,
    pub log: bool,
}

/// One dot.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub size: f64,
}

struct Dot<'a> {
    spot: &'a Spot,
    x: f64,
    y: f64,
    radius: f64,
}

impl Scatter<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        let known = |spot: &&Spot| spot.x.is_finite() && spot.y.is_finite() && spot.size.is_finite();
        let spots: Vec<&Spot> = self.spots.iter().filter(known).collect();
        let x = self.x.scale(spots.iter().map(|spot| spot.x));
        let y = self.y.scale(spots.iter().map(|spot| spot.y));
        let drawing = match (x, y) {
            (Some(x), Some(y)) => self.drawing(&spots, x, y),
            _ => not_enough_data(HEIGHT / 2.0, "nothing to place"),
        };
        self.frame.figure(&drawing, &self.table(&spots))
    }

    fn drawing(&self, spots: &[&Spot], x: Scale, y: Scale) -> Drawing {
        let y = y.between(BOTTOM - LARGEST_RADIUS / 2.0, TOP + LARGEST_RADIUS / 2.0);
        let left = label_room(&y, &Unit::Plain);
        let x = x.between(left + LARGEST_RADIUS / 2.0, RIGHT - LARGEST_RADIUS / 2.0);
        let largest = spots.iter().map(|spot| spot.size).fold(f64::MIN_POSITIVE, f64::max);
        let dot = |spot: &&'_ Spot| {
            let share = (spot.size.max(0.0) / largest).sqrt();
            (x.at(spot.x), y.at(spot.y), SMALLEST_RADIUS + share * (LARGEST_RADIUS - SMALLEST_RADIUS))
        };
        let dots: Vec<Dot> = spots
            .iter()
            .map(|spot| (spot, dot(spot)))
            .map(|(spot, (x, y, radius))| Dot { spot, x, y, radius })
            .collect();
        let mut circles = Path::default();
        dots.iter().for_each(|dot| circles.circle(dot.x, dot.y, dot.radius));
        let body = html! {
            (grid_rows(&row_labels(&y, &Unit::Plain), left, RIGHT))
            (grid_columns(&column_labels(&x, &Unit::Plain), TOP, BOTTOM))
            (row_title(&self.y.title()))
            (column_title(&self.x.title(), HEIGHT - 6.0))
            path class="spot" d=(circles.text()) {}
            (labels(&dots, self.labelled, left))
        };
        let hover = Hover::Near(dots.iter().map(|dot| dot.x).collect(), dots.iter().map(|dot| dot.y).collect());
        let legend = html! { p class="aside" { "The larger the dot, the more " (self.size.name) "." } };
        Drawing { height: HEIGHT, summary: self.summary(spots), hover, body, legend }
    }

    fn summary(&self, spots: &[&Spot]) -> String {
        let range = |measure: &Measure, values: Vec<f64>| {
            extent(values).map_or_else(String::new, |(low, high)| {
                format!("{} from {} to {}", measure.name, measure.unit.value(low), measure.unit.value(high))
            })
        };
        let x = range(&self.x, spots.iter().map(|spot| spot.x).collect());
        let y = range(&self.y, spots.iter().map(|spot| spot.y).collect());
        let first = spots.first().map_or_else(String::new, |spot| isolated(&spot.name).into_owned());
        format!("{} dots; {x}, {y}; first {first}.", spots.len())
    }

    fn table(&self, spots: &[&Spot]) -> Table {
        let head = [self.what, self.x.name, self.y.name, self.size.name].map(str::to_owned).to_vec();
        let row = |spot: &&Spot| {
            let numbers = [(&self.x, spot.x), (&self.y, spot.y), (&self.size, spot.size)];
            let cells = numbers.map(|(measure, value)| measure.unit.number(value));
            std::iter::once(spot.name.clone()).chain(cells).collect()
        };
        Table { head, rows: spots.iter().map(row).collect() }
    }
}

impl Measure<'_> {
    fn scale(&self, values: impl Iterator<Item = f64>) -> Option<Scale> {
        let (low, high) = extent(values)?;
        Some(if self.log { Scale::nice_log(low, high) } else { Scale::nice(low.min(0.0), high, 5) })
    }

    fn title(&self) -> String {
        if self.log { format!("{} (log)", self.name) } else { self.name.to_owned() }
    }
}

/// A place for a label: where its text starts, or ends, or has its middle, and the area it may cover.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    anchor: Option<&'static str>,
    area: [f64; 4],
}

/// Labels of the first dots, where they cover no other label; a place that covers no dot either is preferred.
fn labels(dots: &[Dot], most: usize, left: f64) -> Markup {
    let bounds = [left, TOP, WIDTH, BOTTOM];
    let covered: Vec<[f64; 4]> = dots.iter().map(Dot::area).collect();
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut placed = Vec::new();
    for dot in dots.iter().take(most) {
        let room = width(&ellipsised(&dot.spot.name, NAME_ROOM));
        let free =
            |place: &Place| inside(&place.area, &bounds) && !taken.iter().any(|other| overlap(&place.area, other));
        let places: Vec<Place> = dot.places(room).into_iter().filter(free).collect();
        let clear = places.iter().find(|place| !covered.iter().any(|other| overlap(&place.area, other)));
        if let Some(place) = clear.or(places.first()).copied() {
            taken.push(place.area);
            placed.push((place, dot.spot.name.as_str()));
        }
    }
    html! { g class="name" { @for (place, name) in placed {
        text class="halo" x=(coordinate(place.x)) y=(coordinate(place.y)) text-anchor=[place.anchor] { (cut_name(name, NAME_ROOM)) }
    } } }
}

impl Dot<'_> {
    fn area(&self) -> [f64; 4] {
        [self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius]
    }

    /// Right of the dot, left of it, above and below.
    fn places(&self, width: f64) -> [Place; 4] {
        let beside = self.radius + 4.0;
        let place = |x: f64, y: f64, start: f64, anchor| Place {
            x,
            y,
            anchor,
            area: [start, y - ASCENT, start + width, y + DESCENT],
        };
        let (right, left) = (self.x + beside, self.x - beside);
        [
            place(right, self.y + 4.0, right, None),
            place(left, self.y + 4.0, left - width, Some("end")),
            place(self.x, self.y - self.radius - 6.0, self.x - width / 2.0, Some("middle")),
            place(self.x, self.y + self.radius + ASCENT, self.x - width / 2.0, Some("middle")),
        ]
    }
}

fn inside(area: &[f64; 4], bounds: &[f64; 4]) -> bool {
    area[0] >= bounds[0] && area[1] >= bounds[1] && area[2] <= bounds[2] && area[3] <= bounds[3]
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}
