//! The table as a document.

use super::simulated::{WEEKS_BEFORE, WEEKS_DURING};
use super::{CalibrationTable, CellResult, FamilyResult, PeekingResult, PlannedResult, ReferenceMethod};

const INTRODUCTION: &str = "\
# Calibration

How often the analysis of experiments is wrong, counted in simulated experiments of which the truth is known. Each takes the path of
a real one: strata or pairs from the teams' own history and size, a lottery, one figure a team, and the default analysis (to 200 teams
randomization under the lottery that was drawn, studentised, adjusted for history where it is known).

Made by `paceline experiment calibrate`; the same seed gives the same table, byte for byte.
";

const WORLDS: &str = "\
Teams have 3 to 12 developers, and developers unequal numbers of rows. ICC is the part of a row's variance that its team explains:
60 % of it for good, the rest drifts with a correlation of 0.9 from week to week. `normal logs` are log-normal hours compared by their
logs; `log-normal hours` are compared as they are; `Pareto team levels` have an exponent of 2.5, so that they have no third moment.

- False positives: no effect, and p is at most 5 %. At most 5.5 % is asked for, and at least 4 % where the lottery can reach it.
- Attainable: the mean over lotteries of the largest level up to 5 % that an exact test under them can have.
- Coverage: a fifth less in the treated, and the interval holds it. 94 to 97 % are asked for where 5 % can be attained, else 94 % or more.
- Width: the median width of intervals in parts of the control. Power: the fifth less is found.
- r: the mean correlation of teams' figures with their history.
";

impl CalibrationTable {
    /// The table as Markdown.
    pub fn markdown(&self) -> String {
        let options = &self.options;
        let mut text = INTRODUCTION.to_owned();
        text += &format!(
            "Seed `{}`, {} experiments without effect in each row of worlds and designs and half as many with one, {} of them by other methods, {} draws of each lottery that has more than {} assignments. With {} experiments a rate of 5 % is known to ±{}.\n",
            options.seed,
            options.experiments,
            options.reference_experiments,
            options.draws,
            10 * options.draws,
            options.experiments,
            percent(1.96 * (0.05 * 0.95 / options.experiments as f64).sqrt()),
        );
        text += "\n## What is asked for\n\n";
        text += &format!(
            "A row is named here whenever its figure is outside, be it by less than the error of counting. With {} experiments a coverage of 95 % is known to ±{}.\n\n",
            options.with_effect(),
            percent(1.96 * (0.05 * 0.95 / options.with_effect().max(1) as f64).sqrt()),
        );
        let failures = self.failures();
        if failures.is_empty() {
            text += "Every row holds what is asked for.\n";
        }
        failures.iter().for_each(|failure| text += &format!("- Not held: {failure}\n"));
        text += &format!(
            "\n## Worlds\n\nStratified by history and size, {WEEKS_BEFORE} weeks of history, {WEEKS_DURING} weeks of experiment. {WORLDS}\n"
        );
        text += &cells(&self.worlds);
        text += "\n## Designs\n\nNormal logs, ICC 0.2. Rerandomized designs accept a fifth of all assignments, of ten teams half.\n\n";
        text += &cells(&self.designs);
        text += &self.references();
        text += "\n## Effects that differ from team to team\n\nStratified, ICC 0.2, with a standard deviation over teams of half the mean. A randomization test is exact for no effect on any team; here its interval must hold the mean effect of all teams.\n\n| Teams | World | Experiments | Coverage | Width | Power |\n|--:|---|--:|--:|--:|--:|\n";
        self.varying.iter().for_each(|cell| text += &varying(cell));
        text += "\n## The decision\n\nThree goals that go together (half of the variance in common) and two guardrails, normal logs, ICC 0.2. One-sided 5 % are divided among the goals; guardrails keep it. The first two columns: no goal has an effect and the guardrails cannot stop. The third: a guardrail is worse by exactly its margin of 10 %, and nothing else can stop. At most 5 % are meant.\n\n| Teams | Experiments | Ships without effect | With the error rate undivided | Ships harm |\n|--:|--:|--:|--:|--:|\n";
        self.families.iter().for_each(|it| text += &family(it));
        text += "\n## Looking every week\n\nTwelve weekly looks at an experiment without effect, normal logs, ICC 0.2. Undeclared: stop at the first p of at most 5 %. Declared: the error rate spent over the weeks (Lan & DeMets 1983), each p compared with its look's.\n\n| Teams | Experiments | Last look alone | Undeclared | Declared, O'Brien & Fleming | Declared, Pocock |\n|--:|--:|--:|--:|--:|--:|\n";
        self.peeking.iter().for_each(|it| text += &peeking(it));
        text += "\n## Power as planned\n\nOrganisations plan on 52 weeks of their own (1,000 simulations, one goal, a power of 80 %), and then run experiments with the smallest effect that the plan says is found so often. Normal logs, ICC 0.2. Within 3 points is asked for.\n\n| Teams | Organisations | Experiments of each | Mean effect | Planned | Found |\n|--:|--:|--:|--:|--:|--:|\n";
        self.planned.iter().for_each(|it| text += &planned(it));
        text
    }

    fn references(&self) -> String {
        let mut text = "\n## Other methods\n\nFalse positives on the same experiments. CR0 and CR2 are least squares on rows with the strata and the team's history, errors by team. What is above 6.5 % in a row is marked.\n\n| Teams | Design | World | ICC |".to_owned();
        ReferenceMethod::ALL.iter().for_each(|method| text += &format!(" {} |", method.words()));
        text += "\n|--:|---|---|--:|--:|--:|--:|--:|\n";
        for cell in self.worlds.iter().chain(&self.designs) {
            let (world, design) = (cell.world, cell.design.words());
            text +=
                &format!("| {} | {design} | {} | {} |", world.teams, world.tails.words(), world.intraclass_correlation);
            for rate in &cell.references {
                let mark = if rate.false_positives > 0.065 { "**" } else { "" };
                text += &format!(" {mark}{}{mark} |", percent(rate.false_positives));
            }
            text.push('\n');
        }
        text
    }

    /// What is asked for and does not hold, a sentence each.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for cell in self.worlds.iter().chain(&self.designs).filter(|it| it.refused < MOSTLY) {
            failures.extend(of_cell(cell));
        }
        for it in &self.varying {
            // Ten teams' lotteries are coarse, which makes their intervals wider.
            if it.coverage < COVERAGE[0] {
                failures.push(format!("{}: coverage of varying effects is {}", name(it), percent(it.coverage)));
            }
        }
        for it in &self.families {
            if it.ships_without_effect > MOST || it.ships_harm > MOST {
                let (without, harm) = (percent(it.ships_without_effect), percent(it.ships_harm));
                failures.push(format!(
                    "decisions of {} teams: {without} ship without effect, {harm} ship harm",
                    it.world.teams
                ));
            }
        }
        for it in &self.peeking {
            if it.obrien_fleming > MOST || it.pocock > MOST {
                let (first, second) = (percent(it.obrien_fleming), percent(it.pocock));
                failures.push(format!("weekly looks of {} teams: {first} and {second}", it.world.teams));
            }
        }
        for it in &self.planned {
            if (it.found - it.planned).abs() > POWER_WITHIN {
                let (planned, found) = (percent(it.planned), percent(it.found));
                failures.push(format!("{} teams: {planned} planned and {found} found", it.world.teams));
            }
        }
        failures
    }
}

/// What is asked for.
const MOST: f64 = 0.055;
const LEAST: f64 = 0.04;
const COVERAGE: [f64; 2] = [0.94, 0.97];
const POWER_WITHIN: f64 = 0.03;
/// Lotteries that reach this are fine enough.
const FINE: f64 = 0.045;
/// Rows of which more is refused than this have no rates.
const MOSTLY: f64 = 0.5;

fn of_cell(cell: &CellResult) -> Vec<String> {
    let mut failures = Vec::new();
    let is_fine = cell.attainable >= FINE;
    if cell.false_positives > MOST || (is_fine && cell.false_positives < LEAST) {
        failures.push(format!("{}: {} false positives", name(cell), percent(cell.false_positives)));
    }
    if cell.coverage < COVERAGE[0] || (is_fine && cell.coverage > COVERAGE[1]) {
        failures.push(format!("{}: coverage is {}", name(cell), percent(cell.coverage)));
    }
    failures
}

fn name(cell: &CellResult) -> String {
    super::cell::words(cell.world, cell.design)
}

fn cells(cells: &[CellResult]) -> String {
    let mut text = "| Teams | Design | World | ICC | False positives | Attainable | Coverage | Width | Power | r | Refused | Unbounded |\n|--:|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n".to_owned();
    for cell in cells {
        let world = cell.world;
        let start = format!(
            "| {} | {} | {} | {} |",
            world.teams,
            cell.design.words(),
            world.tails.words(),
            world.intraclass_correlation
        );
        let refused = percent(cell.refused);
        if cell.refused >= MOSTLY {
            text += &format!("{start} – | – | – | – | – | – | {refused} | – |\n");
            continue;
        }
        let width = cell.width.map_or("–".to_owned(), percent);
        let (found, attainable, coverage) =
            (percent(cell.false_positives), percent(cell.attainable), percent(cell.coverage));
        let (power, unbounded) = (percent(cell.power), percent(cell.unbounded));
        text += &format!(
            "{start} {found} | {attainable} | {coverage} | {width} | {power} | {:.2} | {refused} | {unbounded} |\n",
            cell.history_correlation
        );
    }
    text
}

fn varying(cell: &CellResult) -> String {
    let width = cell.width.map_or("–".to_owned(), percent);
    let (coverage, power) = (percent(cell.coverage), percent(cell.power));
    let (teams, experiments) = (cell.world.teams, cell.experiments);
    format!("| {teams} | {} | {experiments} | {coverage} | {width} | {power} |\n", cell.world.tails.words())
}

fn family(it: &FamilyResult) -> String {
    let [without, undivided, harm] =
        [it.ships_without_effect, it.ships_without_effect_undivided, it.ships_harm].map(percent);
    format!("| {} | {} | {without} | {undivided} | {harm} |\n", it.world.teams, it.experiments)
}

fn peeking(it: &PeekingResult) -> String {
    let [last, undeclared, first, second] = [it.last, it.undeclared, it.obrien_fleming, it.pocock].map(percent);
    format!("| {} | {} | {last} | {undeclared} | {first} | {second} |\n", it.world.teams, it.experiments)
}

fn planned(it: &PlannedResult) -> String {
    let [effect, planned, found] = [it.effect, it.planned, it.found].map(percent);
    format!("| {} | {} | {} | {effect} | {planned} | {found} |\n", it.world.teams, it.organisations, it.experiments)
}

/// With a true minus sign.
fn percent(part: f64) -> String {
    let sign = if part < 0.0 { "−" } else { "" };
    format!("{sign}{:.1} %", part.abs() * 100.0)
}
