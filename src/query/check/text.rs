//! A metric's query as it is written, with the places of its words.

use crate::project::{Diagnostic, Metric, Place};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Query, SelectItem, SetExpr, Spanned, Statement as SqlStatement, UnaryOperator, Value,
    visit_expressions, visit_relations,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, Tokenizer};
use std::ops::ControlFlow;

/// Functions whose answer is not the same tomorrow, and what to write instead.
const CLOCKS: [&str; 7] =
    ["now", "current_date", "current_time", "current_timestamp", "localtimestamp", "localtime", "today"];
const LOTTERIES: [&str; 3] = ["random", "rand", "uuid"];

/// The parsed query of a metric.
pub(in crate::query) struct Text<'a> {
    metric: &'a Metric,
    query: Option<Box<Query>>,
}

impl<'a> Text<'a> {
    /// # Errors
    /// The parser's.
    pub(in crate::query) fn parse(session: &SessionContext, metric: &'a Metric) -> Result<Text<'a>, DataFusionError> {
        let state = session.state();
        let dialect = state.config().options().sql_parser.dialect;
        let query = match state.sql_to_statement(&metric.sql, &dialect)? {
            Statement::Statement(statement) => match *statement {
                SqlStatement::Query(query) => Some(query),
                _ => None,
            },
            _ => None,
        };
        Ok(Text { metric, query })
    }

    /// The tables that are read, with their places.
    pub(in crate::query) fn tables(&self) -> impl Iterator<Item = (String, Place)> {
        let mut tables = Vec::new();
        if let Some(query) = &self.query {
            let with = query.with.iter().flat_map(|with| &with.cte_tables);
            let named: Vec<String> = with.map(|table| table.alias.name.value.to_lowercase()).collect();
            let _ = visit_relations(query, |name| {
                let words: Vec<String> =
                    name.0.iter().filter_map(|part| Some(part.as_ident()?.value.to_lowercase())).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let table = match words.as_slice() {
                    [table] if !named.iter().any(|name| name == table) => Some(*table),
                    ["public", table] | ["paceline", "public", table] => Some(*table),
                    _ => None,
                };
                tables.extend(table.map(|table| (table.to_owned(), self.place(name.span()))));
                ControlFlow::<()>::Continue(())
            });
        }
        tables.into_iter()
    }

    /// The item of the outermost `SELECT` that gives a column, or the start of the query.
    pub(super) fn place_of_column(&self, name: &str) -> Place {
        let items = self.items();
        let found = items.iter().find(|(item, _)| item == name).map(|(_, place)| place.clone());
        found.unwrap_or_else(|| self.metric.place_of_query())
    }

    /// What the words alone give away.
    pub(super) fn check(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let Some(query) = &self.query else {
            let message = "a metric is one SELECT that returns facts".to_owned();
            return vec![self.metric.place_of_query().diagnostic(message, None)];
        };
        let items = self.items();
        for (index, (name, place)) in items.iter().enumerate() {
            if items[..index].iter().any(|(earlier, _)| earlier == name) {
                let message = format!("two columns named {name}: name one of them otherwise with AS, or leave it out");
                found.push(place.diagnostic(message, None));
            }
        }
        let _ = visit_expressions(query, |expression| {
            found.extend(self.check_expression(expression));
            ControlFlow::<()>::Continue(())
        });
        found
    }

    fn check_expression(&self, expression: &Expr) -> Option<Diagnostic> {
        match expression {
            Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, right, .. } if is_zero(right) => {
                let message = "a division by zero: its result is infinite or no number; write NULL for what is unknown";
                Some(self.place(right.span()).diagnostic(message.to_owned(), None))
            }
            Expr::Value(value) if matches!(value.value, Value::Placeholder(_)) => {
                let message = format!("nobody gives the placeholder {} a value: write the value", value.value);
                Some(self.place(value.span).diagnostic(message, None))
            }
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase();
                let place = || self.place(function.name.span());
                if CLOCKS.contains(&name.as_str()) {
                    let message = format!(
                        "{name} has another answer tomorrow, and a metric has none but its facts': take a time of the rows, or \
                         until when a source was watched from the table observed"
                    );
                    return Some(place().diagnostic(message, None));
                }
                LOTTERIES.contains(&name.as_str()).then(|| {
                    let message =
                        format!("{name} has another answer each time, and a metric has the same for the same rows");
                    place().diagnostic(message, None)
                })
            }
            _ => None,
        }
    }

    /// The named items of the outermost `SELECT`, of the first one of a `UNION`.
    fn items(&self) -> Vec<(String, Place)> {
        let mut body = self.query.as_ref().map(|query| query.body.as_ref());
        while let Some(SetExpr::SetOperation { left, .. }) = body {
            body = Some(left);
        }
        let Some(SetExpr::Select(select)) = body else { return Vec::new() };
        let named = |item: &SelectItem| {
            let (name, expression) = match item {
                SelectItem::ExprWithAlias { expr, alias } => (alias, expr),
                SelectItem::UnnamedExpr(expr @ Expr::Identifier(name)) => (name, expr),
                SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts)) => (parts.last()?, expr),
                _ => return None,
            };
            let name = if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() };
            let span = expression.span();
            // Some expressions do not know where they begin; the name after AS does.
            Some((name, self.place(if span.start.line > 0 { span } else { item.span() })))
        };
        select.projection.iter().filter_map(named).collect()
    }

    fn place(&self, span: Span) -> Place {
        place_in(self.metric, span)
    }
}

/// What stands in the place of the one `SELECT`: nothing, or more than that.
pub(super) fn wrong_statements(metric: &Metric) -> Option<Diagnostic> {
    // What cannot be cut into tokens the parser complains about, and says where.
    let tokens = Tokenizer::new(&GenericDialect {}, &metric.sql).tokenize_with_location().ok()?;
    let words = tokens.iter().filter(|it| !matches!(it.token, Token::Whitespace(_) | Token::EOF));
    let (mut is_begun, mut is_over) = (false, false);
    for word in words {
        if word.token == Token::SemiColon {
            is_over = is_begun;
        } else if is_over {
            let message = "a metric is one SELECT: leave out what follows the semicolon".to_owned();
            return Some(place_in(metric, word.span).diagnostic(message, None));
        } else {
            is_begun = true;
        }
    }
    let message = || "the query is missing: write a SELECT that returns facts after the header".to_owned();
    (!is_begun).then(|| metric.place_of_query().diagnostic(message(), None))
}

fn place_in(metric: &Metric, span: Span) -> Place {
    let Location { line, column } = span.start;
    if line == 0 {
        return metric.place_of_query();
    }
    let number = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    Place { file: metric.file.clone(), line: number(line), column: number(column) }
}

/// `0`, `0.0`, `-0`, `(0)` and casts of them.
fn is_zero(expression: &Expr) -> bool {
    match expression {
        Expr::Value(value) => matches!(&value.value, Value::Number(digits, _) if digits.to_string().parse() == Ok(0.0)),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => is_zero(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => is_zero(expr),
        _ => false,
    }
}
