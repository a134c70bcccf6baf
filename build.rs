//! Gives the program a name for what it was built from: kept facts are those of one program, and two builds of one version may
//! compute them differently.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for path in files(Path::new("src"))? {
        hasher.write(path.to_string_lossy().as_bytes());
        hasher.write(&std::fs::read(&path)?);
    }
    hasher.write(&std::fs::read("Cargo.lock")?);
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=PACELINE_BUILD={:016x}", hasher.finish());
    Ok(())
}

/// All files below a folder, in one order on every machine.
fn files(folder: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}
