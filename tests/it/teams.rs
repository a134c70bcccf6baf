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
