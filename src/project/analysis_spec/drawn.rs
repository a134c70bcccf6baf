//! How the treatment came to the units of a table.

use super::super::percentage::part;
use super::super::reading::Reading;
use super::columns::Named;
use super::written::{DesignFile, DesignName, SpecFile};
use crate::trial::Design;

/// The part of all assignments that a rerandomized design accepts unless said otherwise.
const ACCEPTED: f64 = 0.01;

/// How the treatment came to the units.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    ByLot {
        design: Design,
        /// Of the draws of a randomization test; the specification's hash where none is declared.
        seed: Option<String>,
        /// Declared weights of control and treated.
        shares: Option<[u32; 2]>,
        /// What a rerandomized design balanced.
        covariates: Vec<Named>,
    },
    /// By somebody's choice: nothing about it is called randomised.
    Observational,
}

pub(super) fn read(file: &SpecFile, reading: &mut Reading<'_>) -> Option<Drawn> {
    let declared = &file.design;
    let at = declared.design.span();
    let name = *declared.design.get_ref();
    let covariates: Vec<Named> = declared.covariates.iter().map(|it| Named::of(it, "covariate", reading)).collect();
    if name != DesignName::Rerandomized {
        let keys = [
            ("accepted", declared.accepted.as_ref().map(|it| it.span())),
            ("covariates", declared.covariates.first().map(|it| it.span())),
        ];
        for (key, at) in keys {
            if let Some(at) = at {
                reading.refuse(at, format!("{key} is for rerandomized designs; leave it out, or say which design"));
            }
        }
    }
    let design = match name {
        DesignName::Complete => Design::Complete,
        DesignName::Switchback => Design::Switchback,
        DesignName::Stratified | DesignName::Pairs => {
            let (design, example) = match name {
                DesignName::Pairs => (Design::Pairs, "pair"),
                _ => (Design::Stratified, "stratum"),
            };
            if file.data.block.is_none() {
                let message = format!(
                    "a {} design needs block = \"{example}\" under [data], the column that names it",
                    design.words()
                );
                reading.refuse(at, message);
                return None;
            }
            design
        }
        DesignName::Rerandomized => rerandomized(declared, reading)?,
        DesignName::SteppedWedge | DesignName::Crossover => {
            let message = "a table of a stepped wedge or a crossover is not analysed here: its units change their arm; for blocks of time that were drawn one by one write switchback";
            reading.refuse(at, message);
            return None;
        }
        DesignName::Observational => {
            let (block, cluster) = (&file.data.block, &declared.shares);
            let of_lotteries =
                [("block", block.as_ref().map(|it| it.span())), ("shares", cluster.as_ref().map(|it| it.span()))];
            for (key, at) in of_lotteries {
                if let Some(at) = at {
                    reading.refuse(at, format!("{key} is for what was drawn by lot; leave it out"));
                }
            }
            return Some(Drawn::Observational);
        }
    };
    let seed = declared.seed.as_ref().map(|it| reading.filled("the seed", it));
    Some(Drawn::ByLot { design, seed, shares: shares(file, reading), covariates })
}

fn rerandomized(file: &DesignFile, reading: &mut Reading<'_>) -> Option<Design> {
    if file.covariates.is_empty() {
        let message = "a rerandomized design needs covariates = [\"…\"], the columns that it balanced";
        reading.refuse(file.design.span(), message);
        return None;
    }
    let Some(text) = &file.accepted else { return Some(Design::Rerandomized { accepted: ACCEPTED }) };
    let Some(accepted) = part(text.get_ref()) else {
        let message = format!("{} is no part of the assignments; write one such as \"1%\"", text.get_ref());
        reading.refuse(text.span(), message);
        return None;
    };
    Some(Design::Rerandomized { accepted })
}

/// `{ control = 50, treated = 50 }`, by part and not by label.
fn shares(file: &SpecFile, reading: &mut Reading<'_>) -> Option<[u32; 2]> {
    let declared = file.design.shares.as_ref()?;
    let mut shares = [0; 2];
    for (place, key) in ["control", "treated"].into_iter().enumerate() {
        let given = declared.get_ref().get(key).map(|it| *it.get_ref());
        match given.and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0) {
            Some(share) => shares[place] = share,
            None => {
                reading.refuse(
                    declared.span(),
                    "write both shares as positive numbers, such as { control = 50, treated = 50 }",
                );
                return None;
            }
        }
    }
    if declared.get_ref().len() > 2 {
        reading.refuse(declared.span(), "shares has control and treated and nothing else");
    }
    Some(shares)
}
