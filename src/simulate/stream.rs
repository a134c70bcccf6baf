//! Random streams, each named by what it is for, and the distributions drawn from them.
//!
//! One rule: a stream is the ChaCha8 key stream of the seed at the nonce (purpose, owner, index). Distinct names can
//! never share numbers, and no stream's length matters to another.

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

/// What a stream decides. The numbers are part of every simulated history: never renumber, only add.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Purpose {
    Team = 1,
    Person = 2,
    Roster = 3,
    Adoption = 4,
    /// Five to seven, like the next three: one for each [`Origin`].
    Opening = 5,
    PullRequest = 8,
    Review = 11,
    Build = 14,
    Slot = 17,
    Outage = 18,
    Ticket = 19,
    TicketDetail = 20,
    ExtraTicket = 21,
    QuestionFirst = 22,
    Question = 23,
    ToolHabit = 24,
    ToolUse = 25,
    Check = 26,
}

/// All streams of one seed.
#[derive(Clone, Debug)]
pub struct Streams([u8; 32]);

impl Streams {
    pub fn new(seed: &str) -> Streams {
        Streams(*blake3::hash(seed.as_bytes()).as_bytes())
    }

    /// The stream of that name. Owners count people, stints, repositories or services and stay below 2^24.
    pub fn at(&self, purpose: Purpose, owner: u32, index: u32) -> Dice {
        self.named(purpose as u8, owner, index)
    }

    /// A further stream about the pull request `key`, such as its reviews.
    pub fn about(&self, purpose: Purpose, key: Key) -> Dice {
        self.named(purpose as u8 + key.origin as u8, key.owner, key.index)
    }

    fn named(&self, purpose: u8, owner: u32, index: u32) -> Dice {
        debug_assert!(owner < 1 << 24, "owner {owner} does not fit the stream's name");
        let mut generator = ChaCha8Rng::from_seed(self.0);
        generator.set_stream(u64::from(purpose) << 56 | u64::from(owner & 0x00FF_FFFF) << 32 | u64::from(index));
        Dice(generator)
    }
}

/// Who opened a pull request; it offsets the purposes that concern one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Origin {
    Member = 0,
    Guest = 1,
    Bot = 2,
}

/// The name of one pull request's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub origin: Origin,
    pub owner: u32,
    pub index: u32,
}

/// One random stream.
#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Uniform on [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Uniform on 0 to `count` − 1; 0 where there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.uniform() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Standard normal (Box & Muller 1958). Always takes two uniforms, so that what follows keeps its place.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Log-normal with that median and standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, log_sd: f64) -> f64 {
        median * (log_sd * self.normal()).exp()
    }

    /// Exponential with that mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// Poisson by Knuth's product (1969): exact, and quick for the small means used here. At most 255, because a week's
    /// items are numbered in one byte.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let floor = (-mean).exp();
        let mut product = self.uniform();
        let mut count = 0;
        while product > floor && count < 255 {
            product *= self.uniform();
            count += 1;
        }
        count
    }

    /// Index drawn by weight.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut rest = self.uniform() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }
}
