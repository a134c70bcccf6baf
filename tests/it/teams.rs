//! Files that say who is in which team: what they mean, and how they are refused.

mod kubernetes;

use crate::cli::product::Product;

const TOML: &str = r#"
[[team]]
name = "shop"
title = "Shop"

[[team]]
name = "till"
parent = "shop"
members = [
  { login = "ann", from = 2026-01-01 },
  { email = "Bob@acme.example", from = 2026-01-01, to = 2026-06-01, weight = 0.25 },
]

[[team]]
name = "stock"
parent = "shop"
members = [{ login = "Ann", from = 2026-03-01T12:00:00+02:00 }, { login = "cy", email = "cy@acme.example" }]
"#;

/// The same as [`TOML`].
const CSV: &str = "team,parent,title,login,email,from,to,weight
shop,,Shop,,,,,
till,shop,,ann,,2026-01-01,,

till,,,,Bob@acme.example,2026-01-01,2026-06-01,0.25
stock,shop,,Ann,,2026-03-01T12:00:00+02:00,,
stock,shop,,cy,cy@acme.example,,,
";

const MEMBERS: [[&str; 4]; 5] = [
    ["stock", "1970-01-01T00:00:00Z", "", "1.0"],
    ["stock", "2026-03-01T10:00:00Z", "", "0.5"],
    ["till", "2026-01-01T00:00:00Z", "2026-03-01T10:00:00Z", "1.0"],
    ["till", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "0.25"],
    ["till", "2026-03-01T10:00:00Z", "", "0.5"],
];

/// A project that reads this file.
fn product(name: &str, text: &str) -> Product {
    let product = Product::new();
    product.write("pipelines/people.toml", &format!("type = \"teams\"\npath = \"{name}\"\n"));
    product.write(name, text);
    product
}

fn members(product: &Product) -> Vec<Vec<String>> {
    product.rows("SELECT team, valid_from, valid_to, weight FROM team_members ORDER BY team, valid_from, valid_to")
}

#[test]
fn both_forms_say_the_same() {
    let (toml, csv) = (product("teams.toml", TOML), product("people/teams.csv", CSV));
    for product in [&toml, &csv] {
        assert_eq!(product.run(["collect"]).succeeded().stderr, "people: 3 teams, 5 team_members\n");
        assert_eq!(members(product), MEMBERS);
        let people = "SELECT count(DISTINCT person_id), count(DISTINCT team) FROM team_members";
        assert_eq!(product.rows(people), [["3", "2"]]);
        let teams = product.rows("SELECT team, title, parent FROM teams ORDER BY team");
        assert_eq!(teams, [["shop", "Shop", ""], ["stock", "", "shop"], ["till", "", "shop"]]);
    }
    assert_eq!(toml.dump(&[]).lines().filter(|line| line.contains("team")).count(), 8);
}

#[test]
fn a_file_is_the_whole_truth_of_its_source_and_read_once() {
    let product = product("teams.csv", CSV);
    product.run(["collect"]).succeeded();
    let before = product.files("tables");
    assert_eq!(product.run(["collect"]).succeeded().stderr, "people: nothing new\n");
    assert!(product.files("tables") == before, "a second run wrote something");

    product.write("teams.csv", "login,team\nann,till\nbob,tlil\nbob,till,\n");
    let answer = product.run(["collect"]);
    assert_eq!(answer.failed(3), "teams.csv:4:1: the line has 3 fields and the header 2");
    assert!(product.files("tables") == before, "something of a wrong file was applied");

    product.write("teams.csv", "login,team\nann,till\n");
    product.run(["collect"]).succeeded();
    assert_eq!(members(&product), [["till", "1970-01-01T00:00:00Z", "", "1.0"]]);
    product.write("teams.csv", "login,team\n");
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*) FROM teams"), [["0"]]);
}

#[test]
fn a_first_list_that_stopped_between_its_tables_is_still_no_change() {
    let product = product("teams.toml", TOML);
    product.run(["collect"]).succeeded();
    // The run died when the teams were written and their members were not.
    std::fs::remove_dir_all(product.data().join("tables/team_members")).unwrap();
    let state = rusqlite::Connection::open(product.data().join("state.sqlite")).unwrap();
    assert_eq!(state.execute("UPDATE plans SET finished = 0", []).unwrap(), 1);
    drop(state);
    product.run(["collect"]).succeeded();
    assert_eq!(members(&product), MEMBERS);
    assert_eq!(product.rows("SELECT count(*) FROM team_changes"), [["0"]]);
}

#[test]
fn what_a_new_file_changes_is_told() {
    let mut product = product("teams.toml", TOML);
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*) FROM team_changes"), [["0"]]);
    product.now = "2026-04-01T12:00:00Z";
    let changed = TOML
        .replace("name = \"stock\"\nparent = \"shop\"", "name = \"stock\"\nparent = \"till\"\ntitle = \"Stores\"")
        .replace("{ login = \"cy\", email = \"cy@acme.example\" }", "{ login = \"dee\" }");
    product.write("teams.toml", &format!("{changed}\n[[team]]\nname = \"new\"\n"));
    product.run(["collect"]).succeeded();
    let log = product.table(&["teams", "log"]);
    let at = "2026-04-01T12:00:00Z";
    let line = |team: &str, change: &str, person: &str, before: &str, after: &str| {
        [at, "people", team, change, person, before, after].map(str::to_owned).to_vec()
    };
    assert_eq!(
        log,
        [
            line("stock", "renamed", "", "", "Stores"),
            line("stock", "moved", "", "shop", "till"),
            line("new", "created", "", "", ""),
            line("stock", "left", "cy", "", ""),
            line("stock", "joined", "dee", "", ""),
        ]
    );
    // Bob's time in the till ends in June, which nobody has to say again.
    product.now = "2026-07-01T12:00:00Z";
    product.write("teams.toml", &format!("{changed}\n[[team]]\nname = \"new\"\ntitle = \"New\"\n"));
    product.run(["collect"]).succeeded();
    let newest: Vec<Vec<String>> = product.table(&["teams", "log"]).into_iter().map(|row| row[2..4].to_vec()).collect();
    assert_eq!(newest, [["new", "renamed"]]);
    assert_eq!(product.table(&["teams", "log", "--all"]).len(), 6);
}

#[test]
fn calendars_are_of_teams_and_dated() {
    let calendars = r#"
[[calendar]]
zone = "Europe/Stockholm"
days = ["Mon", "tue", "wed", "thu", "fri"]
hours = ["09:00-12:00", "13:00-17:00"]
holidays = [2026-01-06]

[[calendar]]
team = "shop"
from = 2026-03-01
days = ["mon"]

[[calendar]]
team = "shop"
zone = "America/New_York"
"#;
    let product = product("teams.toml", &format!("{TOML}{calendars}"));
    product.run(["collect"]).succeeded();
    let rows = product
        .rows("SELECT team, valid_from, valid_to, zone, days, hours, holidays FROM team_calendars ORDER BY 1, 2");
    let expected = [
        [
            "",
            "1970-01-01T00:00:00Z",
            "",
            "Europe/Stockholm",
            "mon tue wed thu fri",
            "09:00-12:00 13:00-17:00",
            "2026-01-06",
        ],
        ["shop", "1970-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "America/New_York", "", "", ""],
        ["shop", "2026-03-01T00:00:00Z", "", "", "mon", "", ""],
    ];
    assert_eq!(rows, expected);
    // Monday 5 January 2026, 9:00 in New York is 14:00 UTC. The day after is a holiday everywhere.
    let hours = "SELECT working_hours_between(TIMESTAMP '2026-01-05T13:00:00Z', TIMESTAMP '2026-01-05T16:00:00Z', 'till') AS a,
                        working_hours_between(TIMESTAMP '2026-01-06T13:00:00Z', TIMESTAMP '2026-01-06T16:00:00Z', 'till') AS b,
                        working_hours_between(TIMESTAMP '2026-01-05T13:00:00Z', TIMESTAMP '2026-01-05T16:00:00Z', 'elsewhere') AS c";
    assert_eq!(product.rows(hours), [["2.0", "0.0", "3.0"]]);
    // Without them again.
    product.write("teams.toml", TOML);
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*) FROM team_calendars"), [["0"]]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let wrong = |name: &str, text: &str, expected: &str| {
        let product = product(name, text);
        let answer = product.run(["collect"]);
        assert_eq!(answer.failed(3), format!("{name}:{expected}"));
        assert!(!product.data().join("tables").exists());
    };
    let toml = |text: &str, expected| wrong("teams.toml", &format!("[[team]]\nname = \"till\"\n{text}\n"), expected);
    toml("titel = \"Till\"", "3:1: unknown key titel; did you mean title?");
    toml("members = [{ login = \"ann\", form = 2026-01-01 }]", "3:29: unknown key form; did you mean from?");
    toml(
        "members = [{ login = \"ann\", from = 07:30:00 }]",
        "3:36: 07:30:00 is neither a day such as 2026-01-31 nor a moment with its offset",
    );
    toml("members = [{ weight = 1 }]", "3:12: a member of till needs a login or an email");
    toml("[[team]]\nname = \"till\"", "4:8: team till is named before");
    toml("parent = \"till\"", "2:8: the teams above till go round in a circle");
    toml("[[calendar]]\nteam = \"tlil\"", "4:8: there is no team tlil; did you mean till?");
    toml("[[calendar]]\nzone = \"Mars/Phobos\"", "4:8: \"Mars/Phobos\" is no time zone such as Europe/Stockholm");
    toml(
        "[[calendar]]\ndays = [\"mo\"]",
        "4:9: \"mo\" is no day; days are mon, tue, wed, thu, fri, sat, sun; did you mean mon?",
    );
    toml("[[calendar]]\nhours = [\"9-17\"]", "4:10: \"9-17\" is no time of a day such as 09:00-17:00");
    toml(
        "[[calendar]]\nhours = [\"13:00-17:00\", \"09:00-12:00\"]",
        "4:25: 09:00-12:00 begins before 13:00-17:00 ends",
    );
    toml("[[calendar]]\n[[calendar]]", "4:1: every team has another calendar from the same moment on");
    let csv = |text: &str, expected| {
        wrong("teams.csv", &format!("team,login,email,from,to,weight,parent\n{text}\n"), expected)
    };
    csv(
        "till,ann,,31.01.2026,,,",
        "2:11: from is \"31.01.2026\", neither a day such as 2026-01-31 nor a moment with its offset",
    );
    csv(
        "till,ann,,2026-02-30,,,",
        "2:11: from is \"2026-02-30\", neither a day such as 2026-01-31 nor a moment with its offset",
    );
    csv("\ntill,ann,,,,half,", "3:13: weight is \"half\", not a number such as 0.5");
    csv("till,ann,,,,1.5,", "2:1: weight is 1.5, not a share of the person's time above 0 and up to 1");
    csv("till,ann@acme.example,,,,,", "2:1: \"ann@acme.example\" is no login; an address stands under email");
    csv("till,,ann,,,,", "2:1: \"ann\" is no e-mail address; an account stands under login");
    csv(
        "till,ann,,2026-02-01,2026-02-01,,",
        "2:1: it ends at 2026-02-01 00:00:00 UTC and begins at 2026-02-01 00:00:00 UTC",
    );
    csv("till,ann,,,2026-02-01,,\ntill,Ann,,2026-01-01,,,", "3:1: ann is in till already since ever, by line 2");
    csv("till,,,,,0.5,", "2:1: a member of till needs a login or an email");
    csv(",ann,,,,,", "2:1: a team has no name");
    csv("shop,,,,,,\ntill,ann,,,,,shpo", "3:1: there is no team shpo above till; did you mean shop?");
    csv("till,ann,,,,,shop\ntill,bob,,,,,stock\nshop,,,,,,", "3:14: parent is \"stock\" here and \"shop\" before");
    wrong(
        "teams.csv",
        "team,logn\n",
        "1:6: there is no column logn; columns are team, title, parent, login, email, from, to, weight; did you mean login?",
    );
    wrong("teams.csv", "login\n", "1:1: the first line names no column team");
}
