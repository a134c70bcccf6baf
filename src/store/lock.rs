//! One writer per data folder, by a lock that the operating system drops with the process.

use super::{Result, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

pub(super) const FILE: &str = "lock";

/// The right to write into a data folder. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    pub(super) fn take(root: &Path) -> Result<Lock> {
        let path = root.join(FILE);
        let io = |source| StoreError::Io { path: path.clone(), source };
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: root.into(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        // The process id is only a hint for the next one's error message; the lock itself is the kernel's.
        file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
        write!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    /// Closing the file is not enough: a program that another thread is just starting has it open too for a moment.
    fn drop(&mut self) {
        self.file.unlock().ok();
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.is_empty() => format!(" (process {})", text.trim()),
        _ => String::new(),
    }
}
