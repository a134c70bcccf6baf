//! stub
use super::CalibrationOptions;
use crate::trial::world::World;
use crate::trial::Result;
use serde::{Deserialize, Serialize};
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlannedResult { pub world: World }
pub(super) fn planned(world: World, _: &CalibrationOptions) -> Result<PlannedResult> { Ok(PlannedResult { world }) }
