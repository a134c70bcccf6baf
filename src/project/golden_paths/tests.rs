use super::*;
use crate::project::files::Content;

fn content(file: &str, text: &str) -> Content {
    Content { file: file.to_owned(), text: text.to_owned(), embedded: false }
}

fn wrong_track(text: &str) -> Vec<String> {
    track::parse(&content("t.toml", text)).unwrap_err().iter().map(ToString::to_string).collect()
}

fn wrong_campaign(text: &str) -> Vec<String> {
    campaign::parse(&content("c.toml", text)).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_wrong_in_a_track_is_said_with_its_place() {
    assert_eq!(
        wrong_track("title = \"T\"\n"),
        ["t.toml:1:1: a track has one [[level]] at least, with a name and checks"]
    );
    let levels = "[[level]]\nname = \"a\"\nchecks = [\"x\", \"x\"]\n[[level]]\nname = \"a\"\nchecks = []\n";
    assert_eq!(
        wrong_track(&format!("title = \"T\"\n{levels}")),
        [
            "t.toml:4:16: x is named twice",
            "t.toml:6:8: a second level a",
            "t.toml:7:10: a level asks for one check at least"
        ]
    );
    assert_eq!(
        wrong_track("title = \"T\"\n[applies_to]\nlifecycel = [\"production\"]\n"),
        ["t.toml:3:1: unknown key lifecycel; did you mean lifecycle?"]
    );
}

#[test]
fn what_is_wrong_in_a_campaign_is_said_with_its_place() {
    let head = "title = \"C\"\nowner = \"core\"\ntrack = \"t\"\n";
    assert_eq!(
        wrong_campaign(&format!("{head}start = 2026-03-02\ndue = 2026-03-01\nlevel = \"a\"\ntarget = \"120%\"\n")),
        [
            "c.toml:5:7: the campaign is due on 2026-03-01, before it starts on 2026-03-02",
            "c.toml:7:10: \"120%\" is no share such as \"80%\", above 0% and up to 100%"
        ]
    );
    let days = "start = 2026-03-02\ndue = 2026-04-01T10:00:00Z\n";
    assert_eq!(
        wrong_campaign(&format!("{head}{days}level = \"a\"\nchecks = [\"x\"]\n")),
        [
            "c.toml:5:7: 2026-04-01T10:00:00Z is not a day",
            "c.toml:7:10: a campaign names either the level to reach or the checks to pass"
        ]
    );
}

#[test]
fn a_level_asks_for_those_before_it_too() {
    let mut paths = GoldenPaths::default();
    let levels = "[[level]]\nname = \"one\"\nchecks = [\"b\"]\n[[level]]\nname = \"two\"\nchecks = [\"a\"]\n\
                  [[level]]\nname = \"three\"\nchecks = [\"c\"]\n";
    paths.tracks.insert("t".into(), track::parse(&content("t.toml", &format!("title = \"T\"\n{levels}"))).unwrap());
    let campaign = "title = \"C\"\nowner = \"core\"\ntrack = \"t\"\nstart = 2026-03-02\ndue = 2026-03-02\n";
    let of = |wanted: &str| campaign::parse(&content("c.toml", &format!("{campaign}{wanted}\n"))).unwrap();
    let asked = |campaign: &Campaign| -> Vec<String> {
        paths.of_campaign(campaign).iter().map(|it| it.check.to_owned()).collect()
    };
    assert_eq!(asked(&of("level = \"two\"")), ["a", "b"]);
    assert_eq!(asked(&of("checks = [\"c\"]")), ["c"]);
}

#[test]
fn names_of_nothing_are_found() {
    let mut paths = GoldenPaths::default();
    let track = "title = \"T\"\n[[level]]\nname = \"basic\"\nchecks = [\"has_ownr\"]\n";
    paths.tracks.insert("t".into(), track::parse(&content("t.toml", track)).unwrap());
    let check = "/*\ntitle = \"Owner\"\nabout = \"Has one.\"\n*/\nSELECT 1";
    paths.checks.insert("has_owner".into(), check::parse(&content("has_owner.sql", check)).unwrap());
    let campaign = |track: &str| {
        let text = format!(
            "title = \"C\"\nowner = \"core\"\nstart = 2026-03-02\ndue = 2026-03-02\ntrack = \"{track}\"\nlevel = \"basics\"\n"
        );
        campaign::parse(&content("c.toml", &text)).unwrap()
    };
    paths.campaigns.insert("c".into(), campaign("t"));
    paths.campaigns.insert("d".into(), campaign("u"));
    let mut found = Vec::new();
    paths.check_references(&mut found);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "t.toml:4:11: unknown check has_ownr; did you mean has_owner?",
            "c.toml:6:9: unknown level of t basics; did you mean basic?",
            "c.toml:5:9: unknown track u"
        ]
    );
}
