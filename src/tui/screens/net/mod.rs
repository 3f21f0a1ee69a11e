//! The network's lists; `detail` draws one of them.

mod detail;
mod mine;

pub(super) use detail::draw as detail;

use super::condition::{self, Empty};
use super::{Cx, cell, format, table};
use crate::datasets::network::Footer;
use crate::tui::app::state::net::{Difference, NetList, PastTopology};
use crate::tui::app::state::{Hit, State};
use crate::tui::command::Command;
use crate::tui::theme::{ColorDepth, Role};
use crate::tui::widgets::chart::{self, Bar};
use crate::tui::widgets::table::Content;
use crate::tui::widgets::text::text_width;
use crate::tui::widgets::{Spans, notice, span};
use icpulse_model::amount::group;
use icpulse_model::evidence::Proof;
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::registry::PointInTime;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Draws the list that is shown, with the names of all lists above it.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    lists(cx, Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), 1));
    let mut top = area.y + 1;
    if let Some(then) = &state.net.then {
        top += banner(cx, Rect::new(area.x, top, area.width, 2), then);
    }
    let rest = Rect::new(area.x, top, area.width, area.bottom().saturating_sub(top + 1));
    let foot = Rect::new(area.x + 2, area.bottom() - 1, area.width.saturating_sub(3), 1);
    if state.topology().is_empty() {
        cx.hits.list_height = usize::from(rest.height.saturating_sub(1));
        condition::draw_empty(cx, rest, condition::empty_reason(state, false, 0), "subnets and nodes");
        return;
    }
    cx.pen.write_spans(foot.x, foot.y, foot.width, &sources(state, cx.pen.ascii()));
    let shown = state.net.shown.list();
    let rest = if shown.footer == Footer::Registry {
        continents(cx, rest)
    } else if shown.is_mine {
        let Some(rest) = mine::head(cx, rest) else { return };
        rest
    } else {
        rest
    };
    let list = state.net.list();
    if list.rows.is_empty() {
        cx.hits.list_height = usize::from(rest.height.saturating_sub(1));
        let empty = condition::empty_reason(state, true, list.total);
        match shown.empty.filter(|_| empty == Empty::Nothing) {
            Some([title, words]) => notice::draw(cx.pen, rest, title, Role::Text, &[words]),
            None => condition::draw_empty(cx, rest, empty, shown.dataset.info.many),
        }
        if empty != Empty::Filtered {
            return;
        }
    }
    let cells = state.cell_context();
    table::draw_list(cx, rest, list, shown.dataset, &cells, Some, |_| Content::Nothing);
}

/// The names of all lists, with how long they are where there is room.
fn lists(cx: &mut Cx<'_, '_, '_>, row: Rect) {
    let state = cx.state;
    let plain = cx.pen.ascii() || cx.pen.theme().depth() == ColorDepth::None;
    let room = usize::from(row.width);
    let title_of = |list: NetList| {
        let title = list.dataset().info.title;
        if state.net.shown == list && plain { format!("[{title}]") } else { title.to_owned() }
    };
    let count_of = |list: NetList| match state.net.one(list).total {
        0 => String::new(),
        count => format!(" {}", format::grouped_number(count)),
    };
    let counted: Vec<_> = NetList::all().map(|list| (list, title_of(list), count_of(list))).collect();
    let bare: Vec<_> = NetList::all().map(|list| (list, title_of(list), String::new())).collect();
    let cells = |tabs: &[(NetList, String, String)], gap: usize| -> usize {
        tabs.iter()
            .map(|(_, title, count)| text_width(title) + text_width(count) + gap)
            .sum::<usize>()
            .saturating_sub(gap)
    };
    let (tabs, gap) = [(&counted, 3), (&counted, 2), (&bare, 2)]
        .into_iter()
        .find(|(tabs, gap)| cells(tabs, *gap) <= room)
        .unwrap_or((&bare, 1));
    // The one that is shown is always in sight.
    let shown = tabs.iter().position(|(list, ..)| *list == state.net.shown).unwrap_or_default();
    let first = (0..shown)
        .find(|first| tabs.get(*first..=shown).is_some_and(|part| cells(part, gap) <= room))
        .unwrap_or(shown);
    let mut x = row.x;
    for (list, title, count) in tabs.iter().skip(first) {
        let start = x;
        let role = if state.net.shown == *list { Role::Accent } else { Role::Dim };
        x = cx.pen.write(x, row.y, row.right().saturating_sub(x), title, role);
        x = cx.pen.write(x, row.y, row.right().saturating_sub(x), count, Role::Dim);
        cx.hits.add_area(Rect::new(start, row.y, x - start, 1), Hit::List(*list));
        x = x.saturating_add(u16::try_from(gap).unwrap_or(1));
    }
}

/// Says that what is shown is past, and what is different now; gives how many lines it took.
fn banner(cx: &mut Cx<'_, '_, '_>, area: Rect, then: &PastTopology) -> u16 {
    let state = cx.state;
    let asked = match then.moment {
        PointInTime::Version(_) => String::new(),
        PointInTime::At(at) => format!(" as of {}", at.date_minute()),
    };
    let made = then.topology.at.map(|at| format!(", made {} UTC", at.date_minute())).unwrap_or_default();
    let version = group(&then.topology.version.to_string());
    let text = format!(" THE PAST: version {version}{asked}{made} ");
    let x = cx.pen.write(area.x + 1, area.y, area.width.saturating_sub(2), &text, Role::Danger);
    let back = format!("  {} returns to now", format::key_text(state, Command::Back));
    cx.pen.write(x, area.y, area.right().saturating_sub(x + 1), &back, Role::Dim);
    let mut line = vec![span("since then  ", Role::Dim)];
    if then.changes.is_empty() {
        line.push(span("nothing has changed", Role::Text));
    }
    for (index, Difference { what, gone, new, changed }) in then.changes.iter().enumerate() {
        if index > 0 {
            line.push(span(" · ", Role::Dim));
        }
        line.push(span(format!("{what} "), Role::Text));
        if *changed > 0 {
            line.push(span(format::grouped_number(*changed), Role::Strong));
        }
        if *gone > 0 {
            line.push(span(format!("−{}", format::grouped_number(*gone)), Role::Strong));
        }
        if *new > 0 {
            let gap = if *gone > 0 { " " } else { "" };
            line.push(span(format!("{gap}+{}", format::grouped_number(*new)), Role::Strong));
        }
    }
    cx.pen.write_spans(area.x + 2, area.y + 1, area.width.saturating_sub(3), &line);
    2
}

/// Where what is shown comes from.
fn sources(state: &State, ascii: bool) -> Spans {
    let topology = state.topology();
    let shown = state.net.shown.list();
    if shown.footer == Footer::Strips && state.size.0 < 110 && state.net.then.is_none() {
        // Below this width there are no strips to explain.
        if state.size.0 < 98 {
            return explain_mark(state, true).into_iter().skip(1).collect();
        }
        let mut line = cell::legend_spans(ascii);
        line.extend(explain_mark(state, true));
        return line;
    }
    let narrow = state.size.0 < 110;
    let dot = || span(" · ", Role::Dim);
    let mut line = vec![span(format!("registry {}", group(&topology.version.to_string())), Role::Dim)];
    if let Some(evidence) = &topology.evidence {
        line.extend([span(" ", Role::Dim), span(evidence.proof.word(), format::proof_role(evidence.proof))]);
        line.push(span(format!(" {}", format::ago_text(state.network_now(), evidence.at)), Role::Dim));
    }
    match shown.footer {
        _ if state.net.then.is_some() => line.extend([dot(), span("health is of today only", Role::Dim)]),
        _ if shown.has_older => {
            let more = if state.net.older_asked {
                Some("reading older ones …")
            } else {
                state.net.older_end.as_ref().map(|end| end.as_str())
            };
            let more = more.unwrap_or("older ones come at the end").to_owned();
            line.extend([dot(), span(more, Role::Dim)]);
            line.extend(explain_mark(state, narrow));
        }
        Footer::Strips => {
            line.push(span("   ", Role::Dim));
            line.extend(cell::legend_spans(ascii));
            line.extend(explain_mark(state, narrow));
        }
        Footer::BoundaryNodes => {
            if let Some(evidence) = &state.world.fleet.boundary_evidence {
                line.extend([dot(), span("list ", Role::Dim)]);
                line.push(span(evidence.proof.word(), format::proof_role(evidence.proof)));
            }
            let proof = Proof::Unverified;
            line.extend([dot(), format::unverified_mark(), span(" ", Role::Dim)]);
            line.push(span(proof.word(), format::proof_role(proof)));
            line.extend((!narrow).then(|| span(": states and names", Role::Dim)));
        }
        Footer::Registry => {}
        Footer::Dashboard => {
            let fleet = &state.world.fleet;
            line.extend(explain_mark(state, false));
            if let Some(why) = &fleet.report_failure {
                line.extend([dot(), span(format!("dashboard: {why}"), Role::Warn)]);
            }
        }
    }
    line
}

/// Explains the mark; unless in brief, with the source of what it marks and the age of that.
fn explain_mark(state: &State, brief: bool) -> Spans {
    let fleet = &state.world.fleet;
    if fleet.reported_at.is_none() && fleet.providers.is_empty() {
        return Vec::new();
    }
    let proof = Proof::Unverified;
    let mut line = vec![span(" · ", Role::Dim), format::unverified_mark(), span(" ", Role::Dim)];
    line.extend((!brief).then(|| span(format!("{DASHBOARD}, "), Role::Dim)));
    line.push(span(proof.word(), format::proof_role(proof)));
    if let Some(at) = fleet.reported_at.filter(|_| !brief) {
        line.push(span(format!(" {}", format::ago_text(state.now, at)), Role::Dim));
    }
    line
}

/// Nodes by continent as bars; gives the room that is left.
fn continents(cx: &mut Cx<'_, '_, '_>, area: Rect) -> Rect {
    const MOST: usize = 7;
    let topology = cx.state.topology();
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for center in topology.data_centers.values() {
        counts.entry(center.region.continent.as_str()).or_default().1 += 1;
    }
    for node in topology.nodes.keys() {
        if let Some(center) = topology.data_center_of(node) {
            counts.entry(center.region.continent.as_str()).or_default().0 += 1;
        }
    }
    let mut bars: Vec<Bar> = counts
        .into_iter()
        .map(|(name, (nodes, centers))| Bar {
            label: if name.is_empty() { "not said".to_owned() } else { name.to_owned() },
            value: nodes,
            note: format!("{} nodes, {centers} dcs", group(&nodes.to_string())),
        })
        .collect();
    bars.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.label.cmp(&b.label)));
    bars.truncate(MOST);
    let rows = u16::try_from(bars.len()).unwrap_or(0);
    if area.height < rows + 8 || bars.is_empty() {
        return area;
    }
    let width = area.width.saturating_sub(4).min(110);
    chart::draw_bars(cx.pen, Rect::new(area.x + 2, area.y + 1, width, rows), &bars);
    Rect::new(area.x, area.y + rows + 2, area.width, area.height - rows - 2)
}
