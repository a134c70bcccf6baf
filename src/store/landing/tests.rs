mod damage;
mod deliveries;
mod disk;
mod failures;
mod model;
mod order;

use super::*;
use disk::FakeDisk;
use tempfile::TempDir;

/// Where a log is opened again and again: a disk that can fail, and a real folder for SQLite.
struct Place {
    disk: FakeDisk,
    limits: Limits,
    home: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { disk: FakeDisk::default(), limits: Limits::default(), home: tempfile::tempdir().unwrap() }
    }

    fn try_open(&self) -> Result<Landing> {
        let store = Store::open(self.home.path())?;
        Landing::on(Arc::new(self.disk.clone()), store.state()?, store.state()?, self.limits, None)
    }

    fn open(&self) -> Landing {
        self.try_open().unwrap()
    }
}

fn delivery(key: &str) -> Delivery {
    Delivery { source: "forge".to_owned(), key: key.to_owned(), received_at: day(1) }
}

/// Noon of a day of January 2026.
fn day(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_268_800 + (day - 1) * 86_400, 0).unwrap()
}

/// Every record that waits to be applied.
async fn waiting(landing: &Landing) -> Vec<Record> {
    let segments = landing.seal().await.unwrap();
    segments.iter().flat_map(|segment| segment.records().unwrap()).map(Result::unwrap).collect()
}

async fn texts(landing: &Landing) -> Vec<String> {
    waiting(landing).await.into_iter().map(|record| String::from_utf8(record.bytes).unwrap()).collect()
}
