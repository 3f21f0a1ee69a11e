//! The same from a second client, written by others in another language.
