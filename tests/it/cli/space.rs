//! A full disk fails the collection with one line; with space again it comes to the same rows.

use std::path::PathBuf;
use std::process::Command;

use super::JoinNew;
use super::product::{Answer, Product, assert_same};
use crate::collect::generated;

#[test]
fn a_full_disk_stops_a_collection_that_can_be_finished_later() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 200, 24);
    let undisturbed = Product::new();
    let app = product.home().join("app");
    undisturbed.collect(&app);
    let expected = undisturbed.dump(&[]);
    let Some(disk) = Disk::mount(product.home().join_new("disk")) else {
        eprintln!("skipped: a file system of limited size can only be mounted by root");
        return;
    };
    let data = disk.folder.join("data");
    let collect = || {
        let mut command = product.command(["collect".as_ref(), app.as_os_str()]);
        command.env("PACELINE_DATA", &data);
        Answer::of(command)
    };
    let mut failures = 0;
    for kilobytes in [16, 64, 96, 128, 160, 200, 240, 280, 320, 400] {
        disk.resize(kilobytes);
        let answer = collect();
        if answer.code == Some(0) {
            break;
        }
        answer.failed(1);
        failures += 1;
    }
    assert!(failures >= 3, "the disk was full only {failures} times");
    disk.resize(64 << 10);
    collect().succeeded();
    std::os::unix::fs::symlink(&data, product.data()).unwrap();
    assert_same(&product.dump(&[]), &expected, "with space again");
}

#[test]
fn a_limit_on_the_size_of_files_stops_a_collection_that_can_be_finished_later() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 600, 24);
    let undisturbed = Product::new();
    undisturbed.collect(product.home().join("app"));
    // The signal that would end the process is ignored, so that the write fails.
    let script = "trap '' XFSZ; ulimit -f \"$1\"; exec \"$2\" collect app";
    let mut failures = 0;
    for blocks in ["8", "32", "64"] {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", blocks, env!("CARGO_BIN_EXE_paceline")]);
        product.isolate(&mut command);
        let answer = Answer::of(command);
        if answer.code != Some(0) {
            answer.failed(1);
            failures += 1;
        }
    }
    assert!(failures > 0, "no file was as large as the limits");
    product.collect("app");
    assert_same(&product.dump(&["origin"]), &undisturbed.dump(&["origin"]), "without a limit");
}

/// A file system in memory, which is gone when this is dropped.
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// A small one at the folder; `None` for who may not mount.
    pub fn mount(folder: PathBuf) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&folder);
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self { folder })
    }

    pub fn resize(&self, kilobytes: u32) {
        let size = format!("remount,size={kilobytes}k");
        assert!(Command::new("mount").args(["-o", &size]).arg(&self.folder).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that hangs in a failed test does not keep it.
        drop(Command::new("umount").arg("--lazy").arg(&self.folder).status());
    }
}
