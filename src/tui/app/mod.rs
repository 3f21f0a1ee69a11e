//! State, message, update (pure), effect, runtime (the only loop).
//!
//! ```text
//! key, mouse, Change ─> Message ─> update(&mut State) ─> Effects ─> Services
//!                                       │                              │
//!                                       └─> dirty ─> draw      Messages┘
//! ```
//!
//! `update` touches no clock, disk, network or terminal: the runtime gives it the time with
//! each message and carries out its effects. `view` draws a [`State`] and answers with the
//! [`Hits`], so that the mouse means what is seen.

pub mod answers;
pub mod effect;
pub mod form;
pub mod hint;
pub mod hits;
mod index;
pub mod input;
pub mod job_control;
pub mod layer;
pub mod list;
pub mod message;
pub mod net;
mod order;
mod painter;
pub mod passphrase;
pub mod place;
pub mod pulse;
pub mod runtime;
pub mod signals;
pub mod since;
pub mod state;
pub mod target;
pub mod terminal;
#[cfg(test)]
pub(crate) mod testing;
pub mod toast;
mod update;
mod views;

pub use effect::Effect;
pub use hint::KeyHint;
pub use hits::{Hit, Hits};
pub use layer::{Layer, Level};
pub use message::Message;
pub use passphrase::Passphrase;
pub use place::{Detail, Place, Screen, Subject, Tab};
pub use state::State;
pub use update::update;
