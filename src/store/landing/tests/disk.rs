//! A disk that forgets whatever was not fsynced, and fails when it is told to.

use super::super::disk::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// The disk; clones are the same disk.
#[derive(Clone, Default)]
pub struct FakeDisk {
    shared: Arc<(Mutex<World>, Condvar)>,
}

/// Everything on it, and what is to go wrong. Zero and `None` are no fault.
#[derive(Default)]
pub struct World {
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    files: Vec<Content>,
    /// So many syncs fail; what they were to write is never written later either, as on Linux.
    pub failing_syncs: u32,
    pub failing_lengths: u32,
    pub failing_removals: u32,
    /// Bytes that can be written before the disk is full.
    pub space: Option<usize>,
    /// A write takes at most so many bytes.
    pub write_bytes: Option<usize>,
    /// After so many further changes the process is dead: nothing works any more.
    pub operations: Option<u32>,
    /// Syncs wait until this is taken back.
    pub syncs_wait: bool,
    /// Syncs that began.
    pub syncs: u32,
}

#[derive(Clone, Default)]
struct Content {
    cache: Vec<u8>,
    /// The bytes of the cache that the next sync writes.
    dirty: Vec<bool>,
    disk: Vec<u8>,
}

impl FakeDisk {
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.0.lock().unwrap()
    }

    /// Lets the syncs go on that wait.
    pub fn release_syncs(&self) {
        self.world().syncs_wait = false;
        self.shared.1.notify_all();
    }

    /// Waits until a sync has begun.
    pub fn wait_for_sync(&self, count: u32) {
        let world = self.shared.1.wait_while(self.world(), |world| world.syncs < count).unwrap();
        drop(world);
    }

    /// The bytes of a file as a process sees them.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let world = self.world();
        world.files[world.names[name]].cache.clone()
    }

    /// A file with these bytes, all of them durable.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        world.files.push(Content { cache: bytes.into(), dirty: vec![false; bytes.len()], disk: bytes.into() });
        let file = world.files.len() - 1;
        world.names.insert(name.to_owned(), file);
        world.durable_names.insert(name.to_owned(), file);
    }

    /// The names of the files, sorted.
    pub fn sorted_names(&self) -> Vec<String> {
        self.world().names.keys().cloned().collect()
    }

    /// The process has died and another begins: what the operating system holds stays.
    pub fn process_died(&self) {
        let mut world = self.world();
        let kept = (std::mem::take(&mut world.names), std::mem::take(&mut world.durable_names));
        let files = std::mem::take(&mut world.files);
        *world = World { names: kept.0, durable_names: kept.1, files, ..World::default() };
    }

    /// The power has failed. Of what was not fsynced, `keep` says what has reached the disk nevertheless.
    pub fn power_failed(&self, mut keep: impl FnMut() -> bool) {
        self.process_died();
        let mut world = self.world();
        let World { names, durable_names, files, .. } = &mut *world;
        let all: Vec<String> = names.keys().chain(durable_names.keys()).cloned().collect();
        for name in all {
            let now = names.get(&name).copied();
            if now != durable_names.get(&name).copied() && keep() {
                match now {
                    Some(file) => durable_names.insert(name, file),
                    None => durable_names.remove(&name),
                };
            }
        }
        names.clone_from(durable_names);
        for file in files {
            if keep() && keep() {
                file.disk.resize(file.cache.len(), 0);
            }
            for (start, dirty) in file.dirty.chunks(16).enumerate().map(|(index, dirty)| (index * 16, dirty)) {
                if dirty.contains(&true) && keep() {
                    let end = (start + dirty.len()).min(file.disk.len());
                    for index in start..end {
                        file.disk[index] = if file.dirty[index] { file.cache[index] } else { file.disk[index] };
                    }
                }
            }
            file.cache.clone_from(&file.disk);
            file.dirty = vec![false; file.cache.len()];
        }
    }
}

impl World {
    pub fn is_dead(&self) -> bool {
        self.operations == Some(0)
    }

    /// Counts a change; the last one before death happens by half.
    fn change(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.operations {
            *left = left.saturating_sub(1);
        }
        self.alive()
    }

    fn alive(&self) -> io::Result<()> {
        if self.is_dead() { Err(io::Error::other("the process is dead")) } else { Ok(()) }
    }
}

fn failing(count: &mut u32) -> io::Result<()> {
    if *count == 0 {
        return Ok(());
    }
    *count -= 1;
    Err(io::Error::from_raw_os_error(5))
}

impl Disk for FakeDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        self.world().alive()?;
        // In an order that nobody may rely on.
        Ok(self.world().names.keys().rev().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.world();
        world.change()?;
        if let Some(file) = world.names.get(name).copied() {
            world.files[file].cache.clear();
            world.files[file].dirty.clear();
        } else {
            world.files.push(Content::default());
            let file = world.files.len() - 1;
            world.names.insert(name.to_owned(), file);
        }
        drop(world);
        self.open(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let world = self.world();
        world.alive()?;
        let file = *world.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Box::new(FakeFile { disk: self.clone(), file, at: 0 }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        world.change()?;
        failing(&mut world.failing_removals)?;
        world.names.remove(name).ok_or(ErrorKind::NotFound)?;
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut world = self.world();
        world.change()?;
        failing(&mut world.failing_syncs)?;
        world.durable_names = world.names.clone();
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("landing").join(name)
    }
}

struct FakeFile {
    disk: FakeDisk,
    file: usize,
    at: usize,
}

impl DiskFile for FakeFile {
    fn length(&self) -> io::Result<u64> {
        let world = self.disk.world();
        world.alive()?;
        Ok(world.files[self.file].cache.len() as u64)
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.change()?;
        failing(&mut world.failing_lengths)?;
        let file = &mut world.files[self.file];
        file.cache.resize(bytes as usize, 0);
        file.dirty.resize(bytes as usize, true);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        world.syncs += 1;
        self.disk.shared.1.notify_all();
        let mut world = self.disk.shared.1.wait_while(world, |world| world.syncs_wait).unwrap();
        world.change()?;
        let fails = failing(&mut world.failing_syncs);
        let file = &mut world.files[self.file];
        if fails.is_ok() {
            file.disk.resize(file.cache.len(), 0);
            for index in 0..file.cache.len() {
                if file.dirty[index] {
                    file.disk[index] = file.cache[index];
                }
            }
        }
        // After a failure the pages count as clean, though the disk never got them.
        file.dirty.fill(false);
        fails
    }
}

impl Read for FakeFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let world = self.disk.world();
        world.alive()?;
        let cache = &world.files[self.file].cache;
        let rest = &cache[self.at.min(cache.len())..];
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for FakeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut world = self.disk.world();
        let was_alive = !world.is_dead();
        let alive = world.change();
        let mut count = bytes.len().min(world.write_bytes.unwrap_or(usize::MAX));
        if let Some(space) = &mut world.space {
            count = count.min(*space);
            *space -= count;
            if count == 0 && !bytes.is_empty() {
                return Err(ErrorKind::StorageFull.into());
            }
        }
        if alive.is_err() {
            count /= 2;
        }
        if was_alive {
            let file = &mut world.files[self.file];
            let end = self.at + count;
            if file.cache.len() < end {
                file.cache.resize(end, 0);
                file.dirty.resize(end, true);
            }
            file.cache[self.at..end].copy_from_slice(&bytes[..count]);
            file.dirty[self.at..end].fill(true);
            self.at = end;
        }
        alive.map(|()| count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for FakeFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else { return Err(ErrorKind::Unsupported.into()) };
        self.at = at as usize;
        Ok(at)
    }
}
