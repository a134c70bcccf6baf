//! Markdown of a dashboard as HTML.
//!
//! One rule: nothing that a file says runs. HTML is shown as the text it is, a link leads to a page and nowhere else, an image
//! comes from here.

use crate::project::{Piece, pieces};
use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, Tag, TagEnd};

/// Renders a text; `live` has what stands in the place of each live value, in order.
pub(super) fn prose(text: &str, live: &[Markup]) -> Markup {
    let mut events = Vec::new();
    let mut live = live.iter();
    let mut open: Vec<bool> = Vec::new();
    for (piece, _) in pieces(text) {
        let event = match piece {
            Piece::Live(inside) => match live.next() {
                Some(value) => Event::InlineHtml(value.0.clone().into()),
                None => Event::Text(format!("{{{{{inside}}}}}").into()),
            },
            Piece::Event(Event::Html(html) | Event::InlineHtml(html)) => Event::Text(html),
            Piece::Event(event) => event,
        };
        // Without its link or image, what it says remains.
        let is_kept = match &event {
            Event::Start(Tag::Link { dest_url, .. }) => opened(&mut open, is_page(dest_url)),
            Event::Start(Tag::Image { dest_url, .. }) => opened(&mut open, is_from_here(dest_url)),
            Event::End(TagEnd::Link | TagEnd::Image) => open.pop().unwrap_or(true),
            _ => true,
        };
        if is_kept {
            events.push(event);
        }
    }
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    PreEscaped(html)
}

fn opened(open: &mut Vec<bool>, is_kept: bool) -> bool {
    open.push(is_kept);
    is_kept
}

/// Whether an address is one of a page or of mail: a browser runs `javascript:` and shows `data:` as a page.
fn is_page(address: &str) -> bool {
    let is_plain = !address.chars().any(char::is_control);
    is_plain && scheme(address).is_none_or(|scheme| ["http", "https", "mailto"].contains(&scheme.as_str()))
}

/// Whether an address is one of this server. A browser takes a backslash for a slash, and two of them begin another host.
fn is_from_here(address: &str) -> bool {
    is_page(address) && scheme(address).is_none() && !address.contains('\\') && !address.trim().starts_with("//")
}

/// What stands before the colon of an address that has one.
fn scheme(address: &str) -> Option<String> {
    let end = address.find([':', '/', '?', '#'])?;
    address[end..].starts_with(':').then(|| address[..end].trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use maud::html;

    fn drawn(text: &str) -> String {
        prose(text, &[]).into_string()
    }

    #[test]
    fn html_is_shown_as_the_text_it_is() {
        assert_eq!(
            drawn("Now <b onclick=\"x\">bold</b>.\n\n<script>alert(1)</script>\n"),
            "<p>Now &lt;b onclick=\"x\"&gt;bold&lt;/b&gt;.</p>\n&lt;script&gt;alert(1)&lt;/script&gt;\n"
        );
    }

    #[test]
    fn a_link_leads_to_a_page_or_is_its_words() {
        for address in ["/experiments", "https://example.com/a:b", "#top", "own.md", "mailto:ann@example.com", "?a=b:c"]
        {
            assert_eq!(drawn(&format!("[here]({address})")), format!("<p><a href=\"{address}\">here</a></p>\n"));
        }
        for address in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "<java\tscript:alert(1)>",
            "&#106;avascript:alert(1)",
            "java&#10;script:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
        ] {
            let html = drawn(&format!("[here]({address})"));
            assert!(!html.contains("<a") && html.contains("here"), "{address}: {html}");
        }
        let html = drawn("<javascript:alert(1)>");
        assert!(!html.contains("<a"), "{html}");
    }

    #[test]
    fn an_image_comes_from_here_or_is_its_words() {
        assert!(drawn("![Icon](/assets/icon.svg)").contains("<img src=\"/assets/icon.svg\" alt=\"Icon\""));
        for address in
            ["https://example.com/a.png", "//example.com/a.png", "/\\example.com/a.png", "data:image/png;base64,AA"]
        {
            assert_eq!(drawn(&format!("![Icon]({address})")), "<p>Icon</p>\n", "{address}");
        }
        assert_eq!(drawn("[![Icon](//a/b)](/metrics)"), "<p><a href=\"/metrics\">Icon</a></p>\n");
    }

    #[test]
    fn live_values_stand_in_their_places() {
        let live = [html! { "23.4 h" }, html! { span class="delta good" { "better" } }];
        assert_eq!(
            prose("It takes **{{pr_cycle_time}}**, {{pr_cycle_time.change}}. `{{not}}`\n", &live).into_string(),
            "<p>It takes <strong>23.4 h</strong>, <span class=\"delta good\">better</span>. <code>{{not}}</code></p>\n"
        );
        assert_eq!(drawn("{{a}} {{"), "<p>{{a}} {{</p>\n");
    }
}
