//! One proposal: the text at the left, the facts at the right; on a narrow screen one part at a
//! time under the tally.

use super::facts::{self, Facts};
use super::{Cx, condition, format, memo, proposals, series};
use crate::tui::app::state::{Detail, Hit, Subject, Tab};
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::spark::{self, Floor};
use crate::tui::widgets::table::{self, Column, Content, Row, Table, Width};
use crate::tui::widgets::text::{wrap_spans, wrap_text};
use crate::tui::widgets::timeline::{self, Event};
use crate::tui::widgets::{Spans, gauge, notice, span, tally};
use icpulse_model::amount::percent;
use icpulse_model::text::safe_link;
use icpulse_model::{Proposal, ProposalKey, ProposalStatus, Vote, VotingPower};
use ratatui::layout::Rect;
use std::sync::Arc;

/// From this width on the facts stand beside the text.
const WIDE: u16 = 110;
/// From this width on the payload stands beside the text, too.
const VERY_WIDE: u16 = 180;
/// Lines of prose longer than this are hard to read.
const PROSE: u16 = 100;

/// Draws the proposal that is open.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, id: ProposalKey, detail: &Detail) {
    let state = cx.state;
    let area = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), area.height);
    let Some(proposal) = state.proposal(id) else {
        condition::draw_unknown_subject(cx, area, Subject::Proposal(id));
        return;
    };
    if area.width + 2 >= WIDE {
        let right_w = if area.width >= 150 { 54 } else { 48 };
        let left = Rect::new(area.x, area.y, area.width - right_w - 3, area.height);
        let right = Rect::new(left.right() + 3, area.y, right_w, area.height);
        cx.pen.draw_vertical_rule(left.right() + 1, area.y, area.height, Role::Border);
        let y = draw_heading(cx, left, proposal) + 1;
        let y = tabs(cx, Rect::new(left.x, y, left.width, 1), detail, proposal) + 1;
        draw_content(cx, area_below(left, y), proposal, detail, true);
        draw_side_panel(cx, right, proposal);
    } else {
        let y = draw_heading(cx, area, proposal);
        let y = summary_line(cx, Rect::new(area.x, y, area.width, 1), proposal);
        let y = tally_block(cx, Rect::new(area.x, y, area.width, 3), proposal);
        let y = tabs(cx, Rect::new(area.x, y, area.width, 1), detail, proposal);
        draw_content(cx, area_below(area, y), proposal, detail, false);
    }
}

fn area_below(area: Rect, y: u16) -> Rect {
    let y = y.min(area.bottom());
    Rect::new(area.x, y, area.width, area.bottom() - y)
}

/// Title and what it is about; gives the row below.
fn draw_heading(cx: &mut Cx<'_, '_, '_>, area: Rect, p: &Proposal) -> u16 {
    let mut y = area.y;
    let title = wrap_text(&proposals::title_text(p), usize::from(area.width));
    let more = title.len() > 2;
    for (index, line) in title.iter().take(2).enumerate() {
        let text = if more && index == 1 { format!("{line} …") } else { line.clone() };
        cx.pen.write_fitted(area.x, y, area.width, &text, Role::Strong, Align::Left);
        y += 1;
    }
    let mut about: Spans = vec![
        span(p.topic.title().into_owned(), format::topic_role(p.topic)),
        span(" · ", Role::Dim),
        span(p.action.as_str().to_owned(), Role::Text),
    ];
    if let Some(proposer) = p.proposer {
        about.push(span(" · by ", Role::Dim));
        match cx.state.neuron_name(proposer) {
            Some(name) => about.push(span(name.as_str().to_owned(), Role::Known)),
            None => about.push(span(format!("neuron {proposer}"), Role::Id)),
        }
    }
    cx.pen.write_spans(area.x, y, area.width, &about);
    y + 1
}

/// Status, countdown and own ballots in one line, for narrow screens; gives the row below.
fn summary_line(cx: &mut Cx<'_, '_, '_>, row: Rect, p: &Proposal) -> u16 {
    let now = cx.state.network_now();
    let mut spans: Spans = vec![span(p.status.title().into_owned(), format::status_role(p.status))];
    if let Some(deadline) = p.deadline {
        let word = if deadline > now { "  closes " } else { "  closed " };
        let (_, role) = proposals::deadline_text(cx.state, p);
        spans.push(span(word, Role::Dim));
        spans.push(span(format::distance_text(now, deadline), role));
    }
    let (mine, role) = format::own_vote_text(cx.state, p);
    if !mine.is_empty() {
        spans.extend([span("   your ballots ", Role::Dim), span(mine, role)]);
    }
    cx.pen.write_spans(row.x, row.y, row.width, &spans);
    row.y + 1
}

/// The labelled tally bar, three rows; gives the row below.
fn tally_block(cx: &mut Cx<'_, '_, '_>, area: Rect, p: &Proposal) -> u16 {
    let (Some(tally), Some(shares)) = (p.tally, proposals::tally_shares(p)) else {
        cx.pen.write(area.x, area.y, area.width, "no tally", Role::Dim);
        return area.y + 2;
    };
    let yes = format!("yes {}  {} V", percent(tally.yes_bp()), format::compact_power(tally.yes));
    let no = format!("{} V  {} no", format::compact_power(tally.no), percent(tally.no_bp()));
    tally::draw_labelled(cx.pen, area.x, area.y, area.width, shares, &yes, &no);
    area.y + 3
}

/// The names of the parts; gives the row below.
fn tabs(cx: &mut Cx<'_, '_, '_>, row: Rect, detail: &Detail, p: &Proposal) -> u16 {
    let counts = |tab: Tab| match tab {
        Tab::Votes if !p.ballots.is_empty() => format!(" {}", p.ballots.len()),
        _ => String::new(),
    };
    part_tabs(cx, row, detail, counts)
}

/// The names of a detail's parts, the shown one emphasised; gives the row below.
pub(super) fn part_tabs(
    cx: &mut Cx<'_, '_, '_>,
    row: Rect,
    detail: &Detail,
    count: impl Fn(Tab) -> String,
) -> u16 {
    let mut x = row.x;
    for (index, tab) in detail.subject.tabs().iter().enumerate() {
        let here = index == detail.tab;
        let (mark, role) = if here { ("▸ ", Role::Accent) } else { ("  ", Role::Tab) };
        let start = x;
        x = cx.pen.write(x, row.y, row.right().saturating_sub(x), mark, role);
        x = cx.pen.write(
            x,
            row.y,
            row.right().saturating_sub(x),
            &format!("{}{}", tab.title(), count(*tab)),
            role,
        );
        cx.hits.add_area(Rect::new(start, row.y, x - start, 1), Hit::Tab(index));
        x = x.saturating_add(2);
    }
    row.y + 1
}

/// The part that is shown.
fn draw_content(cx: &mut Cx<'_, '_, '_>, area: Rect, p: &Arc<Proposal>, detail: &Detail, wide: bool) {
    match detail.current_tab() {
        Tab::Votes => draw_ballots(cx, area, p, detail),
        Tab::Payload => {
            let lines = payload_lines(cx, p, area.width.saturating_sub(2));
            facts::detail_part(cx, area, &lines, detail.scroll);
        }
        _ if wide && area.width + 60 >= VERY_WIDE => {
            let half = (area.width - 3) / 2;
            let text = Rect::new(area.x, area.y, half, area.height);
            let rest = Rect::new(area.x + half + 3, area.y, area.width - half - 3, area.height);
            let lines = text_lines(cx, p, half.min(PROSE));
            cx.pen.draw_vertical_rule(area.x + half + 1, area.y, area.height, Role::Border);
            let payload = payload_lines(cx, p, rest.width);
            facts::draw_scrolled_lines(cx, rest, &payload, 0);
            facts::detail_part(cx, text, &lines, detail.scroll);
        }
        _ => {
            let width = area.width.saturating_sub(2).min(PROSE);
            let mut lines = text_lines(cx, p, width);
            if !wide {
                lines.push(Vec::new());
                lines.extend(side_lines(cx, p, width));
            }
            facts::detail_part(cx, area, &lines, detail.scroll);
        }
    }
}

/// Why it failed, and the summary.
fn text_lines(cx: &Cx<'_, '_, '_>, p: &Proposal, width: u16) -> Vec<Spans> {
    let state = cx.state;
    let mut lines: Vec<Spans> = Vec::new();
    if let Some(undecoded) = &p.undecoded {
        let reason = format!("This proposal could not be decoded: {}", undecoded.reason);
        lines.extend(wrap_spans(&[span(reason, Role::Warn)], usize::from(width), &[], &[]));
        lines.push(vec![span("Raw bytes:", Role::Dim)]);
        let text = [span(undecoded.text.as_str().to_owned(), Role::Code)];
        lines.extend(wrap_spans(&text, usize::from(width), &[], &[]));
        return lines;
    }
    let Some(body) = state.bodies.get(p.id) else {
        let (text, role) = missing_text(cx, p);
        return wrap_spans(&[span(text, role)], usize::from(width), &[], &[]);
    };
    if let Some(failure) = &body.failure {
        lines.push(vec![span("Its execution failed:", Role::Bad)]);
        let text = [span(failure.as_str().to_owned(), Role::Text)];
        lines.extend(wrap_spans(&text, usize::from(width), &[], &[]));
        lines.push(Vec::new());
    }
    let summary = memo::summary_lines(body, usize::from(width));
    if summary.is_empty() {
        lines.push(vec![span("no summary", Role::Dim)]);
    }
    lines.extend(summary.iter().cloned());
    lines
}

/// Why the body is not there.
fn missing_text(cx: &Cx<'_, '_, '_>, p: &Proposal) -> (String, Role) {
    let state = cx.state;
    if state.reading.contains(&Subject::Proposal(p.id)) && state.sync.trouble.is_none() {
        ("reading the text and the payload …".to_owned(), Role::Syncing)
    } else if state.sync.offline {
        ("the text is not in the cache, and icpulse is offline".to_owned(), Role::Warn)
    } else if state.sync.trouble.is_some() {
        let key = format::key_text(state, Command::Refresh);
        (format!("could not read the text; see the error above, {key} retries"), Role::Warn)
    } else {
        (
            format!("the text has not been read; {} reads it", format::key_text(state, Command::Refresh)),
            Role::Dim,
        )
    }
}

fn payload_lines(cx: &Cx<'_, '_, '_>, p: &Proposal, width: u16) -> Vec<Spans> {
    match cx.state.bodies.get(p.id) {
        Some(body) => memo::payload_lines(body, usize::from(width)).iter().cloned().collect(),
        None => {
            let (text, role) = missing_text(cx, p);
            wrap_spans(&[span(text, role)], usize::from(width), &[], &[])
        }
    }
}

/// The ballots of the reader's neurons, with a cursor.
fn draw_ballots(cx: &mut Cx<'_, '_, '_>, area: Rect, p: &Arc<Proposal>, detail: &Detail) {
    let state = cx.state;
    cx.hits.detail_lines = p.ballots.len();
    cx.hits.detail_height = usize::from(area.height.saturating_sub(1));
    if p.ballots.is_empty() {
        let why = if state.signer.is_anonymous() {
            "no identity selected, so you have no ballots"
        } else if p.accepts_votes(state.network_now()) && state.world.neurons.is_empty() {
            "this identity has no neurons, so it has no ballots"
        } else if p.accepts_votes(state.network_now()) {
            "your neurons have no ballot here: made after the proposal, or their dissolve delay was too short then"
        } else {
            "ballots are deleted once rewards are paid; a neuron keeps its most recent ones"
        };
        notice::draw(cx.pen, area, "No ballots", Role::Text, &[why]);
        return;
    }
    let columns = [
        Column::number_column("neuron", 20, 0),
        Column::text_column("name", Width::Fill { min: 6, max: 110, weight: 1 }, 2),
        Column::number_column("voting power", 18, 1),
        Column::text_column("ballot", Width::Fixed(12), 0),
    ];
    let spec = Table {
        columns: &columns,
        len: p.ballots.len(),
        offset: detail.scroll,
        selected: Some(detail.cursor.min(p.ballots.len() - 1)),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let drawn = table::draw(cx.pen, area, &spec, |index| {
        let ballot = p.ballots.get(index)?;
        let (text, role) = format::vote_text(ballot.vote);
        let name = state.neuron_name(ballot.neuron).map(|n| n.as_str().to_owned()).unwrap_or_default();
        let cells = vec![
            Content::id(ballot.neuron.to_string()),
            Content::text(name, Role::Known),
            Content::text(ballot.voting_power.exact(), Role::Power),
            Content::text(text, role),
        ];
        Some(Row { cells, marked: false })
    });
    add_row_hits(cx, &drawn);
}

/// Notes the rows of a part with a cursor for the mouse.
pub(super) fn add_row_hits(cx: &mut Cx<'_, '_, '_>, drawn: &table::Drawn) {
    for (item, y) in (drawn.offset..drawn.offset + drawn.shown).zip(drawn.body.top()..drawn.body.bottom()) {
        cx.hits.add_area(Rect::new(drawn.body.x, y, drawn.body.width, 1), Hit::Item(item));
    }
}

/// The column of facts at the right.
fn draw_side_panel(cx: &mut Cx<'_, '_, '_>, area: Rect, p: &Arc<Proposal>) {
    let state = cx.state;
    let now = state.network_now();
    let status: Spans = vec![
        span(p.status.title().into_owned(), format::status_role(p.status)),
        span(format!("  {}", p.reward_status.title().to_lowercase()), Role::Dim),
    ];
    cx.pen.write_spans(area.x, area.y, area.width, &status);
    let mut y = area.y + 1;
    for line in timeline::timeline_lines(&timeline_events(p, now)) {
        cx.pen.write_spans(area.x, y, area.width, &line);
        y += 1;
    }
    if let (Some(left), Some(deadline)) = (p.time_left(now), p.deadline) {
        let whole = deadline.since(p.created);
        let passed = gauge::permille(whole.0.saturating_sub(left.0), whole.0);
        gauge::draw(cx.pen, area.x, y, area.width, passed, left < icpulse_model::Seconds::hours(6));
        y += 1;
    }
    y = tally_block(cx, Rect::new(area.x, y + 1, area.width, 3), p);
    let history = series::tally(state, p.id);
    if history.len() > 1 {
        let x = cx.pen.write(area.x, y, area.width, "yes over time ", Role::Dim);
        let w = area.right().saturating_sub(x);
        let count = u16::try_from(history.len()).unwrap_or(u16::MAX);
        spark::draw(cx.pen, x, y, w.min(count), &history, Floor::Least);
        y += 1;
    }
    let rest = area_below(area, y + 1);
    let lines = side_lines(cx, p, area.width);
    facts::draw_scrolled_lines(cx, rest, &lines, 0);
}

/// When it was opened, decided, executed, and when voting ends.
fn timeline_events(p: &Proposal, now: icpulse_model::Timestamp) -> Vec<Event> {
    let mut list = vec![(p.created, "opened", Role::Event)];
    if let Some(at) = p.decided {
        let adopted = p.status != ProposalStatus::Rejected;
        list.push((
            at,
            if adopted { "adopted" } else { "rejected" },
            if adopted { Role::Yes } else { Role::No },
        ));
    }
    if let Some(at) = p.executed {
        list.push((at, "executed", Role::StatusExecuted));
    }
    if let Some(at) = p.failed {
        list.push((at, "failed", Role::StatusFailed));
    }
    if let Some(at) = p.deadline {
        list.push((at, if at > now { "closes" } else { "closed" }, Role::Event));
    }
    list.sort_by_key(|(at, ..)| *at);
    list.into_iter()
        .map(|(at, label, role)| Event {
            label,
            when: at.date_minute(),
            distance: format::distance_text(now, at),
            passed: at <= now,
            role: if at <= now { role } else { Role::EventAhead },
        })
        .collect()
}

/// Own ballots, known neurons' votes and the remaining facts.
fn side_lines(cx: &Cx<'_, '_, '_>, p: &Proposal, width: u16) -> Vec<Spans> {
    const SHOWN: usize = 8;
    let state = cx.state;
    let mut facts = Facts::new(width, 12);
    if !p.ballots.is_empty() {
        let power = p.ballots.iter().fold(VotingPower(0), |sum, b| sum.saturating_add(b.voting_power));
        facts.add_heading("Your ballots");
        facts.add_line_with_note(
            vec![span(format::count_noun(p.ballots.len(), "neuron", "neurons"), Role::Dim)],
            vec![span(format!("{}{}", power.rounded(), " ".repeat(14)), Role::Dim)],
        );
        for ballot in p.ballots.iter().take(SHOWN) {
            let (text, role) = format::vote_text(ballot.vote);
            let who = match state.neuron_name(ballot.neuron) {
                Some(name) => span(name.as_str().to_owned(), Role::Known),
                None => span(ballot.neuron.to_string(), Role::Id),
            };
            facts.add_line_with_note(
                vec![who],
                vec![span(ballot.voting_power.rounded(), Role::Power), span(format!("  {text:<12}"), role)],
            );
        }
        if p.ballots.len() > SHOWN {
            facts.add_wrapped(vec![span(
                format!("… and {} more under My ballots", p.ballots.len() - SHOWN),
                Role::Dim,
            )]);
        }
    }
    let known = known_votes(cx, p);
    if !known.is_empty() {
        facts.add_heading("Known neurons");
        for (name, vote) in known {
            let (text, role) = format::vote_text(vote);
            facts.add_line_with_note(vec![span(name, Role::Known)], vec![span(format!("{text:<12}"), role)]);
        }
    }
    facts.add_heading("Facts");
    if let Some(tally) = p.tally {
        let voted = tally.yes.0.saturating_add(tally.no.0);
        let share = percent(format::basis_points(voted, tally.total.0));
        facts.add_text("voted", format!("{share} of {} V", format::compact_power(tally.total)), Role::Text);
        facts.add_text("counted", format::ago_text(state.network_now(), tally.at), Role::Dim);
    }
    if let Some(proposer) = p.proposer {
        facts.add_fact("proposer", format::neuron_spans(state, proposer));
    }
    facts.add_text("reject cost", format!("{} ICP", p.reject_cost.exact()), Role::Text);
    if p.reward_event_round > 0 {
        facts.add_text(
            "rewarded",
            format!("in round {}", format::compact_number(p.reward_event_round)),
            Role::Text,
        );
    }
    if let Some(body) = state.bodies.get(p.id)
        && !body.url.is_empty()
    {
        match safe_link(body.url.as_str()) {
            Some(url) => facts.add_text("link", url, Role::Link),
            None => facts.add_text("link", format!("{} (not a plain web link)", body.url), Role::Dim),
        }
    }
    facts.add_fact("read", format::evidence_spans(&p.evidence, state.network_now()));
    facts.into_lines()
}

/// How known neurons that were read have voted on it.
fn known_votes(cx: &Cx<'_, '_, '_>, p: &Proposal) -> Vec<(String, Vote)> {
    const MOST: usize = 8;
    let all = cx.state.other_neurons.values().chain(cx.state.world.neurons.iter());
    all.filter_map(|n| {
        let name = cx.state.neuron_name(n.id)?;
        let (_, vote) = n.recent_ballots.iter().find(|(id, _)| *id == p.id)?;
        Some((name.to_string(), *vote))
    })
    .take(MOST)
    .collect()
}
