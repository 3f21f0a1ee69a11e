//! Keys: into a line of text, or through the keymap to a command.

use super::filter;
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{Layer, Level};
use crate::tui::app::state::State;
use crate::tui::command::{Chord, Command, Lookup, PLACES, Scope};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use icpulse_model::text::Line;
use tui_input::{Input, InputRequest};

/// Longest line of text typed or pasted, in characters.
const LONGEST: usize = 1_000;

/// A key was pressed.
pub(super) fn handle_key(state: &mut State, event: KeyEvent, effects: &mut Vec<Effect>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    let chord = Chord::from(event);
    state.dirty = true;
    if state.too_small() {
        // Nothing can be seen, so nothing may be done but leaving.
        if state.keymap.look_up_keys(&[Scope::Global], &[chord]) == Lookup::Run(Command::Quit) {
            state.run_command(Command::Quit, effects);
        }
        return;
    }
    if state.pending.is_empty() && handle_chord(state, chord, effects) {
        return;
    }
    if chord.code == KeyCode::Esc && !state.pending.is_empty() {
        state.pending.clear();
        return;
    }
    state.pending.push(chord);
    let scopes = state.scopes();
    match state.keymap.look_up_keys(scopes, &state.pending) {
        Lookup::Run(command) => {
            state.pending.clear();
            state.run_command(command, effects);
        }
        Lookup::Prefix => {}
        Lookup::Nothing => {
            let began = state.pending.len() > 1;
            state.pending.clear();
            // After an unfinished sequence the key counts on its own.
            match state.keymap.look_up_keys(scopes, &[chord]) {
                Lookup::Run(command) if began => state.run_command(command, effects),
                _ if state.layers.is_empty() => explain_key(state, chord),
                _ => {}
            }
        }
    }
}

/// Says of a key without a command here where it has one.
fn explain_key(state: &mut State, chord: Chord) {
    let elsewhere =
        PLACES.iter().filter(|place| !place.contains(&Scope::Layer)).find_map(|place| {
            match state.keymap.look_up_keys(place, &[chord]) {
                Lookup::Run(command) => Some(command),
                _ => None,
            }
        });
    let text = match elsewhere {
        Some(command) => {
            let refusal = state.command_refusal(command).unwrap_or_default();
            format!("{chord} ({}): {refusal}", command.spec().title)
        }
        None => {
            let help = state.keymap.keys_for(Command::Help).into_iter().next().unwrap_or_default();
            format!("{chord}: no command has this key; {help} shows the keys")
        }
    };
    state.show_toast(Level::Info, text);
}

/// Whether the key went into a line of text.
fn handle_chord(state: &mut State, chord: Chord, effects: &mut Vec<Effect>) -> bool {
    // No argument has a question mark, and where there are presets the arrows choose among them.
    let arrow = matches!(chord.code, KeyCode::Left | KeyCode::Right) && chord.modifiers.is_empty();
    if matches!(state.layers.last(), Some(Layer::Form(_)))
        && (chord.typed_char() == Some('?') || arrow && state.has_presets())
    {
        return false;
    }
    let Some(layer) = state.layers.last_mut() else { return false };
    if !layer.takes_text() {
        return false;
    }
    if let Layer::Unlock(unlock) = layer {
        let control_u = chord.modifiers == KeyModifiers::CONTROL && chord.code == KeyCode::Char('u');
        match chord.typed_char() {
            _ if unlock.busy => return chord.typed_char().is_some(),
            Some(c) => unlock.passphrase.push(c),
            None if chord.code == KeyCode::Backspace => unlock.passphrase.pop(),
            None if control_u => unlock.passphrase.clear(),
            None => return false,
        }
        return true;
    }
    let Some(request) = edit_request(chord) else { return false };
    if let Layer::Form(form) = layer {
        form.begin_edit(matches!(request, InputRequest::InsertChar(_)));
    }
    let Some(input) = layer.input() else { return false };
    // On an empty line, keys that edit nothing are free for commands.
    if input.value().is_empty() && chord.code == KeyCode::Backspace {
        return true;
    }
    if matches!(request, InputRequest::InsertChar(_)) && input.value().chars().count() >= LONGEST {
        return true;
    }
    if input.handle(request).is_some_and(|changed| changed.value) {
        input_edited(state, effects);
    }
    true
}

/// Text was pasted: into the line of text that has the keyboard, if there is one.
pub(super) fn handle_paste(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    let Some(layer) = state.layers.last_mut() else { return };
    state.dirty = true;
    if let Layer::Unlock(unlock) = layer {
        if !unlock.busy {
            text.trim_end_matches(['\r', '\n']).chars().for_each(|c| unlock.passphrase.push(c));
        }
        return;
    }
    if !layer.takes_text() {
        return;
    }
    if let Layer::Form(form) = layer {
        form.begin_edit(true);
    }
    let Some(input) = layer.input() else { return };
    // A pasted text is as foreign as one from the network.
    let clean = Line::new(text);
    for c in clean.as_str().chars().take(LONGEST.saturating_sub(input.value().chars().count())) {
        input.handle(InputRequest::InsertChar(c));
    }
    input_edited(state, effects);
}

/// The line of text of the topmost layer has changed.
pub(super) fn input_edited(state: &mut State, effects: &mut Vec<Effect>) {
    let _ = effects;
    match state.layers.last() {
        Some(Layer::Filter(_)) => filter::filter_typed(state),
        Some(Layer::Ballots(_)) => {
            if let Some(Layer::Ballots(layer)) = state.layers.last_mut() {
                layer.narrow();
            }
        }
        Some(Layer::Palette(_)) => state.match_palette(),
        Some(Layer::Search(_)) => state.search_typed(),
        Some(Layer::Choice(_)) => state.narrow_choice(),
        Some(Layer::Form(_)) => state.update_form(),
        Some(Layer::WhatIf(_)) => state.narrow_what_if(),
        Some(Layer::Travel(_)) => {
            if let Some(Layer::Travel(travel)) = state.layers.last_mut() {
                travel.error = None;
            }
        }
        Some(Layer::Jump(_)) => {
            if let Some(Layer::Jump(jump)) = state.layers.last_mut() {
                jump.error = None;
            }
        }
        Some(Layer::Review(_)) => {
            if let Some(Layer::Review(review)) = state.layers.last_mut() {
                review.note = None;
            }
        }
        _ => {}
    }
}

/// What a key does in a line of text.
fn edit_request(chord: Chord) -> Option<InputRequest> {
    let control = chord.modifiers == KeyModifiers::CONTROL;
    let alt = chord.modifiers == KeyModifiers::ALT;
    Some(match chord.code {
        KeyCode::Char(c) if chord.modifiers.is_empty() && !c.is_control() => InputRequest::InsertChar(c),
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('b') if alt => InputRequest::GoToPrevWord,
        KeyCode::Char('f') if alt => InputRequest::GoToNextWord,
        KeyCode::Char('d') if alt => InputRequest::DeleteNextWord,
        KeyCode::Backspace if alt || control => InputRequest::DeletePrevWord,
        _ if !chord.modifiers.is_empty() => return None,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// A line of text with its cursor at the end.
pub(super) fn single_line_input(text: &str) -> Input {
    Input::new(text.to_owned())
}
