//! How much a statement may ask for, told from its text: whatever plans or drops it recurses with its depth and cannot be
//! interrupted, so that a limit on time comes too late.

use super::{QueryError, Result};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{ObjectName, Query, Statement as SqlStatement, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Longer statements are not even cut into tokens. Bytes.
const BYTES: usize = 64 << 10;

/// Words and signs of a statement.
const TOKENS: usize = 4_000;

/// Operators and keywords between two commas, which may each hold the one before: half of what 8 MiB of stack bear.
const NESTING: usize = 500;

/// Tables that a statement reads, each as often as it is written out.
const TABLES: u64 = 100;

/// Refuses a text that is too long or too deep, or more than one statement.
pub(super) fn check_text(sql: &str) -> Result<()> {
    if sql.len() > BYTES {
        return refuse(format!("the statement has {} bytes; the limit is {BYTES}", sql.len()));
    }
    // What cannot be cut into tokens cannot be parsed either, and the parser says where.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return Ok(()) };
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    if tokens.len() > TOKENS {
        return refuse(format!("the statement has {} words and signs; the limit is {TOKENS}", tokens.len()));
    }
    if tokens.split(|token| *token == Token::SemiColon).filter(|part| !part.is_empty()).count() > 1 {
        return refuse("one statement is answered at a time".to_owned());
    }
    if nesting(&tokens) > NESTING {
        return refuse(format!("the statement has over {NESTING} operators and keywords without a comma between them"));
    }
    Ok(())
}

/// Refuses whatever is no question, and one that reads too many tables once the names of its `WITH` are written out.
pub(super) fn check_statement(statement: &Statement) -> Result<()> {
    let statement = match statement {
        Statement::Statement(statement) if is_question(statement) => statement,
        Statement::Explain(explain) => return check_statement(&explain.statement),
        other => {
            let word = other.to_string().split_whitespace().next().unwrap_or_default().to_uppercase();
            return refuse(format!("only queries are answered here: {word} is none"));
        }
    };
    match Tables::read_by(statement) {
        0..=TABLES => Ok(()),
        count => {
            refuse(format!("the statement reads {count} tables, counted wherever they are used; the limit is {TABLES}"))
        }
    }
}

fn is_question(statement: &SqlStatement) -> bool {
    matches!(
        statement,
        SqlStatement::Query(_)
            | SqlStatement::ExplainTable { .. }
            | SqlStatement::ShowTables { .. }
            | SqlStatement::ShowColumns { .. }
            | SqlStatement::ShowFunctions { .. }
            | SqlStatement::ShowVariable { .. }
    )
}

/// A bound on how deep the expression grows. After a comma another one starts, at the depth of the parenthesis it is in.
fn nesting(tokens: &[Token]) -> usize {
    let (mut deepest, mut depth) = (0, 0);
    let mut parentheses = Vec::new();
    for token in tokens {
        match token {
            Token::Comma => depth = parentheses.last().copied().unwrap_or_default(),
            Token::Period | Token::Number(..) | Token::SingleQuotedString(_) => {}
            Token::Word(word) if word.keyword == Keyword::NoKeyword => {}
            Token::LParen | Token::LBracket | Token::LBrace => {
                depth += 1;
                parentheses.push(depth);
            }
            Token::RParen | Token::RBracket | Token::RBrace => drop(parentheses.pop()),
            _ => depth += 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Counts tables: a name of a `WITH` stands for as many as its query reads.
#[derive(Default)]
struct Tables {
    /// What the queries around the current place have read so far, the innermost last.
    frames: Vec<u64>,
    named: BTreeMap<String, u64>,
    /// The names of the queries of a `WITH`, by their place in the text's tree.
    names: BTreeMap<*const Query, String>,
}

impl Tables {
    fn read_by(statement: &SqlStatement) -> u64 {
        let mut tables = Tables { frames: vec![0], ..Tables::default() };
        // Never breaks off.
        let _: ControlFlow<()> = statement.visit(&mut tables);
        tables.frames.iter().sum()
    }

    fn read(&mut self, count: u64) {
        if let Some(frame) = self.frames.last_mut() {
            *frame = frame.saturating_add(count);
        }
    }
}

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.names.insert(&raw const *part.query, part.alias.name.value.to_lowercase());
        }
        self.frames.push(0);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        let count = self.named.get(&name.to_string().replace('"', "").to_lowercase()).copied();
        self.read(count.unwrap_or(1));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        // A query without a table is read as well, where it is used.
        let count = self.frames.pop().unwrap_or_default().max(1);
        match self.names.get(&(&raw const *query)) {
            Some(name) => drop(self.named.insert(name.clone(), count)),
            None => self.read(count),
        }
        ControlFlow::Continue(())
    }
}

fn refuse(message: String) -> Result<()> {
    Err(QueryError::Refused(message))
}
