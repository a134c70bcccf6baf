//! What is around every page.

use super::assets;
use super::view::View;
use crate::chart::capitalised;
use crate::project::Project;
use maud::{DOCTYPE, Markup, html};

/// One page.
pub(super) struct Page<'a> {
    pub title: &'a str,
    /// Path of the page in the navigation.
    pub path: &'a str,
    pub view: &'a View,
    pub main: Markup,
}

impl Page<'_> {
    pub(super) fn render(&self, project: &Project) -> Markup {
        let links = navigation(project);
        let query = self.view.query();
        document(
            self.title,
            &html! {
                header class="top" {
                    a class="brand" href="/" { img src="/assets/icon.svg" alt="" width="24" height="24"; "Paceline" }
                    nav aria-label="Main" {
                        @for (path, title) in &links {
                            a href={ (path) (query) } aria-current=[(path == self.path).then_some("page")] { (title) }
                        }
                    }
                    a class="seek" href={ "/find" (query) } aria-keyshortcuts="Control+K" { "Find" }
                }
                main id="main" { (self.main) }
                footer { (self.view.footer()) }
            },
        )
    }
}

/// A page that knows of no project, for errors.
pub(super) fn bare(title: &str, main: &Markup) -> Markup {
    document(
        title,
        &html! {
            header class="top" {
                a class="brand" href="/" { img src="/assets/icon.svg" alt="" width="24" height="24"; "Paceline" }
                nav aria-label="Main" { a href="/" { "Overview" } @for (path, title) in FIXED { a href=(path) { (title) } } }
            }
            main id="main" { (main) }
        },
    )
}

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Paceline" }
                link rel="icon" href="/assets/icon.svg";
                link rel="stylesheet" href={ "/assets/paceline.css?v=" (assets::version()) };
                script type="module" src={ "/assets/paceline.js?v=" (assets::version()) } {}
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                (body)
            }
        }
    }
}

/// The pages that no file describes.
const FIXED: [(&str, &str); 6] = [
    ("/teams", "Teams"),
    ("/golden-paths", "Golden paths"),
    ("/experiments", "Experiments"),
    ("/metrics", "Metrics"),
    ("/sql", "SQL"),
    ("/collectors", "Collectors"),
];

/// Dashboards in their declared order, then the fixed pages.
pub(super) fn navigation(project: &Project) -> Vec<(String, String)> {
    let mut dashboards: Vec<_> = project.dashboards.values().filter(|it| it.position.is_some()).collect();
    dashboards.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
    let short = |title: &str| title.strip_prefix("Engineering ").map_or(title.to_owned(), capitalised);
    let mut links: Vec<(String, String)> =
        dashboards.into_iter().map(|it| (path_of(&it.name), short(&it.title))).collect();
    for (path, title) in FIXED {
        links.push((path.to_owned(), title.to_owned()));
    }
    links
}

/// The overview is the front page.
pub(super) fn path_of(dashboard: &str) -> String {
    if dashboard == "overview" { "/".to_owned() } else { format!("/{dashboard}") }
}

/// The page of a team. Its name may have anything in it: what is not plain is written as bytes.
pub(super) fn team_path(team: &str) -> String {
    let mut path = "/teams/".to_owned();
    for byte in team.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_team_stays_one_part_of_a_path() {
        assert_eq!(team_path("core-2_a"), "/teams/core-2_a");
        assert_eq!(team_path("R&D / Büro?"), "/teams/R%26D%20%2F%20B%C3%BCro%3F");
        assert_eq!(team_path(".."), "/teams/%2E%2E");
    }
}
