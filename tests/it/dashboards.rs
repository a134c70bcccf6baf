//! Pages that are files: what is wrong with them in its place, filters, teams side by side.

use crate::cli::product::Product;
use crate::collect::generated;
use crate::receive::served::Served;

/// A page that must be shown.
fn shown(server: &Served, path: &str) -> String {
    let (status, body) = server.get(path);
    assert_eq!(status, 200, "{path}: {body}");
    // Nothing of a file may run, whatever the page is.
    let own = "<script type=\"module\" src=\"/assets/";
    assert_eq!(body.matches("<script").count(), body.matches(own).count(), "{path}");
    assert!(!body.contains("javascript:") && !body.contains("NaN"), "{path}");
    body
}

fn holds(body: &str, parts: &[&str]) {
    for part in parts {
        assert!(body.contains(part), "{part} is not in {body}");
    }
}

#[test]
fn a_wrong_dashboard_is_shown_with_what_is_wrong_in_its_place() {
    let product = Product::new();
    generated(&product.home().join("app"), 20, 24);
    product.collect("app");
    let body = [
        "```trnd\nmetric = \"commit_cadence\"\n```\n",
        "```trend\nmetric = \"commit_cadence\"\n```\n",
        "It is {{commit_cadense}} and {{commit_cadence.n}}. <script>alert(1)</script> [x](javascript:alert(1))\n",
        "```sql\n-- caption: <script>alert(2)</script>\nSELECT '<script>alert(3)</script>' AS who, 1.5 AS hours\n```\n",
        "```sql\nSELECT authord_at\nFROM commits\n```\n",
        "```bars\nmetric = \"commit_cadence\"\nby = \"siez\"\n```\n",
    ];
    let front = "+++\ntitle = \"<script>alert(0)</script>\"\n+++\n";
    product.write("dashboards/own.md", &format!("{front}{}", body.join("\n")));
    product.write("dashboards/flow.md", "+++\ntitel = \"Flow\"\n+++\n");
    let server = Served::start(&product);
    let page = shown(&server, "/own");
    let place =
        |line: usize, column: usize| format!("role=\"alert\"><strong>dashboards/own.md:{line}:{column}</strong>");
    let order = [
        "&lt;script&gt;alert(0)".to_owned(),
        place(4, 1),
        "Did you mean <code>trend</code>?".to_owned(),
        "data-hover=\"x\"".to_owned(),
        "role=\"alert\">dashboards/own.md:12:7: unknown metric commit_cadense; did you mean commit_cadence?".to_owned(),
        "&lt;script&gt;alert(1)".to_owned(),
        "&lt;script&gt;alert(2)".to_owned(),
        "&lt;script&gt;alert(3)".to_owned(),
        "<td class=\"num\">1.5</td>".to_owned(),
        place(20, 8),
        place(26, 6),
    ];
    let mut from = 0;
    for part in order {
        let at = page[from..].find(&part).unwrap_or_else(|| panic!("{part} is not there, or not in its place: {page}"));
        from += at;
    }
    let broken = shown(&server, "/flow");
    holds(&broken, &["<h1>flow</h1>", "dashboards/flow.md:2:1", "unknown key titel", "<code>title</code>"]);
    assert!(!broken.contains("<figure"));
    assert_eq!(product.run(["check"]).code, Some(1));
}

#[test]
fn an_organisation_is_compared_filtered_and_shown_by_team() {
    let product = Product::new();
    product.run(["simulate", "--out", "acme", "--teams", "6", "--weeks", "30", "--until", "2026-02-02"]).succeeded();
    product.collect("acme");
    let front = "+++\ntitle = \"Own\"\nfilters = [\"team\", \"size\"]\n+++\n";
    let marks = "```metrics\nmetrics = [\"pr_cycle_time\", \"support_tickets\"]\n```\n";
    product.write("dashboards/own.md", &format!("{front}{marks}"));
    let server = Served::start(&product);
    let teams =
        product.rows("SELECT team FROM teams WHERE team NOT IN (SELECT coalesce(parent, '') FROM teams) ORDER BY 1");
    let team = teams[0][0].as_str();

    // The numbers are those of the command line, to the last digit that is shown.
    let table = product.table(&["metric", "show", "pr_cycle_time", "--weeks", "26", "--team", team]);
    let value: f64 = table
        .iter()
        .find(|row| row.contains(&"all".to_owned()))
        .unwrap()
        .iter()
        .find_map(|it| it.parse().ok())
        .unwrap();
    let value = format!("{value:.1}\u{a0}h");
    let compared = shown(&server, "/compare");
    holds(
        &compared,
        &["<th scope=\"col\" class=\"num\">A year ago</th>", "<th scope=\"row\">", "Teams side by side", &value],
    );
    let page = shown(&server, &format!("/teams/{team}"));
    holds(&page, &[&value, "<dt>Members</dt>", "Where the time goes", "aria-current=\"page\""]);
    let tree = shown(&server, "/teams");
    holds(&tree, &[&value, &format!("href=\"/teams/{team}\"")]);
    assert_eq!(server.get("/teams/nobody").0, 404);

    // A filter narrows what has the dimension; what has not says so.
    let narrowed = shown(&server, "/own?size=XS");
    holds(&narrowed, &["<option value=\"XS\" selected>XS</option>", ", all sizes", ", size XS"]);
    assert_ne!(narrowed.split("class=\"value\">").nth(1), shown(&server, "/own").split("class=\"value\">").nth(1));
    holds(&narrowed, &["/metrics/pr_cycle_time?weeks=26&amp;size=XS"]);
    holds(&shown(&server, "/own?size=XXXL"), &["role=\"alert\"><p>there is no size XXXL: all sizes</p>"]);

    // Another period, and one that there is not.
    let days = shown(&server, "/?from=2025-11-01&to=2025-12-31");
    holds(&days, &["1 Nov to 31 Dec 2025, compared with the 9 weeks before", "value=\"2025-11-01\""]);
    let wrong = shown(&server, "/?from=2025-11-31");
    holds(
        &wrong,
        &["\"2025-11-31\" is no day such as 2026-08-31: the last 26 weeks are shown instead"
            .replace('"', "&quot;")
            .as_str()],
    );
}
