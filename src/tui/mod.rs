//! The terminal: state and update ([`app`]), the commands that keys and palette run
//! ([`command`]), one file a screen ([`screens`]), what they are drawn with ([`widgets`]) and in
//! which colours ([`theme`]).

pub mod app;
pub mod command;
pub mod screens;
pub mod theme;
pub mod widgets;
