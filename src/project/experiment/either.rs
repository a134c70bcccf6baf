//! Keys that take one of two forms. serde's untagged enums would forget places and say that nothing matched.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;
use toml::value::Datetime;

/// A name, or a table with more.
pub(super) enum NameOr<T> {
    Name(String),
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NameOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = NameOr<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a table")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<NameOr<T>, E> {
                Ok(NameOr::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NameOr<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(NameOr::Table)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// How many, or which days.
pub(super) enum DaysOrCount {
    Count(i64),
    Days(Vec<Spanned<Datetime>>),
}

impl<'de> Deserialize<'de> for DaysOrCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = DaysOrCount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a list of days")
            }
            fn visit_i64<E: Error>(self, count: i64) -> Result<DaysOrCount, E> {
                Ok(DaysOrCount::Count(count))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, days: A) -> Result<DaysOrCount, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(days)).map(DaysOrCount::Days)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Days by unit, or a query for them.
pub(super) enum TableOrSql {
    Table(BTreeMap<Spanned<String>, Spanned<Datetime>>),
    Sql(String),
}

impl<'de> Deserialize<'de> for TableOrSql {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = TableOrSql;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of days by unit or a query")
            }
            fn visit_str<E: Error>(self, sql: &str) -> Result<TableOrSql, E> {
                Ok(TableOrSql::Sql(sql.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TableOrSql, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(TableOrSql::Table)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
