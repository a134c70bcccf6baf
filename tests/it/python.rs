//! Python with the packages that a folder of scripts asks for: programs that others wrote.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python that has the packages of `folder`/requirements.txt, installed beside the compiled tests once for each list of them. Says
/// why, and gives nothing, where they cannot be had.
pub fn with_packages_of(folder: &Path) -> Option<PathBuf> {
    let list = folder.join("requirements.txt");
    let hash = blake3::hash(&std::fs::read(&list).unwrap()).to_hex();
    let name = folder.file_name().unwrap().to_string_lossy();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", &hash[..16]));
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
