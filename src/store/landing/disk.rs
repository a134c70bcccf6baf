//! The file operations that the log needs, and no others.
//!
//! They are a trait because a test cannot make a real disk forget what was not fsynced.

use crate::store::{Result, StoreError};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A folder of files.
pub(super) trait Disk: Send + Sync {
    /// The names in the folder, in no order.
    fn names(&self) -> io::Result<Vec<String>>;
    /// An empty file of this name, also where there was one.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// The file of this name, for reading and writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes created and removed names durable.
    fn sync_names(&self) -> io::Result<()>;
    /// Where a file is, for people.
    fn path(&self, name: &str) -> PathBuf;
}

/// An open file.
pub(super) trait DiskFile: Read + Write + Seek + Send {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;
    fn set_length(&self, bytes: u64) -> io::Result<()>;
    /// Makes bytes and length durable.
    fn sync(&self) -> io::Result<()>;
}

/// A folder of the operating system.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder and creates it durably when it is missing.
    pub(super) fn open(path: PathBuf) -> Result<Folder> {
        if !path.is_dir() {
            create(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        }
        Ok(Folder { path })
    }
}

fn create(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    for ancestor in path.ancestors().skip(1) {
        match File::open(ancestor) {
            Ok(folder) => folder.sync_all()?,
            // A folder that may not be read was not made by this process, so nobody knows it to be new.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Disk for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path)?.collect::<io::Result<Vec<_>>>()?;
        Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(self.path(name))?;
        Ok(Box::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().read(true).write(true).open(self.path(name))?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        // fdatasync: it writes the length too, and leaves out only the times of the file.
        self.sync_data()
    }
}
