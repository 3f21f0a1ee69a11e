//! One neuron: its figures, whom it follows, how it voted.

use super::facts::{self, Facts};
use super::proposal::{add_row_hits, part_tabs};
use super::{Cx, condition, format, neurons, wallet};
use crate::tui::app::state::{Detail, Subject, Tab};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{self, Column, Content, Row, Table, Width};
use crate::tui::widgets::{Spans, gauge, notice, span};
use icpulse_engine::action::Condition;
use icpulse_model::economics::{age_bonus, deciding_share_ppm, dissolve_delay_bonus};
use icpulse_model::neuron::{Access, DissolveState};
use icpulse_model::topic::NeuronState;
use icpulse_model::{AccountIdentifier, E8s, Neuron, NeuronKey, Seconds};
use ratatui::layout::Rect;

/// From this width on two parts stand side by side.
const WIDE: u16 = 110;

/// Draws the neuron that is open.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, id: NeuronKey, detail: &Detail) {
    let state = cx.state;
    let area = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), area.height);
    let Some(neuron) = state.neuron(id) else {
        condition::draw_unknown_subject(cx, area, Subject::Neuron(id));
        return;
    };
    let mut title: Spans = Vec::new();
    if let Some(name) = state.neuron_name(id) {
        title.extend([span(name.as_str().to_owned(), Role::Known), span("  ", Role::Dim)]);
    }
    title.push(span(format!("neuron {id}"), Role::Strong));
    title.push(span(format!("  {}", neuron.state.title()), format::state_role(neuron.state)));
    title.push(span(format!("  {}", access_words(neuron.access)), Role::Dim));
    cx.pen.write_spans(area.x, area.y, area.width, &title);
    let y =
        part_tabs(cx, Rect::new(area.x, area.y + 2, area.width, 1), detail, |tab| tab_count(neuron, tab)) + 1;
    let body = Rect::new(area.x, y.min(area.bottom()), area.width, area.bottom().saturating_sub(y));
    if area.width + 2 < WIDE {
        draw_tab(cx, body, neuron, detail, detail.current_tab());
        return;
    }
    // Lists need more room than figures.
    let share = if detail.current_tab().has_cursor() { 58 } else { 50 };
    let left = Rect::new(body.x, body.y, (body.width - 3) * share / 100, body.height);
    let right = Rect::new(left.right() + 3, body.y, body.width - left.width - 3, body.height);
    cx.pen.draw_vertical_rule(left.right() + 1, body.y, body.height, Role::Border);
    match detail.current_tab() {
        Tab::Following | Tab::Ballots => {
            // The list with the cursor is at the left, the figures stay at the right.
            draw_tab(cx, left, neuron, detail, detail.current_tab());
            let lines = overview_lines(cx, neuron, right.width.saturating_sub(2));
            facts::draw_scrolled_lines(cx, right, &lines, 0);
        }
        _ => {
            draw_tab(cx, left, neuron, detail, Tab::Overview);
            let lines = elsewhere_lines(cx, neuron, right.width.saturating_sub(2));
            facts::draw_scrolled_lines(cx, right, &lines, 0);
        }
    }
}

fn access_words(access: Access) -> &'static str {
    match access {
        Access::Controller => "yours",
        Access::Hotkey => "hotkey: can vote",
        Access::Public => "public",
        Access::Info => "public fields only",
    }
}

fn tab_count(neuron: &Neuron, tab: Tab) -> String {
    let n = match tab {
        Tab::Following => neuron.followees.iter().map(|(_, f)| f.len()).sum(),
        Tab::Ballots => neuron.recent_ballots.len(),
        _ => 0,
    };
    if n > 0 { format!(" {n}") } else { String::new() }
}

fn draw_tab(cx: &mut Cx<'_, '_, '_>, area: Rect, neuron: &Neuron, detail: &Detail, tab: Tab) {
    match tab {
        Tab::Following => draw_following(cx, area, neuron, detail),
        Tab::Ballots => draw_ballots(cx, area, neuron, detail),
        _ => {
            let lines = overview_lines(cx, neuron, area.width.saturating_sub(2));
            facts::detail_part(cx, area, &lines, detail.scroll);
        }
    }
}

/// All figures.
fn overview_lines(cx: &Cx<'_, '_, '_>, n: &Neuron, width: u16) -> Vec<Spans> {
    let mut facts = Facts::new(width, 18);
    add_power_facts(cx, n, &mut facts, width);
    add_stake_facts(n, &mut facts);
    add_dissolving_facts(cx, n, &mut facts, width);
    add_settings_facts(cx, n, &mut facts);
    facts.into_lines()
}

/// Both voting powers, what they are made of, and when they shrink.
fn add_power_facts(cx: &Cx<'_, '_, '_>, n: &Neuron, facts: &mut Facts, width: u16) {
    let state = cx.state;
    let economics = state.economics();
    facts.add_heading("Voting power");
    facts.add_fact(
        "deciding",
        vec![span(n.deciding_voting_power.exact(), Role::Strong), span(" V now", Role::Dim)],
    );
    facts.add_fact(
        "potential",
        vec![span(n.potential_voting_power.exact(), Role::Power), span(" V if confirmed", Role::Dim)],
    );
    let delay = dissolve_delay_bonus(n.dissolve_delay);
    let age = age_bonus(n.age);
    facts.add_fact(
        "delay bonus",
        vec![
            span(format::factor_text(delay.permyriad()), Role::Text),
            span(format!("  for {}", n.dissolve_delay.words()), Role::Dim),
        ],
    );
    facts.add_fact(
        "age bonus",
        vec![
            span(format::factor_text(age.permyriad()), Role::Text),
            span(format!("  for {}", n.age.words()), Role::Dim),
        ],
    );
    if n.gang_bonus_base > E8s::ZERO {
        let counted = E8s(n.gang_bonus_base.0.min(n.stake.0) / 10);
        facts.add_fact(
            "gang bonus",
            vec![
                span(format!("+ {} ICP", counted.rounded()), Role::Text),
                span("  eight-year gang: a tenth of its stake then", Role::Dim),
            ],
        );
    }
    if n.dissolve_delay < economics.minimum_delay_to_vote {
        let least = economics.minimum_delay_to_vote.words();
        facts.add_text("cannot vote", format!("needs a dissolve delay of at least {least}"), Role::Warn);
        return;
    }
    let Some(refreshed) = n.refreshed else { return };
    let since = state.network_now().since(refreshed);
    let begins = refreshed.plus(economics.start_reducing_after);
    let ends = begins.plus(economics.clear_following_after);
    facts.add_text(
        "confirmed",
        format!("{} ({})", format::ago_text(state.network_now(), refreshed), refreshed.date()),
        Role::Dim,
    );
    let cells = width.saturating_sub(18).min(24);
    let left = deciding_share_ppm(since, &economics);
    if state.network_now() < begins {
        let bar = gauge_text(since.0, economics.start_reducing_after.0, cells, cx.pen.ascii());
        let soon = begins.since(state.network_now()) <= Seconds::days(30);
        facts.add_fact(
            "full until",
            vec![
                span(begins.date(), if soon { Role::Warn } else { Role::Text }),
                span(
                    format!("  {}", format::ahead_text(state.network_now(), begins)),
                    if soon { Role::Warn } else { Role::Dim },
                ),
            ],
        );
        facts.add_fact("", vec![span(bar, if soon { Role::GaugeWarn } else { Role::Gauge })]);
    } else if left > 0 {
        let share = format!("{}.{} %", left / 10_000, left / 1_000 % 10);
        facts.add_fact(
            "shrinking",
            vec![
                span(format!("{share} left"), Role::Bad),
                span(format!("  nothing {}", format::ahead_text(state.network_now(), ends)), Role::Warn),
            ],
        );
        let key = format::remedy_key(state, Condition::PowerDecays);
        facts.add_wrapped(vec![span(
            format!("{key} confirms following and restores voting power"),
            Role::Info,
        )]);
    } else {
        facts.add_text("no power", "voting power decayed to zero and following was cleared", Role::Bad);
        let key = format::remedy_key(state, Condition::PowerDecays);
        facts
            .add_wrapped(vec![span(format!("{key} restores voting power; set followees again"), Role::Info)]);
    }
}

fn gauge_text(part: u64, whole: u64, cells: u16, ascii: bool) -> String {
    let full = usize::from(gauge::permille(part, whole)) * usize::from(cells) / 1_000;
    let (on, off) = if ascii { ("#", ".") } else { ("█", "·") };
    format!("{}{}", on.repeat(full), off.repeat(usize::from(cells) - full))
}

/// Stake, maturity, what is on its way.
fn add_stake_facts(n: &Neuron, facts: &mut Facts) {
    facts.add_heading("Stake and maturity, ICP");
    let mut amount = |name: &str, value: E8s, role: Role| {
        facts.add_text(name, format!("{:>22}", format::decimal_amount(value)), role)
    };
    amount("stake", n.stake, Role::Strong);
    let staked_maturity = n.staked_maturity.unwrap_or_default();
    if staked_maturity > E8s::ZERO || n.fees > E8s::ZERO {
        if n.is_full() {
            amount("  on the ledger", n.cached_stake, Role::Amount);
        }
        amount("  staked maturity", staked_maturity, Role::Amount);
        if n.fees > E8s::ZERO {
            amount("  fees owed", n.fees, Role::Warn);
        }
    }
    match n.in_full(n.maturity) {
        Some(maturity) => amount("maturity", maturity, Role::Amount),
        None => facts.add_text("maturity", format!("{:>22}", "–"), Role::Dim),
    }
}

/// Dissolving and what arrives.
fn add_dissolving_facts(cx: &Cx<'_, '_, '_>, n: &Neuron, facts: &mut Facts, width: u16) {
    let now = cx.state.network_now();
    facts.add_heading("Dissolving");
    match (n.state, n.dissolve_state) {
        (NeuronState::Dissolved, _) => facts.add_text("dissolved", "its stake can be disbursed", Role::Warn),
        (_, DissolveState::At(at)) => {
            facts.add_text("dissolves", format::distance_text(now, at), Role::StateDissolving);
            facts.add_text("on", at.date_minute(), Role::Dim);
        }
        (NeuronState::Dissolving, _) => {
            facts.add_text("dissolves", format!("in {}", n.dissolve_delay.words()), Role::StateDissolving);
        }
        _ => facts.add_fact(
            "locked",
            vec![
                span(n.dissolve_delay.words(), Role::Text),
                span("  from the day it starts to dissolve", Role::Dim),
            ],
        ),
    }
    if let Some(at) = n.spawns {
        facts.add_text("spawns", format::distance_text(now, at), Role::Text);
    }
    for d in &n.disbursements {
        facts.add_fact(
            "arrives",
            vec![
                span(format!("{} maturity", d.amount.rounded()), Role::AmountIn),
                span(
                    format!("  {} ({})", format::distance_text(now, d.arrives), d.arrives.date_minute()),
                    Role::Dim,
                ),
            ],
        );
        let is_wide = width >= 84;
        let account = |id: AccountIdentifier| match wallet::whose(cx.state, &id) {
            Some(whose) => format!("{}  {whose}", id.short()),
            None if is_wide => id.hex(),
            None => id.short(),
        };
        let to = d.account_identifier.map(account).or_else(|| d.account.map(|a| a.to_string()));
        if let Some(to) = to {
            facts.add_text("  to", to, Role::Id);
        }
    }
}

/// Who controls it and how it is set.
fn add_settings_facts(cx: &Cx<'_, '_, '_>, n: &Neuron, facts: &mut Facts) {
    let now = cx.state.network_now();
    facts.add_heading("Settings");
    facts.add_text("visibility", n.visibility.title(), Role::Text);
    match n.in_full(n.auto_stake_maturity) {
        Some(auto) => facts.add_text("auto-stake", if auto { "yes" } else { "no" }, Role::Text),
        None => facts.add_text("auto-stake", "–", Role::Dim),
    }
    if let Some(at) = n.joined_fund {
        facts.add_text("Neurons' Fund", format!("since {}", at.date()), Role::Text);
    }
    facts.add_text(
        "created",
        format!("{} ({})", n.created.date(), format::ago_text(now, n.created)),
        Role::Dim,
    );
    if let Some(controller) = &n.controller {
        facts.add_text("controller", controller.to_text(), Role::Id);
    }
    for key in &n.hot_keys {
        facts.add_text("hotkey", key.to_text(), Role::Id);
    }
    if let Some(kind) = n.neuron_type {
        let word = match kind {
            1 => "seed".to_owned(),
            2 => "early contributor".to_owned(),
            other => format!("type {other}"),
        };
        facts.add_text("genesis", word, Role::Dim);
    }
    if let Some(known) = &n.known {
        if !known.description.is_empty() {
            facts.add_text("about", known.description.as_str(), Role::Text);
        }
        for link in &known.links {
            let role =
                if icpulse_model::text::safe_link(link.as_str()).is_some() { Role::Link } else { Role::Dim };
            facts.add_text("link", link.as_str(), role);
        }
        if !known.committed_topics.is_empty() {
            let topics: Vec<String> = known.committed_topics.iter().map(|t| t.title().into_owned()).collect();
            facts.add_text("votes on", topics.join(", "), Role::Text);
        }
    }
    facts.add_fact("read", format::evidence_spans(&n.evidence, now));
    facts.add_text("access", neurons::access_name(n.access), Role::Dim);
}

/// Whom it follows and how it voted, in short, beside the figures.
fn elsewhere_lines(cx: &Cx<'_, '_, '_>, n: &Neuron, width: u16) -> Vec<Spans> {
    const BALLOTS: usize = 12;
    let mut facts = Facts::new(width, 2);
    facts.add_heading("Following");
    if n.followees.iter().all(|(_, f)| f.is_empty()) {
        facts.add_wrapped(vec![span(no_followees_text(n), Role::Dim)]);
    }
    for (topic, followees) in n.followees.iter().filter(|(_, f)| !f.is_empty()) {
        facts.add_line(vec![span(topic.title().into_owned(), format::topic_role(*topic))]);
        for followee in followees {
            let mut line = vec![span("  ", Role::Text)];
            line.extend(format::neuron_spans(cx.state, *followee));
            facts.add_line(line);
        }
    }
    facts.add_heading("Latest ballots");
    if n.recent_ballots.is_empty() {
        facts.add_wrapped(vec![span("none", Role::Dim)]);
    }
    for (proposal, vote) in n.recent_ballots.iter().take(BALLOTS) {
        let (text, role) = format::vote_text(*vote);
        let title = cx.state.proposal(*proposal).map(|p| p.title.as_str().to_owned()).unwrap_or_default();
        facts.add_line(vec![
            span(format!("{proposal:>8}  "), Role::Id),
            span(format!("{text:<6}"), role),
            span(title, Role::Text),
        ]);
    }
    facts.into_lines()
}

fn no_followees_text(n: &Neuron) -> &'static str {
    if n.access == Access::Info { "not in the public extract" } else { "follows no neurons" }
}

/// Followees by topic, with a cursor.
fn draw_following(cx: &mut Cx<'_, '_, '_>, area: Rect, n: &Neuron, detail: &Detail) {
    let state = cx.state;
    let pairs = state.followee_rows(n.id);
    cx.hits.detail_lines = pairs.len();
    cx.hits.detail_height = usize::from(area.height.saturating_sub(1));
    if pairs.is_empty() {
        notice::draw(cx.pen, area, "No followees", Role::Text, &[no_followees_text(n)]);
        return;
    }
    let columns = [
        Column::text_column("topic", Width::Fill { min: 16, max: 110, weight: 1 }, 0),
        Column::text_column("follows", Width::Fill { min: 14, max: 110, weight: 1 }, 0),
        Column::number_column("neuron", 20, 1),
    ];
    let spec = Table {
        columns: &columns,
        len: pairs.len(),
        offset: detail.scroll,
        selected: Some(detail.cursor.min(pairs.len() - 1)),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let drawn = table::draw(cx.pen, area, &spec, |index| {
        let (topic, followee) = pairs.get(index)?;
        // A topic is named once, at its first followee.
        let first = index.checked_sub(1).and_then(|i| pairs.get(i)).is_none_or(|(t, _)| t != topic);
        let topic_cell =
            if first { Content::text(topic.title(), format::topic_role(*topic)) } else { Content::Nothing };
        let name = state.neuron_name(*followee).map(|l| l.as_str().to_owned());
        let cells = vec![
            topic_cell,
            name.map_or(Content::text("(no name)", Role::Dim), |n| Content::text(n, Role::Known)),
            Content::id(followee.to_string()),
        ];
        Some(Row { cells, marked: false })
    });
    add_row_hits(cx, &drawn);
}

/// Recent ballots, with a cursor.
fn draw_ballots(cx: &mut Cx<'_, '_, '_>, area: Rect, n: &Neuron, detail: &Detail) {
    let state = cx.state;
    let rows = &n.recent_ballots;
    cx.hits.detail_lines = rows.len();
    cx.hits.detail_height = usize::from(area.height.saturating_sub(1));
    if rows.is_empty() {
        notice::draw(cx.pen, area, "No ballots", Role::Text, &["it has not voted recently"]);
        return;
    }
    let columns = [
        Column::number_column("proposal", 9, 0),
        Column::text_column("title", Width::Fill { min: 12, max: 110, weight: 1 }, 0),
        Column::text_column("vote", Width::Fixed(12), 0),
    ];
    let spec = Table {
        columns: &columns,
        len: rows.len(),
        offset: detail.scroll,
        selected: Some(detail.cursor.min(rows.len() - 1)),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let drawn = table::draw(cx.pen, area, &spec, |index| {
        let (proposal, vote) = rows.get(index)?;
        let (text, role) = format::vote_text(*vote);
        let title = state.proposal(*proposal).map(|p| p.title.as_str().to_owned()).unwrap_or_default();
        let cells = vec![
            Content::id(proposal.to_string()),
            Content::text(title, Role::Text),
            Content::text(text, role),
        ];
        Some(Row { cells, marked: false })
    });
    add_row_hits(cx, &drawn);
}
