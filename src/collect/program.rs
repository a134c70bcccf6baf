//! Running somebody's program: what it prints is read, and it is ended with its children when its time is over.
//!
//! One rule: a program is a group of processes, and none of them outlives the run.

use super::{CollectError, Progress, Result};
use crate::project::Program;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Lines of what a program complains about that are kept.
const KEPT_LINES: usize = 20;
/// Bytes of such a line that are kept.
const LINE_BYTES: u64 = 2 << 10;
/// Between two looks at what a program complains about.
const LOOK: Duration = Duration::from_millis(300);

/// A program under way.
pub(super) struct Running {
    name: String,
    child: Child,
    complaints: Arc<Mutex<VecDeque<String>>>,
    listening: Option<JoinHandle<()>>,
    timeout: Duration,
    is_over_time: Arc<AtomicBool>,
    /// Dropped when the program has ended, which calls off its watch.
    watched: Option<Sender<()>>,
}

/// Starts a program in a folder; what it prints comes from the pipe.
///
/// # Errors
/// [`CollectError::Source`] when it cannot be started.
pub(super) fn start(program: &Program, folder: &Path, more: &[String]) -> Result<(Running, ChildStdout)> {
    let name = program.run.first().cloned().unwrap_or_default();
    let failed = |message: String| CollectError::Source { path: PathBuf::from(&name), message };
    let path = if name.contains('/') { folder.join(&name) } else { PathBuf::from(&name) };
    let path = if path.is_relative() && name.contains('/') { std::path::absolute(&path).unwrap_or(path) } else { path };
    let mut command = Command::new(path);
    command.args(&program.run[1..]).args(more).current_dir(folder);
    for (variable, value) in &program.env {
        command.env(variable, value.read(folder).map_err(failed)?);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| failed(format!("cannot be started: {error}")))?;
    let (printed, complained) = (child.stdout.take(), child.stderr.take());
    let (Some(printed), Some(complained)) = (printed, complained) else {
        return Err(failed("cannot be listened to".to_owned()));
    };
    let complaints = Arc::new(Mutex::new(VecDeque::new()));
    let is_over_time = Arc::new(AtomicBool::new(false));
    let thread = |error: std::io::Error| CollectError::Stopped(error.to_string());
    let into = complaints.clone();
    let listening = std::thread::Builder::new().spawn(move || listen(complained, &into)).map_err(thread)?;
    let (watched, ended) = channel::<()>();
    let (group, timeout, over) = (child.id(), program.timeout, is_over_time.clone());
    let watch = move || {
        if ended.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            over.store(true, Ordering::SeqCst);
            kill(group);
        }
    };
    std::thread::Builder::new().spawn(watch).map_err(thread)?;
    let (listening, watched) = (Some(listening), Some(watched));
    Ok((Running { name, child, complaints, listening, timeout, is_over_time, watched }, printed))
}

impl Running {
    /// Waits for the end, after everything printed was read.
    ///
    /// # Errors
    /// [`CollectError::Source`] when the program failed or took too long: one line with the last that it said.
    pub fn finish(&mut self) -> Result<()> {
        let status = self.child.wait();
        self.watched = None;
        // Children of it that are left hold the pipe open.
        kill(self.child.id());
        if let Some(listening) = self.listening.take() {
            listening.join().ok();
        }
        let failed = |message: String| CollectError::Source { path: PathBuf::from(&self.name), message };
        if self.is_over_time.load(Ordering::SeqCst) {
            let seconds = self.timeout.as_secs_f64();
            return Err(failed(format!("was ended after {seconds} s; a longer timeout = \"…\" lets it go on")));
        }
        let status = status.map_err(|error| failed(error.to_string()))?;
        if status.success() {
            return Ok(());
        }
        let last = self.last_complaint().map(|line| format!(": {line}")).unwrap_or_default();
        Err(failed(format!("ended with {status}{last}")))
    }

    /// What it complained about last.
    fn last_complaint(&self) -> Option<String> {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).back().cloned()
    }

    /// Ends it when dropped.
    pub fn guard(&self) -> Guard {
        Guard(Some(self.child.id()))
    }

    /// Lets somebody see what it complains about.
    pub fn complaints(&self) -> Complaints {
        Complaints { name: self.name.clone(), lines: self.complaints.clone() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.watched.take().is_some() {
            kill(self.child.id());
            self.child.wait().ok();
        }
    }
}

/// Ends a program, wherever it is waited for, when nobody wants more of it.
pub(super) struct Guard(Option<u32>);

impl Guard {
    /// It has ended by itself.
    pub fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            kill(group);
        }
    }
}

/// The last lines that a program wrote to its standard error.
#[derive(Clone)]
pub(super) struct Complaints {
    name: String,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Complaints {
    /// Shows the newest line again and again until the work is done.
    pub async fn shown_during<T>(self, progress: &dyn Progress, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let mut shown = None;
        progress.stage(&format!("running {}", self.name), None);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(LOOK) => {
                    let line = self.lines.lock().unwrap_or_else(PoisonError::into_inner).back().cloned();
                    if line != shown {
                        progress.stage(&format!("{}: {}", self.name, line.as_deref().unwrap_or_default()), None);
                        shown = line;
                    }
                }
            }
        }
    }
}

fn listen(complained: ChildStderr, into: &Mutex<VecDeque<String>>) {
    let mut reader = BufReader::new(complained);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        if !line.is_empty() {
            let mut lines = into.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push_back(line);
            if lines.len() > KEPT_LINES {
                lines.pop_front();
            }
        }
    }
}

/// Ends every process of a group. The standard library can only end one process, and every shell can do this.
fn kill(group: u32) {
    let killed = Command::new("/bin/sh")
        .args(["-c", "kill -KILL \"-$0\"", &group.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if let Err(error) = killed {
        tracing::error!("the processes of group {group} cannot be ended: {error}");
    }
}
