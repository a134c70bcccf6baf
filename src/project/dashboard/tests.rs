//! A dashboard from its text, with what is wrong in its place.

use super::{Block, Dashboard, Mark, Shown, parse};
use crate::project::files::Content;
use crate::project::{Project, metric};
use std::collections::BTreeMap;

const FRONT: &str = "+++\ntitle = \"Own\"\n+++\n";

/// A dashboard with that text after its front matter, over two metrics.
fn page(body: &str) -> Dashboard {
    file(&format!("{FRONT}{body}"))
}

fn file(text: &str) -> Dashboard {
    let content = |file: &str, text: String| Content { file: file.to_owned(), text, embedded: false };
    let metric = |name: &str, dimensions: &str| {
        let header = "title = \"A\"\nabout = \"A.\"\nunit = \"hours\"\nstatistic = \"median\"\nbetter = \"lower\"";
        let text = format!("/*\n{header}\ndimensions = [{dimensions}]\n*/\nSELECT 1\n");
        (name.to_owned(), metric::parse(&content(&format!("queries/{name}.sql"), text)).unwrap())
    };
    let metrics = BTreeMap::from([metric("cycle", "\"team\", \"size\""), metric("churn", "\"repository\"")]);
    let mut page = parse(&content("dashboards/own.md", text.to_owned()));
    page.look_up(&metrics);
    page
}

fn wrong(page: &Dashboard) -> Vec<String> {
    page.wrong().map(ToString::to_string).collect()
}

#[test]
fn the_embedded_dashboards_are_sound() {
    let project = Project::defaults().unwrap();
    assert_eq!(project.wrong_dashboards().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn a_broken_block_stands_in_its_place_and_the_others_are_read() {
    let page = page("Words.\n\n```trnd\nmetric = \"cycle\"\n```\n\n```trend\nmetric = \"cycle\"\n```\n");
    let blocks = page.blocks.as_slice();
    assert!(matches!(blocks, [Block::Prose(_), Block::Broken(_), Block::Mark(Mark::Trend { .. }, _)]), "{blocks:?}");
    let wrong = wrong(&page);
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].starts_with("dashboards/own.md:6:1: unknown mark trnd; expected one of "), "{wrong:?}");
    assert!(wrong[0].ends_with("; did you mean trend?"), "{wrong:?}");
}

#[test]
fn everything_wrong_is_said_with_its_place() {
    let said = |body: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|it| format!("dashboards/own.md:{it}")).collect();
        assert_eq!(wrong(&page(body)), expected, "{body}");
    };
    said("```trend\nmetrik = \"cycle\"\n```\n", &["5:1: unknown key metrik; did you mean metric?"]);
    said(
        "```metrics\nmetrics = [\"cycel\", \"cycle\",\n  \"chrun\"]\n```\n",
        &["5:12: unknown metric cycel; did you mean cycle?", "6:3: unknown metric chrun; did you mean churn?"],
    );
    said(
        "```bars\nmetric = \"cycle\"\nby = \"siez\"\n```\n",
        &["6:6: cycle cannot be cut by siez; it has team, size; did you mean size?"],
    );
    // Nothing said is by team.
    said("```heatmap\nmetric = \"churn\"\n```\n", &["5:10: churn cannot be cut by team; it has repository"]);
    said("```sql\n-- caption: Nothing\n```\n", &["4:1: the block has no query"]);
    let broken = wrong(&page("```trend\nmetric = \"cycle\n```\n"));
    assert!(broken.len() == 1 && broken[0].starts_with("dashboards/own.md:5:"), "{broken:?}");
}

#[test]
fn without_front_matter_there_is_a_page_with_its_error() {
    let page = file("no front matter\n");
    assert_eq!((page.title.as_str(), page.position, page.blocks.len()), ("own", None, 1));
    assert_eq!(wrong(&page), ["dashboards/own.md:1:1: a dashboard starts with its front matter between +++ lines"]);
    let page = file("+++\ntitle = \"Own\"\nwekes = 3\n+++\nWords.\n");
    assert_eq!(wrong(&page), ["dashboards/own.md:3:1: unknown key wekes; did you mean weeks?"]);
}

#[test]
fn people_are_never_compared() {
    let by = |dimension: &str| wrong(&page(&format!("```compare\nmetrics = [\"cycle\"]\nby = \"{dimension}\"\n```\n")));
    assert_eq!(by("team"), Vec::<String>::new());
    for person in ["person", "person_id", "author"] {
        let expected =
            format!("dashboards/own.md:6:6: {person} is refused: teams and components are compared, never people");
        assert_eq!(by(person), [expected]);
    }
    let filtered = file("+++\ntitle = \"Own\"\nfilters = [\"person\"]\n+++\n");
    assert_eq!(wrong(&filtered), ["dashboards/own.md:3:12: person is no filter: pages are not about single people"]);
}

#[test]
fn compared_groups_need_a_dimension() {
    let page = page("```compare\nmetrics = [\"cycle\"]\ngroups = [\"a\"]\n```\n");
    assert_eq!(wrong(&page), ["dashboards/own.md:6:10: groups needs by, such as by = \"team\""]);
}

#[test]
fn no_more_groups_are_compared_than_can_be_read() {
    let of = |count: usize| {
        let groups = vec!["\"a\""; count].join(", ");
        wrong(&page(&format!("```compare\nmetrics = [\"cycle\"]\nby = \"team\"\ngroups = [{groups}]\n```\n")))
    };
    assert_eq!(of(12), Vec::<String>::new());
    assert_eq!(of(13), ["dashboards/own.md:7:10: 13 groups do not fit beside each other; at most 12"]);
}

#[test]
fn filters_are_all_unless_some_are_named_and_must_cut_a_metric_of_the_page() {
    let all = page("```trend\nmetric = \"cycle\"\n```\n").filters;
    assert_eq!((all.source, all.team, all.weeks, all.dimensions.len()), (true, true, true, 0));
    let body = "```trend\nmetric = \"cycle\"\n```\n";
    let some =
        file(&format!("+++\ntitle = \"Own\"\nfilters = [\"weeks\", \"size\", \"sizes\", \"repository\"]\n+++\n{body}"));
    let filters = &some.filters;
    assert_eq!((filters.source, filters.team, filters.weeks), (false, false, true));
    assert_eq!(filters.dimensions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["size"]);
    assert_eq!(
        wrong(&some),
        [
            "dashboards/own.md:3:29: unknown filter sizes: no metric of the page can be cut by it; did you mean size?",
            "dashboards/own.md:3:38: unknown filter repository: no metric of the page can be cut by it",
        ]
    );
}

#[test]
fn live_values_are_in_text_and_not_in_code() {
    let page = page("Now {{cycle}}, {{ cycle.change }} of *{{cycle.n}}*.\n\n`{{nothing}}`\n\n    {{nothing}}\n");
    let [Block::Prose(prose)] = page.blocks.as_slice() else { panic!("{:?}", page.blocks) };
    let shown: Vec<Shown> = prose.live.iter().map(|live| live.as_ref().unwrap().shown).collect();
    assert_eq!(shown, [Shown::Value, Shown::Change, Shown::N]);
    assert_eq!(
        page.metric_references().map(|(place, name)| format!("{place} {name}")).next().unwrap(),
        "dashboards/own.md:4:5 cycle"
    );
}

#[test]
fn an_unknown_live_value_is_said_with_its_place() {
    let page = page("One {{cycle}}.\n\nTwo {{cycel}}, three {{cycle.chnage}}.\n");
    assert_eq!(
        wrong(&page),
        [
            "dashboards/own.md:6:5: unknown metric cycel; did you mean cycle?",
            "dashboards/own.md:6:22: cycle has no chnage; expected one of change, n; did you mean change?",
        ]
    );
}

#[test]
fn a_query_has_its_caption_from_a_comment() {
    let page = page("```sql\n-- About it.\n-- caption: Commits by day\nSELECT 1\n```\n");
    let [Block::Mark(Mark::Sql(sql), _)] = page.blocks.as_slice() else { panic!("{:?}", page.blocks) };
    assert_eq!(sql.caption.as_deref(), Some("Commits by day"));
    assert_eq!((sql.place.line, sql.text.lines().count()), (5, 3));
}
