//! A wrong definition of a metric fails with file, line, column and what to do.

use super::JoinNew;
use super::product::Product;
use crate::collect::generated;

#[test]
fn an_unknown_statistic() {
    let text = metric("meen", "better = \"lower\"", "SELECT opened_at AS at, 1 AS value FROM tickets");
    check(&text, &["5:13: unknown statistic meen; did you mean mean?"]);
    let text = metric("typical", "better = \"lower\"", "SELECT opened_at AS at, 1 AS value FROM tickets");
    check(&text, &["5:13: unknown statistic typical; there are mean, geometric_mean"]);
}

#[test]
fn an_unknown_column() {
    let text = metric("mean", LOWER, "SELECT opened_at AS at,\n  reopened_cnt AS value FROM tickets");
    check(&text, &["9:3: No field named reopened_cnt"]);
}

#[test]
fn an_aggregate_instead_of_facts() {
    let remedy =
        "a query returns facts, one row a thing with its time, and paceline aggregates them by statistic = \"mean\"";
    let text = metric("mean", LOWER, "SELECT max(opened_at) AS at,\n       avg(reopened) AS value\nFROM tickets");
    check(&text, &["9:8: this query returns one number and not facts: ", remedy]);
    let text = metric(
        "mean",
        "better = \"lower\"\ndimensions = [\"team\"]",
        "SELECT max(opened_at) AS at, avg(reopened) AS value, team FROM tickets GROUP BY team ORDER BY team",
    );
    check(&text, &["9:30: this query returns one number per team and not facts", remedy]);
    let text = metric("count", LOWER, "SELECT count(*) FROM tickets");
    check(&text, &["8:1: this query returns one number and not facts"]);
    let one = "SELECT max(opened_at) AS at, avg(reopened) AS value FROM tickets";
    let text = metric("mean", LOWER, &format!("{one} UNION ALL {one}"));
    check(&text, &["8:30: this query returns one number and not facts"]);
}

#[test]
fn groups_with_a_time_or_a_key_are_facts() {
    passes(&metric(
        "mean",
        LOWER,
        "SELECT max(happened_at) AS at, count(*) AS value FROM ticket_events GROUP BY source, ticket_id",
    ));
    passes(&metric(
        "mean",
        LOWER,
        "SELECT date_trunc('day', opened_at) AS at, count(*) AS value FROM tickets GROUP BY date_trunc('day', opened_at)",
    ));
}

#[test]
fn two_columns_of_one_name() {
    let text = metric("mean", LOWER, "SELECT opened_at AS at, 1 AS value,\n  2 AS value FROM tickets");
    check(&text, &["9:3: two columns named value: name one of them otherwise with AS, or leave it out"]);
    let text = metric(
        "mean",
        LOWER,
        "SELECT t.opened_at AS at, u.value, t.reopened AS value FROM tickets t, (SELECT 1 AS value) u",
    );
    check(&text, &["8:36: two columns named value"]);
}

#[test]
fn a_value_of_a_wrong_type() {
    let text = metric("mean", LOWER, "SELECT opened_at AS at, topic AS value FROM tickets");
    check(&text, &["8:25: value is text; statistic = \"mean\" needs a number"]);
    let text = metric("share", LOWER, "SELECT opened_at AS at, reopened AS value FROM tickets");
    check(&text, &["8:25: value is a number; statistic = \"share\" needs true or false: write a condition"]);
    let text = metric("survival", LOWER, "SELECT opened_at AS at, 1.5 AS value, 1 AS observed FROM tickets");
    check(&text, &["8:39: observed is a number; statistic = \"survival\" needs true or false"]);
    let text = metric("ratio", LOWER, "SELECT opened_at AS at, 1 AS numerator, topic AS denominator FROM tickets");
    check(&text, &["8:41: denominator is text; statistic = \"ratio\" needs a number"]);
    let text = metric("mean", LOWER, "SELECT opened_at AS at, NULL AS value FROM tickets");
    check(&text, &["8:25: value is always NULL; statistic = \"mean\" needs a number"]);
    let text = metric("time_average", LOWER, "SELECT opened_at AS at, 3 AS until FROM tickets");
    check(&text, &["8:25: until is a number; statistic = \"time_average\" needs a timestamp, NULL while it goes on"]);
}

#[test]
fn a_time_that_is_none() {
    let text = metric("count", LOWER, "SELECT topic AS at FROM tickets");
    check(&text, &["8:8: at is text; statistic = \"count\" needs a timestamp, such as CAST(… AS TIMESTAMP)"]);
}

#[test]
fn a_constant_that_is_no_number() {
    let text = metric("mean", LOWER, "SELECT opened_at AS at,\n  reopened / 0.0 AS value FROM tickets");
    check(&text, &["9:14: a division by zero: its result is infinite or no number; write NULL for what is unknown"]);
    let text = metric("mean", LOWER, "SELECT opened_at AS at,\n  reopened / (1.0 - 1.0) AS value FROM tickets");
    check(&text, &["9:3: value has a division by zero: write NULL for what is unknown"]);
    let text = metric("mean", LOWER, "SELECT opened_at AS at, CAST('NaN' AS DOUBLE) AS value FROM tickets");
    check(&text, &["8:30: value has a constant that is no number (NaN)"]);
    let text = metric(
        "mean",
        LOWER,
        "SELECT opened_at AS at, coalesce(reopened, CAST('inf' AS DOUBLE)) AS value FROM tickets",
    );
    check(&text, &["8:25: value has an infinite constant"]);
    let text = metric("mean", LOWER, "SELECT opened_at AS at, CAST('NaN' AS REAL) AS value FROM tickets");
    check(&text, &["8:30: value has a constant that is no number (NaN)"]);
    let text = metric("mean", LOWER, "SELECT opened_at AS at, ln(0) AS value FROM tickets");
    check(&text, &["8:25: value has an infinite constant"]);
    passes(&metric("mean", LOWER, "SELECT opened_at AS at, 1.0 / nullif(reopened, 0) AS value FROM tickets"));
}

#[test]
fn a_clock_or_a_lottery() {
    let text =
        metric("mean", LOWER, "SELECT opened_at AS at,\n  hours_between(opened_at, now()) AS value FROM tickets");
    check(
        &text,
        &["9:28: now has another answer tomorrow", "take a time of the rows, or until when a source was watched"],
    );
    let text = metric("count", LOWER, "SELECT opened_at AS at FROM tickets WHERE opened_at < CURRENT_TIMESTAMP");
    check(&text, &["8:55: current_timestamp has another answer tomorrow"]);
    let text = metric("mean", LOWER, "SELECT opened_at AS at, random() AS value FROM tickets");
    check(&text, &["8:25: random has another answer each time"]);
}

#[test]
fn a_dimension_that_the_facts_lack() {
    let text = metric(
        "count",
        "better = \"lower\"\ndimensions = [\"team\", \"repositry\"]",
        "SELECT opened_at AS at, team, topic AS repository FROM tickets",
    );
    check(
        &text,
        &["7:23: the facts have no column repositry; they have at, team, repository; did you mean repository?"],
    );
}

#[test]
fn an_entity_without_its_key() {
    let text =
        metric("count", "better = \"lower\"\nentity = \"tickets\"", "SELECT opened_at AS at, ticket_id FROM tickets");
    check(&text, &["7:10: the facts have no column source, which leads to the row of their entity"]);
    let text = metric("count", "better = \"lower\"\nentity = \"tickts\"", "SELECT opened_at AS at FROM tickets");
    check(&text, &["7:10: there is no table tickts; did you mean tickets?"]);
}

#[test]
fn a_target_without_direction() {
    let text = metric("count", "better = \"neither\"\ntarget = 3", "SELECT opened_at AS at FROM tickets");
    check(
        &text,
        &["7:10: a target needs a direction: write better = \"lower\" or \"higher\", or leave the target out"],
    );
}

#[test]
fn a_table_or_function_that_is_not_there() {
    let text = metric("count", LOWER, "SELECT opened_at AS at\nFROM tickts");
    check(&text, &["9:6: there is no table tickts; did you mean tickets?"]);
    let text = metric("count", LOWER, "SELECT at FROM pr_cycle_tme");
    check(&text, &["8:16: there is no table pr_cycle_tme; did you mean pr_cycle_time?"]);
    let text =
        metric("mean", LOWER, "SELECT opened_at AS at, hours_betwen(opened_at, resolved_at) AS value FROM tickets");
    check(&text, &["8:25: Invalid function 'hours_betwen'; did you mean hours_between?"]);
    passes(&metric("count", LOWER, "SELECT at FROM public.pr_cycle_time"));
}

#[test]
fn a_name_that_a_table_has() {
    let product = Product::new();
    product.write("queries/tickets.sql", &metric("count", LOWER, "SELECT opened_at AS at FROM tickets"));
    let answer = product.run(["check"]);
    assert_eq!(
        answer.failed(1),
        "queries/tickets.sql:1:1: there is a table tickets already; a metric's name is a table in SQL too: name the file otherwise"
    );
}

#[test]
fn no_statement_and_two() {
    let text = metric("count", LOWER, "SELECT opened_at AS at FROM tickets;\n  SELECT 1");
    check(&text, &["9:3: a metric is one SELECT: leave out what follows the semicolon"]);
    check(&metric("count", LOWER, "-- later"), &["8:1: the query is missing: write a SELECT"]);
    check(&metric("count", LOWER, "DROP TABLE tickets"), &["8:1: a metric is one SELECT that returns facts"]);
    passes(&metric("count", LOWER, "SELECT opened_at AS at FROM tickets; -- the end"));
}

#[test]
fn a_placeholder() {
    let text = metric("mean", LOWER, "SELECT opened_at AS at, 1 AS value FROM tickets\nWHERE reopened > $1");
    check(&text, &["9:18: nobody gives the placeholder $1 a value: write the value"]);
}

#[test]
fn other_ways_to_end_a_line_or_begin_a_file() {
    let text = metric("mean", LOWER, "SELECT opened_at AS at,\n  nothing AS value FROM tickets").replace('\n', "\r\n");
    check(&text, &["9:3: No field named nothing"]);
    let text = format!("\u{feff}{}", metric("count", LOWER, "SELECT opened_at AS at FROM tickets"));
    check(&text, &["1:1: the file begins with a byte order mark", "save it as UTF-8 without one"]);
}

#[test]
fn keys_without_effect() {
    let text =
        metric("count", "better = \"lower\"\nsampled_of = \"topic\"", "SELECT opened_at AS at, topic FROM tickets");
    check(&text, &["7:14: only a stock has samples: write is_stock = true, or leave sampled_of out"]);
    let text = metric("count", "better = \"lower\"\ntarget = nan", "SELECT opened_at AS at FROM tickets");
    check(&text, &["7:10: a target is a number: write one"]);
    let text = metric("count", "better = \"lower\"\nis_stock = true", "SELECT opened_at AS at FROM tickets");
    check(&text, &["9:1: the facts have no column repository to say what a row is a sample of; name another with"]);
}

#[test]
fn an_unknown_key() {
    let text = metric("count", "better = \"lower\"\nentitty = \"tickets\"", "SELECT opened_at AS at FROM tickets");
    check(&text, &["7:1: unknown key entitty; did you mean entity?"]);
}

#[test]
fn metrics_that_read_each_other() {
    let product = Product::new();
    let reading = |other: &str| metric("count", LOWER, &format!("SELECT at\nFROM {other}"));
    product.write("queries/first.sql", &reading("second"));
    product.write("queries/second.sql", &reading("first"));
    product.write("queries/third.sql", &reading("pr_cycle_time"));
    let answer = product.run(["check"]);
    let said = answer.failed(1);
    assert_eq!(
        said,
        "queries/first.sql:9:6: metrics read each other in a circle, first → second → first: let one of them read tables"
    );
    product.write("queries/second.sql", &metric("count", LOWER, "SELECT nothing AS at FROM tickets"));
    let answer = product.run(["check"]);
    assert_eq!(answer.code, Some(1));
    let first = "queries/first.sql:9:6: the metric second that is read here is wrong itself: mend it first";
    assert!(
        answer.stderr.contains(first) && answer.stderr.contains("queries/second.sql:8:8: No field named nothing"),
        "{}",
        answer.stderr
    );
    product.write("queries/second.sql", &reading("third"));
    assert!(product.run(["check"]).succeeded().stderr.starts_with("ok: "));
}

/// What no plan can tell is told by the number that cannot be made.
#[test]
fn a_value_that_turns_out_to_be_no_number() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.collect("app");
    let value = "CAST(lines_added AS DOUBLE) / CAST(0 * lines_added AS DOUBLE)";
    let sql = format!("SELECT committed_at AS at, {value} AS value FROM commit_files");
    product.write("queries/own.sql", &metric("mean", LOWER, &sql));
    assert_eq!(product.run(["check"]).code, Some(0));
    let answer = product.run(["metric", "show", "own"]);
    let said = answer.failed(1);
    assert!(said.starts_with("own: value of the fact at 20") && said.contains("Z is "), "{said}");
    assert!(said.ends_with(", expected a number or NULL; run `paceline check`"), "{said}");
}

const LOWER: &str = "better = \"lower\"";

fn check(text: &str, parts: &[&str]) {
    let product = Product::new();
    product.write("queries/own.sql", text);
    let answer = product.run(["check"]);
    let said = answer.failed(1);
    let place = said.strip_prefix("queries/own.sql:").unwrap_or_else(|| panic!("{said}"));
    assert!(place.starts_with(parts[0]), "{said}");
    assert!(parts.iter().all(|part| place.contains(part)), "{said}");
}

fn passes(text: &str) {
    let product = Product::new();
    product.write("queries/own.sql", text);
    let answer = product.run(["check"]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
}

/// A metric whose further header lines begin on line 6; the query begins two lines after the last of them.
fn metric(statistic: &str, lines: &str, sql: &str) -> String {
    format!(
        "/*\ntitle = \"Own\"\nabout = \"Own.\"\nunit = \"tickets\"\nstatistic = \"{statistic}\"\n{lines}\n*/\n{sql}\n"
    )
}
