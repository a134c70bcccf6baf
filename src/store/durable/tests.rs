use super::*;
use futures::StreamExt;
use object_store::ObjectStoreExt;
use std::collections::BTreeMap;

struct Folder {
    store: Durable,
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Folder {
        Folder { store: Durable::default(), folder: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> Location {
        Location::from_absolute_path(self.folder.path().join(name)).unwrap()
    }

    /// Every file with its content, by path in the folder.
    fn files(&self) -> BTreeMap<String, String> {
        let (mut files, mut waiting) = (BTreeMap::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = waiting.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let name = path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned();
                    files.insert(name, std::fs::read_to_string(path).unwrap());
                }
            }
        }
        files
    }
}

fn files<const N: usize>(expected: [(&str, &str); N]) -> BTreeMap<String, String> {
    expected.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

#[tokio::test]
async fn a_put_replaces_or_refuses_and_makes_folders() {
    let folder = Folder::new();
    folder.store.put(&folder.at("x/y/a"), "one".into()).await.unwrap();
    folder.store.put(&folder.at("x/y/a"), "two".into()).await.unwrap();
    let create = || PutOptions::from(PutMode::Create);
    folder.store.put_opts(&folder.at("x/b"), "three".into(), create()).await.unwrap();
    let refused = folder.store.put_opts(&folder.at("x/b"), "four".into(), create()).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyExists { .. }), "{refused}");
    assert_eq!(folder.files(), files([("x/b", "three"), ("x/y/a", "two")]));
    let version = object_store::UpdateVersion { e_tag: None, version: None };
    let refused = folder.store.put_opts(&folder.at("x/b"), "five".into(), PutMode::Update(version).into()).await;
    assert!(matches!(refused, Err(Error::NotImplemented { .. })));
}

#[tokio::test]
async fn an_upload_is_there_as_a_whole_or_not_at_all() {
    let folder = Folder::new();
    let mut upload = folder.store.put_multipart(&folder.at("a")).await.unwrap();
    let (first, second) = (upload.put_part("one ".into()), upload.put_part("two".into()));
    second.await.unwrap();
    first.await.unwrap();
    assert_eq!(folder.files(), files([("a#1", "one two")]));
    // Readers do not see it yet.
    assert_eq!(folder.store.list(Some(&folder.at(""))).count().await, 0);
    upload.complete().await.unwrap();
    assert_eq!(folder.files(), files([("a", "one two")]));
    assert!(upload.complete().await.is_err() && upload.put_part("three".into()).await.is_err());

    let mut upload = folder.store.put_multipart(&folder.at("a")).await.unwrap();
    upload.put_part("four".into()).await.unwrap();
    upload.abort().await.unwrap();
    drop(folder.store.put_multipart(&folder.at("b")).await.unwrap());
    assert_eq!(folder.files(), files([("a", "one two")]));
}

#[tokio::test]
async fn two_writers_of_one_file_do_not_mix() {
    let folder = Folder::new();
    let mut first = folder.store.put_multipart(&folder.at("a")).await.unwrap();
    let mut second = folder.store.put_multipart(&folder.at("a")).await.unwrap();
    first.put_part("first".into()).await.unwrap();
    second.put_part("2nd".into()).await.unwrap();
    first.complete().await.unwrap();
    second.complete().await.unwrap();
    assert_eq!(folder.files(), files([("a", "2nd")]));
}

#[tokio::test]
async fn copies_and_renames_go_where_the_local_store_takes_them() {
    let folder = Folder::new();
    let (a, b, c) = (folder.at("a"), folder.at("x/b"), folder.at("y/c"));
    folder.store.put(&a, "one".into()).await.unwrap();
    folder.store.copy(&a, &b).await.unwrap();
    folder.store.rename(&a, &c).await.unwrap();
    assert_eq!(folder.files(), files([("x/b", "one"), ("y/c", "one")]));
    for refused in [folder.store.copy_if_not_exists(&b, &c).await, folder.store.rename_if_not_exists(&b, &c).await] {
        assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
    }
    for refused in [folder.store.copy(&a, &c).await, folder.store.rename(&a, &c).await] {
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
    folder.store.rename_if_not_exists(&b, &a).await.unwrap();
    assert_eq!(folder.files(), files([("a", "one"), ("y/c", "one")]));
}

#[test]
fn only_numbers_after_the_last_mark_are_of_files_being_written() {
    for (name, is) in
        [("a#1", true), ("a.json#12", true), ("a#b#3", true), ("a#", false), ("a#1b", false), ("a1", false)]
    {
        assert_eq!(is_staged(name), is, "{name}");
    }
}
