//! What holds for the geometry of every mark, at every page width and whatever the data.
//!
//! The one rule: checks read the drawing as it came out and know nothing of how it was laid out.

mod inputs;
mod marks;
mod names;

use super::page::font_sizes;
use super::reader::{Area, Element, drawings};

/// Nothing leaves the drawing, no text covers another, ticks ascend.
fn check(html: &str) {
    for svg in drawings(html) {
        let paper = svg.view_box();
        check_shapes(&svg, &paper);
        check_ticks(&svg);
        font_sizes(&svg).into_iter().for_each(|font| check_texts(&svg, &paper, font));
    }
}

fn check_shapes(svg: &Element, paper: &Area) {
    for element in svg.all() {
        let Some(shape) = element.shape() else { continue };
        assert!(shape.is_inside(paper), "{:?} leaves {paper:?} at {shape:?}", element.attributes);
    }
}

fn check_texts(svg: &Element, paper: &Area, font: f64) {
    let mut texts = svg.texts(font);
    texts.sort_by(|a, b| a.area.top.total_cmp(&b.area.top));
    for (i, one) in texts.iter().enumerate() {
        assert!(one.area.is_inside(paper), "{one:?} leaves {paper:?} at a font size of {font}");
        // Those further down begin below this one.
        let beside = texts[i + 1..].iter().take_while(|other| other.area.top < one.area.bottom);
        for other in beside {
            assert!(!one.area.covers(&other.area), "{one:?} covers {other:?} at a font size of {font}");
        }
    }
}

/// Labels of a horizontal axis ascend to the right, those of a vertical one upwards.
fn check_ticks(svg: &Element) {
    for group in svg.with_class("g", "tick") {
        let (axis, sign) = if group.attribute("text-anchor") == Some("end") { ("y", -1.0) } else { ("x", 1.0) };
        let places: Vec<f64> = group.children.iter().map(|text| sign * text.number(axis)).collect();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "ticks at {places:?}");
    }
}
