//! The same work for many numbers on all processors. The one rule: answers come in the order of the numbers, so that no sum depends on
//! how many processors there are.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

/// So many numbers are taken at a time.
const CHUNK: usize = 8;

/// What `work` makes of each number from 0 to `count`.
pub(super) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done: Vec<(usize, Vec<T>)> = Vec::new();
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            if start >= count {
                return done;
            }
            done.push((start, (start..count.min(start + CHUNK)).map(&work).collect()));
        }
    };
    let mut parts: Vec<(usize, Vec<T>)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        running.into_iter().flat_map(|it| it.join().unwrap_or_else(|panic| panic::resume_unwind(panic))).collect()
    });
    parts.sort_by_key(|(start, _)| *start);
    parts.into_iter().flat_map(|(_, part)| part).collect()
}
