//! The numbers within the prose of a dashboard.

use super::figures::figures;
use crate::chart::number;
use crate::project::{Live, Prose, Shown};
use crate::web::App;
use crate::web::broken::broken_words;
use crate::web::view::View;
use maud::{Markup, html};

/// What stands in the place of each live value, in order; a number that is not known is words.
pub(in crate::web) async fn live_values(app: &App, view: &View, prose: &Prose) -> Vec<Markup> {
    let mut values = Vec::new();
    for live in &prose.live {
        values.push(match live {
            Ok(live) => value(app, view, live).await,
            Err(diagnostic) => broken_words(diagnostic),
        });
    }
    values
}

async fn value(app: &App, view: &View, live: &Live) -> Markup {
    let figures = match figures(app, view, &live.metric.metric).await {
        Ok(figures) => figures,
        Err(error) => return broken_words(&live.metric.place.diagnostic(error.to_string(), None)),
    };
    let Some(value) = figures.summary.estimate.value else { return html! { (figures.missing()) } };
    match live.shown {
        Shown::Value => html! { (figures.unit().value(value)) },
        Shown::Change => figures.change(),
        Shown::N => html! { (number::count(figures.summary.estimate.n)) },
    }
}
