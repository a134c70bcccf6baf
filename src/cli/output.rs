//! Rows on stdout, in the format that was asked for.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::FormatOptions;
use arrow::util::pretty::pretty_format_batches_with_options;
use clap::ValueEnum;
use std::io::{Write, stdout};

/// Format of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned text
    Table,
    /// Comma-separated values with a header
    Csv,
    /// A JSON array of objects
    Json,
    /// Arrow IPC stream
    Arrow,
    /// Parquet file
    Parquet,
}

/// Prints a value as JSON, laid out for reading.
pub(super) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Prints batches of one schema.
pub(super) fn print(format: Format, schema: &SchemaRef, batches: &[RecordBatch]) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    match format {
        Format::Table => {
            let empty = [RecordBatch::new_empty(schema.clone())];
            let batches = if batches.is_empty() { &empty } else { batches };
            let options = FormatOptions::new()
                .with_null("–")
                .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S"))
                .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%SZ"));
            writeln!(out, "{}", pretty_format_batches_with_options(batches, &options)?)?;
        }
        Format::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut out);
            // An answer without rows still has a header.
            writer.write(&RecordBatch::new_empty(schema.clone()))?;
            for batch in batches {
                writer.write(batch)?;
            }
        }
        Format::Json => {
            let builder = arrow::json::WriterBuilder::new().with_explicit_nulls(true);
            let mut writer = builder.build::<_, arrow::json::writer::JsonArray>(&mut out);
            writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
            writer.finish()?;
            drop(writer);
            writeln!(out)?;
        }
        Format::Arrow => {
            let mut writer = arrow::ipc::writer::StreamWriter::try_new(&mut out, schema)?;
            for batch in batches {
                writer.write(batch)?;
            }
            writer.finish()?;
        }
        Format::Parquet => {
            let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), schema.clone(), None)?;
            for batch in batches {
                writer.write(batch)?;
            }
            out.write_all(&writer.into_inner()?)?;
        }
    }
    out.flush()?;
    Ok(())
}
