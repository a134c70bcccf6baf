//! Time and chance, injected: nothing else in the program asks the clock or the operating system's random source.

use chrono::{DateTime, Utc};

/// What time it is and how secrets are drawn.
#[derive(Clone, Debug, Default)]
pub struct Ambient {
    fixed_now: Option<DateTime<Utc>>,
    seed: Option<String>,
}

impl Ambient {
    /// `PACELINE_NOW` (RFC 3339) stops the clock and `PACELINE_SEED` (any text) fixes the secrets, so that a run can be
    /// repeated byte for byte.
    ///
    /// # Errors
    /// A sentence when `PACELINE_NOW` is not a time.
    pub fn from_environment() -> Result<Ambient, String> {
        let fixed_now = match std::env::var("PACELINE_NOW") {
            Err(_) => None,
            Ok(text) => {
                let parsed = DateTime::parse_from_rfc3339(&text);
                let parsed = parsed.map_err(|error| {
                    format!("PACELINE_NOW is {text:?}, not a time such as 2026-01-31T12:00:00Z: {error}")
                })?;
                Some(parsed.to_utc())
            }
        };
        Ok(Ambient { fixed_now, seed: std::env::var("PACELINE_SEED").ok() })
    }

    /// An ambient that never changes, for tests and benchmarks.
    pub fn fixed(now: DateTime<Utc>, seed: &str) -> Ambient {
        Ambient { fixed_now: Some(now), seed: Some(seed.to_owned()) }
    }

    /// The current time.
    #[expect(clippy::disallowed_methods, reason = "the one place that may read the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        self.fixed_now.unwrap_or_else(Utc::now)
    }

    /// 256 bits nobody can guess, or the same bits for the same seed.
    #[expect(clippy::disallowed_methods, reason = "the one place that may draw unseeded secrets")]
    pub fn secret(&self) -> [u8; 32] {
        match &self.seed {
            Some(seed) => *blake3::hash(seed.as_bytes()).as_bytes(),
            None => rand::random(),
        }
    }
}
