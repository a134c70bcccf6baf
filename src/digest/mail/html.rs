//! The HTML of a mail, for programs that know tables and inline styles only.
//!
//! One rule: it stays under the size at which Gmail cuts a mail off; what has no place is counted and said, never cut
//! in the middle.

mod frame;
mod style;

use super::super::colour::{self, ACCENT, EDGE, MUTED, PANEL, TEXT};
use super::super::{Digest, Experiment, Figure, picture};
use base64::Engine;
use maud::{Markup, PreEscaped, html};
use style::{FIRST, SECOND, font};

/// Bytes for figures, experiments and notes; the rest of a mail takes at most 16 kB. Gmail cuts at 102 kB.
const FIGURES: usize = 62_000;
const EXPERIMENTS: usize = 14_000;
const NOTES: usize = 8_000;

/// Where a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Another part of the same mail.
    Attached,
    /// In the address of the image itself, which browsers show and most mail programs do not.
    Inside,
}

pub(super) struct Html {
    pub(super) html: String,
    /// What is attached, in order.
    pub(super) pictures: Vec<Picture>,
}

pub(super) struct Picture {
    pub(super) id: String,
    pub(super) png: Vec<u8>,
}

/// The whole document for a digest that was made harmless.
pub(super) fn html(digest: &Digest, place: Place) -> Result<Html, picture::Error> {
    let (groups, pictures) = groups(digest, place)?;
    let experiments = fitting(digest.experiments.iter().map(|it| experiment(digest, it)), EXPERIMENTS);
    let notes = fitting(digest.notes.iter().map(|it| note(it)), NOTES);
    let body = html! {
        (frame::head(digest))
        (groups)
        (section("Experiments", &experiments.0, experiments.1, "experiments", digest))
        (section("About the data", &notes.0, notes.1, "notes", digest))
        (frame::foot(digest))
    };
    Ok(Html { html: frame::document(digest, &body).into_string(), pictures })
}

/// One panel a group. A group of which nothing has a place is left out; how many figures that are stands below the
/// last.
fn groups(digest: &Digest, place: Place) -> Result<(Markup, Vec<Picture>), picture::Error> {
    let (mut panels, mut pictures) = (Vec::new(), Vec::new());
    let (mut bytes, mut left_out) = (0, 0);
    for group in &digest.groups {
        let mut rows = Vec::new();
        for figure in &group.figures {
            let drawing = picture::Picture::of(figure);
            let id = format!("figure-{}@paceline", pictures.len() + 1);
            let row = figure_row(digest, figure, drawing.is_some().then(|| format!("cid:{id}")));
            bytes += row.0.len();
            if bytes > FIGURES {
                left_out += 1;
                continue;
            }
            let png = drawing.map(|drawing| drawing.png(&figure.title)).transpose()?;
            match (place, &png) {
                (Place::Inside, Some(png)) => rows.push(figure_row(digest, figure, Some(data(png)))),
                _ => rows.push(row),
            }
            pictures.extend(png.map(|png| Picture { id, png }));
        }
        if !rows.is_empty() {
            panels.push((group.title.as_str(), rows));
        }
    }
    let last = panels.len().saturating_sub(1);
    let markup = html! { @for (i, (title, rows)) in panels.iter().enumerate() {
        (section(title, rows, if i == last { left_out } else { 0 }, "figures", digest))
    } };
    Ok((markup, pictures))
}

fn data(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png))
}

/// The first blocks that fit, and how many do not.
fn fitting(blocks: impl Iterator<Item = Markup>, most: usize) -> (Vec<Markup>, usize) {
    let (mut kept, mut bytes, mut left_out) = (Vec::new(), 0, 0);
    for block in blocks {
        bytes += block.0.len();
        if bytes > most {
            left_out += 1;
        } else {
            kept.push(block);
        }
    }
    (kept, left_out)
}

fn section(title: &str, rows: &[Markup], left_out: usize, what: &str, digest: &Digest) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! {
        tr { td class={ (PANEL.name) " " (EDGE.name) } style=(style::panel()) {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
                @if !title.is_empty() { tr { td style="padding:14px 20px 10px" {
                    h2 class=(MUTED.name) style={ (font("700 12px/18px", MUTED)) ";letter-spacing:.06em;text-transform:uppercase" } {
                        (title)
                    }
                } } }
                @for row in rows { tr { td class=(EDGE.name) style=(style::row()) { (row) } } }
                @if left_out > 0 { tr { td class=(EDGE.name) style=(style::row()) {
                    p class=(MUTED.name) style=(font("14px/21px", MUTED)) {
                        (left_out) " more " (what) ": see the "
                        (linked(digest.address(digest.path.as_ref()), "whole digest")) "."
                    }
                } } }
            }
        } }
        (gap())
    }
}

/// Number and words at the left, the picture at the right; on a narrow screen below it.
fn figure_row(digest: &Digest, figure: &Figure, picture: Option<String>) -> Markup {
    html! {
        (PreEscaped(style::first_column()))
        div style=(style::column(FIRST)) { (figure_words(digest, figure)) }
        (PreEscaped(style::second_column()))
        div style=(style::column(SECOND)) {
            @match picture {
                Some(address) => {
                    img src=(address) width=(picture::WIDTH) height=(picture::HEIGHT) alt=(figure.picture_words()) style=(style::image());
                    p class=(MUTED.name) style=(font("12px/18px", MUTED)) { (figure.series_words()) }
                },
                None => p class=(MUTED.name) style={ (font("13px/19px", MUTED)) ";padding-top:4px" } { "Too few values for a picture." },
            }
        }
        (PreEscaped(style::END))
    }
}

fn figure_words(digest: &Digest, figure: &Figure) -> Markup {
    let change = figure.change.as_ref().map(|change| colour::of(change.tone));
    let small = font("13px/19px", MUTED);
    let value = if figure.value.is_some() { font("700 22px/30px", TEXT) } else { font("14px/30px", MUTED) };
    let value_class = if figure.value.is_some() { TEXT.name } else { MUTED.name };
    html! {
        h3 class=(TEXT.name) style=(font("600 14px/20px", TEXT)) {
            (linked(digest.address(figure.path.as_ref()), &figure.title))
        }
        p class=(value_class) style=(value) { (figure.number()) }
        @if let Some(colour) = change {
            p class=(colour.name) style=(font("600 13px/19px", colour)) { (figure.change_words()) }
        }
        @for words in [figure.certainty(), figure.target_words(), figure.caption.clone()] {
            @if !words.is_empty() { p class=(MUTED.name) style=(small) { (words) } }
        }
    }
}

fn experiment(digest: &Digest, experiment: &Experiment) -> Markup {
    let colour = colour::of(experiment.tone);
    html! {
        h3 class=(TEXT.name) style=(font("600 14px/20px", TEXT)) {
            (linked(digest.address(experiment.path.as_ref()), &experiment.title))
        }
        p class=(colour.name) style=(font("600 13px/19px", colour)) { (experiment.tone.sign()) " " (experiment.status) }
        @if !experiment.sentence.is_empty() {
            p class=(TEXT.name) style=(font("14px/21px", TEXT)) { (experiment.sentence) }
        }
    }
}

fn note(note: &str) -> Markup {
    html! { p class=(TEXT.name) style=(font("14px/21px", TEXT)) { (note) } }
}

fn linked(address: Option<String>, words: &str) -> Markup {
    html! {
        @match address {
            Some(address) => a class=(ACCENT.name) href=(address) style={ "color:" (ACCENT.light) } { (words) },
            None => (words),
        }
    }
}

fn gap() -> Markup {
    html! { tr { td height="14" style="font-size:0;line-height:14px;height:14px" { (PreEscaped("&nbsp;")) } } }
}
