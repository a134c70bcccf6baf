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
        let mut session = Session { collecting, source, cursor, application, host, stored, taken };
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
        if self.taken.is_empty() && text(&self.application, &self.cursor)? == self.stored {
            return Ok(());
        }
        let (at, observations) = (self.collecting.ambient.now(), std::mem::take(&mut self.taken));
        let plan = text(&self.application, &Plan { cursor: &self.cursor, at, observations: &observations })?;
        let version = self.collecting.state.begin(&self.application, &plan)?;
        self.carry_out(version, at, observations).await
    }

    async fn carry_out(&mut self, version: i64, at: DateTime<Utc>, observations: Vec<Observation>) -> Result<()> {
        let mark = Mark { application: self.application.clone(), version };
        let host = self.host.as_deref();
        apply::apply(self.collecting, self.source, host, &mark, at, observations).await?;
        // Of the words only the cursor stays: they named people.
        let settled = text(&self.application, &Plan { cursor: &self.cursor, at, observations: [(); 0] })?;
        self.collecting.state.settle(&self.application, version, &settled)?;
        self.stored = text(&self.application, &self.cursor)?;
        // Deliveries wait for a run to end, which may be hours: this is a moment at which the tables agree with the cursor.
        self.collecting.take_deliveries().await
    }
}

fn text(application: &str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| unreadable(application, &error))
}

fn unreadable(application: &str, error: &serde_json::Error) -> CollectError {
    CollectError::Store(StoreError::Plan { application: application.to_owned(), reason: error.to_string() })
}
