//! A disk that is full, fails, or forgets.

use super::*;

#[tokio::test]
async fn what_was_acknowledged_outlives_a_power_failure() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    landing.append_once(delivery("two"), b"two".to_vec()).await.unwrap();
    drop(landing);
    place.disk.power_failed(|| false);
    assert_eq!(texts(&place.open()).await, ["one", "two"]);
}

#[tokio::test]
async fn a_full_disk_refuses_until_there_is_space() {
    let place = Place::new();
    let landing = place.open();
    for space in [0, 10, 28, 30] {
        place.disk.world().space = Some(space);
        let refused = landing.append(b"first".to_vec()).await.unwrap_err().to_string();
        assert!(refused.starts_with("landing/0000000000000001.log: no storage space"), "{refused}");
    }
    place.disk.world().space = None;
    landing.append(b"one".to_vec()).await.unwrap();
    for space in 0..40 {
        place.disk.world().space = Some(space);
        landing.append(b"refused".to_vec()).await.unwrap_err();
    }
    place.disk.world().space = None;
    landing.append(b"two".to_vec()).await.unwrap();
    assert_eq!(texts(&landing).await, ["one", "two"]);
    drop(landing);
    place.disk.power_failed(|| false);
    assert_eq!(texts(&place.open()).await, ["one", "two"]);
}

#[tokio::test]
async fn short_writes_are_continued() {
    let place = Place::new();
    place.disk.world().write_bytes = Some(3);
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    landing.append(b"two".to_vec()).await.unwrap();
    assert_eq!(texts(&landing).await, ["one", "two"]);
}

#[tokio::test]
async fn a_failed_sync_leaves_nothing_of_its_batch() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    place.disk.world().failing_syncs = 1;
    let refused = landing.append_once(delivery("lost"), b"lost".to_vec()).await.unwrap_err();
    assert!(matches!(refused, LandingError::Write { .. }), "{refused}");
    landing.append(b"2".to_vec()).await.unwrap();
    assert_eq!(texts(&landing).await, ["one", "2"]);
    drop(landing);
    place.disk.power_failed(|| false);
    assert_eq!(texts(&place.open()).await, ["one", "2"]);
}

#[tokio::test]
async fn a_segment_that_is_sealed_after_a_failure_ends_with_what_was_acknowledged() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    place.disk.world().failing_syncs = 1;
    landing.append(b"lost".to_vec()).await.unwrap_err();
    landing.seal().await.unwrap();
    landing.append(b"two".to_vec()).await.unwrap();
    drop(landing);
    assert_eq!(texts(&place.open()).await, ["one", "two"]);
}

#[tokio::test]
async fn a_first_batch_that_reaches_the_disk_in_part_is_no_damage() {
    let place = Place::new();
    let landing = place.open();
    // Create, write the header, sync it, sync the name, write the batch; the sync of the batch is not reached.
    place.disk.world().operations = Some(6);
    landing.append(vec![b'x'; 200]).await.unwrap_err();
    drop(landing);
    let mut calls = 0;
    // The length and all but the first chunk that was not synced reach the disk.
    place.disk.power_failed(|| {
        calls += 1;
        calls != 3
    });
    assert!(calls > 10, "the batch was on its way");
    assert!(waiting(&place.open()).await.is_empty());
}

#[tokio::test]
async fn a_segment_that_cannot_be_created_is_tried_again_under_its_number() {
    let place = Place::new();
    let landing = place.open();
    for _ in 0..3 {
        place.disk.world().failing_syncs = 1;
        landing.append(b"lost".to_vec()).await.unwrap_err();
    }
    landing.append(b"one".to_vec()).await.unwrap();
    assert_eq!(landing.seal().await.unwrap().iter().map(Segment::number).collect::<Vec<_>>(), [1]);
    drop(landing);
    place.disk.power_failed(|| false);
    assert_eq!(texts(&place.open()).await, ["one"]);
}

/// Leaves a log that could not undo a failed write; "lost" is in the page cache and not on the disk.
async fn refusing(place: &Place) -> Landing {
    let landing = place.open();
    landing.append(b"sealed".to_vec()).await.unwrap();
    landing.seal().await.unwrap();
    landing.append(b"one".to_vec()).await.unwrap();
    {
        let mut world = place.disk.world();
        world.failing_syncs = 1;
        world.failing_lengths = 1;
    }
    landing.append_once(delivery("lost"), b"lost".to_vec()).await.unwrap_err();
    landing
}

#[tokio::test]
async fn a_write_that_cannot_be_undone_ends_appending_until_the_next_opening() {
    let place = Place::new();
    let landing = refusing(&place).await;
    let refused = landing.append(b"two".to_vec()).await.unwrap_err();
    assert!(matches!(refused, LandingError::Refused { .. }), "{refused}");
    // The unclean segment is not offered: at the next opening it may have one record more.
    assert_eq!(texts(&landing).await, ["sealed"]);
    drop(landing);
    place.disk.power_failed(|| false);
    let landing = place.open();
    assert_eq!(texts(&landing).await, ["sealed", "one"]);
    landing.append(b"two".to_vec()).await.unwrap();
    assert_eq!(texts(&landing).await, ["sealed", "one", "two"]);
}

#[tokio::test]
async fn what_only_the_page_cache_held_is_durable_once_it_is_offered() {
    let place = Place::new();
    drop(refusing(&place).await);
    place.disk.process_died();
    let landing = place.open();
    assert_eq!(texts(&landing).await, ["sealed", "one", "lost"]);
    assert_eq!(landing.append_once(delivery("lost"), Vec::new()).await.unwrap(), Outcome::AlreadyThere);
    drop(landing);
    place.disk.power_failed(|| false);
    assert_eq!(texts(&place.open()).await, ["sealed", "one", "lost"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_made_durable_is_not_opened() {
    let place = Place::new();
    place.open().append(b"one".to_vec()).await.unwrap();
    place.disk.world().failing_syncs = 1;
    assert!(matches!(place.try_open().err().unwrap(), LandingError::Store(StoreError::Io { .. })));
    assert_eq!(texts(&place.open()).await, ["one"]);
}
