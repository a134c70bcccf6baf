//! Flags as tools ask for them: OpenFeature's providers of others' making, and the protocol's rules where no provider looks.

mod clients;
pub mod organisation;
mod protocol;
