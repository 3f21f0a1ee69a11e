//! What tests of this room share.
#![allow(clippy::unwrap_used)]

use crate::command::Chord;
use crossterm::event::KeyEvent;

/// The event of a key as configuration files write it.
pub(crate) fn key(text: &str) -> KeyEvent {
    text.parse::<Chord>().unwrap().into()
}
