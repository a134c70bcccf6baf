//! Lists of issues and pull requests of 2017, as GitHub's API answered then: no global ids, no drafts, no labels of pull
//! requests.

use super::{check, output, rows, shared};
use paceline::collect::github::saved;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const NAME: &str = "quicwg/base-drafts";

/// One of the lists, unpacked into the folder.
fn unpack(folder: &Path, name: &str) -> Option<()> {
    let packed = shared(&format!("quicwg-2017/{name}.xz"))?;
    let text = output(Command::new("xz").arg("-dc").arg(packed))?;
    std::fs::write(folder.join(name), text).unwrap();
    Some(())
}

#[test]
fn lists_of_2017() {
    let folder = tempfile::tempdir().unwrap();
    let unpacked = ["pulls.json", "issues.json"].map(|name| unpack(folder.path(), name));
    if unpacked.contains(&None) {
        return;
    }
    let mut said = Vec::new();
    for file in saved::files(folder.path()).unwrap() {
        said.extend(saved::read_file(&file, &|_| true).unwrap());
    }
    check(&said);
    let pulls = rows(&said, "pull_requests");
    let count = |state: &str| pulls.iter().filter(|values| values["state"] == state).count();
    assert_eq!((pulls.len(), count("merged"), count("closed"), count("open")), (217, 170, 23, 24));
    assert!(pulls.iter().all(|values| values["repository"] == NAME && values.contains_key("author_id")));
    for column in ["commits", "lines_added", "labels", "is_draft"] {
        assert!(pulls.iter().all(|values| !values.contains_key(column)), "{column} was not said and is not known");
    }

    // GitHub lists pull requests as issues too: they are no tickets.
    let tickets = rows(&said, "tickets");
    let resolved = tickets.iter().filter(|values| values.contains_key("resolved_at")).count();
    assert_eq!((tickets.len(), resolved), (479 - 217, 153));
    assert!(tickets.iter().all(|values| values["ticket_id"].as_str().is_some_and(|id| id.starts_with(NAME))));
    let one = pulls.iter().find(|values| values["number"] == 479).unwrap();
    assert_eq!(
        (&one["title"], &one["base_branch"]),
        (&"Don't require the client to reset excess streams".into(), &"master".into())
    );
    assert_eq!(one["source_key"], Value::from("118066337"), "no global id was said");
}
