//! What tickets are about, by the project's rules.
//!
//! One rule: what a rule leaves open is what the source says, and then what the catalog knows of the ticket's repository.

use crate::project::{Topics, Words};
use arrow::array::{Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::cast::{as_primitive_array, as_string_array};
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// The number of the rule, of the row `t`.
const RULE: &str = "ticket_rule(t.source, t.project, t.kind, t.priority, t.repository, t.topic, t.labels, t.subject)";

/// What a rule says of one thing.
type Pick = fn(&Topics, usize) -> Option<&str>;

/// Registers the functions over the rules.
pub(super) fn register(session: &SessionContext, topics: &Arc<Topics>) {
    let rules = topics.clone();
    let find = Arc::new(move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let columns: Vec<&StringArray> = arrays.iter().map(|array| as_string_array(array)).collect::<Result<_, _>>()?;
        let word = |column: usize, row: usize| columns[column].is_valid(row).then(|| columns[column].value(row));
        let numbers = (0..columns[0].len()).map(|row| {
            let words = Words {
                source: word(0, row),
                project: word(1, row),
                kind: word(2, row),
                priority: word(3, row),
                repository: word(4, row),
                topic: word(5, row),
                labels: word(6, row),
                subject: word(7, row),
            };
            rules.find(&words).map(|number| number as i64)
        });
        Ok(ColumnarValue::Array(Arc::new(numbers.collect::<Int64Array>())))
    });
    let words = vec![DataType::Utf8; 8];
    session.register_udf(create_udf("ticket_rule", words, DataType::Int64, Volatility::Stable, find));
    let said: [(&str, Pick); 3] =
        [("rule_topic", Topics::topic), ("rule_component", Topics::component), ("rule_team", Topics::team)];
    for (name, pick) in said {
        let rules = topics.clone();
        let say = Arc::new(move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let numbers = as_primitive_array::<Int64Type>(&arrays[0])?;
            let texts = numbers.iter().map(|number| pick(&rules, usize::try_from(number?).ok()?));
            Ok(ColumnarValue::Array(Arc::new(texts.collect::<StringArray>())))
        });
        session.register_udf(create_udf(name, vec![DataType::Int64], DataType::Utf8, Volatility::Stable, say));
    }
}

/// The topic of the ticket `t`.
pub(super) fn topic(topics: &Topics) -> String {
    if topics.is_empty() { "t.topic".to_owned() } else { format!("coalesce(rule_topic({RULE}), t.topic) AS topic") }
}

/// The further columns of tickets: which rule decided, component and owning team.
pub(super) fn further(topics: &Topics) -> Vec<String> {
    let of_repository = "component_of_repository(t.repository, t.opened_at)";
    if topics.is_empty() {
        return vec![
            "CAST(NULL AS BIGINT) AS rule".to_owned(),
            format!("{of_repository} AS component"),
            "team_of_repository(t.repository, t.opened_at) AS owning_team".to_owned(),
        ];
    }
    let component = format!("coalesce(rule_component({RULE}), {of_repository})");
    vec![
        format!("{RULE} AS rule"),
        format!("{component} AS component"),
        format!("coalesce(rule_team({RULE}), team_of_component({component}, t.opened_at)) AS owning_team"),
    ]
}
