//! `paceline init`

use super::Global;
use crate::project;
use anyhow::Context;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Replace files that are there and differ
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let (mut written, mut kept) = (0, 0);
        for (path, text) in project::embedded() {
            let target = global.project.join(&path);
            match std::fs::read_to_string(&target) {
                Ok(there) if there == text => continue,
                Ok(_) if !self.force => {
                    eprintln!("kept {path}: it differs from the built-in one (--force replaces it)");
                    kept += 1;
                    continue;
                }
                _ => {}
            }
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            std::fs::write(&target, text).with_context(|| target.display().to_string())?;
            written += 1;
        }
        eprintln!("{written} files written, {kept} kept; change them, then run `paceline check`");
        Ok(ExitCode::SUCCESS)
    }
}
