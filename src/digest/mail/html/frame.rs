//! What is around the figures of a mail: the document, its head and its foot.
//!
//! One rule: one column of at most 600 pixels, which Outlook is told by a table and everybody else by a style.

use super::super::super::colour::{ACCENT, BACK, MUTED, PANEL, TEXT};
use super::super::super::{Digest, words};
use super::style::{self, font};
use super::{gap, linked};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Characters that are shown of a mail in a list, beside its subject.
const PREHEADER: usize = 140;
const HIDDEN: &str = "display:none;max-height:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;mso-hide:all";
const OUTLOOK: &str = "<!--[if mso]><table role=\"presentation\" width=\"600\"><tr><td><![endif]-->";

pub(super) fn document(digest: &Digest, rows: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (digest.subject()) }
                style { (PreEscaped(style::dark())) }
            }
            body class=(BACK.name) style={ "margin:0;padding:0;background:" (BACK.light) } {
                div style=(HIDDEN) { (words::line(&digest.changed, PREHEADER)) }
                div role="article" aria-roledescription="email" aria-label=(digest.title) { (column(rows)) }
            }
        }
    }
}

fn column(rows: &Markup) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" {
            tr { td align="center" style="padding:16px 8px" {
                (PreEscaped(OUTLOOK))
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px" {
                    (rows)
                }
                (PreEscaped(style::END))
            } }
        }
    }
}

/// Title, scope, period and what changed.
pub(super) fn head(digest: &Digest) -> Markup {
    html! {
        tr { td style="padding:4px 21px 16px" {
            h1 class=(TEXT.name) style=(font("700 22px/28px", TEXT)) { (digest.title) }
            p class=(TEXT.name) style=(font("600 15px/22px", TEXT)) { (digest.scope) }
            p class=(MUTED.name) style=(font("14px/21px", MUTED)) { (digest.period_words()) }
        } }
        @if !digest.changed.is_empty() {
            tr { td class={ (PANEL.name) " " (ACCENT.name) "-edge" } style=(style::callout()) {
                p class=(TEXT.name) style=(font("15px/23px", TEXT)) { strong { "What changed. " } (digest.changed) }
            } }
            (gap())
        }
    }
}

/// The way to the server and what made the digest.
pub(super) fn foot(digest: &Digest) -> Markup {
    let address = digest.address(digest.path.as_ref());
    html! {
        tr { td style="padding:2px 21px 20px" {
            @if address.is_some() {
                p class=(MUTED.name) style=(font("14px/24px", MUTED)) { (linked(address, "Open the digest")) }
            }
            p class=(MUTED.name) style=(font("12px/18px", MUTED)) { (digest.produced) }
        } }
    }
}
