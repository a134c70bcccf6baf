//! The `paceline` binary: everything is in the library.

use std::process::ExitCode;

/// glibc's allocator keeps what batches of rows leave in an arena for each thread. `docs/open.md` has the figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    paceline::cli::main()
}
