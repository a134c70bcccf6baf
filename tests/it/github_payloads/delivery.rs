//! DevLake's recordings of deployments and of Copilot.

use super::difference::{Sheet, compare, ours, plain};
use super::{check, rows, shared, table};
use paceline::collect::github::map::{self, Voice};
use paceline::collect::github::payload::{Deployment, DeploymentStatus, Seats, read};
use serde_json::{Value, json};

/// The recording is of GraphQL, whose names differ: this is the same deployment as REST says it.
fn as_rest(node: &Value) -> (Deployment, Vec<DeploymentStatus>) {
    let deployment = json!({
        "id": node["DatabaseId"], "node_id": node["Id"], "sha": node["CommitOid"], "task": node["Task"],
        "environment": node["Environment"], "payload": node["Payload"],
        "created_at": node["CreatedAt"], "updated_at": node["UpdatedAt"],
    });
    let empty = Vec::new();
    let nodes = node["Statuses"]["nodes"].as_array().unwrap_or(&empty);
    let status = |(index, status): (usize, &Value)| {
        let status = json!({"id": index, "state": status["state"], "created_at": status["updatedAt"]});
        read(&status).unwrap()
    };
    (read(&deployment).unwrap(), nodes.iter().enumerate().map(status).collect())
}

#[test]
fn deployments() {
    let Some(raw) = shared("devlake-e2e/github_graphql/e2e/raw_tables/_raw_github_graphql_deployment.csv") else {
        return;
    };
    const NAME: &str = "facebook/OpenBIC";
    let said: Vec<_> = table::read(&raw)
        .iter()
        .map(|row| as_rest(&serde_json::from_str(&row["data"]).unwrap()))
        .map(|(deployment, statuses)| map::deployment(NAME, &deployment, &statuses, Voice::Asked))
        .collect();
    check(&said);
    let columns = [
        ("commit_oid", "sha"),
        ("environment", "environment"),
        ("created_date", "started_at"),
        ("updated_date", "updated_at"),
        ("finished_date", "finished_at"),
    ];
    let rows = rows(&said, "deployments");
    assert!(rows.iter().all(|values| values["service"] == NAME && values["is_rollback"] == false));
    let mine: Sheet = rows
        .iter()
        .map(|values| {
            let row = columns.iter().map(|(theirs, column)| (*theirs, ours(values.get(*column))));
            (ours(values.get("source_key")), row.collect())
        })
        .collect();
    let expected = shared("devlake-e2e/github_graphql/e2e/snapshot_tables/_tool_github_deployments.csv").unwrap();
    let theirs: Sheet = table::read(&expected)
        .iter()
        .map(|row| (row["id"].clone(), columns.iter().map(|(name, _)| (*name, plain(&row[*name]))).collect()))
        .collect();
    compare("deployments", &mine, &theirs, &[]);
}

#[test]
fn copilot_metrics() {
    let Some(raw) = shared("devlake-e2e/gh-copilot/e2e/metrics/raw_tables/_raw_copilot_metrics.csv") else { return };
    let days: Vec<Value> = table::read(&raw).iter().map(|row| serde_json::from_str(&row["data"]).unwrap()).collect();
    let said = map::copilot_metrics("octodemo", &days).unwrap();
    check(&said);
    let mine: Sheet = rows(&said, "tool_usage")
        .iter()
        .map(|values| {
            let key = ["day", "breakdown", "measure"].map(|column| ours(values.get(column)));
            (key.join("|"), [("value", ours(values.get("value")))].into())
        })
        .collect();
    let folder = "devlake-e2e/gh-copilot/e2e/metrics/snapshot_tables";
    let mut theirs = Sheet::new();
    let mut add = |key: String, value: &str| {
        theirs.insert(key, [("value", value.parse::<f64>().map(|value| json!(value).to_string()).unwrap())].into());
    };
    let measures = [
        "code_generation_activity_count",
        "code_acceptance_activity_count",
        "loc_suggested_to_add_sum",
        "loc_suggested_to_delete_sum",
        "loc_added_sum",
        "loc_deleted_sum",
    ];
    for row in table::read(&shared(&format!("{folder}/_tool_copilot_metrics_by_language_feature.csv")).unwrap()) {
        let breakdown =
            format!("section=totals_by_language_feature feature={} language={}", row["feature"], row["language"]);
        for measure in measures {
            add(format!("{}|{breakdown}|{measure}", plain(&row["day"])), &row[measure]);
        }
    }
    for row in table::read(&shared(&format!("{folder}/_tool_copilot_enterprise_daily_metrics.csv")).unwrap()) {
        add(format!("{}|NULL|daily_active_users", plain(&row["day"])), &row["daily_active_users"]);
    }
    // Their other columns of the whole day are 0 because the recording does not have them: we have no row.
    compare("copilot", &mine, &theirs, &[]);
}

#[test]
fn copilot_seats() {
    let Some(path) = shared("devlake-e2e/gh-copilot/e2e/metrics/snapshot_tables/_tool_copilot_seats.csv") else {
        return;
    };
    let seats: Seats = read(&json!({"total_seats": table::read(&path).len(), "seats": []})).unwrap();
    let said = [map::copilot_seats("octodemo", &seats, "2025-09-03T10:00:00Z".parse().unwrap())];
    check(&said);
    let row = rows(&said, "tool_usage")[0];
    assert_eq!(
        (&row["measure"], &row["value"], &row["day"]),
        (&json!("total_seats"), &json!(2.0), &json!("2025-09-03T00:00:00Z"))
    );
}
