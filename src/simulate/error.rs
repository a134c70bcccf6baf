//! What can go wrong: a configuration outside its limits, or a folder that cannot be written.

use std::path::PathBuf;

/// Why a simulation was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the configuration is outside its limits.
    #[error("simulation: {field} is {value}; {remedy}")]
    Config { field: &'static str, value: String, remedy: String },
    /// The target exists and holds something else.
    #[error("{path} exists and holds no simulation.toml; name a new folder or remove this one", path = .path.display())]
    Occupied { path: PathBuf },
    /// The target has no name of its own, such as `/` or `..`.
    #[error("{path} names no folder to write; give a path that ends in a name", path = .path.display())]
    Unnamed { path: PathBuf },
    /// A file could not be read, written or renamed.
    #[error("cannot write {path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// The configuration could not be written as TOML.
    #[error("cannot write the simulation's configuration as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    /// Rows do not fit the model's table: the two modules disagree.
    #[error("table {table}, column {column}: {problem}; the simulation and the model's tables have drifted apart")]
    Schema { table: &'static str, column: String, problem: &'static str },
    /// Arrow refused a batch.
    #[error("cannot build a batch of {table}: {source}")]
    Arrow { table: &'static str, source: arrow::error::ArrowError },
    /// Parquet refused a batch.
    #[error("cannot write Parquet for {table}: {source}")]
    Parquet { table: &'static str, source: parquet::errors::ParquetError },
}

/// The outcome of everything in this module.
pub type Result<T> = std::result::Result<T, Error>;
