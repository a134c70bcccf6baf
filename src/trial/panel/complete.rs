//! The part of a panel in which everything is known. The one rule: what is left out follows from which cells are known, never from
//! their figures.

/// Units and periods without an unknown cell between them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::trial) struct Complete {
    /// Places in the panel, ascending.
    pub(in crate::trial) units: Vec<usize>,
    pub(in crate::trial) periods: Vec<usize>,
    /// The figures of these units in these periods.
    pub(in crate::trial) figures: Vec<Vec<f64>>,
    /// Unknown cells of the whole panel.
    pub(in crate::trial) unknown: usize,
    dropped_units: Vec<usize>,
    dropped_periods: Vec<usize>,
}

impl Complete {
    /// Leaves out the unit or the period with the largest part unknown until nothing is unknown; where they tie, a unit, and the
    /// first one.
    pub(in crate::trial) fn of(cells: &[Vec<Option<f64>>]) -> Complete {
        let periods = cells.iter().map(Vec::len).min().unwrap_or(0);
        let mut kept = Complete {
            units: (0..cells.len()).collect(),
            periods: (0..periods).collect(),
            figures: Vec::new(),
            unknown: cells.iter().flatten().filter(|cell| cell.is_none()).count(),
            dropped_units: Vec::new(),
            dropped_periods: Vec::new(),
        };
        let is_unknown = |unit: usize, period: usize| cells[unit][period].is_none();
        loop {
            let of_unit = |unit: &usize| kept.periods.iter().filter(|period| is_unknown(*unit, **period)).count();
            let of_period = |period: &usize| kept.units.iter().filter(|unit| is_unknown(**unit, *period)).count();
            let (unit, missing_periods) = most(&kept.units, of_unit);
            let (period, missing_units) = most(&kept.periods, of_period);
            if missing_periods == 0 {
                break;
            }
            // Parts of the whole, compared without division.
            if missing_periods * kept.units.len() >= missing_units * kept.periods.len() {
                kept.dropped_units.push(kept.units.remove(unit));
            } else {
                kept.dropped_periods.push(kept.periods.remove(period));
            }
        }
        let row = |unit: &usize| kept.periods.iter().filter_map(|period| cells[*unit][*period]).collect();
        kept.figures = kept.units.iter().map(row).collect();
        kept.dropped_units.sort_unstable();
        kept.dropped_periods.sort_unstable();
        kept
    }

    /// What was left out, in a sentence; periods count from 1.
    pub(in crate::trial) fn warning(&self, ids: &[String]) -> Option<String> {
        if self.unknown == 0 {
            return None;
        }
        let units: Vec<&str> = self.dropped_units.iter().map(|unit| ids[*unit].as_str()).collect();
        let periods: Vec<String> = self.dropped_periods.iter().map(|period| (period + 1).to_string()).collect();
        let mut left_out = Vec::new();
        if !units.is_empty() {
            left_out.push(format!("the {} {}", counted(units.len(), "unit"), units.join(", ")));
        }
        if !periods.is_empty() {
            left_out.push(format!("the {} {}", counted(periods.len(), "period"), periods.join(", ")));
        }
        let (verb, cells) = (if self.unknown == 1 { "is" } else { "are" }, counted(self.unknown, "cell"));
        Some(format!("{cells} {verb} unknown; left out: {}.", left_out.join(" and ")))
    }
}

/// The place of the first with the largest count.
fn most(all: &[usize], count: impl Fn(&usize) -> usize) -> (usize, usize) {
    let mut best = (0, 0);
    for (place, it) in all.iter().enumerate() {
        let count = count(it);
        if count > best.1 {
            best = (place, count);
        }
    }
    best
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(text: &[&str]) -> Vec<Vec<Option<f64>>> {
        let cell = |sign: char| (sign != '.').then(|| f64::from(u32::from(sign)));
        text.iter().map(|row| row.chars().map(cell).collect()).collect()
    }

    #[test]
    fn a_unit_that_left_goes_and_a_period_that_nobody_measured_goes() {
        let ids: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let kept = Complete::of(&panel(&["12.4", "34.6", "5..."]));
        assert_eq!((kept.units.clone(), kept.periods.clone(), kept.unknown), (vec![0, 1], vec![0, 1, 3], 5));
        assert_eq!(kept.figures, [[49.0, 50.0, 52.0], [51.0, 52.0, 54.0]]);
        assert_eq!(kept.warning(&ids).unwrap(), "5 cells are unknown; left out: the 1 unit c and the 1 period 3.");
        assert_eq!(Complete::of(&panel(&["12", "34"])).warning(&ids), None);
    }

    #[test]
    fn nothing_known_leaves_nothing() {
        let kept = Complete::of(&panel(&["..", ".."]));
        assert!(kept.units.is_empty() || kept.periods.is_empty());
        assert!(Complete::of(&[]).units.is_empty());
    }
}
