//! Copilot's use in an organisation by day, and its seats, as GitHub counts them.
//!
//! One rule: it is asked once a day, as often as GitHub counts, and then for the last four weeks, because GitHub corrects past
//! days without saying so. Nothing about a person is read.

use super::client::{Answer, Client, HttpError, PRODUCT, Page};
use super::{Cursor, Result, Session, map, payload};
use serde::Deserialize;
use serde_json::Value;

/// Where the files of a report are: <https://docs.github.com/en/rest/copilot/copilot-usage-metrics>.
#[derive(Deserialize)]
struct Report {
    download_links: Vec<String>,
}

/// Reads the use of Copilot where that is due.
pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    organisation: &str,
) -> Result<()> {
    if !session.collecting.is_reconciled_now(session.cursor.copilot.get(organisation).copied()) {
        return Ok(());
    }
    session.collecting.progress.stage(&format!("{organisation}: reading the use of Copilot"), None);
    let days = days(client, organisation).await?;
    let rows = map::copilot_metrics(organisation, &days);
    session.take(rows.map_err(|error| malformed(&format!("days of Copilot of {organisation}"), &error))?);

    let now = session.collecting.ambient.now();
    let path = format!("/orgs/{organisation}/copilot/billing/seats?per_page=1");
    let Answer::Page(Page { body, at, .. }) = client.get(&path, None).await? else {
        return Err(missing(client, &path).into());
    };
    let seats: payload::Seats = client.parse(&path, &body)?;
    session.take([map::copilot_seats(organisation, &seats, at.unwrap_or(now))]);
    session.cursor.copilot.insert(organisation.to_owned(), now);
    session.checkpoint().await
}

/// From the report, or, where a GitHub has none, from the interface that was before it.
async fn days(client: &mut Client<'_>, organisation: &str) -> Result<Vec<Value>> {
    let path = format!("/orgs/{organisation}/copilot/metrics/reports/organization-28-day/latest");
    let Answer::Page(page) = client.get(&path, None).await? else {
        let path = format!("/orgs/{organisation}/copilot/metrics?per_page=100");
        return Ok(client.list(path.clone()).await?.ok_or_else(|| missing(client, &path))?);
    };
    let report: Report = client.parse(&path, &page.body)?;
    let mut days = Vec::new();
    for link in &report.download_links {
        let file = client.download(link).await?;
        days.extend(of_file(&file).map_err(|error| malformed(&client.address(link), &error))?);
    }
    Ok(days)
}

/// The days of a file: an object that holds them, a list of them, or one a line.
fn of_file(text: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    let mut days = Vec::new();
    for part in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        match part? {
            Value::Array(list) => days.extend(list),
            Value::Object(mut report) => match report.remove("day_totals") {
                Some(Value::Array(list)) => days.extend(list),
                _ => days.push(Value::Object(report)),
            },
            _ => {}
        }
    }
    days.retain(|day| day.get("user_id").is_none() && day.get("user_login").is_none());
    Ok(days)
}

fn missing(client: &Client<'_>, path: &str) -> HttpError {
    let message = "there is no Copilot, or the token may not see it (read:org, manage_billing:copilot)".to_owned();
    HttpError::Refused { address: client.address(path), status: http::StatusCode::NOT_FOUND, message }
}

fn malformed(address: &str, error: &dyn std::fmt::Display) -> HttpError {
    HttpError::Malformed { address: address.to_owned(), product: PRODUCT, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_in_whatever_form_a_file_has_and_people_are_not() {
        let days = |text: &str| -> Vec<String> {
            of_file(text.as_bytes()).unwrap().iter().map(|day| day["day"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(days(r#"{"report_start_day": "a", "day_totals": [{"day": "1"}, {"day": "2"}]}"#), ["1", "2"]);
        assert_eq!(days(r#"[{"day": "1"}]"#), ["1"]);
        assert_eq!(days("{\"day\": \"1\"}\n{\"day\": \"2\", \"user_login\": \"ann\"}\n"), ["1"]);
        assert!(of_file(b"<html>").is_err());
    }
}
