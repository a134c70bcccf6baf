//! Dates as TOML writes them (`2026-10-12`, without quotes).

use chrono::{Datelike, NaiveDate};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::value::{Date, Datetime};

pub fn serialize<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    let year =
        u16::try_from(date.year()).map_err(|_| S::Error::custom(format!("{date}: the year must be 0 to 9999")))?;
    let date = Date { year, month: date.month() as u8, day: date.day() as u8 };
    Datetime { date: Some(date), time: None, offset: None }.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let written = Datetime::deserialize(deserializer)?;
    let day = match written {
        Datetime { date: Some(date), time: None, offset: None } => {
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        }
        _ => None,
    };
    day.ok_or_else(|| D::Error::custom(format!("{written} is no date; write it as 2026-10-12")))
}
