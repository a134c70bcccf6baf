//! Small writers of SVG text.
//!
//! The one rule: coordinates have at most one digit after the point, which is finer than a pixel and keeps pages small.

use std::fmt::Write;

/// A coordinate with at most one digit after the point.
pub(super) fn coordinate(value: f64) -> String {
    // Adding zero turns a negative zero into a plain one.
    let rounded = (value * 10.0).round() / 10.0 + 0.0;
    if rounded.is_finite() { rounded.to_string() } else { "0".to_owned() }
}

/// Coordinates separated by spaces, as `data-x` and `data-y` hold them.
pub(super) fn coordinates(values: impl IntoIterator<Item = f64>) -> String {
    values.into_iter().map(coordinate).collect::<Vec<_>>().join(" ")
}

/// The `d` of a path, written piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    /// A line through the points. A point by itself becomes a dot (round caps draw a stroke of no length).
    pub(crate) fn line(&mut self, points: &[(f64, f64)]) {
        for (i, (x, y)) in points.iter().enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            self.push(format_args!("{command}{},{}", coordinate(*x), coordinate(*y)));
        }
        if points.len() == 1 {
            self.push(format_args!("h0"));
        }
    }

    /// A closed area through the points.
    pub(crate) fn area(&mut self, points: &[(f64, f64)]) {
        self.line(points);
        self.push(format_args!("z"));
    }

    /// A rectangle.
    pub(crate) fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let (x, y, w, h) = (coordinate(x), coordinate(y), coordinate(width), coordinate(height));
        self.push(format_args!("M{x},{y}h{w}v{h}h-{w}z"));
    }

    /// A filled circle.
    pub(crate) fn circle(&mut self, x: f64, y: f64, radius: f64) {
        // Rounded first: an arc whose chord is not exactly two radii would not be round.
        let radius = (radius * 10.0).round() / 10.0;
        let (left, y, r, d) = (coordinate(x - radius), coordinate(y), coordinate(radius), coordinate(radius * 2.0));
        self.push(format_args!("M{left},{y}a{r},{r} 0 1 0 {d},0a{r},{r} 0 1 0 -{d},0z"));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    fn push(&mut self, piece: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_finite() {
        assert_eq!(coordinates([1.0, 2.25, -0.04, f64::NAN]), "1 2.3 0 0");
    }

    #[test]
    fn a_lonely_point_is_a_dot() {
        let mut path = Path::default();
        path.line(&[(1.0, 2.0)]);
        path.line(&[(3.0, 4.0), (5.0, 6.0)]);
        assert_eq!(path.text(), "M1,2h0M3,4L5,6");
    }
}
