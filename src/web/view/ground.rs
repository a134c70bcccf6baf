//! What every view of a scope stands on: the time that there are data of, and the teams.
//!
//! One rule: it is read once for a state of the data folder, since finding it out takes longer than most pages. Older versions are read
//! each time.

use crate::metric::{self, Teams, Window};
use crate::query::{Scope, Stamp};
use crate::web::App;
use crate::web::error::PageError;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Of one scope.
#[derive(Clone)]
pub(super) struct Ground {
    pub span: Option<Window>,
    pub teams: Teams,
}

/// What a ground was read from: the data folder, and the hour, since nothing later than now is seen.
type Read = (Stamp, i64);

/// The newest ground of each scope.
#[derive(Default)]
pub(in crate::web) struct Grounds(Mutex<BTreeMap<Scope, (Read, Arc<Ground>)>>);

/// The ground of a scope.
pub(super) async fn ground(
    app: &App,
    scope: &Scope,
    now: DateTime<Utc>,
    is_newest: bool,
) -> Result<Arc<Ground>, PageError> {
    let read = (app.engine.stamp()?, now.timestamp() / 3_600);
    let kept = || app.grounds.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, ground)) = kept().get(scope).filter(|(then, _)| is_newest && *then == read) {
        return Ok(ground.clone());
    }
    let (span, teams) = tokio::join!(metric::data_span(&app.engine, scope, now), Teams::read(&app.engine, scope));
    let ground = Arc::new(Ground { span: span?, teams: teams? });
    if is_newest {
        kept().insert(scope.clone(), (read, ground.clone()));
    }
    Ok(ground)
}
