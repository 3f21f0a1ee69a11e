//! icpulse: the Internet Computer's governance, tokens and subnets in a terminal.
//!
//! One line a room; the arrows between them are in `ARCHITECTURE.md` and are
//! checked by `tests/borders.rs`.

// The vocabulary: amounts, accounts, neurons, proposals, evidence. Pure.
pub mod model;

// All that changes the network: plan, checks, review, sign, submit, outcome, journal.
pub mod action;
// Rules over the model: what is wrong, who is told, and how messages reach them.
pub mod alert;
// State, message, update (pure), effect, runtime (the only loop).
pub mod app;
// The only room that knows sled: tables, codecs, schema version, history rings.
pub mod cache;
// The composition root, and the same model and actions without a screen: text, JSON, CSV.
pub mod cli;
// One static table of commands: keymap, palette, help, footer and docs are made from it.
pub mod command;
// File, environment, flags, paths, keymap.
pub mod config;
// An embedded network that speaks the public protocol with real certificates.
#[cfg(feature = "demo")]
pub mod demo;
// The model as Prometheus metrics, served over HTTP.
pub mod export;
// The program's own files: regular ones only, written whole, for their owner only.
pub mod files;
// The only room that talks to the Internet Computer.
pub mod ic;
// What was confirmed, signed and learnt: one authenticated document an action.
pub mod journal;
// What to read when: plan, jobs, progress.
pub mod sync;
// Roles, palettes, loading, colour depth.
pub mod theme;
// One file a screen, a pure function of state.
pub mod view;
// The only room that sees a secret: identities, keystore, lock.
pub mod wallet;
// Drawing parts that know numbers, strings and theme roles, not neurons.
pub mod widget;
