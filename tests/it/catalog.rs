//! The software catalog: what is an entity, and what a repository's history, a server and queries say of components.

mod backstage;
mod repository;
mod topics;
mod validation;

use std::path::PathBuf;
use std::process::Command;

/// The folder of the Node tools of these tests, with what they need installed; `None`, and a word about it, without npm.
pub fn node_tools(what: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/catalog");
    let written = |name: &str| folder.join(name).metadata().and_then(|it| it.modified()).ok();
    let is_installed = || written("node_modules/.package-lock.json") >= written("package-lock.json");
    let install = || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
        npm.status().is_ok_and(|status| status.success())
    };
    static ONCE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = ONCE.lock().unwrap();
    if is_installed() || install() {
        return Some(folder);
    }
    eprintln!("skipped: npm ci in tests/catalog failed; {what}");
    None
}
