//! What an answer follows from: the tables that a plan reads, and what its functions read besides.
//!
//! One rule: what is not known to read little reads everything. A function of ours that reads tables is `Stable` and is named
//! here, or counts as reading all of them.

use super::{boundaries, components, deployments, pull_request_phases, views};
use crate::model;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan, Volatility};
use datafusion::prelude::SessionContext;
use std::collections::BTreeSet;

/// What a plan reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inputs {
    pub tables: BTreeSet<&'static str>,
    /// Who is who.
    pub people: bool,
    /// Files of the project, such as `topics.toml`.
    pub content: bool,
    /// The answer may change though nothing changed that it reads.
    pub is_fleeting: bool,
}

/// Tables that functions over the catalog look into.
const CATALOG: [&str; 5] = ["components", "component_owners", "code_owners", "repositories", "teams"];

/// Functions that read tables or files, by the beginning of their names.
const READING: [(&str, &[&str], bool); 6] = [
    ("component_of_", &CATALOG, false),
    ("team_of_", &CATALOG, false),
    ("working_hours_between", &["team_calendars", "teams"], false),
    ("ticket_rule", &[], true),
    ("rule_", &[], true),
    ("source_url", &["repositories"], false),
];

/// Built-in functions that ask the clock.
const CLOCK: [&str; 6] = ["now", "current_date", "current_time", "current_timestamp", "today", "localtimestamp"];

impl Inputs {
    fn everything() -> Inputs {
        let tables = model::TABLES.iter().map(|table| table.name).collect();
        Inputs { tables, people: true, content: true, is_fleeting: false }
    }

    pub fn add(&mut self, other: Inputs) {
        self.tables.extend(other.tables);
        self.people |= other.people;
        self.content |= other.content;
        self.is_fleeting |= other.is_fleeting;
    }
}

/// What a plan of this session reads.
pub(super) async fn of(session: &SessionContext, plan: &LogicalPlan) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    let mut derived = BTreeSet::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            read_by(scan, &mut inputs, &mut derived);
        }
        node.apply_expressions(|expression| expression.apply(|part| Ok(called(part, &mut inputs))))
    })?;
    for sql in derived {
        // These are of stored tables alone, and end here.
        let plan = session.state().create_logical_plan(sql).await?;
        inputs.add(Box::pin(of(session, &plan)).await?);
    }
    Ok(inputs)
}

fn read_by(scan: &TableScan, inputs: &mut Inputs, derived: &mut BTreeSet<&'static str>) {
    let name = scan.table_name.table();
    match scan.table_name.schema() {
        Some("information_schema") => {}
        Some(views::STORED) if name == "identities" => inputs.people = true,
        Some(views::STORED) if let Some(tables) = deployments::reads(name) => inputs.tables.extend(tables),
        Some(views::STORED) => match (model::table(name), derivation(name)) {
            (Some(table), _) => drop(inputs.tables.insert(table.name)),
            (None, Some(sql)) => drop(derived.insert(sql)),
            (None, None) => inputs.add(Inputs::everything()),
        },
        _ => match source_as_provider(&scan.source) {
            Ok(provider) => match provider.downcast_ref::<super::facts::FactsTable>() {
                Some(facts) => inputs.add(facts.inputs().clone()),
                None => inputs.add(Inputs::everything()),
            },
            Err(_) => inputs.add(Inputs::everything()),
        },
    }
}

/// The statement of a table that a session derives.
pub(super) fn derivation(stored: &str) -> Option<&'static str> {
    boundaries::sql_of(stored).or_else(|| components::sql_of(stored)).or_else(|| pull_request_phases::sql_of(stored))
}

fn called(expression: &Expr, inputs: &mut Inputs) -> TreeNodeRecursion {
    if let Expr::ScalarFunction(call) = expression {
        let name = call.func.name();
        match call.func.signature().volatility {
            Volatility::Immutable => {}
            Volatility::Volatile => inputs.is_fleeting = true,
            Volatility::Stable if CLOCK.contains(&name) => inputs.is_fleeting = true,
            Volatility::Stable => match READING.iter().find(|(beginning, ..)| name.starts_with(beginning)) {
                Some((_, tables, content)) => {
                    inputs.tables.extend(tables.iter());
                    inputs.content |= content;
                }
                None => inputs.add(Inputs::everything()),
            },
        }
    }
    TreeNodeRecursion::Continue
}
