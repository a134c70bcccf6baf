//! Everything that a session is made of, read once: the tables, who is who, where sources are.

use super::{Result, Tables, people};
use crate::model;
use crate::project::Project;
use crate::store::{Identity, Origin, Snapshot, Store, Versions};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Beside the stored tables: source and type of each origin.
pub(super) const ORIGINS: &str = "origins";

pub(super) struct World {
    pub snapshots: BTreeMap<&'static str, Snapshot>,
    pub identities: Vec<(String, String, Identity)>,
    pub origins: Vec<Origin>,
}

impl World {
    /// The newest tables, or those of these versions.
    pub async fn of(store: &Store, versions: Option<&Versions>) -> Result<World> {
        let mut snapshots = BTreeMap::new();
        for table in model::TABLES {
            let snapshot = match versions.map(|versions| versions.get(table.name)) {
                None => store.snapshot(table).await?,
                Some(Some(version)) => store.snapshot_at(table, *version).await?,
                Some(None) => Snapshot::never_written(table),
            };
            snapshots.insert(table.name, snapshot);
        }
        let state = store.state()?;
        let mut identities = state.identities()?;
        identities.extend(state.erased()?);
        Ok(World { snapshots, identities, origins: state.origins()? })
    }

    /// The tables as sessions take them.
    pub fn tables(&self) -> Tables {
        let mut tables = Tables::new();
        for (name, snapshot) in &self.snapshots {
            tables.insert(name, Arc::new(snapshot.clone()));
        }
        tables.extend(self.origin_table().map(|table| (ORIGINS, table)));
        tables
    }

    /// The version of a table, or `None` of one that was never written.
    pub fn version(&self, table: &str) -> Option<u64> {
        self.snapshots.get(table).and_then(Snapshot::version)
    }

    /// Hash of who is who, and who is a machine.
    pub fn people(&self, project: &Project) -> String {
        let mut hasher = blake3::Hasher::new();
        for (identity, person, who) in people::flagged(self.identities.clone(), project) {
            for part in [identity.as_str(), &person, if who.is_bot { "bot" } else { "" }] {
                hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }

    pub fn origin_table(&self) -> Option<Arc<dyn TableProvider>> {
        let text = |pick: fn(&Origin) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(self.origins.iter().map(pick)))
        };
        let columns = [("source", text(|origin| &origin.source)), ("kind", text(|origin| &origin.kind))];
        let batch = RecordBatch::try_from_iter(columns).ok()?;
        Some(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).ok()?))
    }
}
