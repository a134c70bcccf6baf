//! Sources and statements that are refused, and what is left of the attempt: nothing.

use std::os::unix::fs::PermissionsExt;

use super::JoinNew;
use super::product::{Product, assert_same};
use crate::collect::{Repository, generated};
use crate::git_fixture::{Fixture, git};

#[test]
fn no_repository() {
    let product = Product::new();
    product.home().join_new("plain");
    for path in ["absent", "plain"] {
        let answer = product.run(["collect", path]);
        let said = answer.failed(3);
        assert!(said.starts_with("no git repository at ") && said.contains(path), "{said}");
        assert!(said.ends_with("; give the folder that holds .git, or a bare repository"), "{said}");
    }
    assert!(!product.data().exists());
}

#[test]
fn a_shallow_clone() {
    let (product, repository) = (Product::new(), Repository::of_plain_work());
    git(product.home(), ["clone", "--quiet", "--depth=1", &repository.url(), "shallow"]);
    let answer = product.run(["collect", "shallow"]);
    assert_eq!(answer.failed(3), "shallow clone: history is cut at 1 commits; run git fetch --unshallow");
    assert!(!product.data().exists());
}

#[test]
fn an_empty_repository() {
    let product = Product::new();
    let fixture = Fixture::new(&product.home().join_new("empty"));
    let path = format!("file://{}", fixture.folder.display());
    for from in ["empty", &path] {
        let answer = product.run(["collect", from]);
        let said = answer.failed(3);
        assert!(
            said.starts_with("empty repository: ") && said.ends_with("; commit or fetch something first"),
            "{said}"
        );
        assert!(product.files("tables").is_empty());
    }
}

#[test]
fn a_second_repository_of_the_same_name() {
    let product = Product::new();
    for (folder, text) in [("first", "fn a() {}\n"), ("second", "fn b() {}\n")] {
        let mut fixture = Fixture::new(&product.home().join(folder).join_new("app"));
        fixture.write("code.rs", text);
        fixture.commit(text);
    }
    product.collect("first/app");
    let answer = product.run(["collect", "second/app"]);
    let said = answer.failed(3);
    assert!(said.starts_with("the name app stands for ") && said.contains("first/app already; give "), "{said}");
    assert!(said.contains("another with --name"), "{said}");
    assert_eq!(product.rows("SELECT subject FROM commits"), [["fn a() {}"]]);

    product.run(["collect", "second/app", "--name", "other"]).succeeded();
    std::fs::rename(product.home().join("first"), product.home().join("moved")).unwrap();
    assert!(product.collect("moved/app").contains("nothing new"));
    let rows = product.rows("SELECT source, repository, subject FROM commits ORDER BY source");
    assert_eq!(rows, [["app", "app", "fn a() {}"], ["other", "other", "fn b() {}"]]);
}

#[test]
fn a_corrupt_object() {
    let product = Product::new();
    let mut fixture = Fixture::new(&product.home().join_new("app"));
    for number in 1..4 {
        fixture.write("code.rs", format!("fn number() -> u64 {{ {number} }}\n"));
        fixture.commit("work");
    }
    for kind in ["HEAD~1:code.rs", "HEAD~1^{tree}", "HEAD~1"] {
        let id = fixture.git(&["rev-parse", kind]).trim().to_owned();
        let object = fixture.folder.join(".git/objects").join(&id[..2]).join(&id[2..]);
        let content = std::fs::read(&object).unwrap();
        std::fs::set_permissions(&object, PermissionsExt::from_mode(0o644)).unwrap();
        std::fs::write(&object, "overwritten").unwrap();
        let answer = product.run(["collect", "app"]);
        let said = answer.failed(3);
        assert!(said.starts_with(&format!("object {id} is missing or corrupt: ")), "{said}");
        assert!(said.ends_with("; run git fsck to see what is damaged, then clone again"), "{said}");
        assert!(product.files("tables").is_empty(), "{kind}");
        std::fs::write(&object, content).unwrap();
    }
    product.collect("app");
    let undisturbed = Product::new();
    undisturbed.collect(&fixture.folder);
    assert_same(&product.dump(&["origin"]), &undisturbed.dump(&["origin"]), "after the repair");
}

#[test]
fn an_address_that_nobody_answers() {
    let product = Product::new();
    let answer = product.run(["collect", "http://name:secret@127.0.0.1:9/x.git"]);
    let said = answer.failed(3);
    assert!(said.starts_with("http://127.0.0.1:9/x.git cannot be fetched: "), "{said}");
    assert!(said.ends_with("; check the address, the network and your access"), "{said}");
    assert!(product.files("tables").is_empty() && product.files("clones").is_empty());
}

#[test]
fn one_source_that_fails_does_not_stop_the_others() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    let answer = product.run(["collect", "http://127.0.0.1:9/x.git", "app"]);
    assert!(answer.code == Some(3) && answer.stderr.contains("app: 21 commits, "), "{}", answer.stderr);
    assert_eq!(product.rows("SELECT count(*) FROM commits"), [["21"]]);
}

#[test]
fn a_data_folder_that_another_process_writes_into() {
    let product = Product::new();
    let fixture = generated(&product.home().join_new("app"), 20, 24);
    product.collect("app");
    let before = product.files("tables");
    git(&fixture.folder, ["commit", "--quiet", "--allow-empty", "--message=more"]);
    let lock = std::fs::File::open(product.data().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let answer = product.run(["collect", "app"]);
    let said = answer.failed(1);
    assert!(said.starts_with("data folder ") && said.contains(" is in use by another process"), "{said}");
    assert!(product.files("tables") == before, "a file changed");
    assert_eq!(product.rows("SELECT count(*) FROM commits"), [["21"]], "reading needs no lock");
    drop(lock);
    product.collect("app");
    assert_eq!(product.rows("SELECT count(*) FROM commits"), [["22"]]);
}

#[test]
fn a_data_folder_that_holds_other_files() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.write("data/letter.txt", "mine\n");
    for args in [["collect", "app"], ["sql", "SELECT 1"]] {
        let answer = product.run(args);
        assert!(
            answer.failed(1).ends_with(
                "is not a Paceline data folder but holds other files; name an empty or new folder with --data"
            )
        );
    }
    assert_eq!(product.files(".").len(), 1);
}

#[test]
fn a_data_folder_without_data() {
    let product = Product::new();
    for args in [["sql", "SELECT 1"].as_slice(), &["identity", "list"], &["metric", "show", "pr_size"]] {
        let answer = product.run(args);
        assert!(answer.failed(1).starts_with("no data in "), "{}", answer.stderr);
    }
    assert!(!product.data().exists());
}

#[test]
fn statements_that_would_write_or_reach_the_host() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.collect("app");
    let before = product.all_files();
    for statement in [
        "DROP TABLE commits",
        "DROP VIEW commits",
        "CREATE TABLE copy AS SELECT * FROM commits",
        "CREATE VIEW copy AS SELECT * FROM commits",
        "INSERT INTO stored.commits SELECT * FROM stored.commits",
        "COPY (SELECT 1) TO 'out.csv'",
        "COPY commits TO 'out.parquet' STORED AS PARQUET",
        "CREATE EXTERNAL TABLE words (word STRING) STORED AS CSV LOCATION '/etc/passwd'",
        "SET datafusion.execution.batch_size = 1",
    ] {
        let answer = product.run(["sql", statement]);
        let said = answer.failed(5);
        assert!(said.starts_with("only queries are answered here: "), "{statement}: {said}");
    }
    assert!(product.all_files() == before, "a file changed");
}

#[test]
fn queries_that_are_wrong() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.collect("app");
    for (query, part) in [
        ("SELECT shaa FROM commits", "shaa"),
        ("SELECT * FROM comits", "comits"),
        ("SELECT * FROM '/etc/passwd'", "/etc/passwd"),
        ("SELECT", "SQL"),
        ("SELECT 1 / 0", "zero"),
        (" ", "the query is empty"),
    ] {
        let answer = product.run(["sql", query]);
        let said = answer.failed(1);
        assert!(said.contains(part), "{query}: {said}");
    }
    assert!(!product.rows("SHOW TABLES").is_empty(), "what the line on an empty query advises");
}

#[test]
fn a_data_folder_of_another_form_is_not_read() {
    let product = Product::new();
    std::fs::create_dir_all(product.data()).unwrap();
    let state = rusqlite::Connection::open(product.data().join("state.sqlite")).unwrap();
    state.execute_batch("CREATE TABLE identities (identity TEXT); PRAGMA user_version = 1;").unwrap();
    for args in [&["sql", "SELECT 1"][..], &["collect", "--status"]] {
        let answer = product.run(args);
        assert_eq!(answer.code, Some(1), "{args:?}");
        let words = "was written by another version of Paceline (form 1, this one reads form 5); collect into a new folder with --data\n";
        assert!(answer.stderr.ends_with(words) && answer.stderr.lines().count() == 1, "{}", answer.stderr);
    }
}
