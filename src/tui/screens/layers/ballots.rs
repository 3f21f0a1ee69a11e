//! Chooses the neurons to vote with.

use super::super::{Cx, format};
use crate::tui::app::state::layer::BallotsLayer;
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::{Spans, span};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &BallotsLayer, top: bool) {
    const HEAD: u16 = 3;
    let len = u16::try_from(layer.rows.len()).unwrap_or(u16::MAX);
    let h = len.saturating_add(HEAD + 2).min(area.height.saturating_sub(3));
    let inside = super::frame_with(cx, area, "Vote", (76, h), top, |c| match c {
        Command::Confirm => false,
        Command::Search | Command::SortNext => layer.rows.len() > 7 && !layer.searching,
        _ => true,
    });
    let title: Spans = match layer.proposals.as_slice() {
        [one] => {
            let title = cx.state.proposal(*one).map(|p| p.title.as_str().to_owned()).unwrap_or_default();
            vec![span(format!("{one}  "), Role::Id), span(title, Role::Text)]
        }
        many => {
            let ids: Vec<String> = many.iter().map(ToString::to_string).collect();
            vec![
                span(format::count_noun(many.len(), "proposal", "proposals"), Role::Strong),
                span(format!("  {}", ids.join(", ")), Role::Id),
            ]
        }
    };
    cx.pen.write_spans(inside.x, inside.y, inside.width, &title);
    cx.pen.write(
        inside.x,
        inside.y + 1,
        inside.width,
        "Choose the neurons, then vote yes or no; a review follows.",
        Role::Dim,
    );
    if layer.searching || !layer.input.value().is_empty() {
        let y = inside.y + 1;
        cx.pen.write(inside.x, y, inside.width, &" ".repeat(usize::from(inside.width)), Role::Text);
        let x = cx.pen.write(inside.x, y, 2, "/ ", Role::Key);
        let place = Rect::new(x, y, inside.right().saturating_sub(x), 1);
        super::draw_input(cx, place, &layer.input, "id or name", None, top && layer.searching);
    }
    if inside.height < HEAD + 3 {
        return;
    }
    let list = Rect::new(inside.x, inside.y + HEAD, inside.width, inside.height - HEAD - 2);
    let several = layer.proposals.len() > 1;
    super::draw_rows(cx, list, (layer.cursor, layer.offset, layer.shown.len()), top, |cx, index, row| {
        let Some(ballot) = layer.shown.get(index).and_then(|place| layer.rows.get(*place)) else { return };
        let (mark, role) = if ballot.on { ("[x] ", Role::Good) } else { ("[ ] ", Role::Dim) };
        let x = cx.pen.write(row.x, row.y, 4, mark, role);
        let mut who: Spans = vec![span(format!("{:>20}", ballot.neuron.to_string()), Role::Id)];
        if !ballot.name.is_empty() {
            who.push(span(format!("  {}", ballot.name), Role::Known));
        }
        if several {
            who.push(span(
                format!("  on {} of {}", ballot.proposals.len(), layer.proposals.len()),
                Role::Dim,
            ));
        }
        let power = format!("{} V", ballot.voting_power.rounded());
        let power_w = 18;
        cx.pen.write_spans(x, row.y, row.right().saturating_sub(x + power_w), &who);
        cx.pen.write_fitted(
            row.right().saturating_sub(power_w),
            row.y,
            power_w,
            &power,
            Role::Power,
            Align::Right,
        );
    });
    let on = layer.rows.iter().filter(|r| r.on).count();
    let y = inside.bottom() - 1;
    let mut sum = format!("{} of {}", on, format::count_noun(layer.rows.len(), "neuron", "neurons"));
    if layer.shown.len() < layer.rows.len() {
        sum.push_str(&format!(", {} shown", layer.shown.len()));
    }
    if layer.rows.len() > 3 {
        sum.push_str(&format!(", by {}", layer.sort.title()));
    }
    cx.pen.write(inside.x, y, inside.width, &sum, if on == 0 { Role::Warn } else { Role::Text });
    let power = format!("{} V", layer.chosen_power().rounded());
    cx.pen.write_fitted(
        inside.x + inside.width / 2,
        y,
        inside.width - inside.width / 2,
        &power,
        Role::Strong,
        Align::Right,
    );
}
