//! Decisions by hand count at once, outlive what is collected later, and are written down.

use crate::cli::product::Product;
use crate::collect::Repository;

const ANN_AT_WORK: &str = "Ann Example <ann@work.example>";
const ANN_AT_HOME: &str = "Ann Example <ann.home@mail.example>";
const BOB: &str = "Bob Builder <bob@work.example>";

/// A history with two addresses of one person and a third person, and its product.
pub fn product() -> (Repository, Product) {
    let repository = Repository::of_plain_work();
    let mut head = repository.head();
    for (day, author) in [(400, ANN_AT_WORK), (401, ANN_AT_HOME), (402, BOB), (403, ANN_AT_HOME)] {
        head = repository.commit_by(author, author, &[&head], day, &format!("Work of day {day}"));
    }
    repository.set_head(&head);
    let product = Product::new();
    product.run(["collect", "--code", "off", repository.path().to_str().unwrap()]).succeeded();
    (repository, product)
}

fn persons(product: &Product) -> u64 {
    product.rows("SELECT count(*) FROM people")[0][0].parse().unwrap()
}

/// The person of each address.
fn person_of(product: &Product, email: &str) -> String {
    product.table(&["identity", "list"]).into_iter().find(|row| row[1] == email).unwrap()[2].clone()
}

#[test]
fn a_pair_is_asked_about_once_and_an_answer_is_retroactive() {
    let (_repository, product) = product();
    let before = persons(&product);
    let queue = product.table(&["identity", "review"]);
    assert_eq!(queue.len(), 1, "{queue:?}");
    assert_eq!(queue[0][..2], ["80".to_owned(), "both are called Ann Example".to_owned()]);
    let mut rows = [queue[0][4].clone(), queue[0][9].clone()];
    rows.sort();
    assert_eq!(rows, ["1", "2"], "commits of each");
    let again = product.table(&["identity", "review"]);
    assert_eq!(queue, again);

    let pair = [queue[0][2].as_str(), queue[0][7].as_str()];
    product
        .run(["identity", "review", "--accept", pair[0], pair[1], "--by", "lead", "--reason", "asked her"])
        .succeeded();
    assert_eq!(persons(&product), before - 1);
    assert_eq!(person_of(&product, "ann@work.example"), person_of(&product, "ann.home@mail.example"));
    assert!(product.table(&["identity", "review"]).is_empty());
    let audit = product.table(&["identity", "audit"]);
    assert_eq!((&audit[0][2][..], &audit[0][3][..], &audit[0][5][..]), ("lead", "merge", "asked her"));
    assert!(audit[0][1].starts_with("2026-03-01"), "{audit:?}");
    assert!(!audit[0].iter().any(|word| word.contains("Example") || word.contains('@')), "no name: {audit:?}");

    product.run(["identity", "undo", "1"]).succeeded();
    assert_eq!(persons(&product), before);
    assert_eq!(product.table(&["identity", "review"]), queue);
}

#[test]
fn what_is_different_is_not_asked_again_and_cannot_be_merged() {
    let (_repository, product) = product();
    let pair = ["ann@work.example", "ann.home@mail.example"];
    product.run(["identity", "review", "--reject", pair[0], pair[1]]).succeeded();
    assert!(product.table(&["identity", "review"]).is_empty());
    let refused = product.run(["identity", "merge", pair[0], pair[1]]);
    let line = refused.failed(1);
    assert!(line.contains("were decided to be different; take that back with `paceline identity undo`"), "{line}");
    product.run(["identity", "undo", "1"]).succeeded();
    product.run(["identity", "merge", pair[0], pair[1]]).succeeded();
    let twice = product.run(["identity", "merge", pair[0], pair[1]]);
    assert!(twice.failed(1).ends_with("is one person already"));
    let line = product.run(["identity", "merge", "nobody", "Bob Builder"]);
    assert!(line.failed(1).starts_with("nobody is called nobody"));
}

#[test]
fn a_split_undoes_a_merge_and_outlives_what_is_collected_later() {
    let (repository, product) = product();
    let before = (persons(&product), product.table(&["identity", "list"]));
    product.run(["identity", "merge", "ann@work.example", "ann.home@mail.example"]).succeeded();
    product.run(["identity", "split", "ann.home@mail.example"]).succeeded();
    assert_eq!(persons(&product), before.0);
    assert_ne!(person_of(&product, "ann@work.example"), person_of(&product, "ann.home@mail.example"));

    // A mailmap joins the two: what was decided stands.
    let mailmap = crate::git_fixture::run_in(
        repository.path(),
        &["hash-object", "-w", "--stdin"],
        b"Ann Example <ann@work.example> <ann.home@mail.example>\n",
    );
    let head = repository.commit(&[&repository.head()], 500, "More");
    let below = crate::git_fixture::git_text(repository.path(), &["ls-tree", &head]);
    let tree = format!("{below}100644 blob {mailmap}\t.mailmap\n");
    let tree = crate::git_fixture::run_in(repository.path(), &["mktree"], tree.as_bytes());
    let commit =
        format!("tree {tree}\nparent {head}\nauthor {BOB} 1750000000 +0000\ncommitter {BOB} 1750000000 +0000\n\nMap\n");
    let head = crate::git_fixture::run_in(
        repository.path(),
        &["hash-object", "-t", "commit", "-w", "--stdin"],
        commit.as_bytes(),
    );
    repository.set_head(&head);
    product.run(["collect", "--code", "off", repository.path().to_str().unwrap()]).succeeded();
    let ann: Vec<Vec<String>> =
        product.table(&["identity", "list"]).into_iter().filter(|row| row[1] == "ann@work.example").collect();
    assert_eq!(ann.len(), 2, "two persons under one address: {ann:?}");

    product.run(["identity", "undo", "2"]).succeeded();
    let ann: Vec<Vec<String>> =
        product.table(&["identity", "list"]).into_iter().filter(|row| row[1] == "ann@work.example").collect();
    assert_eq!((ann.len(), ann[0][4].as_str()), (1, "3"), "{ann:?}");
}

#[test]
fn machines_are_declared_in_the_project_and_nobody_is_asked_about_them() {
    let (_repository, product) = product();
    let bots = "SELECT count(*) FROM commits WHERE is_bot";
    assert_eq!(product.rows(bots), [["0"]]);
    product.write("identities.toml", "bots = [\"*.home@mail.example\"]\n");
    assert_eq!(product.rows(bots), [["2"]], "also of what was collected before");
    assert!(product.table(&["identity", "review"]).is_empty());
    product.write("identities.toml", "bot = []\n");
    let line = product.run(["check"]);
    assert_eq!(line.failed(1), "identities.toml:1:1: unknown key bot; did you mean bots?");
}
