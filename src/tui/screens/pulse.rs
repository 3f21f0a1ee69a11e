//! The first screen: what needs the user, what the network is like, what can be voted on.

use super::neurons::Sum;
use super::{Cx, condition, format, proposals, series};
use crate::tui::app::state::net::{Summary, short_version};
use crate::tui::app::state::pulse::PulseNeed;
use crate::tui::app::state::{Hit, State};
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::{self, Bar};
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::scroll;
use crate::tui::widgets::spark::{self, Floor};
use crate::tui::widgets::table::{self, Column, Content, Row, Table, Width};
use crate::tui::widgets::text::{spans_width, text_width};
use crate::tui::widgets::{Spans, span};
use icpulse_engine::action::Condition;
use icpulse_model::alert::Severity;
use icpulse_model::amount::percent;
use icpulse_model::evidence::{Proof, UNVERIFIED_MARK};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::{E8s, Proposal, ProposalKey, Seconds, Timestamp};
use ratatui::layout::Rect;

/// Needs shown at most.
const NEEDS: usize = 8;
/// Cells of a figure's unit.
const UNIT: u16 = 4;
/// Cells of a figure before its note.
const FIGURE: u16 = 26;

/// Draws the screen.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    let area = Rect::new(area.x, area.y, area.width.saturating_sub(1), area.height);
    let roomy = area.height >= 34;
    let wide = area.width >= 108;
    let left_w = if wide { area.width * 60 / 100 } else { area.width / 2 };
    let right_w = area.width - left_w - 2;
    let mut network = network_lines(state, right_w, area.height >= 44);
    if area.height < 30 {
        // What can be voted on matters more than the last figures.
        network.truncate(6);
    }
    let you = you_lines(state, left_w);
    let supply = supply_lines(state, right_w);
    let short = short_lines(state, right_w);
    // On a short screen what can be voted on keeps some lines.
    let most = usize::from(area.height / 3).clamp(1, NEEDS);
    let needs = state.pulse.needs.clamp(1, most);
    // At 80 columns needs come alone; the network joins YOU at the bottom.
    let top_rows = if wide { needs.max(network.len()) } else { needs };
    let top_h = u16::try_from(top_rows + 2).unwrap_or(8);
    let bottom_rows = if wide { you.len().max(supply.len()) } else { you.len().max(short.len()) };
    let charts = roomy && wide;
    let chart_h = if charts { 9 } else { 0 };
    let bottom_h = u16::try_from(bottom_rows + 1).unwrap_or(6) + chart_h;
    let top = Rect::new(area.x, area.y, area.width, top_h.min(area.height));
    let bottom_h = bottom_h.min(area.height.saturating_sub(top.height + 4));
    let middle_h = area.height.saturating_sub(top.height + bottom_h + u16::from(bottom_h > 0));
    let middle = Rect::new(area.x, top.bottom(), area.width, middle_h);
    let bottom = Rect::new(area.x, area.bottom() - bottom_h, area.width, bottom_h);

    if wide {
        need_list(cx, Rect::new(top.x, top.y, left_w, top.height));
        let right = Rect::new(top.x + left_w + 2, top.y, right_w, top.height);
        draw_section(cx, right, "THE NETWORK", &network);
    } else {
        need_list(cx, top);
    }
    open_proposals(cx, middle);
    if bottom.height < 2 {
        return;
    }
    let text_h = bottom.height.saturating_sub(chart_h);
    let left = Rect::new(bottom.x, bottom.y, left_w, text_h);
    let right = Rect::new(bottom.x + left_w + 2, bottom.y, right_w, text_h);
    draw_section(cx, left, "YOU", &you);
    if wide {
        draw_section(cx, right, "SUPPLY", &supply);
    } else {
        draw_section(cx, right, "THE NETWORK", &short);
    }
    if charts {
        let y = bottom.y + text_h + 1;
        let h = bottom.bottom().saturating_sub(y);
        rate_chart(cx, Rect::new(left.x, y, left.width, h));
        delay_chart(cx, Rect::new(right.x, y, right.width, h));
    }
}

fn draw_section(cx: &mut Cx<'_, '_, '_>, area: Rect, title: &str, lines: &[Spans]) {
    if area.height == 0 {
        return;
    }
    cx.pen.write(area.x + 1, area.y, area.width, title, Role::Title);
    for (line, y) in lines.iter().zip(area.top() + 1..area.bottom()) {
        cx.pen.write_spans(area.x + 1, y, area.width.saturating_sub(1), line);
    }
}

/// What needs the user, in words: what, when, and more.
pub(super) fn need_texts(state: &State, need: &PulseNeed) -> (String, String, String) {
    let now = state.network_now();
    match need {
        PulseNeed::Unfinished { count } => (
            format!("{} unfinished", format::count_noun(*count, "action", "actions")),
            String::new(),
            format!("{} shows them", format::key_text(state, Command::Actions)),
        ),
        PulseNeed::Vote { count, first } => (
            format!("{} to vote on", format::count_noun(*count, "proposal", "proposals")),
            first.map(|(at, _)| format!("first {}", format::ahead_text(now, at))).unwrap_or_default(),
            String::new(),
        ),
        PulseNeed::ConfirmFollowing { count, shrinking, within, .. } => {
            let verb = if *count == 1 { "loses" } else { "lose" };
            let when = if *shrinking > 0 {
                format!("{shrinking} shrinking now")
            } else {
                format!("in {}", within.words())
            };
            let what = format!("{} {verb} power", format::count_noun(*count, "neuron", "neurons"));
            (what, when, format!("{} confirms following", format::remedy_key(state, Condition::PowerDecays)))
        }
        PulseNeed::Disbursement { count, amount, arrives, .. } => {
            let verb = if *count == 1 { "arrives" } else { "arrive" };
            (
                format!("{} {verb}", format::count_noun(*count, "disbursement", "disbursements")),
                format::ahead_text(now, *arrives),
                format!("+{} maturity", amount.rounded()),
            )
        }
        PulseNeed::Dissolved { count, amount, .. } => (
            format!("{} dissolved", format::count_noun(*count, "neuron", "neurons")),
            "now".to_owned(),
            format!("{} ICP to take out", amount.rounded()),
        ),
        PulseNeed::Alerts(alerts) => {
            let Some(alert) = alerts.first() else { return Default::default() };
            let more = match alerts.len() - 1 {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            // The mark stands first, where it is not cut.
            let what = match alert.rule.proof() {
                Proof::Unverified => format!("{UNVERIFIED_MARK} {}{more}", alert.text),
                Proof::NodeSigned | Proof::Certified => format!("{}{more}", alert.text),
            };
            let since = alerts.iter().map(|alert| alert.since).min().unwrap_or(alert.since);
            let hide = format!("{} acknowledges", format::key_text(state, Command::Acknowledge));
            (what, format!("for {}", format::lasting_text(state.now, since)), hide)
        }
        PulseNeed::MoreAlerts(count) => {
            (format::count_noun(*count, "more alert", "more alerts"), String::new(), String::new())
        }
        PulseNeed::Changed { count, summary, at } => (
            format::count_noun(*count, "change", "changes"),
            format!("since {}", clock_or_date(now, *at)),
            summary.clone(),
        ),
        PulseNeed::ChooseIdentity => (
            "read-only: no identity".to_owned(),
            String::new(),
            format!("{} chooses an identity", format::key_text(state, Command::Identity)),
        ),
    }
}

/// A time of today by the clock, another by its day.
fn clock_or_date(now: Timestamp, at: Timestamp) -> String {
    match at.date() == now.date() {
        true => at.clock().chars().take(5).collect(),
        false => at.date(),
    }
}

fn need_role(need: &PulseNeed) -> Role {
    match need {
        PulseNeed::Unfinished { .. } => Role::Bad,
        PulseNeed::Alerts(alerts) => match alerts.iter().map(|alert| alert.severity).max() {
            Some(Severity::Critical) => Role::Bad,
            Some(Severity::Warning) => Role::Warn,
            Some(Severity::Info) | None => Role::Info,
        },
        PulseNeed::MoreAlerts(_) => Role::Warn,
        PulseNeed::Vote { .. } | PulseNeed::ConfirmFollowing { .. } => Role::Warn,
        PulseNeed::Disbursement { .. } => Role::AmountIn,
        PulseNeed::Dissolved { .. } | PulseNeed::ChooseIdentity | PulseNeed::Changed { .. } => Role::Info,
    }
}

fn need_list(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    cx.pen.write(area.x + 1, area.y, area.width, "NEEDS YOU", Role::Title);
    let rows = usize::from(area.height.saturating_sub(2));
    if state.pulse.needs == 0 {
        let reading = !condition::needs_known(state);
        let text =
            if reading { "not known yet" } else { "nothing: no open ballots, no voting power at risk" };
        let role = if reading { Role::Dim } else { Role::Good };
        cx.pen.write(area.x + 3, area.y + 1, area.width.saturating_sub(3), text, role);
        return;
    }
    let lines: Vec<_> = state.pulse.needs().map(|n| (need_texts(state, n), need_role(n))).collect();
    let cursor = state.pulse.cursor.min(state.pulse.needs - 1);
    let first = scroll::keep_visible(0, Some(cursor), rows, lines.len());
    let widest = |f: fn(&(String, String, String)) -> &str| {
        u16::try_from(lines.iter().map(|(words, _)| text_width(f(words))).max().unwrap_or(0)).unwrap_or(40)
    };
    // One long line takes nothing from the other columns.
    let (when_w, more_w) = (widest(|w| &w.1).max(16), widest(|w| &w.2));
    let room = area.width.saturating_sub(3 + when_w + 2);
    let what_w = widest(|w| &w.0).max(24).min(room.saturating_sub(more_w + 2).max(28)).min(room);
    for (index, ((what, when, more), role)) in lines.iter().enumerate().skip(first).take(rows) {
        let y = area.y + 1 + u16::try_from(index - first).unwrap_or(0);
        let selected = state.pulse.cursor == index;
        cx.pen.write(area.x + 1, y, 1, if selected { "▸" } else { "•" }, *role);
        let end = area.right();
        let mut x = area.x + 3;
        for (text, w, role) in
            [(what, what_w, *role), (when, when_w, Role::Text), (more, u16::MAX, Role::Dim)]
        {
            let room = end.saturating_sub(x).min(w);
            cx.pen.write_fitted(x, y, room, text, role, Align::Left);
            x = x.saturating_add(room).saturating_add(2);
        }
        let row = Rect::new(area.x + 1, y, area.width.saturating_sub(1), 1);
        if selected {
            let focus = if state.layers.is_empty() { Role::Selection } else { Role::SelectionInactive };
            cx.pen.set_role(row, focus);
        }
        cx.hits.add_area(row, Hit::Row(index));
    }
}

/// The columns of proposals on this screen; the third is the time left, or how it ended.
fn proposal_columns(wide: bool) -> [Column; 7] {
    [
        Column::number_column("", 7, 0),
        Column::text_column("", Width::Fill { min: 20, max: 110, weight: 1 }, 0),
        Column::number_column("closes", 9, 0),
        Column::number_column("yes", 7, 0),
        Column::text_column("", Width::Fixed(if wide { 24 } else { 12 }), 2),
        Column::number_column("no", 7, 0),
        Column::text_column("yours", Width::Fixed(if wide { 10 } else { 8 }), 0),
    ]
}

fn proposal_row<'s>(state: &State, p: &'s Proposal, third: (String, Role)) -> Row<'s> {
    let (mine, mine_role) = format::own_vote_text(state, p);
    let share = |bp: Option<u32>, role| bp.map_or(Content::Nothing, |bp| Content::text(percent(bp), role));
    let cells = vec![
        Content::id(p.id.to_string()),
        Content::text(proposals::title_text(p), Role::Text),
        Content::text(third.0, third.1),
        share(p.tally.map(|t| t.yes_bp()), Role::Yes),
        proposals::tally_shares(p).map_or(Content::Nothing, Content::Tally),
        share(p.tally.map(|t| t.no_bp()), Role::No),
        Content::text(mine, mine_role),
    ];
    Row { cells, marked: false }
}

/// Open proposals, and below them, where there is room, the latest decisions.
fn open_proposals(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if area.height < 2 {
        return;
    }
    let open: Vec<ProposalKey> = state.pulse.proposals().collect();
    cx.hits.list_height = usize::from(area.height - 1);
    let columns = proposal_columns(area.width >= 108);
    if open.is_empty() {
        cx.pen.write(area.x + 1, area.y, area.width, "OPEN FOR VOTES", Role::Title);
        let body = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
        if state.world.proposals.is_empty() {
            let known = condition::proposals_known(state);
            condition::draw_empty(cx, body, condition::empty_reason(state, known, 0), "proposals");
            return;
        }
        cx.pen.write(body.x + 3, body.y, body.width, "none: nothing can be voted on now", Role::Dim);
        draw_decisions(
            cx,
            Rect::new(area.x, area.y + 3, area.width, area.height.saturating_sub(3)),
            &columns,
        );
        return;
    }
    let title = format!("OPEN FOR VOTES  {}", open.len());
    let selected = state.pulse.cursor.checked_sub(state.pulse.needs);
    let spec = Table {
        columns: &columns,
        len: open.len(),
        offset: state.pulse.offset,
        selected: selected.filter(|s| *s < open.len()),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let drawn = table::draw(cx.pen, area, &spec, |index| {
        let p = state.proposal(*open.get(index)?)?;
        Some(proposal_row(state, p, proposals::deadline_text(state, p)))
    });
    cx.hits.rows = drawn.body;
    // The section's title stands in the heads' row, left of the heads.
    cx.pen.write(area.x + 1, area.y, area.width, &title, Role::Title);
    for (row, y) in (drawn.offset..drawn.offset + drawn.shown).zip(drawn.body.top()..drawn.body.bottom()) {
        cx.hits.add_area(Rect::new(drawn.body.x, y, drawn.body.width, 1), Hit::Row(state.pulse.needs + row));
    }
    let below = drawn.body.bottom() + 1;
    draw_decisions(cx, Rect::new(area.x, below, area.width, area.bottom().saturating_sub(below)), &columns);
}

/// What was decided lately: nothing to do about it, so it is only shown where room is left.
fn draw_decisions(cx: &mut Cx<'_, '_, '_>, area: Rect, columns: &[Column]) {
    /// Looked at from the newest on, so that no frame walks the whole history.
    const LOOKED_AT: usize = 200;
    /// The latest are news; more would be a list, which has its own screen.
    const SHOWN: usize = 12;
    let state = cx.state;
    if area.height < 4 {
        return;
    }
    let latest = state.world.proposals.iter().take(LOOKED_AT);
    let mut decided: Vec<_> = latest.filter(|p| p.decided.is_some() && p.undecoded.is_none()).collect();
    decided.sort_by_key(|p| std::cmp::Reverse(p.decided));
    if decided.is_empty() {
        return;
    }
    let rows = area.height.min(u16::try_from(SHOWN + 1).unwrap_or(u16::MAX)) - 1;
    let spec = Table {
        columns,
        len: decided.len().min(usize::from(rows)),
        offset: 0,
        selected: None,
        focused: false,
        heads: false,
    };
    cx.pen.write(area.x + 1, area.y, area.width, "LATEST DECISIONS", Role::Title);
    let body = Rect::new(area.x, area.y + 1, area.width, rows);
    table::draw(cx.pen, body, &spec, |index| {
        let p = decided.get(index)?;
        let word = p.status.title().into_owned();
        Some(proposal_row(state, p, (word, format::status_role(p.status))))
    });
}

/// The sections of figures with their titles, for the plain text.
pub(super) fn sections(state: &State) -> [(&'static str, Vec<Spans>); 3] {
    const ROOM: u16 = 110;
    [
        ("THE NETWORK", network_lines(state, ROOM, true)),
        ("SUPPLY", supply_lines(state, ROOM)),
        ("YOU", you_lines(state, ROOM)),
    ]
}

/// A name, its value right-aligned with its unit, and a note.
fn figure_spans(name: &str, value: impl Into<String>, unit: &str, note: Spans) -> Spans {
    let value = value.into();
    let mut line = vec![
        span(format!("{name:<11}"), Role::Dim),
        span(format!("{value:>10}"), Role::Text),
        span(format!(" {unit:<4}"), Role::Dim),
    ];
    line.extend(note);
    line
}

/// A figure that has not been read.
fn unknown_spans(name: &str) -> Spans {
    vec![span(format!("{name:<11}"), Role::Dim), span("not known yet", Role::Dim)]
}

fn note_spans(text: impl Into<String>) -> Spans {
    vec![span(text.into(), Role::Dim)]
}

/// The age of a figure, only where it is old enough to matter.
fn aged_spans(state: &State, at: Timestamp, normal: Seconds) -> Spans {
    if format::older_than(state.network_now(), at, normal) {
        vec![span(format!(" {}", format::ago_text(state.network_now(), at)), Role::Stale)]
    } else {
        Vec::new()
    }
}

/// Room beside the rate from which its 30-day mean is shown too.
const AVERAGED: usize = 44;

/// ICP's rate with its series and, where there is room, its proof.
fn rate_spans(state: &State, width: u16) -> Spans {
    let Some(rate) = &state.world.facts.icp_xdr else { return unknown_spans("ICP") };
    let room = usize::from(width.saturating_sub(FIGURE + 1));
    let proof = rate.evidence.proof;
    let mean = match &state.world.facts.average_icp_xdr {
        _ if room < AVERAGED => String::new(),
        Some(average) => format!("  30-day mean {}", average.value.decimal()),
        None => "  30-day mean –".to_owned(),
    };
    let cells = if room >= 18 {
        room.saturating_sub(proof.word().len() + 1 + text_width(&mean)).min(30)
    } else {
        room.min(12)
    };
    let values = series::values(state, series::ICP_XDR);
    let mut more = Vec::new();
    if values.len() > 1 {
        more.push(span(spark::spark_text(&values, cells, Floor::Least, state.options.ascii), Role::Spark));
        more.push(span(" ", Role::Dim));
    }
    if room >= 18 {
        more.push(span(proof.word(), format::proof_role(proof)));
    }
    more.push(span(mean, Role::Dim));
    more.extend(aged_spans(state, rate.evidence.at, Seconds::hours(1)));
    figure_spans("ICP", rate.value.decimal(), "XDR", more)
}

/// The latest rewards.
fn rewards_spans(state: &State, width: u16) -> Spans {
    let Some(event) = &state.world.facts.reward_event else { return unknown_spans("rewards") };
    let event = &event.value;
    let when = format::ago_text(state.network_now(), event.at);
    let text = if width >= 54 {
        format!("{when}, over {}", format::count_noun(event.settled.len(), "proposal", "proposals"))
    } else {
        when
    };
    figure_spans("rewards", compact_amount(event.distributed), "ICP", note_spans(text))
}

/// Proposals decided in the last 24 hours.
fn decided_spans(state: &State) -> Spans {
    let Some(decided) = &state.world.facts.decided_proposals else { return unknown_spans("decided") };
    let mut more = note_spans("in 24 h");
    more.extend(aged_spans(state, decided.evidence.at, Seconds::hours(1)));
    figure_spans("decided", decided.value.to_string(), "", more)
}

fn compact_amount(amount: E8s) -> String {
    if amount.0 / E8s::PER_ICP >= 100_000 { format::compact_icp(amount) } else { amount.rounded() }
}

fn staked_spans(state: &State, width: u16) -> Spans {
    let Some(metrics) = &state.world.facts.metrics else { return unknown_spans("staked") };
    let m = &metrics.value;
    let share = format::basis_points(m.total_staked.0 / E8s::PER_ICP, m.total_supply_icp);
    let of_all = if width >= 44 { " of all" } else { "" };
    let mut more = note_spans(format!("{}{of_all}", percent(share)));
    more.extend(aged_spans(state, metrics.evidence.at, Seconds::days(2)));
    figure_spans("staked", format::compact_icp(m.total_staked), "ICP", more)
}

/// The network at a glance, for wide screens.
fn network_lines(state: &State, width: u16, tall: bool) -> Vec<Spans> {
    let mut lines = machine_lines(state, width);
    // The machines' lines take the room of the lesser figures.
    let short = !lines.is_empty();
    let facts = &state.world.facts;
    let newest = state.world.proposals.iter().next();
    let total = facts.latest_proposal.or_else(|| newest.map(|p| p.id.number));
    let open = state.pulse.items.len() - state.pulse.needs;
    lines.extend([
        total.map_or_else(
            || unknown_spans("proposals"),
            |t| figure_spans("proposals", format::compact_number(t), "", note_spans(format!("{open} open"))),
        ),
        rate_spans(state, width),
        rewards_spans(state, width),
    ]);
    if tall {
        lines.push(decided_spans(state));
    }
    if short {
        return lines;
    }
    // The newest proposal's tally says how much voting power there is.
    if let Some((tally, potential)) = newest.and_then(|p| Some((p.tally?, p.total_potential_voting_power))) {
        let more =
            potential.map(|p| note_spans(format!("{} effective", percent(tally.total.basis_points_of(p)))));
        lines.push(figure_spans("power", format::compact_power(tally.total), "V", more.unwrap_or_default()));
    }
    if let Some(economics) = &facts.economics {
        let e = &economics.value;
        let least = note_spans(format!("stake from {}", e.neuron_minimum_stake.exact()));
        lines.push(figure_spans("reject cost", e.reject_cost.exact(), "ICP", least));
    }
    lines
}

/// Subnets, nodes and what they do, once the registry was read.
fn machine_lines(state: &State, width: u16) -> Vec<Spans> {
    let summary = &state.net.summary;
    if summary.nodes == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    // Certified figures of subnets and the dashboard's figures of nodes stand on separate lines.
    lines.push(figure_spans(
        "subnets",
        format::grouped_number(summary.subnets),
        "",
        describe_conditions(summary),
    ));
    lines.push(count_nodes(summary, width));
    let cells = usize::from(width.saturating_sub(FIGURE + 8)).min(30);
    let course = |values: &[u64]| {
        if values.len() < 2 || cells < 6 {
            return Vec::new();
        }
        vec![
            span(spark::spark_text(values, cells, Floor::Least, state.options.ascii), Role::Spark),
            span(format!("  {} m", values.len()), Role::Dim),
        ]
    };
    if let Some(rate) = summary.milli_updates {
        lines.push(figure_spans(
            "executions",
            format::per_second(rate),
            "/s",
            course(&summary.updates_series),
        ));
    }
    if let Some(rate) = summary.cycles {
        lines.push(figure_spans("cycles", format::scaled(rate), "/s", course(&summary.cycles_series)));
    }
    if let Some((version, done)) = &summary.rollout {
        let bar_w = cells.min(16);
        let full = done * bar_w / summary.subnets.max(1);
        let bar = format!("{}{}", "▓".repeat(full), "░".repeat(bar_w - full.min(bar_w)));
        let of = format!("{bar}  {done}/{}", summary.subnets);
        lines.push(figure_spans("rollout", short_version(version.as_str()), "", note_spans(of)));
    }
    lines
}

/// Describes how many subnets are not well; "all well" only if each was asked and is.
fn describe_conditions(summary: &Summary) -> Spans {
    let judged = summary.well + summary.stalled + summary.unreachable;
    let unknown = summary.subnets.saturating_sub(judged);
    let mut line = Vec::new();
    for (count, word, role) in [
        (summary.stalled, "stalled", Role::Bad),
        (summary.unreachable, "no answer", Role::Bad),
        (unknown, "unknown", Role::Dim),
    ] {
        if count > 0 {
            let gap = if line.is_empty() { "" } else { ", " };
            line.push(span(format!("{gap}{} {word}", format::grouped_number(count)), role));
        }
    }
    if line.is_empty() { vec![span("all well", Role::Good)] } else { line }
}

/// Counts nodes. The note begins earlier than others where it is only then complete.
fn count_nodes(summary: &Summary, width: u16) -> Spans {
    let aligned = describe_down(summary, width);
    let early = describe_down(summary, width.saturating_add(UNIT));
    let nodes = format::grouped_number(summary.nodes);
    if early.len() == aligned.len() {
        return figure_spans("nodes", nodes, "", aligned);
    }
    let mut line = figure_spans("nodes", nodes, "", Vec::new());
    line.pop();
    line.push(span(" ", Role::Dim));
    line.extend(early);
    line
}

/// Describes how many nodes are reported down, by whom, and what contradicts it, as room allows.
fn describe_down(summary: &Summary, width: u16) -> Spans {
    let unknown = summary.nodes.saturating_sub(summary.judged);
    if summary.judged == 0 {
        return vec![span("unknown", Role::Dim)];
    }
    // A contradicted report is not an alarm.
    let role = if summary.down > 0 && summary.contradicted == 0 { Role::Warn } else { Role::Text };
    // The last cell of the line belongs to the margin.
    let room = usize::from(width.saturating_sub(FIGURE + 1));
    let mut down = vec![span(format::grouped_number(summary.down), role)];
    down.extend(summary.unverified.then(format::unverified_mark));
    down.push(span(" down", role));
    let unknown =
        (unknown > 0).then(|| span(format!("{} unknown", format::grouped_number(unknown)), Role::Dim));
    let mut line = down;
    if let Some(unknown) = unknown {
        let both = spans_width(&line) + 2 + text_width(&unknown.text);
        if summary.down == 0 && both > room {
            line = vec![unknown];
        } else {
            line.extend([span(", ", Role::Dim), unknown]);
        }
    }
    if !summary.unverified {
        return line;
    }
    let room = room.saturating_sub(spans_width(&line));
    let unverified = Proof::Unverified.word();
    let source = format!(", per the {DASHBOARD}, {unverified}");
    let choices = match summary.contradicted {
        0 => vec![source, format!(", {unverified}")],
        n => {
            let subnets = format::count_noun(n, "subnet", "subnets");
            vec![
                format!("{source}; contradicted by {subnets}"),
                format!("{source}; contradicted"),
                format!(", {unverified}; contradicted"),
                "; contradicted".to_owned(),
                ", disputed".to_owned(),
            ]
        }
    };
    line.extend(choices.into_iter().find(|words| words.len() <= room).map(|words| span(words, Role::Dim)));
    line
}

/// The network in few lines, for narrow screens.
fn short_lines(state: &State, width: u16) -> Vec<Spans> {
    let machines = machine_lines(state, width);
    if let [subnets, nodes, ..] = machines.as_slice() {
        let mut lines = vec![subnets.clone(), nodes.clone(), rate_spans(state, width)];
        lines.extend(machines.get(2).cloned());
        return lines;
    }
    vec![rate_spans(state, width), staked_spans(state, width), rewards_spans(state, width)]
}

/// What is the user's.
fn you_lines(state: &State, width: u16) -> Vec<Spans> {
    let roomy = width >= 66;
    if state.signer.is_anonymous() {
        let key = format::key_text(state, Command::Identity);
        return vec![
            vec![span("no identity: read-only", Role::Text)],
            vec![span(format!("{key} chooses an identity"), Role::Dim)],
        ];
    }
    let mut sum = Sum::default();
    state.world.neurons.iter().for_each(|n| sum.add_neuron(n));
    let mut lines = Vec::new();
    if state.world.neurons_known {
        let mut text = format!("in {}", format::count_noun(sum.count, "neuron", "neurons"));
        if roomy && sum.count > 0 {
            text.push_str(&format!(", average delay {}", sum.average_delay().words()));
        }
        lines.push(figure_spans("staked", sum.stake.rounded(), "ICP", note_spans(text)));
        let more = if sum.deciding >= sum.potential {
            vec![span("full", Role::Good)]
        } else if roomy {
            vec![
                span("some is lost", Role::Warn),
                span(format!(", {} if confirmed", sum.potential.rounded()), Role::Dim),
            ]
        } else {
            vec![span("some is lost", Role::Warn)]
        };
        lines.push(figure_spans("power", sum.deciding.rounded(), "V", more));
        lines.push(figure_spans("maturity", sum.maturity.rounded(), "", Vec::new()));
    } else {
        lines.push(unknown_spans("neurons"));
    }
    match state.world.accounts.iter().find_map(|account| Some((account, account.icp()?))) {
        Some((account, balance)) => {
            let proof = account.balance_evidence.proof;
            let more = vec![span(proof.word(), format::proof_role(proof))];
            lines.push(figure_spans("liquid", balance.rounded(), "ICP", more));
        }
        None => lines.push(unknown_spans("liquid")),
    }
    lines
}

/// The supply, for wide screens.
fn supply_lines(state: &State, width: u16) -> Vec<Spans> {
    let facts = &state.world.facts;
    let mut lines = Vec::new();
    match &facts.metrics {
        Some(metrics) => {
            let m = &metrics.value;
            lines.push(figure_spans("total", format::compact_number(m.total_supply_icp), "ICP", Vec::new()));
            lines.push(staked_spans(state, width));
            let more = note_spans(format!("{} staked", format::compact_icp(m.total_staked_maturity)));
            lines.push(figure_spans("maturity", format::compact_icp(m.total_maturity), "", more));
        }
        None => lines.push(unknown_spans("total")),
    }
    if let Some(modulation) = &facts.modulation {
        let value = format::signed_percent(modulation.value.permyriad);
        lines.push(figure_spans("modulation", value, "", note_spans("when disbursed")));
    }
    lines
}

/// ICP in XDR over time, on tall and wide screens.
fn rate_chart(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if area.height < 4 {
        return;
    }
    let Some(ring) = state.world.histories.get(series::ICP_XDR).filter(|s| s.len() > 1) else {
        cx.pen.write(area.x + 1, area.y, area.width, "ICP IN XDR", Role::Title);
        cx.pen.write(area.x + 1, area.y + 1, area.width, "its course shows as icpulse is used", Role::Dim);
        return;
    };
    let values = ring.values();
    let decimal = |v: Option<&u64>| icpulse_model::XdrPermyriad(v.copied().unwrap_or(0)).decimal();
    let (max, min) = (decimal(values.iter().max()), decimal(values.iter().min()));
    let span_of = match (ring.iter().next(), ring.last()) {
        (Some((first, _)), Some((last, _))) => last.since(first).words(),
        _ => String::new(),
    };
    cx.pen.write_spans(
        area.x + 1,
        area.y,
        area.width,
        &[span("ICP IN XDR", Role::Title), span(format!("   {span_of}"), Role::Dim)],
    );
    let label_w = u16::try_from(max.len().max(min.len())).unwrap_or(6) + 1;
    let right = Align::Right;
    cx.pen.write_fitted(area.x + 1, area.y + 1, label_w, &max, Role::ChartLabel, right);
    cx.pen.write_fitted(area.x + 1, area.bottom() - 1, label_w, &min, Role::ChartLabel, right);
    let x = area.x + label_w + 2;
    cx.pen.draw_vertical_rule(x, area.y + 1, area.height - 1, Role::ChartAxis);
    let plot = Rect::new(x + 1, area.y + 1, area.right().saturating_sub(x + 3), area.height - 1);
    chart::draw_line(cx.pen, plot, &values, Role::Chart);
}

/// Stake by dissolve delay, on tall and wide screens.
fn delay_chart(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if area.height < 4 {
        return;
    }
    cx.pen.write(area.x + 1, area.y, area.width, "STAKE BY DISSOLVE DELAY", Role::Title);
    let Some(metrics) = &state.world.facts.metrics else {
        cx.pen.write(area.x + 1, area.y + 1, area.width, "not known yet", Role::Dim);
        return;
    };
    let m = &metrics.value;
    let mut buckets: std::collections::BTreeMap<u64, E8s> = std::collections::BTreeMap::new();
    for (bucket, stake) in m.not_dissolving_buckets.iter().chain(&m.dissolving_buckets) {
        let sum = buckets.entry(*bucket).or_default();
        *sum = sum.saturating_add(*stake);
    }
    // Buckets are half years; more than fit are folded into the last.
    let room = usize::from(area.height - 1);
    let count = buckets.len();
    let mut bars: Vec<(String, E8s)> = Vec::new();
    for (index, (bucket, stake)) in buckets.iter().enumerate() {
        let label = |b: u64| format!("{}.{}", b / 2, if b % 2 == 1 { 5 } else { 0 });
        match bars.last_mut().filter(|_| count > room && index >= room) {
            Some((name, sum)) => {
                if !name.ends_with('+') {
                    *name = format!("{}+", name.split('–').next().unwrap_or_default());
                }
                *sum = sum.saturating_add(*stake);
            }
            None => bars.push((format!("{}–{} y", label(*bucket), label(bucket + 1)), *stake)),
        }
    }
    let bars: Vec<Bar> = bars
        .into_iter()
        .map(|(label, stake)| Bar {
            label,
            value: stake.0,
            note: format!("{} ICP", format::compact_icp(stake)),
        })
        .collect();
    chart::draw_bars(
        cx.pen,
        Rect::new(area.x + 1, area.y + 1, area.width.saturating_sub(1), area.height - 1),
        &bars,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_proven_has_its_mark_and_as_many_words_as_fit() {
        let text = |down, contradicted, width| {
            let known = Summary { nodes: 1_400, judged: 1_400, unverified: true, ..Summary::default() };
            let line = count_nodes(&Summary { down, contradicted, ..known }, width);
            assert!(spans_width(&line) < usize::from(width), "{width}");
            line.iter().map(|piece| piece.text.as_ref()).collect::<String>()
        };
        for (down, contradicted, width, end) in [
            (1_209, 38, 38, " 1,209? down"),
            (1_209, 38, 46, " 1,209? down, disputed"),
            (1_209, 0, 46, " 1,209? down, unverified"),
            (3, 0, 46, "     3? down, unverified"),
            (0, 0, 110, "     0? down, per the public dashboard, unverified"),
            (1_209, 38, 110, " per the public dashboard, unverified; contradicted by 38 subnets"),
        ] {
            let line = text(down, contradicted, width);
            assert!(line.ends_with(end), "{line:?} does not end with {end:?}");
        }
        let proven = Summary { nodes: 4, judged: 4, ..Summary::default() };
        let line: String = count_nodes(&proven, 110).iter().map(|piece| piece.text.as_ref()).collect();
        assert!(line.ends_with(" 0 down"), "{line:?}");
    }
}
