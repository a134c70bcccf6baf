//! Sealing, reading in order, removing, and the limits.

use super::*;
use futures::poll;
use std::pin::pin;

#[tokio::test]
async fn records_come_back_in_their_order_with_position_and_delivery() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    landing.append_once(delivery("k"), b"two".to_vec()).await.unwrap();
    landing.append(Vec::new()).await.unwrap();
    let records = waiting(&landing).await;
    let bytes: Vec<&[u8]> = records.iter().map(|record| record.bytes.as_slice()).collect();
    assert_eq!(bytes, [b"one".as_slice(), b"two", b""]);
    let deliveries: Vec<_> = records.iter().map(|record| record.delivery.clone()).collect();
    assert_eq!(deliveries, [None, Some(delivery("k")), None]);
    let offsets: Vec<u64> = records.iter().map(|record| record.position.offset).collect();
    // The header of a segment, then 32 bytes of frame header, one of kind, and 12 + 6 for the delivery.
    assert_eq!(offsets, [28, 28 + 33 + 3, 28 + 33 + 3 + 32 + 13 + 6 + 3]);
    drop(landing);
    assert_eq!(waiting(&place.open()).await, records, "after opening again");
}

#[tokio::test]
async fn a_segment_is_sealed_at_its_size_or_when_asked() {
    let mut place = Place::new();
    place.limits.segment_bytes = 200;
    let landing = place.open();
    assert!(landing.seal().await.unwrap().is_empty(), "nothing was taken");
    for _ in 0..5 {
        landing.append(vec![7; 70]).await.unwrap();
    }
    let numbers: Vec<u64> = landing.seal().await.unwrap().iter().map(Segment::number).collect();
    assert_eq!(numbers, [1, 2, 3], "two records of 103 bytes fill a segment");
    assert_eq!(landing.seal().await.unwrap().len(), 3, "an empty segment is not sealed");
}

#[tokio::test]
async fn numbers_never_repeat() {
    let place = Place::new();
    for expected in 1..4 {
        let landing = place.open();
        landing.append(b"a".to_vec()).await.unwrap();
        let segments = landing.seal().await.unwrap();
        assert_eq!(segments.iter().map(Segment::number).collect::<Vec<_>>(), [expected]);
        landing.remove(&segments[0], day(1)).await.unwrap();
        assert!(landing.seal().await.unwrap().is_empty());
        assert!(place.disk.sorted_names().is_empty());
    }
}

#[tokio::test]
async fn segments_are_removed_in_their_order() {
    let place = Place::new();
    let landing = place.open();
    let mut segments = Vec::new();
    for _ in 0..3 {
        landing.append(b"a".to_vec()).await.unwrap();
        segments = landing.seal().await.unwrap();
    }
    let refused = landing.remove(&segments[1], day(1)).await.unwrap_err();
    assert!(matches!(refused, LandingError::OutOfOrder { number: 2, oldest: 1 }), "{refused}");
    landing.remove(&segments[0], day(1)).await.unwrap();
    landing.remove(&segments[0], day(1)).await.unwrap();
    landing.remove(&segments[1], day(1)).await.unwrap();
    assert_eq!(landing.seal().await.unwrap().iter().map(Segment::number).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn a_removal_that_was_interrupted_is_finished_at_the_next_opening() {
    let place = Place::new();
    let landing = place.open();
    landing.append_once(delivery("k"), b"a".to_vec()).await.unwrap();
    let segments = landing.seal().await.unwrap();
    place.disk.world().failing_removals = 1;
    landing.remove(&segments[0], day(1)).await.unwrap_err();
    drop(landing);
    assert_eq!(place.disk.sorted_names().len(), 1);
    let landing = place.open();
    assert!(landing.seal().await.unwrap().is_empty());
    assert!(place.disk.sorted_names().is_empty());
    assert_eq!(landing.append_once(delivery("k"), b"a".to_vec()).await.unwrap(), Outcome::AlreadyThere);
    place.disk.power_failed(|| false);
    assert!(place.disk.sorted_names().is_empty(), "the removal is durable");
}

#[tokio::test]
async fn a_failed_removal_can_be_tried_again() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"a".to_vec()).await.unwrap();
    let segments = landing.seal().await.unwrap();
    place.disk.world().failing_removals = 1;
    landing.remove(&segments[0], day(1)).await.unwrap_err();
    landing.remove(&segments[0], day(1)).await.unwrap();
    assert!(place.disk.sorted_names().is_empty());
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let mut place = Place::new();
    place.limits.record_bytes = 100;
    let landing = place.open();
    landing.append(vec![0; 100]).await.unwrap();
    let refused = landing.append(vec![0; 101]).await.unwrap_err().to_string();
    assert_eq!(refused, "a record of 101 bytes is larger than the limit of 100 bytes; it was not taken");
    let refused = landing.append_once(delivery(&"k".repeat(1_025)), Vec::new()).await.unwrap_err().to_string();
    assert!(refused.starts_with("the key of a delivery of 1025 bytes"), "{refused}");
    landing.append_once(delivery(&"k".repeat(1_024)), Vec::new()).await.unwrap();
    assert_eq!(waiting(&landing).await.len(), 2);
}

#[tokio::test]
async fn a_full_queue_refuses_and_has_room_again_when_the_disk_answers() {
    let mut place = Place::new();
    place.limits.record_bytes = 1_000;
    place.limits.queued_bytes = 4 * (1_000 + WAITING_BYTES);
    let landing = place.open();
    place.disk.world().syncs_wait = true;
    let mut queued: Vec<_> = (0..4).map(|_| Box::pin(landing.append(vec![1; 1_000]))).collect();
    for append in &mut queued {
        assert!(poll!(append).is_pending());
    }
    let refused = landing.append(Vec::new()).await.unwrap_err();
    assert!(matches!(refused, LandingError::Full { limit } if limit == place.limits.queued_bytes), "{refused}");
    place.disk.release_syncs();
    for append in queued {
        append.await.unwrap();
    }
    landing.append(Vec::new()).await.unwrap();
    assert_eq!(waiting(&landing).await.len(), 5);
}

#[tokio::test]
async fn records_that_wait_together_share_a_sync() {
    let place = Place::new();
    let landing = place.open();
    landing.append(Vec::new()).await.unwrap();
    place.disk.world().syncs_wait = true;
    let before = place.disk.world().syncs;
    let mut first = pin!(landing.append(Vec::new()));
    assert!(poll!(&mut first).is_pending());
    place.disk.wait_for_sync(before + 1);
    let mut others: Vec<_> = (0..50).map(|_| Box::pin(landing.append(Vec::new()))).collect();
    for append in &mut others {
        assert!(poll!(append).is_pending());
    }
    place.disk.release_syncs();
    first.await.unwrap();
    futures::future::try_join_all(others).await.unwrap();
    assert_eq!(place.disk.world().syncs, before + 2);
}

#[tokio::test]
async fn a_record_whose_caller_went_away_is_taken_and_the_queue_has_its_room_back() {
    let mut place = Place::new();
    place.limits.record_bytes = 1_000;
    place.limits.queued_bytes = 1;
    let landing = place.open();
    for _ in 0..3 {
        place.disk.world().syncs_wait = true;
        {
            let mut cancelled = pin!(landing.append(vec![1; 1_000]));
            assert!(poll!(&mut cancelled).is_pending());
        }
        place.disk.release_syncs();
        landing.seal().await.unwrap();
    }
    assert_eq!(waiting(&landing).await.len(), 3);
}
