//! The pages as files that open without a server.
//!
//! One rule: a file is the page that the server sends, with its links turned to the other files. What needs an answer is left out: the
//! forms, and the links to pages that ask.

use super::assets;
use crate::project::Project;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use std::collections::BTreeMap;
use tower::ServiceExt;

/// A page that could not become a file.
#[derive(Debug, thiserror::Error)]
#[error("page {path}: {problem}")]
pub struct SiteError {
    pub path: String,
    pub problem: String,
}

/// The addresses that become files, with the names of the files: dashboards, metrics, experiments with their reports.
pub fn pages(project: &Project) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::from([
        ("/".to_owned(), "index.html".to_owned()),
        ("/experiments".to_owned(), "experiments.html".to_owned()),
        ("/golden-paths".to_owned(), "golden-paths.html".to_owned()),
        ("/metrics".to_owned(), "metrics.html".to_owned()),
        ("/teams".to_owned(), "teams.html".to_owned()),
    ]);
    // One of them is of one team, and is no page by itself.
    for name in project.dashboards.keys().filter(|name| !["overview", "team"].contains(&name.as_str())) {
        pages.insert(format!("/{name}"), format!("{name}.html"));
    }
    for name in project.metrics.keys() {
        pages.insert(format!("/metrics/{name}"), format!("metrics/{name}.html"));
    }
    for name in project.experiments.keys().chain(project.rollouts.keys()) {
        pages.insert(format!("/experiments/{name}"), format!("experiments/{name}.html"));
    }
    pages
}

/// Style sheet, script and icon, with the names of their files.
pub fn files() -> impl Iterator<Item = (String, &'static str)> {
    assets::FILES.iter().map(|(name, _, text)| (format!("assets/{name}"), *text))
}

/// One page as a file. `query` narrows every page, such as `?source=acme`; `pages` are those of [`pages`].
///
/// # Errors
/// [`SiteError`] with what the page says where it is not answered.
pub async fn page(
    router: &Router,
    path: &str,
    query: &str,
    pages: &BTreeMap<String, String>,
) -> Result<String, SiteError> {
    let failed = |problem: String| SiteError { path: path.to_owned(), problem };
    let request =
        Request::get(format!("{path}{query}")).body(Body::empty()).map_err(|error| failed(error.to_string()))?;
    // A router never fails by itself.
    let response = match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status();
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    let body = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| failed(error.to_string()))?;
    let html = String::from_utf8(body.to_vec()).map_err(|error| failed(error.to_string()))?;
    if status != StatusCode::OK || !is_page {
        return Err(failed(format!("it was answered {status}")));
    }
    Ok(standing_alone(&html, path, pages))
}

/// The page with links to files. The HTML is ours: attributes stand in double quotes.
fn standing_alone(html: &str, path: &str, pages: &BTreeMap<String, String>) -> String {
    let up = "../".repeat(path.matches('/').count() - 1);
    let html = without(&without(html, "<form", "</form>"), "<a class=\"seek\"", "</a>");
    // A browser runs no module of a file.
    let html = html.replace("<script type=\"module\" src=", "<script defer src=");
    let mut text = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while let Some((at, name)) = next_link(rest) {
        text.push_str(&rest[..at]);
        let value = &rest[at + name.len()..];
        let end = value.find('"').unwrap_or(value.len());
        match target(&value[..end], pages) {
            Some(target) => text.push_str(&format!("{name}{up}{target}\"")),
            // A link without an address is a text.
            None => text.truncate(text.trim_end().len()),
        }
        rest = value.get(end + 1..).unwrap_or_default();
    }
    text + rest
}

/// The next attribute that names an address of the server.
fn next_link(html: &str) -> Option<(usize, &'static str)> {
    let found = [" href=\"", " src=\""].into_iter().filter_map(|name| {
        let mut all = html.match_indices(name).map(|(at, _)| at);
        Some((all.find(|at| html[at + name.len()..].starts_with('/'))?, name))
    });
    found.min()
}

/// The file of an address, with its part of the page.
fn target(address: &str, pages: &BTreeMap<String, String>) -> Option<String> {
    let (address, part) =
        address.split_once('#').map_or((address, String::new()), |(it, part)| (it, format!("#{part}")));
    let path = address.split('?').next().unwrap_or_default();
    match path.strip_prefix("/assets/") {
        Some(name) => Some(format!("assets/{name}")),
        None => pages.get(path).map(|file| format!("{file}{part}")),
    }
}

/// The text without everything from a beginning to the end after it.
fn without(text: &str, begin: &str, end: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(begin) {
        kept.push_str(before);
        rest = inside.split_once(end).map_or("", |(_, after)| after);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(html: &str, path: &str) -> String {
        let pages = [("/", "index.html"), ("/metrics/age", "metrics/age.html")];
        standing_alone(html, path, &pages.map(|(path, file)| (path.to_owned(), file.to_owned())).into())
    }

    #[test]
    fn links_lead_to_files() {
        let html = "<a href=\"/metrics/age?weeks=26#trend\">Age</a><img src=\"/assets/icon.svg\" alt=\"\">";
        assert_eq!(
            alone(html, "/"),
            "<a href=\"metrics/age.html#trend\">Age</a><img src=\"assets/icon.svg\" alt=\"\">"
        );
        assert_eq!(alone("<a href=\"/?source=acme\">", "/metrics/age"), "<a href=\"../index.html\">");
    }

    #[test]
    fn what_asks_the_server_is_a_text() {
        assert_eq!(alone("<a class=\"x\" href=\"/sql?sql=SELECT\">run</a>", "/"), "<a class=\"x\">run</a>");
        assert_eq!(alone("<p><form action=\"/\"><input></form></p>", "/"), "<p></p>");
    }

    #[test]
    fn links_out_and_within_stay() {
        let html = "<a href=\"#main\">Skip</a><a href=\"https://example.com/1\">1</a>";
        assert_eq!(alone(html, "/"), html);
    }

    #[test]
    fn the_script_is_no_module() {
        assert_eq!(
            alone("<script type=\"module\" src=\"/assets/paceline.js?v=1\"></script>", "/metrics/age"),
            "<script defer src=\"../assets/paceline.js\"></script>"
        );
    }
}
