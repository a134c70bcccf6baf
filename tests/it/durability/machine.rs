//! A machine that loses power: runs the product while noting what the disk holds, and gives the disk afterwards.
//!
//! The notes are taken by `tests/fixtures/power_cut.c`; what they count as being on disk is said there.

use std::ffi::OsStr;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::cli::product::Product;

/// Which names of files the disk holds. Bytes are always those that were synced, and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Those of the last sync of their folder, and no later change.
    Synced,
    /// Those at the moment of the cut: a file that was never synced is there and empty.
    All,
}

pub struct Machine {
    product: Product,
    notes: tempfile::TempDir,
}

impl Machine {
    /// A machine on whose disk the product's files are. `None` without a C compiler.
    pub fn with(product: Product) -> Option<Self> {
        let machine = Self { product, notes: tempfile::tempdir().unwrap() };
        for kind in ["files", "folders", "keep"] {
            std::fs::create_dir(machine.notes.path().join(kind)).unwrap();
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/power_cut.c");
        let mut compiler = Command::new("gcc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(machine.library());
        match compiler.arg(source).arg("-ldl").status() {
            Ok(status) => assert!(status.success(), "{compiler:?}"),
            Err(error) => {
                eprintln!("skipped: what a power cut leaves is noted by a library that gcc compiles; gcc: {error}");
                return None;
            }
        }
        machine.shell("find . -exec sync {} +");
        Some(machine)
    }

    fn library(&self) -> PathBuf {
        self.notes.path().join("power_cut.so")
    }

    /// Runs a script in the watched folder.
    pub fn shell(&self, script: &str) {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(self.product.home());
        assert!(self.noting(&mut command).status().unwrap().success(), "{script}");
    }

    /// Collects a repository, and loses power instead of the sync of that number.
    pub fn collect(&self, repository: &Path, cut_at: Option<usize>) -> ExitStatus {
        self.run(&["collect".as_ref(), repository.as_os_str()], cut_at)
    }

    /// Runs a command of the product, and loses power instead of the sync of that number.
    pub fn run(&self, args: &[&OsStr], cut_at: Option<usize>) -> ExitStatus {
        let mut command = self.product.command(args);
        if let Some(at) = cut_at {
            command.env("POWER_CUT_AT", at.to_string());
        }
        let output = self.noting(&mut command).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || cut_at.is_some() && !said.contains("power_cut: "), "{said}");
        output.status
    }

    /// The product as it is while there is power.
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// A server that is to be started, which loses power instead of the sync of that number.
    pub fn serve(&self, cut_at: Option<usize>) -> Command {
        let mut command = self.product.command(["serve", "--http", "127.0.0.1:0"]);
        if let Some(at) = cut_at {
            command.env("POWER_CUT_AT", at.to_string());
        }
        self.noting(&mut command);
        command
    }

    fn noting<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", self.library()).env("POWER_CUT_NOTES", self.notes.path());
        command.env("POWER_CUT_WATCH", self.product.home().canonicalize().unwrap())
    }

    /// The number of syncs so far.
    pub fn syncs(&self) -> usize {
        std::fs::read(self.notes.path().join("synced")).map_or(0, |bytes| bytes.len())
    }

    /// The product on what the disk holds when the power comes back.
    pub fn after_the_cut(&self, names: Names) -> Product {
        let mut product = Product::new();
        product.now = self.product.now;
        self.restore(self.product.home().metadata().unwrap().ino(), self.product.home(), names, product.home());
        product
    }

    /// `now` is where the folder stands, as far as it still does.
    fn restore(&self, folder: u64, now: &Path, names: Names, to: &Path) {
        for (inode, is_folder, name) in self.entries(folder, now, names) {
            let (now, to) = (now.join(&name), to.join(&name));
            if is_folder {
                std::fs::create_dir(&to).unwrap();
                self.restore(inode, &now, names, &to);
            } else {
                let bytes = std::fs::read(self.notes.path().join("files").join(inode.to_string()));
                std::fs::write(&to, bytes.unwrap_or_default()).unwrap();
            }
        }
    }

    fn entries(&self, folder: u64, now: &Path, names: Names) -> Vec<(u64, bool, String)> {
        if names == Names::All {
            let entries = std::fs::read_dir(now).unwrap().map(Result::unwrap);
            let one = |entry: std::fs::DirEntry| {
                (entry.ino(), entry.file_type().unwrap().is_dir(), entry.file_name().into_string().unwrap())
            };
            return entries.map(one).collect();
        }
        let noted = std::fs::read_to_string(self.notes.path().join("folders").join(folder.to_string()));
        let one = |line: &str| {
            let mut fields = line.splitn(3, ' ');
            let mut field = || fields.next().unwrap();
            (field().parse().unwrap(), field() == "d", field().to_owned())
        };
        noted.unwrap_or_default().lines().map(one).collect()
    }
}
