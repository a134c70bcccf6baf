//! Reading one chunk while the one before is written.

use super::reader::{Chunk, Reader};
use crate::collect::{CollectError, Result};

/// Chunks that are read while the one before is written, and not earlier. All are read by one thread: the memory that it
/// gives back is what it takes the next time.
pub(super) struct Ahead {
    wanted: std::sync::mpsc::Sender<()>,
    read: tokio::sync::mpsc::Receiver<Result<Option<Chunk>>>,
}

impl Ahead {
    pub fn start(mut reader: Reader) -> Result<Ahead> {
        let ((wanted, wishes), (give, read)) = (std::sync::mpsc::channel(), tokio::sync::mpsc::channel(1));
        let work = move || {
            while let Ok(()) = wishes.recv() {
                if give.blocking_send(reader.read()).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("files".to_owned()).spawn(work);
        thread.map_err(|error| CollectError::Stopped(error.to_string()))?;
        let ahead = Ahead { wanted, read };
        ahead.want();
        Ok(ahead)
    }

    /// The next chunk; the one after it is begun.
    pub async fn next(&mut self) -> Result<Option<Chunk>> {
        let chunk = self.read.recv().await;
        self.want();
        chunk.unwrap_or_else(|| Err(CollectError::Stopped("it read no more".to_owned())))
    }

    fn want(&self) {
        // A thread that is gone has nothing to give, which is seen where it is waited for.
        self.wanted.send(()).ok();
    }
}
