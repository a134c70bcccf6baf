//! What the URL of a page says.
//!
//! One rule: what says nothing is as if it were not there, so that an empty field of a form chooses nothing.

use crate::query::AsOf;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The parameters of every page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<(String, String)>")]
pub(in crate::web) struct Parameters {
    pub(super) source: Option<String>,
    pub(super) team: Option<String>,
    pub(super) weeks: Option<u32>,
    /// The first and the last day of another period than the last weeks, as they are written.
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    /// The tables as they were: a moment, or versions.
    as_of: Option<AsOf>,
    /// Everything else, among it the dimensions that a page is narrowed by.
    others: BTreeMap<String, String>,
}

impl Parameters {
    pub(in crate::web) fn as_of(&self) -> Option<&AsOf> {
        self.as_of.as_ref()
    }

    /// The same for one team, whatever the URL says.
    pub(in crate::web) fn of_team(self, team: &str) -> Parameters {
        Parameters { team: Some(team.to_owned()), ..self }
    }

    /// What is chosen of a dimension.
    pub(super) fn of(&self, dimension: &str) -> Option<&str> {
        self.others.get(dimension).map(String::as_str)
    }
}

impl TryFrom<Vec<(String, String)>> for Parameters {
    type Error = String;

    /// # Errors
    /// What is wrong with `as_of`: an answer of another time than the one that was asked for would be a wrong one.
    fn try_from(pairs: Vec<(String, String)>) -> Result<Parameters, String> {
        let mut others: BTreeMap<String, String> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Ok(Parameters {
            source: others.remove("source"),
            team: others.remove("team"),
            weeks: others.remove("weeks").and_then(|weeks| weeks.parse().ok()),
            from: others.remove("from"),
            to: others.remove("to"),
            as_of: others.remove("as_of").map(|as_of| as_of.parse()).transpose()?,
            others,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Query;

    fn read(query: &str) -> Result<Parameters, String> {
        let uri = format!("/?{query}").parse().unwrap();
        Query::<Parameters>::try_from_uri(&uri).map(|Query(it)| it).map_err(|error| error.to_string())
    }

    #[test]
    fn empty_fields_choose_nothing() {
        let read = read("source=&team=core&weeks=&from=&size=&topic=ci%20and%20cd").unwrap();
        assert_eq!((read.source.as_deref(), read.team.as_deref(), read.weeks), (None, Some("core"), None));
        assert_eq!((read.from.as_deref(), read.of("size"), read.of("topic")), (None, None, Some("ci and cd")));
    }

    #[test]
    fn a_number_of_weeks_that_is_none_is_not_there() {
        assert_eq!(read("weeks=many").unwrap().weeks, None);
        assert_eq!(read("weeks=12").unwrap().weeks, Some(12));
    }

    #[test]
    fn a_wrong_moment_is_refused() {
        assert!(read("as_of=2026-10-01").unwrap().as_of().is_some());
        assert!(read("as_of=yesterday").is_err());
    }
}
