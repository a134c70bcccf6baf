//! Where facts come from: kept as files and corrected where rows changed, of older versions of the tables, and back to the rows
//! behind a number.

mod commands;
mod folder;
mod kept;
mod kill;
mod properties;
mod rows;
mod versions;
