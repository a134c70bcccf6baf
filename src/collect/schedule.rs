//! Pipelines that run on their own: each again when its time has come, one at a time.

use super::{CollectError, Collecting, Progress, Report, Result};
use crate::ambient::Ambient;
use crate::project::Pipeline;
use crate::store::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use std::time::Duration;

/// Between two looks at the clock; also how long another process may hold the folder before it is asked for again.
const TICK: Duration = Duration::from_secs(1);

/// Runs every pipeline that has an interval whenever it is due, and never ends. A pipeline is due when its interval has
/// passed since its last run began, whoever ran it; one that never ran is due at once. `hear` learns of each run.
pub async fn watch(
    store: &Store,
    ambient: &Ambient,
    progress: &dyn Progress,
    pipelines: &[Pipeline],
    folder: &Path,
    mut hear: impl FnMut(&Pipeline, Result<Report>),
) {
    let mut refused = false;
    loop {
        let now = ambient.now();
        match due(store, pipelines, now) {
            Ok(due) => {
                for pipeline in due {
                    let run = run(store, ambient, progress, pipeline, folder).await;
                    let in_use = matches!(run, Err(CollectError::Store(StoreError::InUse { .. })));
                    // Said once, not every second.
                    if !(in_use && refused) {
                        hear(pipeline, run);
                    }
                    refused = in_use;
                }
            }
            Err(error) => {
                tracing::error!("{error}");
            }
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn run(
    store: &Store,
    ambient: &Ambient,
    progress: &dyn Progress,
    pipeline: &Pipeline,
    folder: &Path,
) -> Result<Report> {
    Collecting::begin(store, ambient, progress)?.run(pipeline, folder).await
}

fn due<'a>(store: &Store, pipelines: &'a [Pipeline], now: DateTime<Utc>) -> Result<Vec<&'a Pipeline>> {
    let runs = if store.exists() { store.state()?.runs()? } else { Vec::new() };
    let is_due = |pipeline: &&Pipeline| {
        let Some(every) = pipeline.every else { return false };
        let every = TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
        let last = runs.iter().rev().find(|run| run.source == pipeline.name);
        // A run in the future is a wrong clock, not a reason to wait for it.
        last.is_none_or(|last| last.started_at > now || now - last.started_at >= every)
    };
    Ok(pipelines.iter().filter(is_due).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{PipelineKind, SimulationPipeline};
    use crate::store::Run;

    #[test]
    fn a_pipeline_is_due_when_its_interval_has_passed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let kind = PipelineKind::Simulation(SimulationPipeline::of("x"));
        let pipeline = |name: &str, minutes: Option<u64>| Pipeline {
            name: name.to_owned(),
            kind: kind.clone(),
            every: minutes.map(|minutes| Duration::from_secs(60 * minutes)),
            embedded: false,
        };
        let pipelines = [
            pipeline("never", None),
            pipeline("new", Some(5)),
            pipeline("waits", Some(5)),
            pipeline("late", Some(5)),
            pipeline("future", Some(5)),
        ];
        let state = store.state().unwrap();
        for (source, minutes) in [("waits", 4), ("late", 5), ("future", -60)] {
            let started_at = now - TimeDelta::minutes(minutes);
            let run = Run { source: source.to_owned(), started_at, finished_at: started_at, rows: 0, error: None };
            state.put_run(&run).unwrap();
        }
        let names: Vec<&str> = due(&store, &pipelines, now).unwrap().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["new", "late", "future"]);
    }
}
