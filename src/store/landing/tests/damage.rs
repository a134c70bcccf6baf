//! What is found at opening: a torn end, which was never acknowledged, or damage of what was.

use super::*;
use futures::poll;

const FIRST: &str = "0000000000000001.log";

/// A folder with one segment of records that were taken one after the other, and the segment's bytes.
async fn written(records: &[&str]) -> (Place, Vec<u8>) {
    let place = Place::new();
    let landing = place.open();
    for record in records {
        landing.append_once(delivery(record), record.as_bytes().to_vec()).await.unwrap();
    }
    drop(landing);
    let bytes = place.disk.bytes(FIRST);
    (place, bytes)
}

/// The bytes of the frame of a record under its own text.
fn frame_bytes(record: &str) -> usize {
    32 + 13 + "forge".len() + 2 * record.len()
}

#[tokio::test]
async fn a_frame_that_is_cut_off_at_any_byte_is_cut_off_whole() {
    let (place, bytes) = written(&["one", "two", "three"]).await;
    let last = bytes.len() - frame_bytes("three");
    for length in last..bytes.len() {
        place.disk.put(FIRST, &bytes[..length]);
        let landing = place.open();
        assert_eq!(texts(&landing).await, ["one", "two"], "{length} bytes");
        assert_eq!(landing.append_once(delivery("two"), Vec::new()).await.unwrap(), Outcome::AlreadyThere);
        assert_eq!(landing.append_once(delivery("three"), b"3".to_vec()).await.unwrap(), Outcome::Written);
        assert_eq!(texts(&landing).await, ["one", "two", "3"], "{length} bytes");
        drop(landing);
        assert_eq!(place.disk.bytes(FIRST), bytes[..last]);
        place.disk.remove("0000000000000002.log").unwrap();
    }
    place.disk.put(FIRST, &bytes);
    assert_eq!(texts(&place.open()).await, ["one", "two", "three"]);
}

#[tokio::test]
async fn bytes_behind_the_last_frame_are_cut_off() {
    let (place, bytes) = written(&["one", "two"]).await;
    for tail in [vec![0; 5_000], b"\xf5rec".to_vec(), bytes[28..].to_vec(), vec![0xff; 100]] {
        place.disk.put(FIRST, &[bytes.clone(), tail].concat());
        assert_eq!(texts(&place.open()).await, ["one", "two"]);
        assert_eq!(place.disk.bytes(FIRST), bytes);
    }
}

#[tokio::test]
async fn a_changed_byte_is_damage_unless_it_is_in_the_last_batch() {
    let (place, bytes) = written(&["one", "two", "three"]).await;
    let starts = [28, 28 + frame_bytes("one"), bytes.len() - frame_bytes("three"), bytes.len()];
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << (index % 8);
        place.disk.put(FIRST, &changed);
        let opened = place.try_open();
        if index >= starts[2] {
            assert_eq!(texts(&opened.unwrap()).await, ["one", "two"], "byte {index}");
            continue;
        }
        let frame = starts.iter().rev().find(|start| **start <= index).copied().unwrap_or(0);
        match opened.err().unwrap() {
            LandingError::Damaged { path, offset, .. } => {
                assert_eq!(
                    (path.file_name().unwrap().to_str().unwrap(), offset),
                    (FIRST, frame as u64),
                    "byte {index}"
                );
            }
            other => panic!("byte {index}: {other}"),
        }
        assert_eq!(place.disk.bytes(FIRST), changed, "byte {index}: damage is left as it is");
    }
}

#[tokio::test]
async fn an_older_segment_has_no_torn_end() {
    let (place, bytes) = written(&["one", "two"]).await;
    place.open().append(b"three".to_vec()).await.unwrap();
    assert_eq!(place.disk.sorted_names().len(), 2);
    for length in (0..bytes.len()).filter(|length| ![28, 28 + frame_bytes("one")].contains(length)) {
        place.disk.put(FIRST, &bytes[..length]);
        let refused = place.try_open().err().unwrap();
        assert!(matches!(refused, LandingError::Damaged { .. }), "{length} bytes: {refused}");
        assert_eq!(place.disk.bytes(FIRST), bytes[..length]);
    }
}

#[tokio::test]
async fn a_batch_may_be_torn_in_its_middle() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    // Held in the sync of "two", the others wait and become one batch.
    place.disk.world().syncs_wait = true;
    let before = place.disk.world().syncs;
    let mut appends: Vec<_> =
        ["two", "three", "four", "five"].map(|text| Box::pin(landing.append(text.into()))).into_iter().collect();
    assert!(poll!(&mut appends[0]).is_pending());
    place.disk.wait_for_sync(before + 1);
    for append in &mut appends[1..] {
        assert!(poll!(append).is_pending());
    }
    place.disk.release_syncs();
    futures::future::try_join_all(appends).await.unwrap();
    drop(landing);
    let bytes = place.disk.bytes(FIRST);
    let three = 28 + 2 * (33 + 3);
    // The disk took the pages of the batch in another order: "three" is missing and "five" is there.
    let mut torn = bytes.clone();
    torn[three..three + 20].fill(0);
    place.disk.put(FIRST, &torn);
    assert_eq!(texts(&place.open()).await, ["one", "two"]);
    // What the batch proves to be older was acknowledged.
    let mut damaged = bytes;
    damaged[three - 1] ^= 1;
    place.disk.put(FIRST, &damaged);
    let refused = place.try_open().err().unwrap().to_string();
    let expected = "landing/0000000000000001.log: byte 64: the frame has a wrong checksum, but was on disk before the \
                    frame at 100 was written; ";
    assert!(refused.starts_with(expected), "{refused}");
}

#[tokio::test]
async fn a_segment_whose_creation_was_interrupted_is_none() {
    let place = Place::new();
    for length in 0..28 {
        place.disk.put(FIRST, &frame::segment_header(1)[..length]);
        let landing = place.open();
        assert!(landing.seal().await.unwrap().is_empty());
        assert!(place.disk.sorted_names().is_empty(), "{length} bytes");
    }
}

#[tokio::test]
async fn a_segment_of_another_version_or_number_is_refused() {
    let (place, bytes) = written(&["one"]).await;
    place.disk.put(FIRST, b"no segment");
    place.disk.put("0000000000000002.log", &bytes);
    let refused = place.try_open().err().unwrap().to_string();
    assert!(refused.contains("0000000000000001.log: byte 0: the header of the segment is cut off"), "{refused}");
    place.disk.remove(FIRST).unwrap();
    let refused = place.try_open().err().unwrap().to_string();
    assert!(refused.contains("the header says segment 1, the name of the file says 2"), "{refused}");
    place.disk.remove("0000000000000002.log").unwrap();
    let mut newer = bytes;
    newer[8] = 2;
    let sum = blake3::hash(&newer[..20]);
    newer[20..28].copy_from_slice(&sum.as_bytes()[..8]);
    place.disk.put(FIRST, &newer);
    let refused = place.try_open().err().unwrap().to_string();
    assert!(refused.contains("format version 2, and this build reads version 1"), "{refused}");
}

#[tokio::test]
async fn other_files_are_left_alone() {
    let place = Place::new();
    for name in ["notes.txt", "1.log", "0000000000000001.log.copy", "+000000000000001.log"] {
        place.disk.put(name, b"mine");
    }
    let landing = place.open();
    landing.append(b"one".to_vec()).await.unwrap();
    assert_eq!(texts(&landing).await, ["one"]);
    assert_eq!(place.disk.sorted_names().len(), 5);
}

#[tokio::test]
async fn damage_after_opening_is_met_when_reading() {
    let (place, mut bytes) = written(&["one", "two"]).await;
    let landing = place.open();
    let segments = landing.seal().await.unwrap();
    bytes[28 + frame_bytes("one") + 40] ^= 1;
    place.disk.put(FIRST, &bytes);
    let mut records = segments[0].records().unwrap();
    assert_eq!(records.next().unwrap().unwrap().bytes, b"one");
    assert!(matches!(records.next().unwrap().unwrap_err(), LandingError::Damaged { .. }));
    assert!(records.next().is_none());
    landing.remove(&segments[0], day(1)).await.unwrap_err();
    assert_eq!(place.disk.sorted_names(), [FIRST], "what cannot be read is not removed");
}
