//! The `paceline` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    paceline::cli::main()
}
