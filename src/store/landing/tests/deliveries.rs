//! A delivery is taken once, and told so only when it is durable.

use super::*;
use futures::poll;
use std::pin::pin;

#[tokio::test]
async fn a_delivery_is_taken_once_wherever_its_record_is() {
    let place = Place::new();
    let again = async |landing: &Landing, place: &str| {
        let outcome = landing.append_once(delivery("k"), b"again".to_vec()).await.unwrap();
        assert_eq!(outcome, Outcome::AlreadyThere, "{place}");
    };
    let landing = place.open();
    assert_eq!(landing.append_once(delivery("k"), b"first".to_vec()).await.unwrap(), Outcome::Written);
    again(&landing, "in the open segment").await;
    let segments = landing.seal().await.unwrap();
    again(&landing, "in a sealed segment").await;
    drop(landing);
    let landing = place.open();
    again(&landing, "in a segment of an earlier process").await;
    landing.remove(&segments[0], day(1)).await.unwrap();
    again(&landing, "in a removed segment").await;
    drop(landing);
    let landing = place.open();
    again(&landing, "in a removed segment of an earlier process").await;
    assert!(waiting(&landing).await.is_empty());
}

#[tokio::test]
async fn source_and_key_together_make_a_delivery() {
    let landing = Place::new().open();
    for (source, key) in [("ab", "c"), ("a", "bc"), ("a", "c"), ("", "abc"), ("abc", "")] {
        let delivery = Delivery { source: source.to_owned(), key: key.to_owned(), received_at: day(1) };
        assert_eq!(landing.append_once(delivery, Vec::new()).await.unwrap(), Outcome::Written, "{source} {key}");
    }
}

#[tokio::test]
async fn a_second_is_answered_when_the_first_is_durable() {
    let place = Place::new();
    let landing = place.open();
    place.disk.world().syncs_wait = true;
    let mut first = pin!(landing.append_once(delivery("k"), b"1".to_vec()));
    assert!(poll!(&mut first).is_pending());
    place.disk.wait_for_sync(1);
    let mut second = pin!(landing.append_once(delivery("k"), b"2".to_vec()));
    let mut third = pin!(landing.append_once(delivery("k"), b"3".to_vec()));
    for _ in 0..10 {
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
    }
    place.disk.release_syncs();
    let outcomes = (first.await.unwrap(), second.await.unwrap(), third.await.unwrap());
    assert_eq!(outcomes, (Outcome::Written, Outcome::AlreadyThere, Outcome::AlreadyThere));
    assert_eq!(texts(&landing).await, ["1"]);
}

#[tokio::test]
async fn a_second_in_the_same_batch_is_answered_when_the_batch_is_durable() {
    let place = Place::new();
    let landing = place.open();
    place.disk.world().syncs_wait = true;
    let mut before = pin!(landing.append(b"0".to_vec()));
    assert!(poll!(&mut before).is_pending());
    place.disk.wait_for_sync(1);
    let mut first = pin!(landing.append_once(delivery("k"), b"1".to_vec()));
    let mut second = pin!(landing.append_once(delivery("k"), b"2".to_vec()));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    place.disk.release_syncs();
    before.await.unwrap();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (Outcome::Written, Outcome::AlreadyThere));
    assert_eq!(texts(&landing).await, ["0", "1"]);
}

#[tokio::test]
async fn when_the_first_fails_the_second_is_taken() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"0".to_vec()).await.unwrap();
    let before = place.disk.world().syncs;
    place.disk.world().syncs_wait = true;
    let mut first = pin!(landing.append_once(delivery("k"), b"1".to_vec()));
    assert!(poll!(&mut first).is_pending());
    place.disk.wait_for_sync(before + 1);
    let mut second = pin!(landing.append_once(delivery("k"), b"2".to_vec()));
    assert!(poll!(&mut second).is_pending());
    place.disk.world().failing_syncs = 1;
    place.disk.release_syncs();
    assert!(matches!(first.await.unwrap_err(), LandingError::Write { .. }));
    assert_eq!(second.await.unwrap(), Outcome::Written);
    assert_eq!(texts(&landing).await, ["0", "2"]);
}

#[tokio::test]
async fn when_a_batch_fails_all_in_it_may_try_again() {
    let place = Place::new();
    let landing = place.open();
    landing.append(b"0".to_vec()).await.unwrap();
    let before = place.disk.world().syncs;
    place.disk.world().syncs_wait = true;
    let mut held = pin!(landing.append(b"1".to_vec()));
    assert!(poll!(&mut held).is_pending());
    place.disk.wait_for_sync(before + 1);
    let mut first = pin!(landing.append_once(delivery("k"), b"2".to_vec()));
    let mut second = pin!(landing.append_once(delivery("k"), b"3".to_vec()));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    place.disk.world().space = Some(10);
    place.disk.release_syncs();
    held.await.unwrap();
    assert!(matches!(first.await.unwrap_err(), LandingError::Write { .. }));
    assert!(matches!(second.await.unwrap_err(), LandingError::Write { .. }));
    place.disk.world().space = None;
    assert_eq!(landing.append_once(delivery("k"), b"4".to_vec()).await.unwrap(), Outcome::Written);
    assert_eq!(texts(&landing).await, ["0", "1", "4"]);
}

#[tokio::test]
async fn deliveries_are_forgotten_when_they_are_old() {
    let place = Place::new();
    let landing = place.open();
    let received = |key: &str, at| Delivery { received_at: day(at), ..delivery(key) };
    for at in 1..=3 {
        landing.append_once(received(&at.to_string(), at), Vec::new()).await.unwrap();
    }
    let segments = landing.seal().await.unwrap();
    landing.remove(&segments[0], day(2)).await.unwrap();
    let outcome = async |at: i64| landing.append_once(received(&at.to_string(), 9), Vec::new()).await.unwrap();
    assert_eq!(outcome(1).await, Outcome::Written);
    assert_eq!(outcome(2).await, Outcome::AlreadyThere);
    assert_eq!(outcome(3).await, Outcome::AlreadyThere);
    let segments = landing.seal().await.unwrap();
    landing.remove(&segments[0], day(4)).await.unwrap();
    assert_eq!(outcome(1).await, Outcome::AlreadyThere, "it came in on day 9");
    assert_eq!(outcome(3).await, Outcome::Written);
}

#[tokio::test]
async fn too_many_waiting_deliveries_are_refused() {
    let mut place = Place::new();
    place.limits.waiting_deliveries = 2;
    let landing = place.open();
    landing.append_once(delivery("a"), Vec::new()).await.unwrap();
    landing.append_once(delivery("b"), Vec::new()).await.unwrap();
    let refused = landing.append_once(delivery("c"), Vec::new()).await.unwrap_err();
    assert!(matches!(refused, LandingError::Behind { waiting: 2 }), "{refused}");
    assert_eq!(landing.append_once(delivery("a"), Vec::new()).await.unwrap(), Outcome::AlreadyThere);
    landing.append(Vec::new()).await.unwrap();
    let segments = landing.seal().await.unwrap();
    landing.remove(&segments[0], day(1)).await.unwrap();
    assert_eq!(landing.append_once(delivery("c"), Vec::new()).await.unwrap(), Outcome::Written);
}

/// On the real disk: many tasks send the same deliveries at once.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_take_each_delivery_once() {
    const TASKS: usize = 48;
    const KEYS: usize = 40;
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let limits = Limits { segment_bytes: 64 << 10, ..Limits::default() };
    let landing = Arc::new(Landing::open(&store, limits).unwrap());
    let send = |task: usize| {
        let landing = landing.clone();
        tokio::spawn(async move {
            let mut written = Vec::new();
            for step in 0..KEYS {
                let key = ((step * 7 + task) % KEYS).to_string();
                let record = format!("{key} {}", "x".repeat(500));
                if landing.append_once(delivery(&key), record.into_bytes()).await.unwrap() == Outcome::Written {
                    written.push(key);
                }
                landing.append(format!("plain {task} {step}").into_bytes()).await.unwrap();
            }
            written
        })
    };
    let tasks: Vec<_> = (0..TASKS).map(send).collect();
    let mut written: Vec<String> = futures::future::try_join_all(tasks).await.unwrap().concat();
    written.sort_unstable();
    let mut expected: Vec<String> = (0..KEYS).map(|key| key.to_string()).collect();
    expected.sort_unstable();
    assert_eq!(written, expected, "each was Written for one caller");
    let records = waiting(&landing).await;
    let mut keys: Vec<String> =
        records.iter().filter_map(|record| Some(record.delivery.as_ref()?.key.clone())).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected, "and is there once");
    assert_eq!(records.len(), KEYS + TASKS * KEYS);
    assert!(landing.seal().await.unwrap().len() > 1);
}
