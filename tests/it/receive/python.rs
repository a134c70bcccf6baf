//! Python with the packages of tests/webhooks/requirements.txt: senders that others wrote.

use crate::python::with_packages_of;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What a script of tests/webhooks prints, line by line; nothing, said, where its packages cannot be had.
pub fn send(args: &[&str]) -> Option<Vec<(u16, String)>> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let python = INSTALLED.get_or_init(|| with_packages_of(&folder())).as_ref()?;
    let output = Command::new(python).arg(folder().join("send.py")).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| line.split_once(' ').map(|(status, body)| (status.parse().unwrap(), body.to_owned()));
    Some(text.lines().map(|it| line(it).unwrap()).collect())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks")
}
