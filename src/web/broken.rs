//! What is wrong with a part of a page, in its place.

use crate::project::Diagnostic;
use maud::{Markup, html};

/// A box with place, what is wrong and what to do.
pub(super) fn broken(diagnostic: &Diagnostic) -> Markup {
    html! {
        div class="error" role="alert" {
            strong { (place(diagnostic)) }
            p { (diagnostic.message) @if let Some(meant) = &diagnostic.suggestion { ". Did you mean " code { (meant) } "?" } }
        }
    }
}

/// The same within a sentence.
pub(super) fn broken_words(diagnostic: &Diagnostic) -> Markup {
    html! { span class="error" role="alert" { (diagnostic) } }
}

fn place(diagnostic: &Diagnostic) -> String {
    format!("{}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_place_and_remedy_and_runs_nothing() {
        let diagnostic = Diagnostic {
            file: "dashboards/own.md".to_owned(),
            line: 7,
            column: 10,
            message: "unknown metric <script>".to_owned(),
            suggestion: Some("pr_cycle_time".to_owned()),
        };
        let html = broken(&diagnostic).into_string();
        assert!(
            html.starts_with("<div class=\"error\" role=\"alert\"><strong>dashboards/own.md:7:10</strong>"),
            "{html}"
        );
        assert!(html.contains("unknown metric &lt;script&gt;. Did you mean <code>pr_cycle_time</code>?"), "{html}");
        let words = broken_words(&diagnostic).into_string();
        assert!(words.contains("dashboards/own.md:7:10: unknown metric &lt;script&gt;; did you mean pr_cycle_time?"));
    }
}
