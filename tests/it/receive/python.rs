//! Python with the packages of tests/webhooks/requirements.txt: senders that others wrote.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What a script of tests/webhooks prints, line by line; nothing, said, where its packages cannot be had.
pub fn send(args: &[&str]) -> Option<Vec<(u16, String)>> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let python = INSTALLED.get_or_init(install).as_ref()?;
    let output = Command::new(python).arg(folder().join("send.py")).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| line.split_once(' ').map(|(status, body)| (status.parse().unwrap(), body.to_owned()));
    Some(text.lines().map(|it| line(it).unwrap()).collect())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks")
}

/// Installs the packages beside the compiled tests, once for each list of them.
fn install() -> Option<PathBuf> {
    let list = folder().join("requirements.txt");
    let name = blake3::hash(&std::fs::read(&list).unwrap()).to_hex();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("webhooks-{}", &name[..16]));
    let (python, complete) = (home.join("bin/python"), home.join("complete"));
    if complete.exists() {
        return Some(python);
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&home);
    let mut fill = Command::new(&python);
    fill.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&list);
    for command in [&mut make, &mut fill] {
        match command.output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                eprintln!("skipped: {command:?}: {}", String::from_utf8_lossy(&output.stderr));
                return None;
            }
            Err(error) => {
                eprintln!("skipped: {command:?}: {error}");
                return None;
            }
        }
    }
    std::fs::write(complete, "").unwrap();
    Some(python)
}
