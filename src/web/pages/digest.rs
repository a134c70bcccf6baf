//! The digest as a page, which prints on one sheet.

use crate::digest;
use crate::web::as_of::Asked;
use crate::web::digest::{FILE, dashboard, filled};
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use axum::extract::Query;
use maud::{Markup, html};

pub(in crate::web) async fn page(Asked(app): Asked, Query(parameters): Query<Parameters>) -> Result<Markup, PageError> {
    let dashboard = dashboard(&app)?;
    let view = View::new(&app, &parameters, dashboard.weeks).await?;
    let path = format!("/{FILE}");
    let main = html! {
        (view.head(&dashboard.title, &path))
        @if view.has_data() { (digest::page(&filled(&app, &view, dashboard).await?)) }
        @else { p class="empty" { "Nothing is collected yet." } }
    };
    Ok(Page { title: &dashboard.title, path: &path, view: &view, main }.render(app.engine.project()))
}
