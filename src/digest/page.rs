//! The digest as a page of the server that is meant for paper.
//!
//! One rule: it is what the style sheet makes of a table, so that it looks like the other pages; what it adds for paper
//! stands in `paceline.css`.

use super::words::{harmless, own_path};
use super::{Digest, Experiment, Figure, Group, picture::Picture};
use maud::{Markup, html};

/// What stands below the head of the page, which says of whom and when. Links are paths, for it is read on the server itself.
pub fn page(digest: &Digest) -> Markup {
    let digest = &harmless(digest);
    html! {
        @if !digest.changed.is_empty() { p class="callout" { strong { "What changed. " } (digest.changed) } }
        @if !digest.groups.is_empty() { (figures(&digest.groups)) }
        @if !digest.experiments.is_empty() { (experiments(&digest.experiments)) }
        @if !digest.notes.is_empty() {
            section class="panel digest" {
                h2 { "About the data" }
                ul { @for note in &digest.notes { li { (note) } } }
            }
        }
    }
}

/// One table for all groups, so that numbers stand below each other.
fn figures(groups: &[Group]) -> Markup {
    html! {
        section class="panel digest" {
            div class="scroll" tabindex="0" role="region" aria-label="Figures" {
                table {
                    thead { tr {
                        th scope="col" { "Figure" }
                        th scope="col" class="num" { "Value" }
                        th scope="col" { "Change" }
                        th scope="col" { "Over time" }
                    } }
                    @for group in groups { tbody {
                        @if !group.title.is_empty() { tr { th class="group" scope="rowgroup" colspan="4" { (group.title) } } }
                        @for figure in &group.figures { (row(figure)) }
                    } }
                }
            }
        }
    }
}

fn row(figure: &Figure) -> Markup {
    let (certainty, target) = (figure.certainty(), figure.target_words());
    html! {
        tr {
            th scope="row" {
                (linked(figure.path.as_deref(), &figure.title))
                @if !figure.caption.is_empty() { small { (figure.caption) } }
            }
            td class="num" {
                @if figure.value.is_some() { strong { (figure.number()) } } @else { span class="empty" { (figure.number()) } }
                @for words in [certainty, target] { @if !words.is_empty() { small { (words) } } }
            }
            td class="words" { @if let Some(change) = &figure.change {
                (change.tone.delta_with(&change.word, ""))
                @if !change.size.is_empty() { small { (change.size) } }
            } }
            td class="words" {
                @match Picture::of(figure) {
                    Some(picture) => { (picture.markup(&figure.picture_words())) small { (figure.series_words()) } },
                    None => span class="empty" { "too few values" },
                }
            }
        }
    }
}

fn experiments(experiments: &[Experiment]) -> Markup {
    html! {
        section class="panel digest" {
            h2 { "Experiments" }
            @for it in experiments {
                h3 { (linked(it.path.as_deref(), &it.title)) " " (it.tone.badge(&it.status)) }
                p { (it.sentence) }
            }
        }
    }
}

fn linked(path: Option<&str>, words: &str) -> Markup {
    html! {
        @match path.and_then(own_path) {
            Some(path) => a href=(path) { bdi { (words) } },
            None => bdi { (words) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::tests::{hard, sample};

    #[test]
    fn a_page_has_every_figure_in_classes_of_the_style_sheet() {
        let html = page(&sample()).into_string();
        for expected in
            ["23.4\u{a0}h", "class=\"delta good\"", "class=\"picture\"", "no support source yet", "scope=\"rowgroup\""]
        {
            assert!(html.contains(expected), "{expected} in {html}");
        }
        assert!(!html.contains("<h1>"), "the head is the server's: {html}");
        assert!(html.contains("href=\"/metrics/pr_cycle_time?team=checkout\""), "{html}");
        let figures: usize = sample().groups.iter().map(|group| group.figures.len()).sum();
        assert_eq!(html.matches("<tr><th scope=\"row\">").count(), figures);
    }

    #[test]
    fn a_page_obeys_the_content_security_policy_whatever_names_contain() {
        for html in [page(&sample()), page(&hard(3)), page(&Digest::default())].map(|it| it.into_string()) {
            for forbidden in [" style=", "<style", "<script", "<img", "<b>", "javascript:", "NaN", "inf "] {
                assert!(!html.contains(forbidden), "{forbidden} in {html}");
            }
        }
    }
}
