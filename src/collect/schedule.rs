//! Pipelines that run on their own: each again when its time has come, one at a time.

use super::deliveries::Deliveries;
use super::{CollectError, Collecting, Progress, Report, Result};
use crate::ambient::Ambient;
use crate::project::Pipeline;
use crate::store::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Between two looks at the clock; also how long another process may hold the folder before it is asked for again.
const TICK: Duration = Duration::from_secs(1);

/// From one run to the next of a pipeline that is told again and again what only its source can answer, and from one failure to
/// bring deliveries in to the next try.
const SOON: Duration = Duration::from_secs(60);

/// Rest after each millisecond of bringing deliveries in: where that takes long, the tables are large, and many deliveries
/// together take hardly longer than one.
const REST: Duration = Duration::from_millis(4);

/// The longest such rest, so that a flood is brought in as fast as it can be.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// Runs every pipeline that has an interval whenever it is due, and never ends. A pipeline is due when its interval has
/// passed since its last run began, whoever ran it; one that never ran is due at once, and so is one that was told something
/// only its source can answer. What doors take is brought into the tables meanwhile. `hear` learns of each run, after the folder was
/// given back, and is waited for.
pub async fn watch(
    store: &Store,
    ambient: &Ambient,
    progress: &dyn Progress,
    pipelines: &[Pipeline],
    folder: &Path,
    deliveries: Option<&Deliveries>,
    mut hear: impl AsyncFnMut(&Pipeline, Result<Report>),
) {
    let begin = || Ok::<_, CollectError>(Collecting::begin(store, ambient, progress)?.with_deliveries(deliveries));
    let mut refused = false;
    let mut rest_until = Instant::now();
    loop {
        bring(deliveries, begin, &mut rest_until).await;
        let wanted = deliveries.map(Deliveries::wanted).unwrap_or_default();
        match due(store, pipelines, &wanted, ambient.now()) {
            Ok(due) => {
                for pipeline in due {
                    // Deliveries that were brought in since may have wanted it too.
                    let is_wanted = deliveries.is_some_and(|it| it.wanted().contains(&pipeline.name));
                    deliveries.inspect(|it| it.begin_wanted(&pipeline.name));
                    let run = async { begin()?.run(pipeline, folder).await }.await;
                    let in_use = is_in_use(&run);
                    if let Some(deliveries) = deliveries.filter(|_| is_wanted) {
                        let name = &pipeline.name;
                        let noted = if run.is_ok() { deliveries.end_wanted(name) } else { deliveries.want(name) };
                        if let Err(error) = noted {
                            tracing::error!("{error}");
                        }
                    }
                    // Said once, not every second.
                    if !(in_use && refused) {
                        hear(pipeline, run).await;
                    }
                    refused = in_use;
                    bring(deliveries, begin, &mut rest_until).await;
                }
            }
            Err(error) => tracing::error!("{error}"),
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Brings deliveries into the tables where any wait and enough was rested.
async fn bring<'a>(
    deliveries: Option<&Deliveries>,
    begin: impl Fn() -> Result<Collecting<'a>>,
    rest_until: &mut Instant,
) {
    if *rest_until > Instant::now() || !deliveries.is_some_and(Deliveries::has_news) {
        return;
    }
    let started = Instant::now();
    let brought = async { begin()?.take_deliveries().await }.await;
    let mut rest = LONGEST_REST.min(REST * started.elapsed().as_millis().try_into().unwrap_or(u32::MAX));
    match brought {
        // Whoever holds the folder gives it back; the deliveries are safe where they are.
        failed if is_in_use(&failed) => {}
        Err(error) => {
            tracing::error!("deliveries wait: {error}");
            rest = SOON;
        }
        Ok(()) => {}
    }
    *rest_until = Instant::now() + rest;
}

fn is_in_use<T>(result: &Result<T>) -> bool {
    matches!(result, Err(CollectError::Store(StoreError::InUse { .. })))
}

fn due<'a>(
    store: &Store,
    pipelines: &'a [Pipeline],
    wanted: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<Vec<&'a Pipeline>> {
    let runs = if store.exists() { store.state()?.runs()? } else { Vec::new() };
    let is_due = |pipeline: &&Pipeline| {
        let told = wanted.contains(&pipeline.name).then_some(SOON);
        let Some(every) = told.into_iter().chain(pipeline.every).min() else { return false };
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
            pipeline("wanted", None),
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
        let names: Vec<&str> = due(&store, &pipelines, &BTreeSet::from(["wanted".to_owned()]), now)
            .unwrap()
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(names, ["wanted", "new", "late", "future"]);
    }
}
