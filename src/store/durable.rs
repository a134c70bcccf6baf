//! Files that stay written: an object store over the local file system whose writes survive a power cut.
//!
//! One rule: when a write returns, the content and its name are on disk, and no name ever stands for less than its whole
//! content. object_store's own local store leaves both to the operating system: after a power cut a Delta commit that was
//! acknowledged can be gone, or be there with nothing in it, which Delta reads as a version without changes.

use async_trait::async_trait;
use futures::FutureExt;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The whole local file system, written durably. Reading, listing and deleting are the plain local store's; a deletion that
/// a power cut takes back leaves a file that nothing refers to.
#[derive(Debug, Default)]
pub(super) struct Durable {
    inner: LocalFileSystem,
}

impl std::fmt::Display for Durable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Durable({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Durable {
    async fn put_opts(&self, location: &Location, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) || !opts.attributes.is_empty() {
            // The local store says what it cannot do.
            return self.inner.put_opts(location, payload, opts).await;
        }
        let path = self.inner.path_to_filesystem(location)?;
        blocking(move || {
            let mut staged = Staged::create(path)?;
            for part in &payload {
                staged.write(part)?;
            }
            staged.publish(&opts.mode)
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Location,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !opts.attributes.is_empty() {
            return self.inner.put_multipart_opts(location, opts).await;
        }
        let path = self.inner.path_to_filesystem(location)?;
        let staged = blocking(move || Staged::create(path)).await?;
        Ok(Box::new(Upload { staged: Some(Arc::new(Mutex::new(staged))), bytes: 0 }))
    }

    async fn get_opts(&self, location: &Location, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Location>>) -> BoxStream<'static, Result<Location>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Location>, offset: &Location) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Location>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Location, to: &Location, options: CopyOptions) -> Result<()> {
        let (source, target) = (self.inner.path_to_filesystem(from)?, self.inner.path_to_filesystem(to)?);
        let prepared = target.clone();
        blocking(move || prepare(&source, &prepared)).await?;
        self.inner.copy_opts(from, to, options).await?;
        blocking(move || in_parent(&target, sync_folder)).await
    }

    async fn rename_opts(&self, from: &Location, to: &Location, options: RenameOptions) -> Result<()> {
        let (source, target) = (self.inner.path_to_filesystem(from)?, self.inner.path_to_filesystem(to)?);
        let prepared = (source.clone(), target.clone());
        blocking(move || prepare(&prepared.0, &prepared.1)).await?;
        self.inner.rename_opts(from, to, options).await?;
        // The new name first: between the two the file has both names rather than none.
        blocking(move || in_parent(&target, sync_folder).and_then(|()| in_parent(&source, sync_folder))).await
    }
}

/// Creates a folder and the parents it lacks, and puts their names on disk.
pub(super) fn create_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(parent) = folder.parent() else { return std::fs::create_dir(folder) };
    create_folder(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(parent),
    }
}

/// Writes a whole file, in place of the one that has its name, and the folders that it lacks.
pub(super) fn write_file(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut staged = Staged::create(path.to_owned())?;
    staged.write(content)?;
    staged.publish(&PutMode::Overwrite)?;
    Ok(())
}

/// Puts the names in a folder on disk.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The name of a file that is being written. The plain local store writes under such names too, and does not list them.
pub(super) fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()))
}

/// A file that gets its name only when its content is on disk. Dropped before that, it is removed.
#[derive(Debug)]
struct Staged {
    file: File,
    path: PathBuf,
    target: PathBuf,
    is_published: bool,
}

impl Staged {
    fn create(target: PathBuf) -> Result<Staged> {
        in_parent(&target, create_folder)?;
        let mut number = 1;
        loop {
            let mut name = target.clone().into_os_string();
            name.push(format!("#{number}"));
            let path = PathBuf::from(name);
            match File::create_new(&path) {
                Ok(file) => return Ok(Staged { file, path, target, is_published: false }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(at(&path, error)),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| at(&self.target, error))
    }

    fn write_at(&mut self, offset: u64, payload: &PutPayload) -> Result<()> {
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| at(&self.target, error))?;
        payload.iter().try_for_each(|part| self.write(part))
    }

    fn publish(&mut self, mode: &PutMode) -> Result<PutResult> {
        self.file.sync_all().map_err(|error| at(&self.target, error))?;
        if *mode == PutMode::Create {
            // A link, since renaming would replace what is there.
            std::fs::hard_link(&self.path, &self.target).map_err(|error| at(&self.target, error))?;
            // What cannot be removed is not data, and removed when the folder is next opened for writing.
            drop(std::fs::remove_file(&self.path));
        } else {
            std::fs::rename(&self.path, &self.target).map_err(|error| at(&self.target, error))?;
        }
        self.is_published = true;
        in_parent(&self.target, sync_folder)?;
        Ok(PutResult { e_tag: None, version: None })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_published {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// An upload in parts. Parts may be written in any order.
#[derive(Debug)]
struct Upload {
    /// Until it is completed or aborted.
    staged: Option<Arc<Mutex<Staged>>>,
    /// In all parts so far.
    bytes: u64,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let offset = self.bytes;
        self.bytes += data.content_length() as u64;
        let Some(staged) = self.staged.clone() else { return futures::future::ready(Err(ended())).boxed() };
        blocking(move || staged.lock().unwrap_or_else(PoisonError::into_inner).write_at(offset, &data)).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let staged = self.staged.take().ok_or_else(ended)?;
        let publish = move || staged.lock().unwrap_or_else(PoisonError::into_inner).publish(&PutMode::Overwrite);
        blocking(publish).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.staged = None;
        Ok(())
    }
}

/// What a file needs before it gets another name: its content on disk, and a folder for the name.
fn prepare(source: &Path, target: &Path) -> Result<()> {
    match File::open(source).and_then(|file| file.sync_all()) {
        // The local store says what is missing.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(source, error)),
        Ok(()) => in_parent(target, create_folder),
    }
}

fn in_parent(path: &Path, act: impl Fn(&Path) -> std::io::Result<()>) -> Result<()> {
    path.parent().map_or(Ok(()), |parent| act(parent).map_err(|error| at(parent, error)))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

fn at(path: &Path, error: std::io::Error) -> Error {
    let path = path.display().to_string();
    match error.kind() {
        ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: error.into() },
        ErrorKind::NotFound => Error::NotFound { path, source: error.into() },
        _ => Error::Generic { store: "local files", source: format!("{path}: {error}").into() },
    }
}

fn ended() -> Error {
    Error::Generic { store: "local files", source: "the upload has ended".into() }
}

#[cfg(test)]
mod tests;
