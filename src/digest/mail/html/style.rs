//! Inline styles, and what Outlook needs beside them.
//!
//! One rule: the inline colours are the light ones; those for a dark screen stand in the head, by the class of the
//! colour.

use super::super::super::colour::{self, ACCENT, BACK, BAD, EDGE, GOOD, MUTED, PANEL, TEXT};

/// Widths of the columns of a figure. Both and the paddings make less than 600, so that they stand side by side in a
/// window of that width.
pub(super) const FIRST: u32 = 276;
pub(super) const SECOND: u32 = 264;
pub(super) const INNER: u32 = FIRST + SECOND;

/// "600 14px/20px" and a colour as the style of a block.
pub(super) fn font(size: &str, colour: colour::Colour) -> String {
    let family = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
    format!("margin:0;font:{size} {family};color:{}", colour.light)
}

pub(super) fn panel() -> String {
    format!("background:{};border:1px solid {};border-radius:10px;padding:0", PANEL.light, EDGE.light)
}

pub(super) fn callout() -> String {
    format!("background:{};border-left:4px solid {};border-radius:10px;padding:14px 20px", PANEL.light, ACCENT.light)
}

/// No font size of its own: a space between the two columns would have a width otherwise.
pub(super) fn row() -> String {
    format!("border-top:1px solid {};padding:12px 20px 14px;font-size:0;text-align:left", EDGE.light)
}

/// Beside the column before it while there is room, below it otherwise; needs no media query.
pub(super) fn column(width: u32) -> String {
    format!("display:inline-block;width:100%;max-width:{width}px;vertical-align:top")
}

pub(super) fn image() -> &'static str {
    "display:block;width:100%;max-width:264px;height:auto;border:0;margin:4px 0 3px"
}

/// Outlook knows no inline blocks: it is given a table.
pub(super) fn first_column() -> String {
    let plain = "role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"";
    format!("<!--[if mso]><table {plain} width=\"{INNER}\"><tr><td width=\"{FIRST}\" valign=\"top\"><![endif]-->")
}

pub(super) fn second_column() -> String {
    format!("<!--[if mso]></td><td width=\"{SECOND}\" valign=\"top\"><![endif]-->")
}

pub(super) const END: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// The colours of a dark screen, for the programs that know of one.
pub(super) fn dark() -> String {
    let ink =
        [TEXT, MUTED, ACCENT, GOOD, BAD].map(|it| format!(".{}{{color:{}!important}}", it.name, it.dark)).concat();
    let (back, panel, edge, accent) = (BACK.dark, PANEL.dark, EDGE.dark, ACCENT.dark);
    format!(
        ":root{{color-scheme:light dark;supported-color-schemes:light dark}}@media(prefers-color-scheme:dark){{{ink}\
         .back{{background:{back}!important}}.panel{{background:{panel}!important}}\
         .edge{{border-color:{edge}!important}}.accent-edge{{border-color:{accent}!important}}}}"
    )
}
