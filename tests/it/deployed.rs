//! From a repository and a list of deployments to what each deployment brought, against what git lists.

use crate::cli::product::Product;
use crate::collect::generated;
use crate::git_fixture::git_text;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn a_deployment_brings_what_git_lists() {
    let product = Product::new();
    let folder = product.home().join("app");
    std::fs::create_dir(&folder).unwrap();
    generated(&folder, 300, 6);
    let line = git_text(&folder, &["rev-list", "--first-parent", "--reverse", "HEAD"]);
    let line: Vec<&str> = line.lines().collect();
    // Two services of one history: shop goes back every fifth time, pay deploys what shop does at every third one.
    let mut deployments = String::new();
    let mut deployed: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for turn in 0..40_usize {
        let ahead = 20 + turn * 7;
        let sha = line[if turn % 5 == 4 { ahead - 11 } else { ahead }];
        for service in ["shop", "pay"].into_iter().filter(|service| *service == "shop" || turn % 3 == 0) {
            let at = format!("2026-02-{:02}T{:02}:00:00Z", 1 + turn / 2, turn % 2 * 6);
            let row = json!({
                "service": service, "deployment_id": turn.to_string(), "environment": "production", "sha": sha,
                "status": "success", "started_at": at, "finished_at": at, "is_rollback": false,
            });
            deployments += &format!("{row}\n");
            deployed.entry(service).or_default().push((turn.to_string(), sha));
        }
    }
    product
        .write("pipelines/deploy.toml", "type = \"files\"\npath = \"deployments.ndjson\"\ntable = \"deployments\"\n");
    product.write("deployments.ndjson", &deployments);
    product.run(["collect"]).succeeded();
    product.collect("app");

    let parents: BTreeSet<Vec<String>> = product.rows("SELECT sha, parent_shas FROM commits").into_iter().collect();
    let listed = git_text(&folder, &["log", "--format=%H,%P"]);
    let listed: BTreeSet<Vec<String>> =
        listed.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    assert_eq!(parents, listed);

    let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in product.rows("SELECT service, deployment_id, sha FROM deployment_commits WHERE is_certain") {
        let [service, id, sha] = row.try_into().unwrap();
        found.entry((service, id)).or_default().insert(sha);
    }
    let mut commits = 0;
    for (service, deployments) in deployed {
        // The first one is not told what it brought.
        for (nth, (id, sha)) in deployments.iter().enumerate().skip(1) {
            let earlier = deployments[..nth].iter().map(|(_, sha)| format!("^{sha}"));
            let arguments: Vec<String> =
                ["rev-list".to_owned(), (*sha).to_owned()].into_iter().chain(earlier).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let expected: BTreeSet<String> = git_text(&folder, &arguments).lines().map(str::to_owned).collect();
            let brought = found.remove(&(service.to_owned(), id.clone())).unwrap_or_default();
            assert_eq!(brought, expected, "{service} {id}");
            commits += expected.len();
        }
    }
    assert!(found.is_empty() && commits > 400, "{commits}: {found:?}");
}
