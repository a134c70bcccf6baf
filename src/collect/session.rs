//! One run of a collector that speaks in observations.
//!
//! One rule: what a source said is written down, with the cursor that stands behind it, before the first table takes a row
//! of it. After a crash the same words are applied again, and what was not written down is asked for again.

use super::observation::Observation;
use super::{CollectError, Collecting, Result, apply};
use crate::store::{Mark, State, StoreError};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Observations that are applied together. More are fewer transactions, and more to ask again for after a crash.
const TOGETHER: usize = 20_000;

/// The observations taken since the last write, and the cursor `C` that says where the source was left.
pub(super) struct Session<'c, 'a, C> {
    pub collecting: &'c mut Collecting<'a>,
    pub source: &'c str,
    pub cursor: C,
    /// Where the source's accounts are.
    pub host: Option<String>,
    application: String,
    /// The cursor as it is stored.
    stored: String,
    taken: Vec<Observation>,
    /// A plan was written down and not carried out: nothing may be planned after it before it is, by the next run.
    is_stuck: bool,
}

/// Where an application left its source, as it is written down.
///
/// # Errors
/// [`StoreError::Plan`] when another version wrote it.
pub(super) fn cursor<C: DeserializeOwned + Default>(state: &State, application: &str) -> Result<C> {
    #[derive(Deserialize)]
    struct Planned<C> {
        cursor: C,
    }
    let Some(newest) = state.plan(application)? else { return Ok(C::default()) };
    let plan: Planned<C> = serde_json::from_str(&newest.text).map_err(|error| unreadable(application, &error))?;
    Ok(plan.cursor)
}

/// What is written down before it is applied, and without observations afterwards.
#[derive(Serialize, Deserialize)]
struct Plan<C, O> {
    cursor: C,
    at: DateTime<Utc>,
    observations: O,
}

impl<'c, 'a, C: Serialize + DeserializeOwned + Default> Session<'c, 'a, C> {
    /// Takes up where the last run of this application ended, carrying out what it had written down.
    pub async fn begin(
        collecting: &'c mut Collecting<'a>,
        source: &'c str,
        application: String,
        host: Option<String>,
    ) -> Result<Session<'c, 'a, C>> {
        let newest = collecting.state.plan(&application)?;
        let (cursor, stored, taken) = (C::default(), String::new(), Vec::new());
        let mut session = Session { collecting, source, cursor, application, host, stored, taken, is_stuck: false };
        if let Some(newest) = newest {
            let plan: Plan<C, Vec<Observation>> =
                serde_json::from_str(&newest.text).map_err(|error| unreadable(&session.application, &error))?;
            session.cursor = plan.cursor;
            if newest.finished {
                session.stored = text(&session.application, &session.cursor)?;
            } else {
                session.carry_out(newest.version, plan.at, plan.observations).await?;
            }
        }
        Ok(session)
    }

    /// Adds what the source said. The cursor must agree with all that was taken when [`Session::checkpoint`] is called.
    pub fn take(&mut self, observations: impl IntoIterator<Item = Observation>) {
        self.taken.extend(observations);
    }

    /// A moment at which the cursor stands behind everything taken: it is stored when enough has come together.
    pub async fn checkpoint(&mut self) -> Result<()> {
        if self.taken.len() >= TOGETHER { self.store().await } else { Ok(()) }
    }

    /// Stores everything taken, with the cursor.
    pub async fn store(&mut self) -> Result<()> {
        if self.is_stuck {
            return Ok(());
        }
        if self.taken.is_empty() && text(&self.application, &self.cursor)? == self.stored {
            return Ok(());
        }
        let (at, mut observations) = (self.collecting.ambient.now(), std::mem::take(&mut self.taken));
        self.collecting.forget(self.source, self.host.as_deref(), &mut observations)?;
        let plan = text(&self.application, &Plan { cursor: &self.cursor, at, observations: &observations })?;
        let version = self.collecting.state.begin(&self.application, &plan)?;
        self.carry_out(version, at, observations).await
    }

    async fn carry_out(&mut self, version: i64, at: DateTime<Utc>, observations: Vec<Observation>) -> Result<()> {
        self.is_stuck = true;
        let mark = Mark { application: self.application.clone(), version };
        let host = self.host.as_deref();
        apply::apply(self.collecting, self.source, host, &mark, at, observations).await?;
        // Of the words only the cursor stays: they named people.
        let settled = text(&self.application, &Plan { cursor: &self.cursor, at, observations: [(); 0] })?;
        self.collecting.state.settle(&self.application, version, &settled)?;
        self.stored = text(&self.application, &self.cursor)?;
        self.is_stuck = false;
        // Deliveries wait for a run to end, which may be hours: this is a moment at which the tables agree with the cursor.
        // What cannot be brought in is none of this source's trouble and is offered again.
        if let Err(error) = self.collecting.take_deliveries().await {
            tracing::error!("deliveries wait: {error}");
        }
        Ok(())
    }
}

fn text(application: &str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| unreadable(application, &error))
}

fn unreadable(application: &str, error: &serde_json::Error) -> CollectError {
    CollectError::Store(StoreError::Plan { application: application.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::Ambient;
    use crate::collect::Silent;
    use crate::collect::observation::Row;
    use crate::model::flow::PULL_REQUESTS;
    use crate::store::Store;

    #[tokio::test]
    async fn words_that_could_not_be_stored_are_stored_by_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let ambient = Ambient::fixed(DateTime::UNIX_EPOCH, "tests");
        let pull = Row::of(&PULL_REQUESTS).set("repository", "a/b").set("number", 1).set("state", "open");
        let table = folder.path().join("tables/pull_requests");
        let mut collecting = Collecting::begin(&store, &ambient, &Silent).unwrap();
        // Where the table's folder would be there is a file.
        std::fs::create_dir_all(table.parent().unwrap()).unwrap();
        std::fs::write(&table, "").unwrap();
        let mut session = Session::<u64>::begin(&mut collecting, "s", "test".to_owned(), None).await.unwrap();
        session.take([pull.set("is_revert", false).asked()]);
        session.cursor = 7;
        assert!(session.store().await.is_err());
        // Whoever ends the run stores once more: the cursor must not get ahead of what it stands behind.
        session.cursor = 8;
        session.store().await.unwrap();
        std::fs::remove_file(&table).unwrap();
        let session = Session::<u64>::begin(&mut collecting, "s", "test".to_owned(), None).await.unwrap();
        assert_eq!(session.cursor, 7);
        let rows = store.read(&PULL_REQUESTS, &["number"]).await.unwrap();
        assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
    }
}
