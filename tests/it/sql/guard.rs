//! What is refused, and that refusing is quick and never the end of the process.

use super::engine::EmptyEngine;
use paceline::query::{Limits, QueryError, Result};
use std::time::{Duration, Instant};

/// Nothing is let through that plans longer than this in an unoptimised build on a loaded machine.
const QUICK: Duration = Duration::from_secs(20);

/// The stack of a process's first thread, the smallest that queries are planned on.
const STACK_BYTES: usize = 8 << 20;

#[test]
fn questions_are_answered() {
    check(
        &[
            ("SELECT 1", 1),
            ("WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM a, b", 1),
            ("VALUES (1), (2)", 2),
            ("SELECT ';' ;; -- a comment; with a semicolon", 1),
            ("SELECT count(*) FROM generate_series(1, 10)", 1),
            ("EXPLAIN SELECT 1", 2),
            ("DESCRIBE teams", 7),
            // The settings of the engine are no secret, and they stay as they are.
            ("SHOW datafusion.execution.batch_size", 1),
            ("SELECT * FROM information_schema.tables WHERE table_name = 'pr_throughput'", 1),
        ],
        |sql, rows, answer| {
            let (batches, more) = answer.unwrap_or_else(|error| panic!("{sql}: {error}"));
            let found: usize = batches.iter().map(|batch| batch.num_rows()).sum();
            assert_eq!((found, more), (*rows, false), "{sql}");
        },
    );
}

#[test]
fn only_questions_are_answered() {
    check(
        &[
            ("CREATE TABLE t AS SELECT 1", "CREATE"),
            ("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION 't.csv'", "CREATE"),
            ("CREATE VIEW v AS SELECT 1", "CREATE"),
            ("CREATE SCHEMA s", "CREATE"),
            ("CREATE FUNCTION f(INT) RETURNS INT RETURN $1", "CREATE"),
            ("DROP TABLE commits", "DROP"),
            ("DROP SCHEMA stored CASCADE", "DROP"),
            ("ALTER TABLE commits ADD COLUMN x INT", "ALTER"),
            ("INSERT INTO stored.teams SELECT * FROM stored.teams", "INSERT"),
            ("INSERT INTO nowhere VALUES (1)", "INSERT"),
            ("UPDATE stored.teams SET team = 'x'", "UPDATE"),
            ("DELETE FROM stored.teams", "DELETE"),
            ("TRUNCATE TABLE stored.teams", "TRUNCATE"),
            ("MERGE INTO stored.teams USING stored.teams t ON true WHEN MATCHED THEN DELETE", "MERGE"),
            ("COPY (SELECT 1) TO 't.csv'", "COPY"),
            ("copy teams to 't.parquet'", "COPY"),
            ("SET datafusion.execution.batch_size = 1", "SET"),
            ("RESET datafusion.execution.batch_size", "RESET"),
            ("BEGIN", "BEGIN"),
            ("PREPARE p AS SELECT 1", "PREPARE"),
            ("EXECUTE p", "EXECUTE"),
            ("GRANT ALL ON commits TO me", "GRANT"),
            ("EXPLAIN CREATE TABLE t AS SELECT 1", "CREATE"),
            ("EXPLAIN ANALYZE INSERT INTO stored.teams SELECT * FROM stored.teams", "INSERT"),
        ],
        |sql, word, answer| assert_eq!(refusal(sql, answer), format!("only queries are answered here: {word} is none")),
    );
}

#[test]
fn a_question_that_writes_is_refused() {
    check(&[("SELECT 1 AS x INTO t", ())], |sql, (), answer| {
        let refusal = refusal(sql, answer);
        assert!(refusal.starts_with("only queries are answered here: "), "{sql}: {refusal}");
    });
}

#[test]
fn one_statement_is_answered_at_a_time() {
    check(&[("SELECT 1; SELECT 2", ()), ("SELECT 1; DROP TABLE commits", ())], |sql, (), answer| {
        assert_eq!(refusal(sql, answer), "one statement is answered at a time");
    });
}

#[test]
fn what_is_no_sql_or_no_table_is_an_error_and_no_refusal() {
    let wrong = ["", "-- nothing", "SELEC 1", "SELECT 'a", "SELECT * FROM nowhere", "SELECT * FROM '/etc/hosts'"];
    let cases: Vec<(&str, ())> = wrong.map(|sql| (sql, ())).to_vec();
    check(&cases, |sql, (), answer| assert!(matches!(answer, Err(QueryError::DataFusion(_))), "{sql}"));
    // Neither files nor what makes a value of any size can be called.
    let missing =
        ["SELECT * FROM read_csv('t.csv')", "SELECT range(1, 1000000000)", "SELECT array_repeat(1, 1000000000)"];
    let cases: Vec<(&str, ())> = missing.map(|sql| (sql, ())).to_vec();
    check(&cases, |sql, (), answer| assert!(matches!(answer, Err(QueryError::DataFusion(_))), "{sql}"));
}

#[test]
fn what_is_too_long_is_refused() {
    let chain = format!("SELECT 1 WHERE true{}", " AND true".repeat(11_000));
    let comment = format!("SELECT 1 -- {}", "a".repeat(64 << 10));
    let sum = format!("SELECT a{}", "+a".repeat(4_999));
    let list = format!("SELECT 1 WHERE 1 IN (1{})", ",1".repeat(2_000));
    check(
        &[
            (chain.as_str(), "the statement has 99019 bytes; the limit is 65536"),
            (comment.as_str(), "the statement has 65548 bytes; the limit is 65536"),
            (sum.as_str(), "the statement has 10000 words and signs; the limit is 4000"),
            (list.as_str(), "the statement has 4008 words and signs; the limit is 4000"),
        ],
        |sql, expected, answer| assert_eq!(refusal(sql, answer), *expected),
    );
}

/// Operators and keywords below the limit of 500, with some for what comes first and last.
const DEPTH: usize = 480;

/// Ways to write something deep: what comes first, what is repeated, what comes last.
const DEEP: [(&str, &str, &str); 15] = [
    ("SELECT 1", "+1", ""),
    ("SELECT parents", "%parents", " FROM commits"),
    ("SELECT subject", "||'a'", " FROM commits"),
    ("SELECT 1", "::int", ""),
    ("SELECT parents", " IS NULL", " FROM commits"),
    ("SELECT subject", " LIKE 'a'", " FROM commits"),
    ("SELECT 1 FROM commits WHERE is_merge", "\nAND is_merge", ""),
    ("SELECT 1 FROM commits WHERE is_merge", " or(is_merge)", ""),
    ("SELECT ", "NOT ", "true"),
    ("SELECT ", "- ", "1"),
    ("SELECT ", "(", "1"),
    ("SELECT make_array(1)", "[1]", ""),
    ("SELECT now()", " AT TIME ZONE 'UTC'", ""),
    ("SELECT ", "abs(1, ", "1"),
    ("SELECT 1", " UNION SELECT 1", ""),
];

#[test]
fn what_is_too_deep_is_refused() {
    let texts = DEEP.map(|(first, part, last)| format!("{first}{}{last}", part.repeat(900)));
    let cases: Vec<(&str, ())> = texts.iter().map(|text| (text.as_str(), ())).collect();
    check(&cases, |sql, (), answer| {
        let expected = "the statement has over 500 operators and keywords without a comma between them";
        assert_eq!(refusal(sql, answer), expected, "{sql:.80}");
    });
}

#[test]
fn what_is_as_deep_as_may_be_is_answered_or_an_error_and_no_crash() {
    let texts = DEEP.map(|(first, part, last)| format!("{first}{}{last}", part.repeat(DEPTH / words(part))));
    let cases: Vec<(&str, ())> = texts.iter().map(|text| (text.as_str(), ())).collect();
    check(&cases, |sql, (), answer| {
        let text = answer.err().map(|error| error.to_string()).unwrap_or_default();
        let is_ours = ["the limit is", "without a comma", "longer than"].iter().any(|part| text.contains(part));
        assert!(!is_ours, "{sql:.80}: {text}");
    });
    let list = format!("SELECT 1 FROM commits WHERE parents IN (1{})", ",1".repeat(1_900));
    check(&[(list.as_str(), ())], |sql, (), answer| assert!(answer.is_ok(), "{sql:.80}"));
}

#[test]
fn tables_are_counted_as_often_as_they_are_used() {
    // Each name reads the one before twice: 2⁴⁰ tables in 2 KB.
    let doubling = |body: &str| {
        let name = |number: usize| body.replace("before", &format!("a{}", number - 1));
        let names: String = (1..41).map(|number| format!(", a{number} AS ({})", name(number))).collect();
        format!("WITH a0 AS (SELECT 1 AS x){names} SELECT * FROM a40")
    };
    let doubled = [
        doubling("SELECT * FROM before l, before r"),
        doubling("SELECT x FROM before UNION ALL SELECT x FROM \"before\""),
        doubling("SELECT x FROM before WHERE x IN (SELECT x FROM before)"),
        format!("EXPLAIN {}", doubling("SELECT l.x FROM before l JOIN before r ON l.x = r.x")),
    ];
    for sql in &doubled {
        check(&[(sql.as_str(), ())], |sql, (), answer| {
            let expected = "the statement reads 1099511627776 tables, counted wherever they are used; the limit is 100";
            assert_eq!(refusal(sql, answer), expected);
        });
    }
    let joined = |count: usize| {
        let tables: String = (1..count).map(|number| format!(", teams t{number}")).collect();
        format!("SELECT 1 FROM teams t0{tables}")
    };
    check(&[(joined(100).as_str(), ())], |sql, (), answer| assert!(answer.is_ok(), "{sql}"));
    check(&[(joined(101).as_str(), ())], |sql, (), answer| {
        assert!(refusal(sql, answer).starts_with("the statement reads 101 tables"));
    });
}

#[test]
fn rows_end_at_their_limit() {
    let limits = Limits { rows: 3, time: QUICK };
    for (sql, rows, more) in
        [("VALUES (1), (2), (3)", 3, false), ("SELECT * FROM generate_series(1, 1000000000)", 3, true)]
    {
        let (batches, found) = answers(&[sql], limits).remove(0).unwrap();
        assert_eq!((batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), found), (rows, more), "{sql}");
    }
}

#[test]
fn a_query_ends_at_its_time_limit() {
    let limits = Limits { rows: 10, time: Duration::from_millis(500) };
    let endless = [
        "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b WHERE a.value + b.value = 0",
        "SELECT a.value FROM generate_series(1, 1000000000) a ORDER BY a.value % 7, a.value DESC",
    ];
    for sql in endless {
        let begin = Instant::now();
        assert_eq!(refusal(sql, answers(&[sql], limits).remove(0)), "the query took longer than 0.5 s");
        assert!(begin.elapsed() < QUICK, "{sql} took {:?}", begin.elapsed());
    }
}

/// An upper bound on the operators and keywords of a part.
fn words(part: &str) -> usize {
    part.split_whitespace().count().max(1) + usize::from(part.contains(['(', ':']))
}

type Answer = Result<(Vec<arrow::array::RecordBatch>, bool)>;

fn check<T>(cases: &[(&str, T)], verdict: impl Fn(&str, &T, Answer)) {
    let begin = Instant::now();
    let statements: Vec<&str> = cases.iter().map(|(sql, _)| *sql).collect();
    let answers = answers(&statements, Limits { rows: 1_000, time: QUICK });
    assert!(begin.elapsed() < 2 * QUICK, "took {:?}", begin.elapsed());
    for ((sql, expected), answer) in cases.iter().zip(answers) {
        verdict(sql, expected, answer);
    }
}

fn refusal(sql: &str, answer: Answer) -> String {
    match answer {
        Err(QueryError::Refused(reason)) => reason,
        Err(error) => panic!("{sql:.80}: an error and no refusal: {error}"),
        Ok(_) => panic!("{sql:.80}: answered"),
    }
}

/// Asks on threads with the stack of the product, not with the smaller one of a test.
fn answers(statements: &[&str], limits: Limits) -> Vec<Answer> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().thread_stack_size(STACK_BYTES).build().unwrap();
    let engine = EmptyEngine::new();
    let ask = || {
        let ask = async |sql: &str| engine.sql(sql, &limits).await;
        statements.iter().map(|sql| runtime.block_on(ask(sql))).collect()
    };
    let answers = std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, ask).unwrap().join().unwrap()
    });
    // Does not wait for what was given up.
    runtime.shutdown_background();
    answers
}
