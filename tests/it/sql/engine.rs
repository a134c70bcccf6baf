//! An engine over a data folder that nothing was collected into.

use arrow::array::RecordBatch;
use paceline::project::Project;
use paceline::query::{Engine, Limits, Result, Scope};
use paceline::store::Store;
use std::sync::Arc;
use tempfile::TempDir;

pub struct EmptyEngine {
    pub engine: Engine,
    _folder: TempDir,
}

impl EmptyEngine {
    pub fn new() -> EmptyEngine {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let engine = Engine::new(store, Arc::new(Project::defaults().unwrap()));
        EmptyEngine { engine, _folder: folder }
    }

    pub async fn sql(&self, sql: &str, limits: &Limits) -> Result<(Vec<RecordBatch>, bool)> {
        self.engine.sql_limited(&Scope::default(), sql, limits).await
    }
}
