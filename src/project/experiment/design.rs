//! The design with what it needs.

use super::super::percentage::part;
use super::super::reading::Reading;
use super::schedule::Schedule;
use super::unit_kind::UnitKind;
use super::written::{AssignmentFile, DesignName};
use crate::trial::Design;
use std::ops::Range;

/// The part of all assignments that a rerandomized design accepts unless said otherwise.
const ACCEPTED: f64 = 0.01;

/// The most steps of a stepped wedge.
const MOST_STEPS: i64 = 100;

/// The design, and the days of its periods.
pub(super) fn read(
    file: &AssignmentFile,
    weights: Option<[u32; 2]>,
    schedule: Option<&Schedule>,
    reading: &mut Reading<'_>,
) -> Option<(Design, Option<u32>)> {
    let by_default = if file.stratify.is_empty() { DesignName::Complete } else { DesignName::Stratified };
    let name = file.design.as_ref().map_or(by_default, |it| *it.get_ref());
    let at = file.design.as_ref().map_or(0..0, |it| it.span());
    let wrong = reading.wrong.len();
    let design = design(name, file, &at, reading);
    check_keys(name, file, reading);
    check_stratify(name, file, &at, reading);
    if name == DesignName::Hash {
        check_hashed(file, &at, reading);
    }
    let design = design?;
    if let (true, Some([control, treatment])) = (is_even(design), weights)
        && control != treatment
    {
        let message = format!("a {} design treats one half; give both variants the same weight", design.words());
        reading.refuse(file.variants.span(), message);
    }
    let period_days = if design.is_over_time() { Some(period(design, file, &at, schedule, reading)?) } else { None };
    (reading.wrong.len() == wrong).then_some((design, period_days))
}

fn design(name: DesignName, file: &AssignmentFile, at: &Range<usize>, reading: &mut Reading<'_>) -> Option<Design> {
    Some(match name {
        DesignName::Complete => Design::Complete,
        DesignName::Stratified => Design::Stratified,
        DesignName::Pairs => Design::Pairs,
        DesignName::Crossover => Design::Crossover,
        DesignName::Switchback => Design::Switchback,
        DesignName::Hash => Design::Hash,
        DesignName::Rerandomized => {
            let Some(text) = &file.accepted else { return Some(Design::Rerandomized { accepted: ACCEPTED }) };
            let Some(accepted) = part(text.get_ref()) else {
                let message = format!("{} is no part of the assignments; write one such as \"1%\"", text.get_ref());
                reading.refuse(text.span(), message);
                return None;
            };
            Design::Rerandomized { accepted }
        }
        DesignName::SteppedWedge => {
            let Some(steps) = &file.steps else {
                reading.refuse(at.clone(), "a stepped wedge needs steps = 4, the moments at which units begin");
                return None;
            };
            let count = *steps.get_ref();
            let Some(steps_count) = usize::try_from(count).ok().filter(|_| (2..=MOST_STEPS).contains(&count)) else {
                let message = format!("{count} steps; a stepped wedge has from 2 to {MOST_STEPS}");
                reading.refuse(steps.span(), message);
                return None;
            };
            Design::SteppedWedge { steps: steps_count }
        }
    })
}

/// Keys of another design.
fn check_keys(name: DesignName, file: &AssignmentFile, reading: &mut Reading<'_>) {
    let is_over_time = matches!(name, DesignName::SteppedWedge | DesignName::Crossover | DesignName::Switchback);
    let keys = [
        (
            "accepted",
            "rerandomized designs",
            file.accepted.as_ref().map(|it| it.span()),
            name == DesignName::Rerandomized,
        ),
        ("steps", "stepped wedges", file.steps.as_ref().map(|it| it.span()), name == DesignName::SteppedWedge),
        ("period_days", "designs over time", file.period_days.as_ref().map(|it| it.span()), is_over_time),
    ];
    for (key, designs, at, is_used) in keys {
        if let (Some(at), false) = (at, is_used) {
            reading.refuse(at, format!("{key} is for {designs}; leave it out, or say which design"));
        }
    }
}

/// Whether the history that a design looks at is declared, and no other.
fn check_stratify(name: DesignName, file: &AssignmentFile, at: &Range<usize>, reading: &mut Reading<'_>) {
    let uses = match name {
        DesignName::Stratified => "a stratified design",
        DesignName::Pairs => "a design of matched pairs",
        DesignName::Rerandomized => "a rerandomized design",
        DesignName::Complete
        | DesignName::SteppedWedge
        | DesignName::Crossover
        | DesignName::Switchback
        | DesignName::Hash => {
            if let Some(first) = file.stratify.first() {
                let message = "this design does not look at the history; leave stratify out, or take a design of stratified, pairs, rerandomized";
                reading.refuse(first.span(), message);
            }
            return;
        }
    };
    if file.stratify.is_empty() {
        reading.refuse(at.clone(), format!("{uses} needs stratify = [\"team_size\", …], the history that it looks at"));
    }
}

/// What falls by the hash of its name is a developer, and nothing else decides.
fn check_hashed(file: &AssignmentFile, at: &Range<usize>, reading: &mut Reading<'_>) {
    if file.cluster.is_some() || *file.unit.get_ref() != UnitKind::Developer {
        reading.refuse(at.clone(), "a hash is of a developer's name; take unit = \"developer\" without a cluster");
    }
    if let Some(block) = &file.block {
        reading.refuse(block.span(), "a hash knows no blocks; leave block out, or take a complete design");
    }
}

/// Whether one half gets each variant, whatever weights say.
fn is_even(design: Design) -> bool {
    design == Design::Pairs || design.is_over_time()
}

/// The days of a period, of which the schedule must have enough.
fn period(
    design: Design,
    file: &AssignmentFile,
    at: &Range<usize>,
    schedule: Option<&Schedule>,
    reading: &mut Reading<'_>,
) -> Option<u32> {
    let words = design.words();
    let Some(written) = &file.period_days else {
        reading.refuse(at.clone(), format!("a {words} design needs period_days = 14, the days of each of its periods"));
        return None;
    };
    let Some(days) = u32::try_from(*written.get_ref()).ok().filter(|days| *days > 0) else {
        reading.refuse(written.span(), format!("a period of {} days; write a positive number", written.get_ref()));
        return None;
    };
    let (periods, why) = match design {
        Design::SteppedWedge { steps } => (steps as u64 + 1, format!("{steps} steps and the time before the first")),
        _ => (2, "two periods".to_owned()),
    };
    let (needed, available) = (periods * u64::from(days), u64::from(schedule?.days()));
    if needed > available {
        let message = format!("{why} of {days} days take {needed} days; the schedule has {available}");
        reading.refuse(written.span(), message);
        return None;
    }
    Some(days)
}
