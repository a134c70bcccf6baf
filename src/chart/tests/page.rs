//! How large text is in a drawing, by the width of the page: what `paceline.css` makes of 1440, 1024 and 390 pixels.
//!
//! The one rule: sizes are read from the style sheet, so that a change of it which breaks a drawing fails here.

use super::reader::Element;
use crate::chart::text;

const STYLE: &str = include_str!("../../web/assets/paceline.css");
const REM: f64 = 16.0;

/// Page widths that drawings are checked at, in pixels.
pub const PAGES: [f64; 3] = [1440.0, 1024.0, 390.0];

/// The widths a plot can have on a page: alone in its row, and beside another panel where there is room for two.
fn plot_widths(page: f64) -> Vec<f64> {
    let is_phone = page <= 640.0;
    let (main_padding, panel_padding) = if is_phone { (REM, 0.9 * REM) } else { (1.5 * REM, 1.15 * REM) };
    let main = page.min(75.0 * REM) - 2.0 * main_padding;
    let gap = 0.9 * REM;
    let columns = ((main + gap) / (27.0 * REM + gap)).floor().max(1.0);
    let inside = |panel: f64| panel - 2.0 * panel_padding - 2.0;
    // Beside its words in a wide panel, below them in others.
    let plot = |room: f64| if room > 56.0 * REM { 50.0 * REM } else { room.min(54.0 * REM) };
    let mut widths = vec![plot(inside(main))];
    if columns > 1.0 {
        widths.push(plot(inside((main - gap * (columns - 1.0)) / columns)));
    }
    widths
}

/// The font size in a plot of this width, in the drawing's units.
fn plot_font(width: f64) -> f64 {
    let default = size_in(STYLE.split(".plot svg {").nth(1).unwrap());
    let rules = STYLE.split("@container (width ").skip(1).filter(|rule| rule.contains("{ .plot svg { font-size"));
    let applies = |rule: &&str| {
        let limit: f64 = rule[2..].split("px").next().unwrap().parse().unwrap();
        if rule.starts_with('>') { width > limit } else { width < limit }
    };
    // Of rules that apply, the last one wins.
    rules.filter(applies).last().map_or(default, size_in)
}

fn size_in(rule: &str) -> f64 {
    rule.split("font-size: ").nth(1).unwrap().split("px").next().unwrap().parse().unwrap()
}

/// The font sizes a drawing has on the three pages and on paper, in its own units.
pub fn font_sizes(svg: &Element) -> Vec<f64> {
    if svg.has_class("interval") {
        // On screen and on paper.
        return STYLE.split("svg.interval {").skip(1).map(size_in).collect();
    }
    if svg.view_box().right < 640.0 {
        return STYLE.split(".multiples svg {").skip(1).map(size_in).collect();
    }
    PAGES.into_iter().flat_map(plot_widths).map(plot_font).collect()
}

#[test]
fn drawings_are_laid_out_for_the_largest_text_of_the_three_pages() {
    let sizes = PAGES.map(|page| plot_widths(page).into_iter().map(plot_font).collect::<Vec<_>>());
    assert_eq!(sizes, [vec![11.0, 15.0], vec![11.0, 18.0], vec![21.0]]);
    assert!(sizes.iter().flatten().all(|size| *size <= text::FONT));
}

#[test]
fn the_room_of_a_text_is_that_of_a_wide_font() {
    // Measured in Chromium with DejaVu Sans at 100 units.
    let measured = [
        ("payments-gateway-and-reconciliation", 1891.1),
        ("merged PRs per engineer-week", 1566.3),
        ("−1,234,567.8 h", 783.3),
        ("WWWWMMMM", 740.6),
        ("فريق المدفوعات", 698.3),
        ("צוות התשלומים", 654.0),
    ];
    for (words, width) in measured {
        let reserved = text::width(words) / text::FONT * 100.0;
        assert!(reserved >= width && reserved < width * 1.5, "{words}: {reserved} for {width}");
    }
}
