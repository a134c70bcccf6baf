//! Figures drawn on the server: numbers in, HTML and SVG out.
//!
//! The one rule: a mark knows numbers and labels, nothing about metrics, SQL or pages, and it never draws a missing
//! value as zero. Colours and type sizes live in `paceline.css`; a mark writes classes only, so light, dark, print and
//! a Content-Security-Policy without `unsafe-inline` all work from the same bytes.
//!
//! Every figure carries its caption, a summary for screen readers and its data as a table. Hover and keyboard are added
//! by `paceline.js`, which reads the positions from `data-x` and `data-y` and the words from that same table.

mod axis;
pub mod bars;
pub mod calendar;
pub mod distribution;
pub mod figure;
pub mod heatmap;
pub mod interval;
pub mod line;
pub mod multiples;
pub mod number;
pub mod scale;
pub mod scatter;
pub mod sparkline;
pub mod stacked;
pub(crate) mod svg;
mod text;
pub mod time;
pub mod tone;
pub mod trend;
pub mod words;

#[cfg(test)]
mod tests;

pub use bars::{Bar, Bars};
pub use calendar::{Calendar, CalendarRow};
pub use distribution::{Distribution, Group};
pub use figure::Frame;
pub use heatmap::{HeatRow, Heatmap};
pub use interval::{Interval, IntervalAxis};
pub use line::{Line, Point};
pub use multiples::Multiples;
pub use number::Unit;
pub use scatter::{Measure, Scatter, Spot};
pub use sparkline::Sparkline;
pub use stacked::{Risk, Stage, Stages};
pub use time::Grain;
pub use tone::Tone;
pub use trend::{Annotation, Trend};
pub use words::capitalised;
