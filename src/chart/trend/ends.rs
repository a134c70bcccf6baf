//! The names at the ends of several lines, the shapes that mark them, and their legend.
//!
//! The one rule: colour is never the only sign; each line has its dashes and its shape too.

use maud::{Markup, html};

use super::Line;
use crate::chart::svg::{Path, coordinate};
use crate::chart::text::{LINE, cut_name, ellipsised, isolated, width};

/// A name longer than this is cut at the end of its line; the legend has it in full.
const NAME_ROOM: f64 = 150.0;
/// From the end of a line to its name: half the shape, and where it had to move away a stroke that leads to it.
const LEAD: f64 = 14.0;
/// Half the size of a shape.
const HALF: f64 = 4.0;

type Places = [Option<(f64, f64)>];

/// The room that the names need to the right of the plot.
pub(super) fn room(lines: &[Line]) -> f64 {
    lines.iter().map(|line| width(&ellipsised(&line.name, NAME_ROOM))).fold(0.0, f64::max) + LEAD
}

/// Shapes at the lines' ends and where a point stands alone, and the names, which do not cover one another.
pub(super) fn labels(
    lines: &[Line],
    places: &[Vec<Option<(f64, f64)>>],
    right: f64,
    (top, bottom): (f64, f64),
) -> Markup {
    let ends: Vec<(usize, (f64, f64))> =
        places.iter().enumerate().filter_map(|(i, places)| Some((i, *places.iter().flatten().last()?))).collect();
    let wanted: Vec<f64> = ends.iter().map(|(_, (_, y))| *y).collect();
    // The lowest stays clear of the labels below the plot.
    let ys = spread(&wanted, LINE, top, bottom - 2.0);
    html! {
        @for (i, places) in places.iter().enumerate() {
            path class=(class("end", i)) d=(shapes(places, i).text()) {}
        }
        path class="leader" d=(leaders(&ends, &ys, right).text()) {}
        g class="name" { @for ((i, _), y) in ends.iter().zip(&ys) {
            text x=(coordinate(right + LEAD)) y=(coordinate(y + 5.0)) { (cut_name(&lines[*i].name, NAME_ROOM)) }
        } }
    }
}

/// What each line looks like, with its name in full.
pub(super) fn legend(lines: &[Line], is_known: impl Fn(&Line) -> bool) -> Markup {
    html! {
        ul class="legend" { @for (i, line) in lines.iter().enumerate() {
            @let mut shape = Path::default();
            @let () = marker(&mut shape, i, (18.0, 6.0));
            li {
                svg class="sample" viewBox="0 0 36 12" width="36" height="12" aria-hidden="true" {
                    path class=(class("line", i)) d="M2,6H34" {}
                    path class=(class("end", i)) d=(shape.text()) {}
                }
                (isolated(&line.name))
                @if !is_known(line) { " " small { "not enough data" } }
            }
        } }
    }
}

/// The class of a line's part; the first line needs no number, as it looks like a line that is alone.
pub(super) fn class(part: &str, i: usize) -> String {
    if i == 0 { part.to_owned() } else { format!("{part} line{i}") }
}

fn shapes(places: &Places, i: usize) -> Path {
    let mut path = Path::default();
    let last = places.iter().rposition(Option::is_some);
    let is_known = |place: Option<usize>| place.and_then(|place| places.get(place)).is_some_and(Option::is_some);
    for (j, place) in places.iter().enumerate() {
        let is_alone = !is_known(j.checked_sub(1)) && !is_known(Some(j + 1));
        if let Some(place) = place.filter(|_| is_alone || Some(j) == last) {
            marker(&mut path, i, place);
        }
    }
    path
}

/// A circle, a square, a triangle, a diamond.
fn marker(path: &mut Path, i: usize, (x, y): (f64, f64)) {
    match i % 4 {
        0 => path.circle(x, y, HALF),
        1 => path.rectangle(x - HALF + 0.5, y - HALF + 0.5, 2.0 * HALF - 1.0, 2.0 * HALF - 1.0),
        2 => path.area(&[(x - HALF, y + HALF), (x, y - HALF), (x + HALF, y + HALF)]),
        _ => path.area(&[(x - HALF - 1.0, y), (x, y - HALF - 1.0), (x + HALF + 1.0, y), (x, y + HALF + 1.0)]),
    }
}

/// Strokes from the ends of lines to names that had to move away; a line that ended before is not led to its name.
fn leaders(ends: &[(usize, (f64, f64))], ys: &[f64], right: f64) -> Path {
    let mut path = Path::default();
    for ((_, (x, y)), label_y) in ends.iter().zip(ys) {
        if (right - x).abs() < 1.0 && (y - label_y).abs() > 1.0 {
            path.line(&[(x + HALF, *y), (right + LEAD - 2.0, *label_y)]);
        }
    }
    path
}

/// Places at least `apart` from one another, in the order of the wanted ones and near to them, none beyond the ends.
fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut places = wanted.to_vec();
    let mut least = low;
    for i in &order {
        places[*i] = places[*i].max(least);
        least = places[*i] + apart;
    }
    let mut most = high;
    for i in order.iter().rev() {
        places[*i] = places[*i].min(most);
        most = places[*i] - apart;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_move_apart_and_keep_their_order() {
        assert_eq!(spread(&[50.0, 52.0, 51.0], 20.0, 0.0, 200.0), [50.0, 90.0, 70.0]);
        assert_eq!(spread(&[199.0, 198.0], 20.0, 0.0, 200.0), [200.0, 180.0]);
        assert_eq!(spread(&[0.0, 0.0], 20.0, 10.0, 200.0), [10.0, 30.0]);
        assert_eq!(spread(&[30.0, 120.0], 20.0, 0.0, 200.0), [30.0, 120.0]);
    }
}
