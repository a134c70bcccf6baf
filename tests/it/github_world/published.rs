//! What is answered and asked here, held against GitHub's published GraphQL schema by the JavaScript reference
//! implementation of GraphQL.

use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder with GitHub's published descriptions and what reads them. `None` without npm; then `what` is not checked,
/// which is said.
pub fn installed(what: &str) -> Option<PathBuf> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/github");
    if !*INSTALLED.get_or_init(|| is_current(&folder) || install(&folder)) {
        eprintln!("skipped: npm ci in tests/github failed; {what}");
        return None;
    }
    Some(folder)
}

/// npm writes down what it installed.
fn is_current(folder: &Path) -> bool {
    let written = |file: &str| std::fs::metadata(folder.join(file)).and_then(|it| it.modified()).ok();
    written("node_modules/.package-lock.json") >= written("package-lock.json")
}

fn install(folder: &Path) -> bool {
    // Nothing that is used has to be built, and some scripts only count installations.
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    Command::new("npm").args(arguments).current_dir(folder).status().is_ok_and(|status| status.success())
}

/// What is wrong with queries by GitHub's published schema, one line each, and with the part of it that is answered here.
/// `None` without npm.
pub fn schema_errors(queries: &[String]) -> Option<Vec<String>> {
    let folder = installed("GraphQL is not checked against GitHub's schema")?;
    let mut node = Command::new("node")
        .arg(folder.join("validate.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node comes with npm");
    let asked = json!({ "subset": include_str!("graphql/schema.graphql"), "queries": queries }).to_string();
    node.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let answer = node.wait_with_output().unwrap();
    assert!(answer.status.success(), "validate.mjs failed");
    Some(String::from_utf8(answer.stdout).unwrap().lines().map(str::to_owned).collect())
}
