//! Moments as Jira writes them.

use chrono::{DateTime, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A moment. Jira writes `2021-03-28T16:06:08.713+0800`, which is not what RFC 3339 has, and Service Management in
/// places what is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub DateTime<Utc>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(reader)?;
        let own = DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z");
        let time = own.or_else(|_| DateTime::parse_from_rfc3339(&text));
        time.map(|time| Moment(time.to_utc())).map_err(|_| D::Error::custom(format!("{text:?} is no time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::from_str;

    #[test]
    fn both_forms_are_read() {
        let moment = |text: &str| from_str::<Moment>(&format!("{text:?}")).map(|it| it.0.to_rfc3339());
        assert_eq!(moment("2021-03-28T16:06:08.713+0800").unwrap(), "2021-03-28T08:06:08.713+00:00");
        assert_eq!(moment("2021-03-28T16:06:08.713+08:00").unwrap(), "2021-03-28T08:06:08.713+00:00");
        assert_eq!(moment("2021-03-28T08:06:08Z").unwrap(), "2021-03-28T08:06:08+00:00");
        assert_eq!(moment("2021-03-28").unwrap_err().to_string(), "\"2021-03-28\" is no time");
    }
}
