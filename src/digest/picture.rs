//! The small picture beside a figure: line, 95 % band and target, for mail and for paper.
//!
//! One rule: it has no words, so that it needs no font and its bytes are the same on every machine; the range, the days
//! and the target stand as text beside it. A value that is not known is a gap.

use super::colour::{ACCENT, EDGE, GOOD, PANEL, SOFT};
use super::{Figure, Point};
use crate::chart::scale::{Scale, extent};
use crate::chart::svg::Path;
use crate::chart::time::TimeScale;
use maud::{Markup, html};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// The size in a mail. A PNG has twice as many pixels on each side.
pub(super) const WIDTH: u32 = 264;
pub(super) const HEIGHT: u32 = 68;
const SCALE: u32 = 2;
/// Room between frame and line, for the last dot.
const MARGIN: f64 = 8.0;

/// A picture cannot be made into PNG.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot draw the picture of {figure:?}: {why}; this is a defect of Paceline, please report it")]
    Draw { figure: String, why: String },
}

/// What a picture is made of, apart from colours.
pub(super) struct Picture {
    band: Path,
    target: Path,
    line: Path,
    dots: Path,
}

impl Picture {
    /// The picture of a figure's series; `None` where fewer than two values are known.
    pub(super) fn of(figure: &Figure) -> Option<Picture> {
        let known = figure.series.iter().filter(|point| point.value.is_some()).count();
        let (first, last) = (figure.series.first()?.at, figure.series.last()?.at);
        if known < 2 {
            return None;
        }
        let values = figure.series.iter().flat_map(|point| [point.value, point.low, point.high]).chain([figure.target]);
        let (low, high) = extent(values.flatten())?;
        let axes = Axes {
            time: TimeScale::new(first, last, MARGIN, f64::from(WIDTH) - MARGIN),
            value: Scale::linear(low, high, 4).between(f64::from(HEIGHT) - MARGIN, MARGIN),
        };
        let (line, dots) = axes.line(&figure.series);
        Some(Picture { band: axes.band(&figure.series), target: axes.target(figure.target), line, dots })
    }

    /// The drawing for a page: its colours are those of the style sheet. `label` says in words what it shows.
    pub(super) fn markup(&self, label: &str) -> Markup {
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                width=(WIDTH) height=(HEIGHT) role="img" aria-label=(label) {
                path class="band" d=(self.band.text()) {}
                @if !self.target.is_empty() { path class="target" d=(self.target.text()) {} }
                path class="line" d=(self.line.text()) {}
                path class="dot" d=(self.dots.text()) {}
            }
        }
    }

    /// The drawing with its frame and with colours of its own, for where no style sheet is.
    fn svg(&self) -> String {
        let (band, target, line, dots) = (self.band.text(), self.target.text(), self.line.text(), self.dots.text());
        let round = r#"stroke-linejoin="round" stroke-linecap="round""#;
        let (panel, edge, soft) = (PANEL.light, EDGE.light, SOFT.light);
        let (accent, good) = (ACCENT.light, GOOD.light);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">
<rect x=".5" y=".5" width="{}" height="{}" rx="6" fill="{panel}" stroke="{edge}"/>
<path d="{band}" fill="{soft}" stroke="{soft}" {round}/>
<path d="{target}" fill="none" stroke="{good}" stroke-dasharray="6 4"/>
<path d="{line}" fill="none" stroke="{accent}" stroke-width="2" {round}/>
<path d="{dots}" fill="{accent}"/>
</svg>"#,
            WIDTH - 1,
            HEIGHT - 1,
        )
    }

    /// The drawing as PNG.
    pub(super) fn png(&self, figure: &str) -> Result<Vec<u8>, Error> {
        let draw = |why: String| Error::Draw { figure: figure.to_owned(), why };
        let pixels = self.pixels().map_err(draw)?;
        pixels.encode_png().map_err(|why| draw(why.to_string()))
    }

    fn pixels(&self) -> Result<Pixmap, String> {
        let tree = Tree::from_str(&self.svg(), &Options::default()).map_err(|why| why.to_string())?;
        let mut pixels = Pixmap::new(WIDTH * SCALE, HEIGHT * SCALE).ok_or("no room for the pixels")?;
        let scale = SCALE as f32;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
        Ok(pixels)
    }
}

struct Axes {
    time: TimeScale,
    value: Scale,
}

impl Axes {
    /// The line and its dots: one where a value stands alone, a larger one at the last value.
    fn line(&self, series: &[Point]) -> (Path, Path) {
        let place = |point: &Point| Some((self.time.at(point.at), self.value.at(point.value?)));
        let places: Vec<Option<(f64, f64)>> = series.iter().map(place).collect();
        let (mut line, mut dots) = (Path::default(), Path::default());
        for run in places.split(Option::is_none) {
            match run {
                [] => {}
                [Some((x, y))] => dots.circle(*x, *y, 2.0),
                run => line.line(&run.iter().copied().flatten().collect::<Vec<_>>()),
            }
        }
        if let Some((x, y)) = places.iter().rev().flatten().next() {
            dots.circle(*x, *y, 3.5);
        }
        (line, dots)
    }

    /// Every value's interval; where it stands alone it is as wide as its dot.
    fn band(&self, series: &[Point]) -> Path {
        let bounds =
            |point: &Point| Some((self.time.at(point.at), self.value.at(point.low?), self.value.at(point.high?)));
        let bounds: Vec<Option<(f64, f64, f64)>> = series.iter().map(bounds).collect();
        let mut band = Path::default();
        for run in bounds.split(Option::is_none) {
            match run {
                [] => {}
                [Some((x, low, high))] => band.rectangle(x - 2.0, *high, 4.0, low - high),
                run => {
                    let upper = run.iter().flatten().map(|(x, _, high)| (*x, *high));
                    let lower = run.iter().flatten().rev().map(|(x, low, _)| (*x, *low));
                    band.area(&upper.chain(lower).collect::<Vec<_>>());
                }
            }
        }
        band
    }

    fn target(&self, target: Option<f64>) -> Path {
        let mut path = Path::default();
        if let Some(target) = target {
            let y = self.value.at(target);
            path.line(&[(MARGIN, y), (f64::from(WIDTH) - MARGIN, y)]);
        }
        path
    }
}

#[cfg(test)]
mod tests;
