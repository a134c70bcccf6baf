//! The catalog of a repository, over its history.

use crate::cli::product::{Product, assert_same};
use crate::git_fixture::{Fixture, git};

/// A component of this name in YAML.
fn component(name: &str, owner: &str, more: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: service\n  \
         lifecycle: production\n  owner: {owner}\n{more}"
    )
}

fn rows(product: &Product, sql: &str) -> Vec<String> {
    product.rows(sql).into_iter().map(|row| row.join(" ")).collect()
}

const COMPONENTS: &str = "SELECT entity, repository, path, valid_from, valid_to FROM components ORDER BY 1, 4";
const OWNERS: &str =
    "SELECT entity, owner, owner_id IS NOT NULL, valid_from, valid_to FROM component_owners ORDER BY 1, 4";
const RELATIONS: &str = "SELECT entity, relation, target, valid_from, valid_to FROM dependencies ORDER BY 1, 2, 3, 4";
const CODE_OWNERS: &str = "SELECT position, ordinal, pattern, team, owner_id IS NOT NULL, valid_from, valid_to
    FROM code_owners ORDER BY 1, 2, 6";

#[test]
fn a_component_holds_from_the_commit_that_brought_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop");
    std::fs::create_dir(&path).unwrap();
    let mut repository = Fixture::new(&path);
    repository.write("a.rs", "fn a() {}\n");
    repository.commit("Begin");
    repository.write("till/catalog-info.yaml", component("Till", "tills", "  dependsOn: [resource:db]\n"));
    repository.commit("Describe the till");
    repository.write("a.rs", "fn b() {}\n");
    repository.commit("Work");
    repository.write("till/catalog-info.yaml", component("Till", "user:ann", "  system: sales\n"));
    repository.commit("Ann owns the till");
    repository.write("till/catalog-info.yaml", "kind: [\n");
    repository.commit("Break it");
    repository.git(&["mv", "till/catalog-info.yaml", "catalog-info.yaml"]);
    repository.write("catalog-info.yaml", component("Till", "user:ann", "  system: sales\n"));
    repository.commit("Mend and move it");

    let product = Product::new();
    product.collect(&path);
    // Commits are an hour apart; the first was made on 13 September 2020 at 13:26:40.
    assert_eq!(
        rows(&product, COMPONENTS),
        [
            "component:default/till shop till 2020-09-13T14:26:40Z 2020-09-13T16:26:40Z",
            "component:default/till shop till 2020-09-13T16:26:40Z 2020-09-13T18:26:40Z",
            "component:default/till shop  2020-09-13T18:26:40Z ",
        ]
    );
    assert_eq!(
        rows(&product, OWNERS),
        [
            "component:default/till group:default/tills false 2020-09-13T14:26:40Z 2020-09-13T16:26:40Z",
            "component:default/till  true 2020-09-13T16:26:40Z ",
        ]
    );
    assert_eq!(
        rows(&product, RELATIONS),
        [
            "component:default/till dependsOn resource:default/db 2020-09-13T14:26:40Z 2020-09-13T16:26:40Z",
            "component:default/till partOf system:default/sales 2020-09-13T16:26:40Z ",
        ]
    );
}

#[test]
fn a_growing_catalog_equals_a_full_collection() {
    let folder = tempfile::tempdir().unwrap();
    let mut repository = Fixture::new(folder.path());
    let growing = Product::new();
    let steps: [(&str, String); 8] = [
        ("CODEOWNERS", "* @acme/core\n/docs/ @ann\n".to_owned()),
        ("a/catalog-info.yaml", component("a", "core", "")),
        ("b/catalog-info.yaml", component("a", "edge", "")),
        ("a.rs", "fn a() {}\n".to_owned()),
        (".github/CODEOWNERS", "* @acme/edge @acme/core\n".to_owned()),
        ("a/catalog-info.yaml", component("c", "core", "")),
        ("CODEOWNERS", "* @acme/nobody\n".to_owned()),
        ("b/catalog-info.yaml", component("a", "edge", "  subcomponentOf: c\n")),
    ];
    for (step, (path, text)) in steps.into_iter().enumerate() {
        repository.write(path, text);
        repository.commit(&format!("Step {step}"));
        growing.collect(folder.path());
        let full = Product::new();
        full.collect(folder.path());
        // A row that was there before was stored before.
        assert_same(&growing.dump(&["ingested_at"]), &full.dump(&["ingested_at"]), &format!("step {step}"));
    }
    assert_eq!(
        rows(&growing, "SELECT entity, path, valid_to IS NULL FROM components ORDER BY valid_from"),
        ["component:default/a a false", "component:default/a b true", "component:default/c a true"]
    );
    assert_eq!(
        rows(&growing, CODE_OWNERS),
        [
            "1 1 * acme/core false 2020-09-13T13:26:40Z 2020-09-13T17:26:40Z",
            "1 1 * acme/edge false 2020-09-13T17:26:40Z ",
            "1 2 * acme/core false 2020-09-13T17:26:40Z ",
            "2 1 /docs/ ann true 2020-09-13T13:26:40Z 2020-09-13T17:26:40Z",
        ]
        .map(|line| line.replace(" ann true", "  true"))
    );
}

#[test]
fn a_branch_holds_from_its_merge() {
    let folder = tempfile::tempdir().unwrap();
    let mut repository = Fixture::new(folder.path());
    repository.write("a.rs", "fn a() {}\n");
    repository.commit("Begin");
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("catalog-info.yaml", component("a", "core", ""));
    repository.commit("Describe on a branch");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("b.rs", "fn b() {}\n");
    repository.commit("Work");
    git(folder.path(), ["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    repository.commit("Merge side");
    let product = Product::new();
    product.collect(folder.path());
    assert_eq!(rows(&product, "SELECT valid_from, valid_to FROM components"), ["2020-09-13T16:26:40Z "]);
}

#[test]
fn what_is_wrong_is_said_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop");
    std::fs::create_dir(&path).unwrap();
    let mut repository = Fixture::new(&path);
    repository.write("1/catalog-info.yaml", component("good", "core", ""));
    repository.write("2/catalog-info.yaml", component("good", "core", ""));
    repository.write("3/catalog-info.yaml", component("a b", "core", ""));
    repository.write("4/catalog-info.yaml", "kind: [\n");
    repository.write("5/catalog-info.yaml", format!("{}---\n{}", component("x", "nobody", ""), component("y", "", "")));
    let group = |name: &str, parent: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: {name}\nspec:\n  type: team\n  children: []\n  \
             parent: {parent}\n"
        )
    };
    repository.write("6/catalog-info.yaml", format!("{}---\n{}", group("core", "edge"), group("edge", "core")));
    repository.write("CODEOWNERS", "* @acme/core\n!x @ann\n");
    repository.commit("Describe");
    let product = Product::new();
    let said = product.collect(&path);
    let lines: Vec<&str> =
        said.lines().filter(|line| line.contains("catalog-info") || line.contains("CODEOWNERS")).collect();
    let expected = [
        "2/catalog-info.yaml:4:9: component:default/good is described by 1/catalog-info.yaml already, which counts",
        "3/catalog-info.yaml:4:9: metadata.name \"a b\" is not letters and digits with any of -_. between, at most 63",
        "4/catalog-info.yaml:2:1: ",
        "5/catalog-info.yaml:17:8: spec.owner is no text",
        "5/catalog-info.yaml:8:10: component:default/x is owned by group:default/nobody, and no such team is known",
        "6/catalog-info.yaml:4:9: the groups above group:default/core go round in a circle",
        "6/catalog-info.yaml:13:9: the groups above group:default/edge go round in a circle",
        "CODEOWNERS:2:1: !x has no effect: GitHub takes neither ! nor [ ] in CODEOWNERS",
    ];
    assert_eq!(lines.len(), expected.len(), "{said}");
    for expected in expected {
        assert!(lines.iter().any(|line| line.contains(expected)), "{expected}\n{said}");
    }
    let entities = rows(&product, "SELECT entity FROM components ORDER BY 1");
    assert_eq!(entities, ["component:default/good", "component:default/x", "group:default/core", "group:default/edge"]);
}
