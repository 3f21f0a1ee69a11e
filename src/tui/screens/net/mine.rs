//! The user's own provider above the list of its nodes.

use super::super::pieces::Ink;
use super::super::{Cx, format};
use crate::datasets::detail::{Detail, Line, Piece};
use crate::datasets::network::find_list;
use crate::tui::app::state::Subject;
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::notice;
use icpulse_model::Principal;
use icpulse_model::value::Tone;
use ratatui::layout::Rect;

/// Where the values of figures begin.
const VALUES: usize = 12;

/// Draws what the provider comes to; gives the room that is left for its nodes, or nothing where
/// no provider is chosen.
pub(super) fn head(cx: &mut Cx<'_, '_, '_>, area: Rect) -> Option<Rect> {
    let state = cx.state;
    let Some(provider) = state.net.mine.provider else {
        cx.hits.list_height = usize::from(area.height.saturating_sub(1));
        let choose =
            format!("{} chooses which node provider you are", format::key_text(state, Command::MyProvider));
        let lines = [choose.as_str(), "or `provider = \"…\"` in the configuration says it"];
        notice::draw(cx.pen, area, "No node provider selected", Role::Text, &lines);
        return None;
    };
    let (subject, cells) = (Subject::Provider(provider), state.cell_context());
    let mut brief = Detail::default();
    if let Some(list) = find_list(&subject) {
        (list.brief)(&subject, &cells, &mut brief);
    }
    let nodes: Vec<Principal> = state.topology().nodes_of(&provider).map(|(n, _)| *n).collect();
    let naming: Vec<String> =
        state.proposals_naming(&nodes).into_iter().take(8).map(|id| id.to_string()).collect();
    if !naming.is_empty() {
        let text = format!("{} name its nodes", naming.join(", "));
        brief.lines.push(Line::Fact("proposals".to_owned(), vec![Piece::Text(text, Tone::Warn)]));
    }
    let width = area.width.saturating_sub(3);
    let lines = Ink::new(state, width).lines(&brief, width, VALUES);
    let rows = u16::try_from(lines.len()).unwrap_or(0).min(area.height.saturating_sub(6));
    for (line, y) in lines.iter().take(usize::from(rows)).zip(area.top()..) {
        cx.pen.write_spans(area.x + 2, y, width, line);
    }
    Some(Rect::new(area.x, area.y + rows + 1, area.width, area.height.saturating_sub(rows + 1)))
}
