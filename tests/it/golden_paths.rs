//! Checks, their history, and what comes of it: on a repository whose catalog grows, with the clock fixed.

use crate::cli::product::Product;
use crate::git_fixture::Fixture;

/// A track of one level and a campaign on it, so that a component needs an owner and a README.
const TRACK: &str = "title = \"Basics\"\n[[level]]\nname = \"basic\"\nchecks = [\"has_owner\", \"has_readme\"]\n";
const CAMPAIGN: &str = "title = \"READMEs everywhere\"\nowner = \"core\"\nstart = 2026-03-02\ndue = 2026-03-31\n\
                        track = \"basics\"\nchecks = [\"has_readme\"]\ntarget = \"80%\"\n";

/// A component of this name, owned or not.
fn component(name: &str, owner: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: service\n  \
         lifecycle: production\n  owner: {owner}\n"
    )
}

struct World {
    product: Product,
    repository: Fixture,
    folder: tempfile::TempDir,
}

impl World {
    /// Two components: till, owned by a group and with a README, and web, owned by a person and without one.
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop");
        std::fs::create_dir(&path).unwrap();
        let mut repository = Fixture::new(&path);
        repository.write("till/catalog-info.yaml", component("till", "core"));
        repository.write("till/docs/readme.md", "# Till\n");
        repository.write("web/catalog-info.yaml", component("web", "user:ann"));
        repository.commit("Describe the shop");
        let product = Product::new();
        product.write("queries/golden_paths/tracks/basics.toml", TRACK);
        product.write("queries/golden_paths/campaigns/readmes.toml", CAMPAIGN);
        World { product, repository, folder }
    }

    fn collect(&self) -> String {
        self.product.collect(self.folder.path().join("shop"))
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        self.product.rows(sql).into_iter().map(|row| row.join(" ")).collect()
    }
}

const RESULTS: &str = "SELECT check_name, entity, checked_at, passed, evidence, source FROM check_results
    WHERE check_name <> 'main_is_green' ORDER BY 1, 2, 3";

#[test]
fn results_are_kept_as_a_history_and_written_only_when_they_change() {
    let mut world = World::new();
    let said = world.collect();
    assert!(said.contains("checks: 8 of 8 answers are new"), "{said}");
    let first = [
        "has_code_owners component:default/till 2026-03-01T12:00:00Z false shop has no CODEOWNERS that names anybody shop",
        "has_code_owners component:default/web 2026-03-01T12:00:00Z false shop has no CODEOWNERS that names anybody shop",
        "has_owner component:default/till 2026-03-01T12:00:00Z true owned by group:default/core shop",
        "has_owner component:default/web 2026-03-01T12:00:00Z false a person owns it and no group shop",
        "has_readme component:default/till 2026-03-01T12:00:00Z true till/docs/readme.md shop",
        "has_readme component:default/web 2026-03-01T12:00:00Z false no README in shop shop",
    ];
    assert_eq!(world.rows(RESULTS), first);

    // Nothing is new, so nothing is written, also where it is asked for.
    world.product.now = "2026-03-09T12:00:00Z";
    let answer = world.product.run(["checks", "run"]).succeeded();
    assert!(answer.stderr.contains("8 answers, 0 of them new"), "{}", answer.stderr);
    assert_eq!(world.rows(RESULTS), first);

    // web gets an owner and a README; the root's is everybody's.
    world.repository.write("web/catalog-info.yaml", component("web", "edge"));
    world.repository.write("README", "Shop\n");
    world.repository.commit("Own the web");
    let said = world.collect();
    assert!(said.contains("checks: 3 of 8 answers are new"), "{said}");
    let of_web = "SELECT check_name, valid_from, valid_to, passed FROM check_states
        WHERE entity = 'component:default/web' AND check_name IN ('has_owner', 'has_readme') ORDER BY 1, 2";
    assert_eq!(
        world.rows(of_web),
        [
            "has_owner 2026-03-01T12:00:00Z 2026-03-09T12:00:00Z false",
            "has_owner 2026-03-09T12:00:00Z  true",
            "has_readme 2026-03-01T12:00:00Z 2026-03-09T12:00:00Z false",
            "has_readme 2026-03-09T12:00:00Z  true",
        ]
    );
    // Adoption is a history: one of two in the week of 23 February, both in that of 9 March. The week between is as the first.
    let adoption = "SELECT at, level, sum(CASE WHEN value THEN 1 ELSE 0 END), count(value) FROM golden_path_adoption
        WHERE track = 'basics' GROUP BY 1, 2 ORDER BY 1";
    assert_eq!(
        world.rows(adoption),
        ["2026-02-23T00:00:00Z basic 1 2", "2026-03-02T00:00:00Z basic 1 2", "2026-03-09T00:00:00Z basic 2 2"]
    );
    // The campaign began on Monday 2 March.
    let progress = "SELECT at, campaign, sum(CASE WHEN value THEN 1 ELSE 0 END), count(value) FROM campaign_progress
        GROUP BY 1, 2 ORDER BY 1";
    assert_eq!(world.rows(progress), ["2026-03-02T00:00:00Z readmes 1 2", "2026-03-09T00:00:00Z readmes 2 2"]);
}

#[test]
fn a_clock_that_was_set_back_loses_no_result() {
    let mut world = World::new();
    world.collect();
    world.product.now = "2026-01-01T00:00:00Z";
    world.repository.write("web/README.md", "Web\n");
    world.repository.commit("Describe the web");
    world.collect();
    let sql = "SELECT checked_at, passed FROM check_results WHERE check_name = 'has_readme' AND entity LIKE '%web' ORDER BY 1";
    assert_eq!(world.rows(sql), ["2026-03-01T12:00:00Z false", "2026-03-01T12:00:00.000001Z true"]);
}

#[test]
fn who_fails_is_shown_with_the_evidence() {
    let world = World::new();
    world.collect();
    let web = "component:default/web";
    let shown = world.product.table(&["checks", "show", "basics"]);
    let since = "2026-03-01 12:00:00Z";
    assert_eq!(
        shown,
        [
            ["has_owner", "component:default/till", "core", "true", "owned by group:default/core", since],
            ["has_owner", web, "", "false", "a person owns it and no group", since],
            ["has_readme", "component:default/till", "core", "true", "till/docs/readme.md", since],
            ["has_readme", web, "", "false", "no README in shop", since],
        ]
    );
    let listed = world.product.table(&["checks", "list"]);
    let basics: Vec<&Vec<String>> = listed.iter().filter(|row| row[0] == "basics" || row[0] == "readmes").collect();
    assert_eq!(
        basics,
        [
            &["basics", "basic", "has_owner has_readme", "1", "1", "0", "0.5"].map(str::to_owned).to_vec(),
            &["readmes", "due 2026-03-31", "has_readme", "1", "1", "0", "0.5"].map(str::to_owned).to_vec(),
        ]
    );
    let said = world.product.run(["checks", "show", "has_ownr"]);
    assert_eq!(said.failed(1), "no check, track or campaign has_ownr; did you mean has_owner?");
}

#[test]
fn a_check_that_fails_leaves_what_was_known() {
    let mut world = World::new();
    world.collect();
    let before = world.rows(RESULTS);
    let header = "/*\ntitle = \"Has an owner\"\nabout = \"Twice.\"\n*/\n";
    let twice = "SELECT entity, true AS passed, 'x' AS evidence FROM components UNION ALL
        SELECT entity, true, 'y' FROM components";
    world.product.write("queries/golden_paths/checks/has_owner.sql", &format!("{header}{twice}"));
    world.product.now = "2026-03-09T12:00:00Z";
    let answer = world.product.run(["checks", "run"]);
    assert_eq!(answer.code, Some(1));
    let reason = "error: check has_owner: it has two rows for component:default/till; group them by entity";
    assert!(answer.stderr.contains(reason), "{}", answer.stderr);
    assert_eq!(world.rows(RESULTS), before);

    // One that no longer speaks of a component is not remembered as passing.
    let silent = "SELECT entity, true AS passed, 'x' AS evidence FROM components WHERE name = 'web'";
    world.product.write("queries/golden_paths/checks/has_owner.sql", &format!("{header}{silent}"));
    world.product.run(["checks", "run"]).succeeded();
    let now = "SELECT entity, passed, evidence FROM check_states WHERE valid_to IS NULL AND check_name = 'has_owner' ORDER BY 1";
    assert_eq!(
        world.rows(now),
        ["component:default/till  the check says nothing of it any more", "component:default/web true x"]
    );
}

#[test]
fn what_is_wrong_in_a_check_is_said_with_its_place() {
    let product = Product::new();
    let header = "/*\ntitle = \"Odd\"\nabout = \"Odd.\"\n*/\n";
    let wrong = |sql: &str| {
        product.write("queries/golden_paths/checks/odd.sql", &format!("{header}{sql}"));
        let answer = product.run(["check"]);
        assert_eq!(answer.code, Some(1));
        answer.stderr.trim_end().trim_start_matches("error: ").to_owned()
    };
    assert_eq!(
        wrong("SELECT entity, 1 AS passed FROM components"),
        "queries/golden_paths/checks/odd.sql:5:1: column passed is Int64; write an expression that is true or false\n\
         queries/golden_paths/checks/odd.sql:5:1: the check has no column evidence; it has entity, passed"
    );
    let unknown = wrong("SELECT entiti, true AS passed, '' AS evidence FROM components");
    assert!(unknown.starts_with("queries/golden_paths/checks/odd.sql:5:8: "), "{unknown}");
}
