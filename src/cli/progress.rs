//! Progress bars, on a terminal only.

use crate::collect::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One line that says what is being done and how far it is; finished stages stay above it.
#[derive(Default)]
pub(super) struct Bar {
    current: Mutex<Option<ProgressBar>>,
}

impl Progress for Bar {
    fn stage(&self, name: &str, total: Option<u64>) {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() {
            "{msg:44} {wide_bar:.blue} {human_pos}/{human_len} {eta:>4}"
        } else {
            "{msg:44} {spinner:.blue}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.replace(Some(bar));
    }

    fn advance(&self, steps: u64) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = current.as_ref() {
            bar.inc(steps);
        }
    }

    fn warn(&self, line: &str) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let say = || eprintln!("warning: {line}");
        match current.as_ref() {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}

impl Bar {
    fn replace(&self, next: Option<ProgressBar>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = std::mem::replace(&mut *current, next) {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.replace(None);
    }
}
