use super::*;
use crate::ambient::Ambient;
use crate::collect::Silent;
use crate::project::{Place, Secret, Signature, WebhooksPipeline};

/// A pipeline whose deliveries run `history`.
fn desk() -> Pipeline {
    let place = Place { file: "pipelines/desk.toml".to_owned(), line: 1, column: 1 };
    let keys = WebhooksPipeline {
        signature: Signature::Zendesk,
        webhook_secret: Secret::Env("SECRET".to_owned()),
        runs: Some(("history".to_owned(), place)),
    };
    Pipeline { name: "desk".to_owned(), kind: PipelineKind::Webhooks(keys), every: None, embedded: false }
}

#[tokio::test]
async fn what_is_wanted_is_wanted_until_it_was_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let ambient = Ambient::fixed(DateTime::UNIX_EPOCH, "tests");
    let open = || Deliveries::open(&store, [desk()]).unwrap();
    let deliveries = open();
    let delivery = Delivery { source: "desk".to_owned(), key: "1".to_owned(), received_at: ambient.now() };
    deliveries.take(delivery, Letter { event: "ticket", body: b"{}" }).await.unwrap();
    assert_eq!(deliveries.wanted(), BTreeSet::new());
    let mut collecting = Collecting::begin(&store, &ambient, &Silent).unwrap().with_deliveries(Some(&deliveries));
    collecting.take_deliveries().await.unwrap();
    let history = BTreeSet::from(["history".to_owned()]);
    assert_eq!(deliveries.wanted(), history);
    drop(collecting);
    drop(deliveries);
    // The process ended before it ran, and again while it ran.
    let deliveries = open();
    assert_eq!(deliveries.wanted(), history);
    deliveries.begin_wanted("history");
    assert_eq!(deliveries.wanted(), BTreeSet::new());
    drop(deliveries);
    let deliveries = open();
    assert_eq!(deliveries.wanted(), history);
    deliveries.begin_wanted("history");
    // What is told during a run is not answered by it.
    deliveries.want("history").unwrap();
    deliveries.end_wanted("history").unwrap();
    assert_eq!(deliveries.wanted(), history);
    deliveries.begin_wanted("history");
    deliveries.end_wanted("history").unwrap();
    drop(deliveries);
    assert_eq!(open().wanted(), BTreeSet::new());
}

#[tokio::test]
async fn what_came_in_for_a_pipeline_that_is_no_more_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let ambient = Ambient::fixed(DateTime::UNIX_EPOCH, "tests");
    let deliveries = Deliveries::open(&store, []).unwrap();
    let delivery = Delivery { source: "desk".to_owned(), key: "1".to_owned(), received_at: ambient.now() };
    deliveries.take(delivery, Letter { event: "ticket", body: b"{}" }).await.unwrap();
    let mut collecting = Collecting::begin(&store, &ambient, &Silent).unwrap().with_deliveries(Some(&deliveries));
    collecting.take_deliveries().await.unwrap();
    let refused = store.state().unwrap().refused().unwrap();
    let said: Vec<_> = refused.iter().map(|it| (it.source.as_str(), it.place.as_str(), it.reason.as_str())).collect();
    assert_eq!(said, [("desk", "delivery 1 (ticket)", "no pipeline of this name takes deliveries any more")]);
}
