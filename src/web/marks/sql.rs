//! The answer to a query that stands in a dashboard.

use super::Drawn;
use crate::project::Sql;
use crate::query::{Limits, wrong_query};
use crate::web::App;
use crate::web::broken::broken;
use crate::web::table;
use crate::web::view::View;
use arrow::array::RecordBatch;
use maud::html;
use std::time::Duration;

/// A page waits for its slowest block.
const LIMITS: Limits = Limits { rows: 200, time: Duration::from_secs(10) };

/// The rows as a table, or what is wrong with the query. It says itself which time and teams it is about.
pub(super) async fn answer(app: &App, view: &View, sql: &Sql, id: &str) -> Drawn {
    let (batches, more) = match app.engine.sql_limited(&view.scope, &sql.text, &LIMITS).await {
        Ok(answer) => answer,
        Err(error) => return Drawn::Wide(broken(&wrong_query(sql, &error)), Vec::new()),
    };
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let title = sql.caption.as_deref().unwrap_or("Query");
    let mut about = vec![if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }];
    about.extend(more.then(|| "there are more".to_owned()));
    // Whatever the page is narrowed to, a query is not.
    about.extend(view.unheard(&[]));
    Drawn::Panel(html! {
        figure class="chart" id=(id) {
            figcaption { strong { (title) } " " span { (about.join(", ")) } }
            (table::rows(&batches, title))
        }
    })
}
