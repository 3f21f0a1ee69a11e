//! Lines to type: a moment of the registry, a node's name.

use super::super::Cx;
use crate::tui::app::state::layer::{AliasLayer, NameTarget, TravelLayer};
use crate::tui::app::state::net::short_id;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use icpulse_model::names::Nameable;
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &TravelLayer, top: bool) {
    let inside = super::draw_frame(cx, area, "Time travel", 62, 4, top);
    let what = "The network as of a registry version or a date (UTC).";
    cx.pen.write_fitted(inside.x, inside.y, inside.width, what, Role::Dim, Align::Left);
    if inside.height < 3 {
        return;
    }
    let y = inside.y + 2;
    let x = cx.pen.write(inside.x, y, 4, "to  ", Role::LayerLabel);
    let place = Rect::new(x, y, inside.right().saturating_sub(x), 1);
    super::draw_input(cx, place, &layer.input, "53,100   2026-11-01   2026-11-01 14:30   now", None, top);
    if let Some(error) = &layer.error {
        cx.pen.write_fitted(inside.x, y + 1, inside.width, error.as_str(), Role::Warn, Align::Left);
    }
}

pub(super) fn draw_alias(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &AliasLayer, top: bool) {
    let title = match &layer.target {
        NameTarget::Node(node) => format!("Name node {}", short_id(node)),
        NameTarget::Other(Nameable::Neuron(id)) => format!("Name neuron {id}"),
        NameTarget::Other(Nameable::Account(_)) => "Name account".to_owned(),
        NameTarget::Filter(_) => "Name filter".to_owned(),
    };
    let inside = super::draw_frame(cx, area, &title, 70, 4, top);
    let record = |node| cx.state.world.topology.nodes.get(node);
    let what = match &layer.target {
        NameTarget::Node(node) => match record(node).and_then(|r| r.address.as_ref()) {
            Some(address) => format!("The name follows the address {address}."),
            None => "The registry has no address for this node; the name belongs to this id.".to_owned(),
        },
        NameTarget::Other(Nameable::Neuron(_)) => "On this network, on this machine only.".to_owned(),
        NameTarget::Other(Nameable::Account(id)) => id.hex(),
        NameTarget::Filter(text) => text.clone(),
    };
    cx.pen.write_fitted(inside.x, inside.y, inside.width, &what, Role::Dim, Align::Left);
    if inside.height < 3 {
        return;
    }
    let y = inside.y + 2;
    let x = cx.pen.write(inside.x, y, 6, "name  ", Role::LayerLabel);
    let place = Rect::new(x, y, inside.right().saturating_sub(x), 1);
    let example = match &layer.target {
        NameTarget::Node(_) => "such as rack-07/a; empty removes the name",
        NameTarget::Other(_) | NameTarget::Filter(_) => "empty removes the name",
    };
    super::draw_input(cx, place, &layer.input, example, None, top);
}
