//! Reading bodies, as long as there is memory for them.

use super::refusal::Refusal;
use super::{BODY_BYTES, READING};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body that was read whole.
pub(super) struct Whole {
    pub bytes: Vec<u8>,
    /// Its room, given back when the request is answered; nothing for an empty one.
    _room: Option<OwnedSemaphorePermit>,
}

/// The bytes of a body. Room is taken as they arrive and not as they are announced, so that nobody keeps others out by
/// promising much.
pub(super) async fn read(room: &Arc<Semaphore>, headers: &HeaderMap, mut body: Body) -> Result<Whole, Refusal> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes >= BODY_BYTES) {
        return Err(Refusal::TooLarge);
    }
    let read = async {
        let (mut bytes, mut taken) = (Vec::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let Ok(chunk) = frame.map_err(|_| Refusal::BrokenOff)?.into_data() else { continue };
            if bytes.len() + chunk.len() >= BODY_BYTES {
                return Err(Refusal::TooLarge);
            }
            let needed = u32::try_from(chunk.len()).map_err(|_| Refusal::TooLarge)?;
            let more = room.clone().try_acquire_many_owned(needed).map_err(|_| Refusal::Busy)?;
            // One permit however many chunks there are: a chunk may be a single byte, which is less than its permit takes.
            match &mut taken {
                Some(taken) => taken.merge(more),
                None => taken = Some(more),
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Whole { bytes, _room: taken })
    };
    tokio::time::timeout(READING, read).await.unwrap_or(Err(Refusal::Slow))
}
