//! The first screen: what needs the user, what the network is like, what can be voted on.

use super::neurons::Sum;
use super::{Cx, condition, proposals, series, words};
use crate::app::pulse::Need;
use crate::app::{Hit, State};
use crate::command::Command;
use crate::model::amount::percent;
use crate::model::{E8s, ProposalId, Seconds};
use crate::theme::Role;
use crate::widget::chart::{self, Bar};
use crate::widget::pen::Align;
use crate::widget::spark::{self, Floor};
use crate::widget::table::{self, Column, Content, Row, Table, Width};
use crate::widget::{Spans, notice, span};
use ratatui::layout::Rect;

/// Needs shown at most; more are there by scrolling nothing away: there are six kinds.
const NEEDS: usize = 6;

/// Draws the screen.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    let area = Rect::new(area.x, area.y, area.width.saturating_sub(1), area.height);
    let roomy = area.height >= 34;
    let wide = area.width >= 108;
    let network = network_lines(state);
    let you = you_lines(state);
    let supply = supply_lines(state);
    let needs = state.pulse.needs.clamp(1, NEEDS);
    // At 80 columns needs come alone; the network joins YOU at the bottom.
    let top_rows = if wide { needs.max(network.len()) } else { needs };
    let top_h = u16::try_from(top_rows + 2).unwrap_or(8);
    let bottom_rows =
        if wide { you.len().max(supply.len()) } else { you.len().max(short_lines(state).len()) };
    let charts = roomy && wide;
    let chart_h = if charts { 9 } else { 0 };
    let bottom_h = u16::try_from(bottom_rows + 1).unwrap_or(6) + chart_h;
    let top = Rect::new(area.x, area.y, area.width, top_h.min(area.height));
    let bottom_h = bottom_h.min(area.height.saturating_sub(top.height + 4));
    let middle_h = area.height.saturating_sub(top.height + bottom_h + u16::from(bottom_h > 0));
    let middle = Rect::new(area.x, top.bottom(), area.width, middle_h);
    let bottom = Rect::new(area.x, area.bottom() - bottom_h, area.width, bottom_h);

    if wide {
        let left_w = area.width * 55 / 100;
        need_list(cx, Rect::new(top.x, top.y, left_w, top.height));
        let right = Rect::new(top.x + left_w + 2, top.y, top.width - left_w - 2, top.height);
        section(cx, right, "THE NETWORK", &network);
    } else {
        need_list(cx, top);
    }
    open_proposals(cx, middle);
    if bottom.height < 2 {
        return;
    }
    let left_w = if wide { area.width * 55 / 100 } else { area.width / 2 };
    let text_h = bottom.height.saturating_sub(chart_h);
    let left = Rect::new(bottom.x, bottom.y, left_w, text_h);
    let right = Rect::new(bottom.x + left_w + 2, bottom.y, bottom.width - left_w - 2, text_h);
    section(cx, left, "YOU", &you);
    if wide {
        section(cx, right, "SUPPLY", &supply);
    } else {
        section(cx, right, "THE NETWORK", &short_lines(state));
    }
    if charts {
        let y = bottom.y + text_h + 1;
        let h = bottom.bottom().saturating_sub(y);
        rate_chart(cx, Rect::new(left.x, y, left.width, h));
        delay_chart(cx, Rect::new(right.x, y, right.width, h));
    }
}

/// A title and its lines.
fn section(cx: &mut Cx<'_, '_, '_>, area: Rect, title: &str, lines: &[Spans]) {
    if area.height == 0 {
        return;
    }
    cx.pen.put(area.x + 1, area.y, area.width, title, Role::Title);
    for (line, y) in lines.iter().zip(area.top() + 1..area.bottom()) {
        cx.pen.spans(area.x + 1, y, area.width.saturating_sub(1), line);
    }
}

/// What needs the user, in words: what, when, and more.
pub(super) fn need(state: &State, need: &Need) -> (String, String, String) {
    let now = state.now;
    match need {
        Need::Unfinished { count } => (
            format!("{} unfinished", words::count(*count, "action", "actions")),
            String::new(),
            format!("{} shows them", words::key(state, Command::Actions)),
        ),
        Need::Vote { count, first } => (
            format!("{} to vote on", words::count(*count, "proposal", "proposals")),
            first.map(|(at, _)| format!("first closes {}", words::ahead(now, at))).unwrap_or_default(),
            String::new(),
        ),
        Need::ConfirmFollowing { count, shrinking, within, .. } => {
            let verb = if *count == 1 { "loses" } else { "lose" };
            let when = if *shrinking > 0 {
                format!("{shrinking} shrinking now")
            } else {
                format!("in {}", within.words())
            };
            let what = format!("{} {verb} power", words::count(*count, "neuron", "neurons"));
            (what, when, format!("{} confirms following", words::key(state, Command::ConfirmFollowing)))
        }
        Need::Disbursement { count, amount, arrives, .. } => {
            let verb = if *count == 1 { "arrives" } else { "arrive" };
            (
                format!("{} {verb}", words::count(*count, "disbursement", "disbursements")),
                words::ahead(now, *arrives),
                format!("+{} maturity", amount.rounded()),
            )
        }
        Need::Dissolved { count, amount, .. } => (
            format!("{} dissolved", words::count(*count, "neuron", "neurons")),
            "now".to_owned(),
            format!("{} ICP can be taken out", amount.rounded()),
        ),
        Need::ChooseIdentity => (
            "read-only: nobody signs".to_owned(),
            String::new(),
            format!("{} chooses an identity", words::key(state, Command::Identity)),
        ),
    }
}

fn need_role(need: &Need) -> Role {
    match need {
        Need::Unfinished { .. } => Role::Bad,
        Need::Vote { .. } | Need::ConfirmFollowing { .. } => Role::Warn,
        Need::Disbursement { .. } => Role::AmountIn,
        Need::Dissolved { .. } | Need::ChooseIdentity => Role::Info,
    }
}

fn need_list(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    cx.pen.put(area.x + 1, area.y, area.width, "NEEDS YOU", Role::Title);
    let rows = usize::from(area.height.saturating_sub(2));
    if state.pulse.needs == 0 {
        let reading = state.sync.last_success.is_none() && state.world.proposals.is_empty();
        let text = if reading { "not known yet" } else { "nothing: all is voted on, no power is lost" };
        let role = if reading { Role::Dim } else { Role::Good };
        cx.pen.put(area.x + 3, area.y + 1, area.width.saturating_sub(3), text, role);
        return;
    }
    let wide = area.width >= 72;
    let (what_w, when_w) = if wide { (30, 24) } else { (26, 23) };
    for (index, item) in state.pulse.needs().take(rows).enumerate() {
        let y = area.y + 1 + u16::try_from(index).unwrap_or(0);
        let (what, when, more) = need(state, item);
        let role = need_role(item);
        let selected = state.pulse.cursor == index;
        let sign = if selected { "▸" } else { "•" };
        cx.pen.put(area.x + 1, y, 1, sign, role);
        let x = area.x + 3;
        cx.pen.fit(x, y, what_w, &what, role, Align::Left);
        let end = area.right();
        cx.pen.fit(
            x + what_w + 1,
            y,
            when_w.min(end.saturating_sub(x + what_w + 1)),
            &when,
            Role::Text,
            Align::Left,
        );
        let x = x + what_w + when_w + 2;
        cx.pen.fit(x, y, end.saturating_sub(x), &more, Role::Dim, Align::Left);
        let row = Rect::new(area.x + 1, y, area.width.saturating_sub(1), 1);
        if selected {
            let focus = if state.layers.is_empty() { Role::Selection } else { Role::SelectionInactive };
            cx.pen.restyle(row, focus);
        }
        cx.hits.add(row, Hit::Row(index));
    }
}

/// Open proposals: rows of a table without gutter signs of its own.
fn open_proposals(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if area.height < 2 {
        return;
    }
    let open: Vec<ProposalId> = state.pulse.proposals().collect();
    let list = Rect::new(area.x, area.y, area.width, area.height);
    let height = usize::from(list.height.saturating_sub(1));
    cx.hits.list_height = height;
    if open.is_empty() {
        cx.pen.put(area.x + 1, area.y, area.width, "OPEN PROPOSALS", Role::Title);
        let body = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
        if state.world.proposals.is_empty() {
            let known = state.sync.last_success.is_some() && state.sync.history.is_none();
            condition::say(cx, body, condition::why(state, known, 0), "proposals");
        } else {
            notice::draw(cx.pen, body, "No proposal is open", Role::Dim, &["the latest are under Proposals"]);
        }
        return;
    }
    let wide = area.width >= 108;
    let title = format!("OPEN PROPOSALS  {}", open.len());
    let columns = [
        Column::numbers("", 7, 0),
        Column::words("", Width::Fill { min: 20, weight: 1 }, 0),
        Column::numbers("closes", 9, 0),
        Column::numbers("yes", 7, 0),
        Column::words("", Width::Fixed(if wide { 24 } else { 12 }), 2),
        Column::numbers("no", 7, 0),
        Column::words("yours", Width::Fixed(if wide { 10 } else { 7 }), 0),
    ];
    let selected = state.pulse.cursor.checked_sub(state.pulse.needs);
    let spec = Table {
        columns: &columns,
        len: open.len(),
        offset: state.pulse.offset,
        selected: selected.filter(|s| *s < open.len()),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let drawn = table::draw(cx.pen, list, &spec, |index| {
        let id = *open.get(index)?;
        let p = state.proposal(id)?;
        let (closes, closes_role) = proposals::closes(state, p);
        let (mine, mine_role) = words::mine(p, state.now);
        let share =
            |bp: Option<u32>, role| bp.map_or(Content::Nothing, |bp| Content::text(percent(bp), role));
        let cells = vec![
            Content::id(id.to_string()),
            Content::text(proposals::title(p), Role::Text),
            Content::text(closes, closes_role),
            share(p.tally.map(|t| t.yes_bp()), Role::Yes),
            proposals::shares(p).map_or(Content::Nothing, Content::Tally),
            share(p.tally.map(|t| t.no_bp()), Role::No),
            Content::text(mine, mine_role),
        ];
        Some(Row { cells, marked: false })
    });
    // The section's title stands in the heads' row, left of the heads.
    cx.pen.put(area.x + 1, area.y, area.width, &title, Role::Title);
    for (row, y) in (drawn.offset..drawn.offset + drawn.shown).zip(drawn.body.top()..drawn.body.bottom()) {
        cx.hits.add(Rect::new(drawn.body.x, y, drawn.body.width, 1), Hit::Row(state.pulse.needs + row));
    }
}

/// The sections of figures with their titles, for the plain text.
pub(super) fn sections(state: &State) -> [(&'static str, Vec<Spans>); 3] {
    [("THE NETWORK", network_lines(state)), ("SUPPLY", supply_lines(state)), ("YOU", you_lines(state))]
}

/// A name and its value, aligned.
fn figure(name: &str, value: impl Into<String>, more: Spans) -> Spans {
    let mut line = vec![span(format!("{name:<10} "), Role::Dim), span(value.into(), Role::Text)];
    line.extend(more);
    line
}

fn note(text: impl Into<String>) -> Spans {
    vec![span(format!("   {}", text.into()), Role::Dim)]
}

/// The age of a figure, only where it is old enough to matter.
fn aged(state: &State, at: crate::model::Timestamp, normal: Seconds) -> Spans {
    if state.now.since(at) > normal {
        vec![span(format!("   {}", words::ago(state.now, at)), Role::Stale)]
    } else {
        Vec::new()
    }
}

/// ICP's rate with its series and proof.
fn rate(state: &State, cells: usize) -> Spans {
    let Some(rate) = &state.world.facts.icp_xdr else { return figure("ICP", "not known yet", Vec::new()) };
    let values = series::values(state, series::ICP_XDR);
    let mut more = vec![span(" XDR  ", Role::Dim)];
    if values.len() > 1 {
        more.push(span(spark::text(&values, cells, Floor::Least, state.options.ascii), Role::Spark));
        more.push(span("  ", Role::Dim));
    }
    if cells > 12 {
        let proof = rate.evidence.proof;
        more.push(span(proof.word(), words::proof_role(proof)));
    }
    more.extend(aged(state, rate.evidence.at, Seconds::hours(1)));
    figure("ICP", rate.value.decimal(), more)
}

/// The latest rewards.
fn rewards(state: &State) -> Spans {
    let Some(event) = &state.world.facts.reward_event else {
        return figure("rewards", "not known yet", Vec::new());
    };
    let event = &event.value;
    let settled = words::count(event.settled.len(), "proposal", "proposals");
    figure(
        "rewards",
        compact_amount(event.distributed),
        note(format!("ICP over {settled}, {}", words::ago(state.now, event.at))),
    )
}

fn compact_amount(amount: E8s) -> String {
    if amount.0 / E8s::PER_ICP >= 100_000 { words::compact_icp(amount) } else { amount.rounded() }
}

fn staked(state: &State) -> Spans {
    let Some(metrics) = &state.world.facts.metrics else {
        return figure("staked", "not known yet", Vec::new());
    };
    let m = &metrics.value;
    let share = words::basis_points(m.total_staked.0 / E8s::PER_ICP, m.total_supply_icp);
    let mut more = note(format!("ICP, {} of all", percent(share)));
    more.extend(aged(state, metrics.evidence.at, Seconds::days(2)));
    figure("staked", words::compact_icp(m.total_staked), more)
}

/// The network at a glance, for wide screens.
fn network_lines(state: &State) -> Vec<Spans> {
    let facts = &state.world.facts;
    let total = facts.latest_proposal.or_else(|| state.world.proposals.iter().next().map(|p| p.id.0));
    let open = state.pulse.items.len() - state.pulse.needs;
    let mut lines = vec![
        figure(
            "proposals",
            total.map_or_else(|| "not known yet".to_owned(), words::compact),
            if total.is_some() { note(format!("{open} open")) } else { Vec::new() },
        ),
        rate(state, 24),
        rewards(state),
    ];
    // The newest proposal's tally says how much voting power there is.
    let power = state
        .world
        .proposals
        .iter()
        .next()
        .and_then(|p| p.tally.map(|t| (t.total, p.total_potential_voting_power)));
    if let Some((deciding, potential)) = power {
        let more = potential
            .map(|p| note(format!("V decide, {} of what could", percent(deciding.basis_points_of(p)))))
            .unwrap_or_else(|| note("V decide"));
        lines.push(figure("power", words::compact_power(deciding), more));
    }
    if let Some(economics) = &facts.economics {
        let e = &economics.value;
        lines.push(figure(
            "costs",
            format!("{} ICP", e.reject_cost.exact()),
            note(format!("if rejected; least stake {} ICP", e.neuron_minimum_stake.exact())),
        ));
    }
    lines
}

/// The network in four lines, for narrow screens.
fn short_lines(state: &State) -> Vec<Spans> {
    vec![rate(state, 12), staked(state), rewards(state)]
}

/// What is the user's.
fn you_lines(state: &State) -> Vec<Spans> {
    if state.signer.is_anonymous() {
        let key = words::key(state, Command::Identity);
        return vec![
            vec![span("nobody signs: everything is read-only", Role::Text)],
            vec![span(format!("{key} chooses an identity; then voting and staking work"), Role::Dim)],
        ];
    }
    let mut sum = Sum::default();
    state.world.neurons.iter().for_each(|n| sum.add(n));
    let mut lines = Vec::new();
    if state.world.neurons_known {
        let delay = if sum.count > 0 {
            format!(", average delay {}", sum.average_delay().words())
        } else {
            String::new()
        };
        lines.push(figure(
            "staked",
            sum.stake.rounded(),
            note(format!("ICP in {}{delay}", words::count(sum.count, "neuron", "neurons"))),
        ));
        let full = sum.deciding >= sum.potential;
        let more = if full {
            vec![span("   V", Role::Dim), span("  full", Role::Good)]
        } else {
            vec![
                span(format!("   V of {}", sum.potential.rounded()), Role::Dim),
                span("  some is lost", Role::Warn),
            ]
        };
        lines.push(figure("power", sum.deciding.rounded(), more));
    } else {
        lines.push(figure("neurons", "not read yet", Vec::new()));
    }
    match state.world.accounts.first() {
        Some(account) => {
            let more = note(format!("ICP, {} maturity", sum.maturity.rounded()));
            lines.push(figure("liquid", account.balance.rounded(), more));
        }
        None => lines.push(figure("liquid", "not read yet", Vec::new())),
    }
    lines
}

/// The supply, for wide screens.
fn supply_lines(state: &State) -> Vec<Spans> {
    let facts = &state.world.facts;
    let mut lines = Vec::new();
    match &facts.metrics {
        Some(metrics) => {
            let m = &metrics.value;
            lines.push(figure("total", words::compact(m.total_supply_icp), note("ICP")));
            lines.push(staked(state));
            lines.push(figure(
                "maturity",
                words::compact_icp(m.total_maturity),
                note(format!("{} of it staked", words::compact_icp(m.total_staked_maturity))),
            ));
        }
        None => lines.push(figure("total", "not known yet", Vec::new())),
    }
    if let Some(modulation) = &facts.modulation {
        lines.push(figure(
            "modulation",
            words::signed_percent(modulation.value.permyriad),
            note("on disbursed maturity"),
        ));
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
        cx.pen.put(area.x + 1, area.y, area.width, "ICP IN XDR", Role::Title);
        cx.pen.put(area.x + 1, area.y + 1, area.width, "its course shows as icpulse is used", Role::Dim);
        return;
    };
    let values = ring.values();
    let decimal = |v: Option<&u64>| crate::model::XdrPermyriad(v.copied().unwrap_or(0)).decimal();
    let (max, min) = (decimal(values.iter().max()), decimal(values.iter().min()));
    let span_of = match (ring.iter().next(), ring.last()) {
        (Some((first, _)), Some((last, _))) => last.since(first).words(),
        _ => String::new(),
    };
    cx.pen.spans(
        area.x + 1,
        area.y,
        area.width,
        &[span("ICP IN XDR", Role::Title), span(format!("   {span_of}"), Role::Dim)],
    );
    let label_w = u16::try_from(max.len().max(min.len())).unwrap_or(6) + 1;
    let right = Align::Right;
    cx.pen.fit(area.x + 1, area.y + 1, label_w, &max, Role::ChartLabel, right);
    cx.pen.fit(area.x + 1, area.bottom() - 1, label_w, &min, Role::ChartLabel, right);
    let x = area.x + label_w + 2;
    cx.pen.vertical(x, area.y + 1, area.height - 1, Role::ChartAxis);
    let plot = Rect::new(x + 1, area.y + 1, area.right().saturating_sub(x + 3), area.height - 1);
    chart::line(cx.pen, plot, &values, Role::Chart);
}

/// Stake by dissolve delay, on tall and wide screens.
fn delay_chart(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if area.height < 4 {
        return;
    }
    cx.pen.put(area.x + 1, area.y, area.width, "STAKE BY DISSOLVE DELAY", Role::Title);
    let Some(metrics) = &state.world.facts.metrics else {
        cx.pen.put(area.x + 1, area.y + 1, area.width, "not known yet", Role::Dim);
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
            note: format!("{} ICP", words::compact_icp(stake)),
        })
        .collect();
    chart::bars(
        cx.pen,
        Rect::new(area.x + 1, area.y + 1, area.width.saturating_sub(1), area.height - 1),
        &bars,
    );
}
