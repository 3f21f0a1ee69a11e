//! Drawing parts that know numbers, strings and theme roles, not neurons.
//!
//! Everything draws through a `Pen`: it clips, it knows the theme, and it never lets a
//! control character reach the screen. A part that only rearranges text gives `Spans` back,
//! so that callers can scroll, cache and mix it.

pub mod ascii;
pub mod chart;
pub mod gauge;
pub mod input;
pub mod keys;
pub mod layer;
pub mod markdown;
pub mod notice;
pub mod pen;
pub mod qr;
pub mod scroll;
pub mod spark;
pub mod strip;
pub mod table;
pub mod tally;
pub mod text;
pub mod throbber;
pub mod timeline;
pub mod toast;
pub mod tree;

pub use pen::Pen;
pub use text::{Span, Spans, span};
