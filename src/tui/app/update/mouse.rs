//! The mouse: what is under it is what the last draw said.

use super::filter::on_list;
use super::moving::CursorMove;
use crate::tui::app::effect::Effect;
use crate::tui::app::hits::Hit;
use crate::tui::app::layer::{ExecutionLayer, Layer};
use crate::tui::app::place::Screen;
use crate::tui::app::state::State;
use crate::tui::command::Command;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

/// Rows a turn of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn handle_mouse(state: &mut State, event: MouseEvent, effects: &mut Vec<Effect>) {
    if !state.options.mouse || state.too_small() {
        return;
    }
    match event.kind {
        MouseEventKind::ScrollDown => handle_wheel(state, WHEEL, effects),
        MouseEventKind::ScrollUp => handle_wheel(state, -WHEEL, effects),
        MouseEventKind::Down(MouseButton::Left) => {
            if let Some(hit) = state.hits.hit_at(event.column, event.row) {
                state.pending.clear();
                handle_click(state, hit, effects);
            }
        }
        MouseEventKind::Down(MouseButton::Right) => {
            state.pending.clear();
            if state.layers.is_empty() { state.go_back() } else { state.close_layer(effects) }
        }
        _ => return,
    }
    state.dirty = true;
}

fn handle_wheel(state: &mut State, by: isize, effects: &mut Vec<Effect>) {
    if !state.layers.is_empty() {
        let command = if by > 0 { Command::Down } else { Command::Up };
        let scrolls = matches!(
            state.layers.last(),
            Some(
                Layer::Help(_)
                    | Layer::Review(_)
                    | Layer::Message(_)
                    | Layer::Execution(_)
                    | Layer::Actions(_)
                    | Layer::Choice(_)
                    | Layer::Ballots(_)
                    | Layer::Palette(_)
                    | Layer::Filter(_)
                    | Layer::WhatIf(_)
            )
        );
        if scrolls {
            for _ in 0..WHEEL {
                state.run_in_layer(command, effects);
            }
        }
    } else if state.place.detail.is_some() || state.place.screen == Screen::Pulse {
        state.move_cursor(CursorMove::By(by));
    } else {
        on_list!(state, list => list.scroll_by(by));
        state.want_older(effects);
    }
}

fn handle_click(state: &mut State, hit: Hit, effects: &mut Vec<Effect>) {
    let in_layer = !state.layers.is_empty();
    match hit {
        // What lies below a layer cannot be reached, except notices.
        Hit::Toast(place) => {
            if place < state.toasts.len() {
                let toast = state.toasts.remove(place);
                if let Some(plan) = toast.plan
                    && let Some(title) = state.execution(plan).map(|e| e.title.clone())
                    && !in_layer
                {
                    state.layers.push(Layer::Execution(ExecutionLayer { plan, title, cursor: 0, offset: 0 }));
                }
            }
        }
        Hit::Run(command) => state.run_command(command, effects),
        Hit::LayerRow(place) if in_layer => click_layer_row(state, place, effects),
        Hit::Layer => {}
        _ if in_layer => {}
        Hit::Screen(screen) => state.go_to(screen),
        Hit::List(list) => state.show_list(list),
        Hit::Crumb(steps) => (0..steps).for_each(|_| state.go_back()),
        Hit::Row(place) => {
            let again = click_row(state, place);
            if again {
                state.open_selected(effects);
            }
        }
        Hit::Heading(column) => state.sort_by(column),
        Hit::Tab(place) => {
            if let Some(detail) = &mut state.place.detail
                && place < detail.subject.tabs().len()
            {
                detail.tab = place;
                detail.scroll = 0;
                detail.cursor = 0;
            }
        }
        Hit::Item(place) => {
            let items = state.items_of_detail();
            if let Some(detail) = &mut state.place.detail
                && place < items
            {
                let again = detail.cursor == place;
                detail.cursor = place;
                if again {
                    state.open_selected(effects);
                }
            }
        }
        Hit::LayerRow(_) | Hit::Scroll => {}
    }
}

/// Selects a row; whether it was selected before.
fn click_row(state: &mut State, place: usize) -> bool {
    if state.place.screen == Screen::Pulse {
        let again = state.pulse.cursor == place;
        state.pulse.select_row(place);
        return again;
    }
    on_list!(state, list => {
        let again = list.cursor == place && !list.rows.is_empty();
        list.select_row(place);
        again
    }, false)
}

fn click_layer_row(state: &mut State, place: usize, effects: &mut Vec<Effect>) {
    if matches!(state.layers.last(), Some(Layer::Form(_))) {
        state.select_field(place);
        return;
    }
    let again = state.select_in_layer(place, effects);
    match state.layers.last() {
        Some(Layer::Ballots(_)) => state.run_in_layer(Command::BallotToggle, effects),
        Some(Layer::Choice(layer))
            if matches!(layer.kind, crate::tui::app::layer::ChoiceKind::Columns(_)) =>
        {
            state.run_in_layer(Command::ChoiceToggle, effects);
        }
        Some(Layer::Execution(_)) => {}
        _ if again => state.run_in_layer(Command::Confirm, effects),
        _ => {}
    }
}
