//! What an answer follows from: the tables that a plan reads, and what its functions read besides.
//!
//! One rule: what is not known to read little reads everything. A function of ours that reads tables is `Stable` and is named
//! here, or counts as reading all of them.

use super::{boundaries, components, deployments, pull_request_phases, views};
use crate::model;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan, TableScan, Volatility};
use datafusion::optimizer::Optimizer;
use datafusion::prelude::SessionContext;
use std::collections::BTreeSet;

/// What a plan reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inputs {
    pub tables: BTreeSet<&'static str>,
    /// Who is who.
    pub people: bool,
    /// Files of the project, such as `topics.toml`, and what kind a source is.
    pub content: bool,
    /// The answer may change though nothing changed that it reads.
    pub is_fleeting: bool,
}

/// Tables that functions over the catalog look into.
const CATALOG: [&str; 5] = ["components", "component_owners", "code_owners", "repositories", "teams"];

/// Functions that read tables or files, by the beginning of their names.
const READING: [(&str, &[&str], bool); 7] = [
    ("component_of_", &CATALOG, false),
    ("team_of_", &CATALOG, false),
    ("working_hours_between", &["team_calendars", "teams"], false),
    ("ticket_rule", &[], true),
    ("rule_", &[], true),
    ("investment_category", &[], true),
    ("source_url", &["repositories"], true),
];

/// Derived tables of one row a key at most. Joined by it, they decide nothing where no other column of theirs is asked for: views
/// ask whether there is such a row only together with what it says.
const KEYED: [&str; 8] = [
    "deployments_derived",
    "deployments_followed",
    "pull_request_moments",
    "pull_requests_arrived",
    "pull_requests_derived",
    "pull_requests_owned",
    "reviews_derived",
    "tickets_derived",
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
    let mut inputs = of_expressions(plan)?;
    for scan in scans_of(&optimised(session, plan)?)? {
        inputs.add(of_scan(session, &scan).await?);
    }
    Ok(inputs)
}

/// What the functions of a plan read. It must not be optimised, which answers those that ask the clock.
pub(super) fn of_expressions(plan: &LogicalPlan) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| expression.apply(|part| Ok(called(part, &mut inputs))))
    })?;
    Ok(inputs)
}

/// What one of a plan's tables follows from.
pub(super) async fn of_scan(session: &SessionContext, scan: &TableScan) -> Result<Inputs> {
    let (mut inputs, mut derived) = (Inputs::default(), BTreeSet::new());
    read_by(scan, &mut inputs, &mut derived);
    for sql in derived {
        // These are of stored tables alone, and end here.
        let plan = session.state().create_logical_plan(sql).await?;
        inputs.add(Box::pin(of(session, &plan)).await?);
    }
    Ok(inputs)
}

/// The tables that decide the rows of a plan that was optimised, with the columns that are asked for.
pub(super) fn scans_of(plan: &LogicalPlan) -> Result<Vec<TableScan>> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            found.push(scan.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let mut idle = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Join(join) = node {
            idle.extend(idle_side(join).cloned());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    // One that is read elsewhere as well stands in the plan once more.
    for scan in idle {
        if let Some(place) = found.iter().position(|it| *it == scan) {
            found.swap_remove(place);
        }
    }
    Ok(found)
}

/// A plan as it is answered whatever rows there are: without the rules that look at these.
pub(super) fn optimised(session: &SessionContext, plan: &LogicalPlan) -> Result<LogicalPlan> {
    let state = session.state();
    let plan = state.analyzer().execute_and_check(plan.clone(), state.config().options(), |_, _| {})?;
    Optimizer::new().optimize(plan, &state, |_, _| {})
}

/// Whether a join is one of which nothing is asked.
pub(super) fn is_idle(join: &Join) -> bool {
    idle_side(join).is_some()
}

/// The side of a join that can neither add nor remove a row, and of which no column but the key is asked for.
fn idle_side(join: &Join) -> Option<&TableScan> {
    if join.join_type != JoinType::Left || join.filter.is_some() {
        return None;
    }
    let mut side = join.right.as_ref();
    while let LogicalPlan::SubqueryAlias(alias) = side {
        side = alias.input.as_ref();
    }
    let LogicalPlan::TableScan(scan) = side else { return None };
    let is_keyed = scan.table_name.schema() == Some(views::STORED) && KEYED.contains(&scan.table_name.table());
    let key = join.on.iter().filter_map(|(_, right)| right.try_as_col()).map(|column| column.name.as_str());
    let key: BTreeSet<&str> = key.collect();
    let is_key = scan.projected_schema.fields().iter().all(|field| key.contains(field.name().as_str()));
    (is_keyed && is_key && join.on.len() == key.len() && scan.filters.is_empty() && scan.fetch.is_none())
        .then_some(scan)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;
    use crate::query::{Scope, session_over};
    use datafusion::catalog::TableProvider;
    use datafusion::datasource::empty::EmptyTable;
    use std::sync::Arc;

    /// Functions that look at nothing but their arguments. One that is added here was looked at.
    const PURE: [&str; 4] = ["hours_between", "is_production", "microseconds_between", "size_class"];

    /// Tables that count as reading everything: they are made of the project's files, or of whatever there is.
    const OF_EVERYTHING: [&str; 7] =
        ["campaign_checks", "campaigns", "file_efforts", "origins", "tool_calendar", "tools", "truck_factors"];

    async fn session() -> SessionContext {
        let empty = |table: &&model::Table| Arc::new(EmptyTable::new(table.schema())) as Arc<dyn TableProvider>;
        let tables = model::TABLES.iter().map(|table| (table.name, empty(table))).collect();
        session_over(&tables, &[], &Scope::default(), &Project::defaults().unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_function_of_a_session_is_known() {
        let (session, plain) = (session().await, SessionContext::new());
        let own = |names: Vec<&String>, theirs: Vec<&String>| -> BTreeSet<String> {
            names.into_iter().filter(|name| !theirs.contains(name)).cloned().collect()
        };
        let (state, theirs) = (session.state(), plain.state());
        let scalar = own(state.scalar_functions().keys().collect(), theirs.scalar_functions().keys().collect());
        for name in scalar {
            let is_pure = state.scalar_functions()[&name].signature().volatility == Volatility::Immutable;
            let is_reading = READING.iter().any(|(beginning, ..)| name.starts_with(beginning));
            assert_eq!((is_pure, is_reading), (PURE.contains(&name.as_str()), !is_pure), "{name}");
        }
        let aggregates =
            own(state.aggregate_functions().keys().collect(), theirs.aggregate_functions().keys().collect());
        assert_eq!(aggregates, BTreeSet::from(["absence_factor".to_owned(), "gini".to_owned()]));
        assert_eq!(state.window_functions().len(), theirs.window_functions().len());
    }

    #[tokio::test]
    async fn every_table_of_a_session_is_known() {
        let session = session().await;
        let catalog = session.catalog("paceline").unwrap();
        let all = model::TABLES.len();
        for schema in [views::STORED, "public"] {
            for name in catalog.schema(schema).unwrap().table_names() {
                let frame = session.table(datafusion::common::TableReference::partial(schema, name.as_str())).await;
                let inputs = of(&session, frame.unwrap().logical_plan()).await.unwrap();
                let is_known = inputs.tables.len() < all;
                let is_everything = OF_EVERYTHING.contains(&name.as_str()) || reads_those(&session, &name).await;
                assert!(is_known || is_everything, "{name} reads everything");
            }
        }
    }

    /// Whether a view reads one of them, or a table function.
    async fn reads_those(session: &SessionContext, name: &str) -> bool {
        let Ok(frame) = session.table(name).await else { return false };
        let scans = scans_of(&optimised(session, frame.logical_plan()).unwrap()).unwrap();
        scans.iter().any(|scan| {
            let name = scan.table_name.table();
            OF_EVERYTHING.contains(&name) || name == "track_checks" || name.ends_with("()")
        })
    }
}
