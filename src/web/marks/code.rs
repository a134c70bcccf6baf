//! The marks that show code: risk profile, hotspots and couplings.

use super::Drawn;
use crate::chart::{Bar, Bars, Frame, Measure, Risk, Scatter, Spot, Unit};
use crate::query::QueryError;
use crate::web::App;
use crate::web::error::PageError;
use crate::web::view::View;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};

async fn rows(app: &App, view: &View, sql: &str) -> Result<Vec<RecordBatch>, PageError> {
    let session = app.engine.session(&view.scope).await?;
    let read = async { session.sql(sql).await?.collect().await };
    Ok(read.await.map_err(QueryError::from)?)
}

/// Lines of the newest code by the complexity of their function, at the limits of SIG (Heitlager, Kuipers & Visser 2007).
pub(super) async fn risk(app: &App, view: &View, id: &str) -> Result<Drawn, PageError> {
    let sum = |condition: &str| format!("CAST(sum(CASE WHEN {condition} THEN own_code_lines ELSE 0 END) AS DOUBLE)");
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM code_units WHERE is_head",
        sum("cyclomatic <= 10"),
        sum("cyclomatic BETWEEN 11 AND 20"),
        sum("cyclomatic BETWEEN 21 AND 50"),
        sum("cyclomatic > 50"),
    );
    let batches = rows(app, view, &sql).await?;
    let level = |column: usize| {
        let batch = batches.first().filter(|batch| batch.num_rows() == 1)?;
        let column = batch.column(column).as_primitive::<Float64Type>();
        column.is_valid(0).then(|| column.value(0))
    };
    let (Some(low), Some(moderate), Some(high), Some(very_high)) = (level(0), level(1), level(2), level(3)) else {
        return Ok(Drawn::Absent(vec!["Risk profile".to_owned()]));
    };
    let about = "code lines by the cyclomatic complexity of their function: up to 10, 20, 50 and above";
    let risk = Risk {
        frame: Frame { id, title: "Risk profile of the functions", about },
        unit: Unit::Lines,
        levels: Some([low, moderate, high, very_high]),
    };
    Ok(Drawn::Panel(risk.render()))
}

/// The files whose complexity is changed most.
pub(super) async fn hotspots(app: &App, view: &View, id: &str) -> Result<Drawn, PageError> {
    let sql = "SELECT path, CAST(revisions AS DOUBLE), CAST(complexity AS DOUBLE), CAST(lines AS DOUBLE) FROM hotspot
               WHERE is_head AND complexity > 0 ORDER BY value DESC, path, repository, source LIMIT 60";
    let batches = rows(app, view, sql).await?;
    let spots: Vec<Spot> = batches.iter().flat_map(spots_of).collect();
    if spots.is_empty() {
        return Ok(Drawn::Absent(vec!["Hotspots".to_owned()]));
    }
    let scatter = Scatter {
        frame: Frame {
            id,
            title: "Hotspots",
            about: "files that are both complex and changed often are where clean-up pays; revisions of the last 365 days",
        },
        what: "File",
        x: Measure { name: "revisions", unit: Unit::Count, log: true },
        y: Measure { name: "cyclomatic complexity", unit: Unit::Count, log: true },
        size: Measure { name: "code lines", unit: Unit::Lines, log: false },
        spots,
        labelled: 6,
    };
    Ok(Drawn::Panel(scatter.render()))
}

/// The pairs of files of the newest code that change together most.
pub(super) async fn couplings(app: &App, view: &View, id: &str) -> Result<Drawn, PageError> {
    let sql = "SELECT concat(c.path, ' ↔ ', c.coupled_path), c.value, c.shared FROM change_coupling c
               JOIN (SELECT DISTINCT source, repository, sampled_at FROM snapshot_files WHERE is_head) s
                   ON s.source = c.source AND s.repository = c.repository AND s.sampled_at = c.at
               ORDER BY c.value DESC, c.shared DESC, c.path, c.coupled_path, c.repository, c.source LIMIT 12";
    let batches = rows(app, view, sql).await?;
    let bars: Vec<Bar> = batches.iter().flat_map(bars_of).collect();
    if bars.is_empty() {
        return Ok(Drawn::Absent(vec!["Change coupling".to_owned()]));
    }
    let chart = Bars {
        frame: Frame {
            id,
            title: "Change coupling",
            about: "pairs of files that are changed by the same commits: shared commits over the average of both; last 365 days",
        },
        what: "Pair",
        unit: Unit::Share,
        bars,
    };
    Ok(Drawn::Panel(chart.render()))
}

fn bars_of(batch: &RecordBatch) -> Vec<Bar> {
    let (names, shared) = (batch.column(0).as_string::<i32>(), batch.column(2).as_primitive::<Int64Type>());
    let values = batch.column(1).as_primitive::<Float64Type>();
    (0..batch.num_rows())
        .map(|row| Bar {
            name: names.value(row).to_owned(),
            value: Some(values.value(row)),
            interval: None,
            n: Some(shared.value(row).unsigned_abs()),
        })
        .collect()
}

fn spots_of(batch: &RecordBatch) -> Vec<Spot> {
    let paths = batch.column(0).as_string::<i32>();
    let number = |column: usize, row: usize| batch.column(column).as_primitive::<Float64Type>().value(row);
    (0..batch.num_rows())
        .map(|row| Spot {
            name: paths.value(row).to_owned(),
            x: number(1, row),
            y: number(2, row),
            size: number(3, row),
        })
        .collect()
}
