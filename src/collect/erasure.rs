//! Erasing a person: the identity store forgets who it was, and whatever else in the data folder holds its words loses them.
//!
//! One rule: what remains to be done is marked in the state before it is begun, and can be done again from the start; so an
//! erasure that was killed is finished by whoever next writes into the folder.

use super::apply::{Names, keys};
use super::observation::{Observation, Values, Who};
use super::{Collecting, Result, command, singer};
use crate::model::{self, Kind, Table};
use crate::project::{Pipeline, PipelineKind};
use crate::store::{By, Erased, StoreError};
use serde_json::Value;
use std::collections::BTreeSet;

/// What an erasure did, and what it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub erased: Erased,
    /// Where words of erased people still stand: names of things that the project itself names.
    pub left_over: Vec<String>,
}

impl Collecting<'_> {
    /// Erases a person. Deliveries that wait are brought in before, so that none is lost.
    ///
    /// # Errors
    /// [`StoreError::Decision`] when there is no such person; otherwise it may be done again.
    pub async fn erase(&mut self, person: &str, by: &By) -> Result<Erasure> {
        self.finish_erasing().await?;
        self.take_deliveries().await?;
        let erased = self.state.erase(&self.secret, person, by)?;
        self.finish_erasing().await?;
        Ok(Erasure { erased, left_over: self.left_over().await? })
    }

    /// Brings in what programs of these pipelines printed and no table has taken: an erasure removes it.
    ///
    /// # Errors
    /// [`super::CollectError`]; then it is still there.
    pub async fn take_printed<'p>(&mut self, pipelines: impl IntoIterator<Item = &'p Pipeline>) -> Result<()> {
        for pipeline in pipelines {
            if let PipelineKind::Command(keys) = &pipeline.kind {
                command::take_left(self, &pipeline.name, keys).await?;
            }
        }
        Ok(())
    }

    /// Removes the words of erased people from everything but the identity store, where that is still to be done.
    ///
    /// # Errors
    /// [`super::CollectError::Store`]; then it is still to be done.
    pub async fn finish_erasing(&mut self) -> Result<bool> {
        self.erased = self.state.erased_words(&self.secret)?;
        if !self.state.is_erasing()? {
            return Ok(false);
        }
        self.progress.stage("erasing", Some(model::TABLES.len() as u64));
        self.forget_plans()?;
        self.state.clean_texts(&self.erased)?;
        for table in model::TABLES {
            self.store.clean(table, &self.erased).await?;
            self.store.drop_history(table).await?;
            self.progress.advance(1);
        }
        self.store.remove_clones()?;
        self.store.remove_spool()?;
        self.store.forget_facts()?;
        self.state.finish_erasing()?;
        Ok(true)
    }

    /// Takes erased people, and their words, out of what a source said. Rows keep the identities' ids.
    pub(super) fn forget(&mut self, source: &str, host: Option<&str>, said: &mut [Observation]) -> Result<()> {
        if self.erased.is_empty() {
            return Ok(());
        }
        let secret = self.secret;
        let mut names = Names::new(source, host, &secret);
        for value in said.iter_mut().flat_map(people) {
            let who: Who = serde_json::from_value(value.clone()).unwrap_or_default();
            if [&who.name, &who.email, &who.login, &who.profile_email]
                .iter()
                .any(|word| self.erased.clean(word).is_some())
            {
                // Whoever shares an address or account with somebody erased belongs to them from here on.
                names.see(&who, self.ambient.now());
            }
        }
        self.put_identities(&names.identities())?;
        let erased: BTreeSet<String> = self.state.erased()?.into_iter().map(|(id, _, _)| id).collect();
        for value in said.iter_mut().flat_map(people) {
            let who: Who = serde_json::from_value(value.clone()).unwrap_or_default();
            let ids = keys(source, &who).into_iter().map(|key| key.id(&secret));
            if let Some(id) = ids.into_iter().find(|id| erased.contains(id)) {
                *value = id.into();
            }
        }
        self.clean_observations(said);
        Ok(())
    }

    /// Takes the words of erased people out of texts. What is compared with stored rows goes through here before: they have
    /// no such words either.
    pub(super) fn clean_observations(&self, said: &mut [Observation]) {
        for observation in said {
            let Some(table) = model::table(observation.subject().0) else { continue };
            let (Observation::Row { values, .. } | Observation::Gone { values, .. }) = observation else { continue };
            self.clean_values(table, values);
        }
    }

    /// The same for the values of one row.
    pub(super) fn clean_values(&self, table: &Table, values: &mut Values) {
        self.erased.clean_values(table, values);
    }

    /// A text without the words of erased people.
    pub(super) fn without_erased(&self, text: String) -> String {
        self.erased.clean(&text).unwrap_or(text)
    }

    /// What was written down and not carried out is kept without the people.
    fn forget_plans(&mut self) -> Result<()> {
        for (application, version, text) in self.state.plans()? {
            // `type:source`, or `type:source:more`.
            let source = application.split(':').nth(1).unwrap_or_default();
            let Ok(mut plan) = serde_json::from_str::<Value>(&text) else { continue };
            if application.starts_with("singer:") {
                singer::forget_state(&mut plan, &self.erased);
            }
            let Some(said) = plan.get_mut("observations") else { continue };
            let Ok(mut observations) = serde_json::from_value::<Vec<Observation>>(said.clone()) else { continue };
            self.forget(source, None, &mut observations)?;
            *said = serde_json::to_value(&observations)
                .map_err(|error| StoreError::Plan { application: application.clone(), reason: error.to_string() })?;
            self.state.put_plan_text(&application, version, &plan.to_string())?;
        }
        Ok(())
    }

    async fn left_over(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for table in model::TABLES {
            for (column, count) in self.store.left_over(table, &self.erased).await? {
                found.push(format!("{count} rows of {}.{column}", table.name));
            }
        }
        for origin in self.state.origins()? {
            if self.erased.clean(&origin.address).is_some() {
                found.push(format!("the address of source {}", origin.source));
            }
        }
        for (application, _, text) in self.state.plans()? {
            if self.erased.clean(&text).is_some() {
                found.push(format!("where {application} was left"));
            }
        }
        Ok(found)
    }
}

/// Those whom an observation names.
fn people(observation: &mut Observation) -> Vec<&mut Value> {
    let table = model::table(observation.subject().0);
    let (Some(table), Observation::Row { values, .. } | Observation::Gone { values, .. }) = (table, observation) else {
        return Vec::new();
    };
    let is_person = |name: &str| table.columns.iter().any(|it| it.kind == Kind::Person && it.name == name);
    values.iter_mut().filter(|(name, value)| value.is_object() && is_person(name)).map(|(_, value)| value).collect()
}
