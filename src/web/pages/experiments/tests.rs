//! What a reader of an experiment's page can rely on.

use super::archive::{Filter, render_archive};
use super::samples::{self, extra, listed, report};
use super::show::{render_draft, render_report};
use crate::trial::{Report, Status};

fn page(report: &Report) -> String {
    render_report(report, &extra(report)).into_string()
}

/// Words without markup.
fn words(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn archive(filter: Filter) -> String {
    let reports: Vec<Report> = samples::NAMES.iter().map(|name| report(name)).collect();
    render_archive(&listed(&reports), filter, false, "?source=acme", &[]).into_string()
}

/// The page as it was when it was last looked at, a tag a line. `PACELINE_UPDATE=1` writes it anew.
#[test]
fn pages_keep_their_bytes() {
    for name in samples::NAMES {
        let html = page(&report(name)).replace("><", ">\n<") + "\n";
        let path = format!("{}/tests/fixtures/experiments/{name}.html", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("PACELINE_UPDATE").is_some() {
            std::fs::write(&path, &html).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        let differs = html.lines().zip(kept.lines()).position(|(new, old)| new != old);
        assert!(
            html == kept,
            "{path}: line {:?} differs; look at the page, then run with PACELINE_UPDATE=1",
            differs.map(|it| it + 1)
        );
    }
}

#[test]
fn pages_are_well_formed_and_quiet() {
    for name in samples::NAMES {
        let html = page(&report(name));
        for forbidden in ["NaN", "inf%", " style=", "<script", " onclick"] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}");
        for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.contains(&link), "{name}: #{link} leads nowhere");
        }
    }
}

#[test]
fn health_stands_before_the_first_result() {
    let html = page(&report("randomised"));
    assert!(html.find("id=\"health\"").unwrap() < html.find("id=\"results\"").unwrap());
    for status in [Status::Ok, Status::Warning, Status::Unknown] {
        assert!(words(&html).contains(&format!("{} {}", status.sign(), status.words())), "{status:?}");
    }
}

#[test]
fn without_a_lottery_no_number_is_an_effect() {
    let observational = report("observational");
    assert!(!words(&page(&observational)).to_lowercase().contains("effect of"));
    let headings = page(&observational);
    assert!(!headings.contains(">Effect") && headings.contains("Difference (observational: staggered"), "{headings}");
    assert!(words(&page(&report("randomised"))).contains("Effect of assistant against control"));
}

#[test]
fn an_invalid_experiment_is_neither_better_nor_worse() {
    let html = page(&report("invalid"));
    assert!(html.contains("Not valid") && html.contains("✗ </span>The experiment is not valid"));
    for judged in [
        "interval good",
        "interval bad",
        "badge good\"><span aria-hidden=\"true\">▲",
        "badge bad\"><span aria-hidden=\"true\">▼",
    ] {
        assert!(!html.contains(judged), "{judged}");
    }
    let row = archive(Filter::All);
    let row = row.split("<tr>").find(|row| row.contains("second try")).unwrap();
    assert!(words(row).contains("Invalid – randomised"), "{row}");
}

#[test]
fn before_the_end_no_number_is_shown() {
    let text = words(&page(&report("running")));
    assert!(text.contains("Keep running") && text.contains("No number is shown before the end"), "{text}");
    assert!(!text.contains("by variant"), "nor how values spread");
}

#[test]
fn a_metric_without_a_number_says_why() {
    let text = words(&page(&report("randomised")));
    assert!(text.contains("a comparison needs at least 2 in each arm") && text.contains("? Not tested"), "{text}");
}

#[test]
fn what_users_wrote_is_text() {
    let mut hostile = report("randomised");
    for words in [
        &mut hostile.about.title,
        &mut hostile.about.hypothesis,
        &mut hostile.results[0].title,
        &mut hostile.health[0].words,
    ] {
        *words = "<img src=x onerror=alert(1)>".to_owned();
    }
    let html = page(&hostile) + &render_draft(&hostile.about, &extra(&hostile)).into_string();
    assert!(!html.contains("<img") && html.contains("&lt;img"));
}

#[test]
fn the_archive_is_narrowed_by_state() {
    let titles = |state: &str| {
        let html = archive(Filter::named(Some(state)));
        let links = html.split("<a href=\"/experiments/").skip(1).filter_map(|it| it.split(['?', '"']).next());
        links.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(titles("running"), ["merge_queue"]);
    assert_eq!(titles("observational"), ["build_cache"]);
    assert_eq!(titles("draft"), ["pairing"]);
    assert_eq!(titles("").len(), 5);
    assert!(archive(Filter::named(Some("assigned"))).contains("No experiment is assigned."));
}
