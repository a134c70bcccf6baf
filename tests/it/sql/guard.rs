//! What is refused, and that refusing is quick and never the end of the process.

use super::engine::EmptyEngine;
use paceline::query::{Limits, QueryError, Scope};
use std::time::{Duration, Instant};

/// Long enough for a loaded machine, short enough to notice work that grows with the square of the input.
const QUICK: Duration = Duration::from_secs(5);

#[test]
fn explore() {
    let n = |part: &str, count: usize| part.repeat(count);
    let cases: Vec<(&str, String)> = vec![
        ("and100k", format!("SELECT 1 WHERE true{}", n(" AND true", 11_000))),
        ("plus5000", format!("SELECT 1{}", n("+1", 4_999))),
        ("plus1990", format!("SELECT 1{}", n("+1", 1_990))),
        ("plus1990col", format!("SELECT parents{} FROM commits", n("+parents", 1_990))),
        ("and1990", format!("SELECT 1 FROM commits WHERE is_merge{}", n(" AND is_merge", 1_990))),
        ("or1990", format!("SELECT 1 FROM commits WHERE parents = 0{}", n(" OR is_merge", 1_990))),
        ("parens", format!("SELECT {}1{}", n("(", 1_900), n(")", 1_900))),
        ("mod", format!("SELECT 1{}", n("%1", 1_990))),
        ("concat", format!("SELECT subject{} FROM commits", n("||'a'", 1_990))),
        ("cast", format!("SELECT 1{}", n("::int", 1_990))),
        ("isnull", format!("SELECT 1{}", n(" IS NULL", 1_990))),
        ("index", format!("SELECT x{} FROM (SELECT 1 x)", n("[1]", 1_300))),
        ("index2", format!("SELECT make_array(1){}", n("[1]", 1_300))),
        ("not", format!("SELECT {} true", n("NOT ", 3_900))),
        ("minus", format!("SELECT {} 1", n("- ", 3_900))),
        ("union", format!("SELECT 1{}", n(" UNION ALL SELECT 1", 990))),
        ("union2", format!("SELECT 1{}", n(" UNION SELECT 1", 990))),
        ("tz", format!("SELECT now(){}", n(" AT TIME ZONE 'UTC'", 990))),
        ("collate", format!("SELECT 'a'{}", n(" COLLATE x", 1_990))),
        ("cross", format!("SELECT 1 FROM (SELECT 1) t{}", (0..330).map(|i| format!(",(SELECT 1) t{i}")).collect::<String>())),
        ("joins", format!("SELECT 1 FROM commits t{}", (0..660).map(|i| format!(",commits t{i}")).collect::<String>())),
        ("case", format!("SELECT {}1{}", n("CASE WHEN true THEN ", 600), n(" END", 600))),
        ("sub", format!("SELECT * FROM {}SELECT 1{}", n("(SELECT * FROM ", 500), n(")", 500))),
        ("inlist", format!("SELECT 1 WHERE 1 IN (1{})", n(",1", 1_900))),
        ("func", format!("SELECT {}1{}", n("abs(", 900), n(")", 900))),
        ("ctes", {
            let mut sql = "WITH a0 AS (SELECT 1 AS x)".to_owned();
            for i in 1..28 { sql += &format!(", a{i} AS (SELECT l.x FROM a{} l, a{} r)", i - 1, i - 1); }
            sql + " SELECT count(*) FROM a27"
        }),
        ("ctestar", {
            let mut sql = "WITH a0 AS (SELECT 1 AS x)".to_owned();
            for i in 1..28 { sql += &format!(", a{i} AS (SELECT * FROM a{} l{i}, a{} r{i})", i - 1, i - 1); }
            sql + " SELECT count(*) FROM a27"
        }),
        ("cteexpr", {
            let mut sql = "WITH a0 AS (SELECT 1 AS x)".to_owned();
            for i in 1..40 { sql += &format!(", a{i} AS (SELECT x+x AS x FROM a{})", i - 1); }
            sql + " SELECT x FROM a39"
        }),
        ("laughs40", {
            let mut sql = "WITH a0 AS (SELECT 1 AS x)".to_owned();
            for i in 1..40 { sql += &format!(", a{i} AS (SELECT * FROM A{} l{i}, \"a{}\" r{i})", i - 1, i - 1); }
            sql + " SELECT count(*) FROM a39"
        }),
        ("nestedwith", {
            let mut sql = "SELECT 1 AS x".to_owned();
            for i in 1..20 { sql = format!("WITH a{i} AS ({sql}) SELECT l.x FROM a{i} l, a{i} r"); }
            sql
        }),
        ("plus490", format!("SELECT parents{} FROM commits", n("+parents", 490))),
        ("like490", format!("SELECT subject{} FROM commits", n("||'a'", 490))),
        ("inlist1900", format!("SELECT 1 FROM commits WHERE parents IN (1{})", (0..1900).map(|i| format!(",{i}")).collect::<String>())),
        ("ctechain300", {
            let mut sql = "WITH a0 AS (SELECT parents x FROM commits)".to_owned();
            for i in 1..300 { sql += &format!(", a{i} AS (SELECT x+1 x FROM a{})", i - 1); }
            sql + " SELECT x FROM a299"
        }),
        ("joins99", format!("SELECT 1 FROM commits t{}", (0..99).map(|i| format!(",commits t{i}")).collect::<String>())),
        ("unionall", format!("SELECT 1{}", n(" UNION ALL SELECT 1", 98))),
        ("repeat", "SELECT repeat('a', 2000000000)".to_owned()),
        ("repeat2", "SELECT length(repeat(repeat('a', 1000000), 100000))".to_owned()),
        ("range", "SELECT range(1, 1000000000)".to_owned()),
        ("ddl", "CREATE TABLE t AS SELECT 1".to_owned()),
        ("ddl2", "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'".to_owned()),
        ("ddl3", "DROP TABLE commits".to_owned()),
        ("ddl4", "CREATE VIEW v AS SELECT 1".to_owned()),
        ("ddl5", "CREATE SCHEMA s".to_owned()),
        ("ddl6", "DROP SCHEMA stored CASCADE".to_owned()),
        ("ddl7", "ALTER TABLE commits ADD COLUMN x INT".to_owned()),
        ("ddl8", "CREATE FUNCTION f(INT) RETURNS INT RETURN $1".to_owned()),
        ("into", "SELECT 1 INTO t".to_owned()),
        ("ins", "INSERT INTO stored.commits SELECT * FROM stored.commits".to_owned()),
        ("insview", "INSERT INTO commits SELECT * FROM commits".to_owned()),
        ("insnone", "INSERT INTO nowhere VALUES (1)".to_owned()),
        ("withins", "WITH x AS (SELECT 1) INSERT INTO stored.commits SELECT * FROM stored.commits".to_owned()),
        ("upd", "UPDATE stored.commits SET sha = 'x'".to_owned()),
        ("del", "DELETE FROM stored.commits".to_owned()),
        ("trunc", "TRUNCATE TABLE stored.commits".to_owned()),
        ("merge", "MERGE INTO stored.commits USING stored.commits c ON true WHEN MATCHED THEN DELETE".to_owned()),
        ("copy", "COPY (SELECT 1) TO '/tmp/x.csv'".to_owned()),
        ("copy2", "COPY commits TO 'x.parquet'".to_owned()),
        ("set", "SET datafusion.execution.batch_size = 1".to_owned()),
        ("reset", "RESET datafusion.execution.batch_size".to_owned()),
        ("show", "SHOW datafusion.execution.batch_size".to_owned()),
        ("showall", "SHOW ALL".to_owned()),
        ("showtables", "SHOW TABLES".to_owned()),
        ("describe", "DESCRIBE commits".to_owned()),
        ("explain", "EXPLAIN SELECT 1".to_owned()),
        ("explainddl", "EXPLAIN CREATE TABLE t AS SELECT 1".to_owned()),
        ("explaindml", "EXPLAIN ANALYZE INSERT INTO stored.commits SELECT * FROM stored.commits".to_owned()),
        ("begin", "BEGIN".to_owned()),
        ("prepare", "PREPARE p AS SELECT 1".to_owned()),
        ("execute", "EXECUTE p".to_owned()),
        ("multi", "SELECT 1; SELECT 2".to_owned()),
        ("multi2", "SELECT 1; DROP TABLE commits".to_owned()),
        ("semi", "SELECT ';' ;; -- ;".to_owned()),
        ("empty", "".to_owned()),
        ("comment", "-- nothing".to_owned()),
        ("file", "SELECT * FROM '/etc/passwd'".to_owned()),
        ("readcsv", "SELECT * FROM read_csv('/etc/passwd')".to_owned()),
        ("grant", "GRANT ALL ON commits TO me".to_owned()),
        ("syntax", "SELEC 1".to_owned()),
        ("unterminated", "SELECT 'a".to_owned()),
    ];
    let only = std::env::var("ONLY").ok();
    let worker = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build().unwrap();
        runtime.block_on(async {
            let engine = EmptyEngine::new();
            engine.sql("SELECT 1", &Limits { rows: 1, time: QUICK }).await.unwrap();
            for (name, sql) in cases {
                if only.as_ref().is_some_and(|only| only != name) { continue }
                eprintln!("-- {name}");
                let start = Instant::now();
                let answer = engine.sql(&sql, &Limits { rows: 10, time: Duration::from_secs(3) }).await;
                let text = match &answer {
                    Ok((batches, more)) => format!("OK {} rows {more}", batches.iter().map(|b| b.num_rows()).sum::<usize>()),
                    Err(QueryError::Refused(text)) => format!("REFUSED {text}"),
                    Err(error) => format!("ERROR {:.150}", error.to_string()),
                };
                eprintln!("{name:12} {:>6} ms  {text}", start.elapsed().as_millis());
            }
        });
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(worker).unwrap().join().unwrap();
}
