//! The figures of one thing of the network, as lines.

use super::super::cell;
use super::super::facts::Facts;
use super::super::format;
use super::detail::heading;
use super::mine;
use crate::tui::app::state::State;
use crate::tui::app::state::Subject;
use crate::tui::app::state::net::{short_id, short_version};
use crate::tui::app::state::place::{Name, Os};
use crate::tui::theme::Role;
use crate::tui::widgets::spark::{self, Floor};
use crate::tui::widgets::text::spans_width;
use crate::tui::widgets::{Spans, span};
use icpulse_model::account::short_principal;
use icpulse_model::amount::group;
use icpulse_model::decentral::{Breach, Decentralization};
use icpulse_model::event::EventKind;
use icpulse_model::evidence::Proof;
use icpulse_model::fleet::{DASHBOARD, Verdict};
use icpulse_model::health::{Condition, Rings, Span};
use icpulse_model::margin::Margin;
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal};

/// Whether there is such a thing, as far as is known.
pub(super) fn is_known(state: &State, subject: &Subject) -> bool {
    let topology = state.topology();
    match subject {
        Subject::Subnet(id) => topology.subnets.contains_key(id),
        Subject::Node(id) => topology.nodes.contains_key(id),
        Subject::Provider(id) => topology.operators.values().any(|o| o.provider == *id),
        Subject::DataCenter(name) => state.data_center(name).is_some(),
        Subject::Boundary(id) => {
            topology.api_boundary_nodes.contains_key(id) || state.world.fleet.boundary.contains_key(id)
        }
        Subject::Version(os, name) => {
            let view = &state.net.view;
            let versions = if *os == Os::Guest { &view.guest_versions } else { &view.host_versions };
            versions.contains_key(&Line::new(name.as_str()))
        }
        Subject::Event(..) => state.event(subject).is_some(),
        Subject::Proposal(_) | Subject::Neuron(_) | Subject::Transaction(_) => false,
    }
}

/// What it is, in a line of so many cells.
pub(super) fn title(state: &State, subject: &Subject, room: usize) -> Spans {
    let with = |column| {
        let spans = column_spans(state, subject, column, None);
        if spans_width(&spans) == 0 {
            return Vec::new();
        }
        let mut line = vec![span("  ", Role::Text)];
        line.extend(spans);
        line
    };
    match subject {
        Subject::Subnet(id) => {
            let mut line = heading(format!("subnet {id}"), with("kind"));
            line.extend(with("condition"));
            line
        }
        Subject::Node(id) => {
            let alias = state.net.mine.alias(state.topology(), id);
            let mut line: Spans = alias.map(|a| span(format!("{a}  "), Role::Known)).into_iter().collect();
            line.extend(heading(format!("node {id}"), with("status")));
            line
        }
        Subject::Provider(id) => {
            let mut line = heading(format!("provider {id}  "), Vec::new());
            if state.world.fleet.name(id).is_some() {
                let room = room.saturating_sub(spans_width(&line));
                line.extend(format::provider_within(state, id, Role::Known, room));
            }
            line
        }
        Subject::DataCenter(name) => {
            let whose = state.data_center(name).map(|c| span(format!("  {}", c.owner), Role::Dim));
            heading(format!("data center {}", name.as_str()), whose.into_iter().collect())
        }
        Subject::Version(os, name) => heading(format!("{} {}", os.title(), name.as_str()), Vec::new()),
        Subject::Boundary(id) => {
            let domain = state.world.fleet.boundary.get(id).map(|b| b.domain.to_string());
            let rest = with("status");
            heading(format!("API boundary node {}", domain.unwrap_or_else(|| id.to_text())), rest)
        }
        _ => {
            let event = state.event(subject);
            let text = event.map(|e| state.event_sentence(e)).unwrap_or_default();
            heading(text, Vec::new())
        }
    }
}

/// A thing's cell in a column of its list, with a role of its own or the cell's.
fn column_spans(state: &State, subject: &Subject, column: &str, role: Option<Role>) -> Spans {
    let cells = state.cell_context();
    let list = state.list_of(subject);
    let Some(column) = list.and_then(|list| list.columns.iter().find(|c| c.info.id == column)) else {
        return Vec::new();
    };
    let cell = (column.get)(subject, &cells);
    let role = role.unwrap_or_else(|| cell::role_for_tone(cell.tone));
    cell::cell_spans(state, &column.info, cell, role)
}

/// All figures.
pub(super) fn lines(state: &State, subject: &Subject, width: u16) -> Vec<Spans> {
    let mut facts = Facts::new(width, 14);
    match subject {
        Subject::Subnet(id) => subnet(state, id, &mut facts, width),
        Subject::Node(id) => node(state, id, &mut facts),
        Subject::Provider(id) => provider(state, id, &mut facts, width),
        Subject::DataCenter(name) => center(state, name, &mut facts),
        Subject::Version(os, name) => version(state, *os, name, &mut facts),
        Subject::Boundary(id) => boundary(state, id, &mut facts),
        Subject::Event(..) => event(state, subject, &mut facts),
        Subject::Proposal(_) | Subject::Neuron(_) | Subject::Transaction(_) => {}
    }
    facts.into_lines()
}

fn proven(state: &State, facts: &mut Facts, evidence: Option<&Evidence>) {
    if let Some(evidence) = evidence {
        facts.add_fact("read", format::evidence_spans(evidence, state.network_now()));
    }
}

fn subnet(state: &State, id: &Principal, facts: &mut Facts, width: u16) {
    let topology = state.topology();
    let Some(record) = topology.subnets.get(id) else { return };
    health(state, id, facts, width);
    show_reported(state, &record.membership, state.margin(id), facts);
    if let Some(figures) = state.net.figures(id) {
        facts.add_heading("Decentralisation");
        decentralization(state, figures, state.margin(id), facts);
    }
    facts.add_heading("Settings");
    facts.add_text("to run", format!("GuestOS {}", record.replica_version), Role::Text);
    let most = if record.max_canisters == 0 {
        "no limit of its own".to_owned()
    } else {
        group(&record.max_canisters.to_string())
    };
    facts.add_text("canisters", format!("at most {most}"), Role::Dim);
    let times = format!(
        "{} ms least, {} ms wait, keys every {} blocks",
        record.unit_delay_millis,
        record.initial_notary_delay_millis,
        group(&record.dkg_interval_length.to_string())
    );
    facts.add_text("blocks", times, Role::Dim);
    for key in &record.chain_keys {
        facts.add_text("holds key", key.as_str().to_owned(), Role::Text);
    }
    if record.is_halted || record.halt_at_cup_height {
        let word =
            if record.is_halted { "halted by decision" } else { "will halt at its next catch-up package" };
        facts.add_text("halt", word, Role::Warn);
    }
    let ranges: Vec<_> = topology.routes.values().flatten().filter(|r| r.subnet == *id).collect();
    facts.add_heading("Canister ids");
    if ranges.is_empty() {
        facts.add_wrapped(vec![span("none are routed to it", Role::Dim)]);
    }
    for range in ranges {
        facts.add_wrapped(vec![
            span(range.start.to_text(), Role::Id),
            span(" – ", Role::Dim),
            span(range.end.to_text(), Role::Id),
        ]);
    }
    proven(state, facts, topology.evidence.as_ref());
}

/// Shows the nodes of a subnet by status, the source of that, and what contradicts it.
fn show_reported(state: &State, nodes: &[Principal], margin: Option<Margin>, facts: &mut Facts) {
    let lives = state.world.fleet.lives(nodes, state.fleet_now());
    let Some(margin) = margin.filter(|_| lives.is_known()) else { return };
    facts.add_heading("Nodes by status");
    let mut line: Spans = Vec::new();
    for (count, word, role) in [
        (lives.up, "up", Role::Text),
        (lives.degraded, "degraded", if lives.degraded > 0 { Role::Warn } else { Role::Dim }),
        (lives.down, "down", choose_down_role(&margin)),
    ] {
        let gap = if line.is_empty() { "" } else { ", " };
        line.push(span(format!("{gap}{}", format::grouped_number(count)), role));
        line.extend(lives.is_unverified().then(format::unverified_mark));
        line.push(span(format!(" {word}"), role));
    }
    facts.add_fact("nodes", line);
    if lives.is_unverified() {
        facts.add_text("source", format!("{DASHBOARD}, {}", Proof::Unverified.word()), Role::Unverified);
    } else {
        facts.add_text("source", "signatures of the nodes", Role::Signed);
    }
    if margin.is_contradicted() {
        facts.add_text("contradicted", explain_contradiction(&margin), Role::Warn);
    }
}

/// Explains why the report on a subnet's nodes cannot be true.
fn explain_contradiction(margin: &Margin) -> String {
    format!("the subnet certifies, so at most {} of its {} nodes can be down", margin.limit, margin.nodes)
}

fn choose_down_role(margin: &Margin) -> Role {
    match margin.down {
        0 => Role::Dim,
        _ if margin.is_contradicted() => Role::Warn,
        _ => Role::Bad,
    }
}

fn health(state: &State, id: &Principal, facts: &mut Facts, width: u16) {
    facts.add_heading("Health");
    if state.net.then.is_some() {
        facts.add_wrapped(vec![span("health is known for today only", Role::Dim)]);
        return;
    }
    let now = state.network_now();
    let Some(health) = state.world.health.get(id) else {
        facts.add_wrapped(vec![span("not asked yet", Role::Dim)]);
        return;
    };
    match health.condition(now) {
        Condition::Unknown => {}
        Condition::Well => facts.add_text("state", "well: it certifies the present", Role::Good),
        Condition::Stalled(_) => {
            let since = health.certified_at.map(|at| format::lasting_text(now, at)).unwrap_or_default();
            facts.add_text(
                "state",
                format!("STALLED: it answers, and its time stands still for {since}"),
                Role::Bad,
            );
        }
        Condition::Unreachable => {
            let why = health.failure.as_ref().map(Line::as_str).unwrap_or("no certificate yet");
            facts.add_text("state", format!("no answer: {why}"), Role::Bad);
        }
    }
    if let Some(lag) = health.lag() {
        facts.add_text("lag", lag.words(), Role::Text);
    }
    if let Some(last) = &health.last {
        facts.add_text("canisters", group(&last.metrics.canisters.to_string()), Role::Text);
        let grown = health.rates.map_or_else(String::new, |r| {
            let sign = if r.state_bytes_per_day < 0 { "−" } else { "+" };
            format!("  {sign}{} a day", format::bytes(r.state_bytes_per_day.unsigned_abs()))
        });
        facts.add_fact(
            "state size",
            vec![span(format::bytes(last.metrics.state_bytes), Role::Text), span(grown, Role::Dim)],
        );
    }
    let room = usize::from(width.saturating_sub(56)).clamp(8, 60);
    course(state, facts, "executions /s", &health.updates, room, format::per_second);
    course(state, facts, "cycles /s", &health.cycles, room, format::scaled);
    course(state, facts, "state size", &health.state, room, format::bytes);
    if health.resets > 0 || health.dropped > 0 {
        let text = format!("{} resets of counters, {} samples out of order", health.resets, health.dropped);
        facts.add_text("odd", text, Role::Dim);
    }
    proven(state, facts, health.evidence.as_ref());
}

/// A value's course over three spans: least, now, most.
fn course(state: &State, facts: &mut Facts, name: &str, rings: &Rings, room: usize, say: fn(u64) -> String) {
    let mut first = true;
    for (span_of, label) in [(Span::Minute, "3 h"), (Span::Hour, "7 d"), (Span::Day, "1 y")] {
        let values = rings.values(span_of);
        let (Some(least), Some(most), Some(last)) = (values.iter().min(), values.iter().max(), values.last())
        else {
            continue;
        };
        if values.len() < 2 {
            continue;
        }
        if first {
            facts.add_line(Vec::new());
        }
        let line = vec![
            span(format!("{label}  "), Role::ChartLabel),
            span(
                format!("{:<room$}", spark::spark_text(&values, room, Floor::Least, state.options.ascii)),
                Role::Spark,
            ),
            span(format!("  {}", say(*last)), Role::Text),
            span(format!("  {} – {}", say(*least), say(*most)), Role::Dim),
        ];
        facts.add_fact(if first { name } else { "" }, line);
        first = false;
    }
}

/// A set of nodes' coefficients, fault distance and breaches.
fn decentralization(state: &State, figures: &Decentralization, margin: Option<Margin>, facts: &mut Facts) {
    let nodes = format::count_noun(figures.nodes, "node", "nodes");
    facts.add_fact(
        "may fail",
        vec![span(figures.fault_limit.to_string(), Role::Strong), span(format!(" of {nodes}"), Role::Dim)],
    );
    if let Some(margin) = margin.filter(|margin| margin.down > 0) {
        let role = if margin.left() == 0 { choose_down_role(&margin) } else { Role::Text };
        let beyond = if margin.is_exceeded() { ", beyond its tolerance" } else { "" };
        facts.add_fact(
            "still may",
            vec![
                span(margin.left().to_string(), role),
                format::unverified_mark(),
                span(
                    format!(
                        " ({} reported down, {}{beyond})",
                        format::grouped_number(margin.down),
                        Proof::Unverified.word()
                    ),
                    Role::Dim,
                ),
            ],
        );
    }
    let mean = figures.mean_hundredths();
    facts.add_fact(
        "nakamoto",
        vec![
            span(figures.least().to_string(), Role::Strong),
            span(format!(" least, {}.{:02} on average", mean / 100, mean % 100), Role::Dim),
        ],
    );
    for c in &figures.coefficients {
        let mut line = vec![span(format!("{:>2}", c.actors), Role::Text)];
        line.push(span(format!(" hold {} nodes", c.nodes), Role::Dim));
        if let Some((name, count)) = c.counts.first().filter(|(_, count)| *count > 1) {
            let name = match Principal::from_text(name.as_str()) {
                Ok(id) => state.marked_provider(&id),
                Err(_) if name.is_empty() => "not known".to_owned(),
                Err(_) => name.to_string(),
            };
            line.push(span(format!("; most: {name} {count}"), Role::Dim));
        }
        facts.add_fact(&format!("  {}", c.feature.title()), line);
    }
    if figures.breaches.is_empty() {
        facts.add_text("rules", "all of the target topology are kept", Role::Good);
    }
    for (index, breach) in figures.breaches.iter().enumerate() {
        let name = if index == 0 { "rules broken" } else { "" };
        facts.add_text(name, breach_words(state, breach), Role::Warn);
    }
}

/// A broken rule with a provider's name in place of its id.
pub(in crate::tui::screens) fn breach_words(state: &State, breach: &Breach) -> String {
    let word = |word: &str| match Principal::from_text(word.trim_end_matches(',')) {
        Ok(id) if word.contains('-') => {
            format!("{}{}", state.marked_provider(&id), if word.ends_with(',') { "," } else { "" })
        }
        _ => word.to_owned(),
    };
    breach.text.as_str().split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn node(state: &State, id: &Principal, facts: &mut Facts) {
    let topology = state.topology();
    let Some(record) = topology.nodes.get(id) else { return };
    facts.add_heading("Status by source");
    let life = state.world.fleet.life(id);
    if state.net.then.is_some() {
        facts.add_wrapped(vec![span("status is known for today only", Role::Dim)]);
    } else {
        match &life.reported {
            Some(r) => {
                let proof = Proof::Unverified;
                facts.add_fact(
                    "dashboard",
                    vec![
                        span(r.status.word().to_owned(), Role::Strong),
                        format::unverified_mark(),
                        span("  ", Role::Dim),
                        span(proof.word(), format::proof_role(proof)),
                        span(
                            format!(
                                "  read {}, so since {}",
                                format::ago_text(state.now, r.at),
                                r.since.date_minute()
                            ),
                            Role::Dim,
                        ),
                    ],
                );
                let mut marked = |name: &str, text: String, role| {
                    facts.add_fact(name, vec![span(text, role), format::unverified_mark()]);
                };
                if let Some(alert) = &r.alert {
                    marked("its alert", alert.as_str().to_owned(), Role::Warn);
                }
                if let Some(version) = &r.guestos_version {
                    marked("runs", format!("GuestOS {version}"), Role::Text);
                }
            }
            None => facts.add_text("dashboard", "says nothing of it", Role::Dim),
        }
        match &life.seen {
            Some(seen) => facts.add_fact(
                "signature",
                vec![
                    span("answered ", Role::Text),
                    span(format::ago_text(state.network_now(), seen.at), Role::Signed),
                    span(format!(", {} signed replies seen", group(&seen.count.to_string())), Role::Dim),
                ],
            ),
            None => {
                facts.add_text("signature", "no reply of it was seen (that alone proves nothing)", Role::Dim)
            }
        }
        let now = state.fleet_now();
        let margin = topology.subnet_of(id).and_then(|subnet| state.margin(&subnet));
        match (life.verdict(now), margin) {
            (Verdict::Disputed(status, _), _) => {
                let text = format!("it signed an answer, so it is not {}", status.word());
                facts.add_text("disputed", text, Role::Warn);
            }
            (_, Some(margin)) if life.is_down(now) && margin.is_contradicted() => {
                facts.add_text("contradicted", explain_contradiction(&margin), Role::Warn);
            }
            _ => {}
        }
    }
    facts.add_heading("Rewards");
    mine::node_days(state, id, facts);
    facts.add_heading("Record");
    if let Some(alias) = state.net.mine.alias(topology, id) {
        facts.add_text("alias", alias.as_str().to_owned(), Role::Known);
    }
    if let Some(version) = topology.desired_version(id) {
        facts.add_text("to run", format!("GuestOS {version}"), Role::Text);
    }
    if let Some(version) = &record.hostos_version {
        facts.add_text("host", format!("HostOS {version}"), Role::Dim);
    }
    facts.add_fact("operator", vec![span(record.operator.to_text(), Role::Id)]);
    if let Some(kind) = record.reward_type {
        facts.add_text("paid as", kind.to_string(), Role::Text);
    }
    let mut maybe = |name: &str, value: &Option<Line>| {
        if let Some(value) = value {
            facts.add_text(name, value.as_str().to_owned(), Role::Text);
        }
    };
    maybe("IPv6", &record.address);
    maybe("IPv4", &record.ipv4);
    maybe("domain", &record.domain);
    maybe("chip", &record.chip_id);
    proven(state, facts, topology.evidence.as_ref());
}

fn provider(state: &State, id: &Principal, facts: &mut Facts, width: u16) {
    facts.add_heading("Rewards");
    mine::expected(state, id, facts, width);
    mine::payouts(state, id, facts, 6);
    if let Some(listed) = state.world.node_rewards.listed.get(id) {
        match &listed.reward_account {
            Some(account) => facts.add_text("paid to", account.as_str().to_owned(), Role::Id),
            None => facts.add_text("paid to", "the main account of its principal", Role::Dim),
        }
    }
    facts.add_heading("Operators");
    mine::operators(state, id, facts);
    if let Some(page) = state.world.fleet.providers.get(id).and_then(|p| p.website.as_ref()) {
        facts.add_heading("By the dashboard, unverified");
        facts
            .add_fact("web site", vec![span(page.as_str().to_owned(), Role::Dim), format::unverified_mark()]);
    }
    proven(state, facts, state.topology().evidence.as_ref());
}

fn center(state: &State, name: &Name, facts: &mut Facts) {
    let Some(center) = state.data_center(name) else { return };
    facts.add_text("owner", center.owner.as_str().to_owned(), Role::Text);
    facts.add_text("continent", center.region.continent.as_str().to_owned(), Role::Text);
    facts.add_text("country", center.region.country.as_str().to_owned(), Role::Text);
    facts.add_text("area", center.region.area.as_str().to_owned(), Role::Text);
    if let Some((latitude, longitude)) = center.gps {
        let degrees = |millionths: i32| {
            let sign = if millionths < 0 { "−" } else { "" };
            let all = millionths.unsigned_abs();
            format!("{sign}{}.{:04}", all / 1_000_000, all % 1_000_000 / 100)
        };
        facts.add_text("place", format!("{}, {}", degrees(latitude), degrees(longitude)), Role::Dim);
    }
    for column in ["nodes", "providers", "subnets"] {
        facts.add_fact(column, column_spans(state, &Subject::DataCenter(*name), column, Some(Role::Text)));
    }
    proven(state, facts, state.topology().evidence.as_ref());
}

fn version(state: &State, os: Os, name: &Name, facts: &mut Facts) {
    let topology = state.topology();
    let key = Line::new(name.as_str());
    match state.elected_by(os, name.as_str()) {
        Some(event) => {
            let when = event.at.map(|at| at.date_minute()).unwrap_or_default();
            let by = event.proposal.map(|p| format!(" by proposal {p}")).unwrap_or_default();
            let at = group(&event.version.to_string());
            facts.add_text("elected", format!("{when}{by}, version {at}"), Role::Text);
        }
        None => facts.add_text("elected", "not, or not any more, as far as events were read", Role::Dim),
    }
    let (sha256, urls) = match os {
        Os::Guest => topology.replica_versions.get(&key).map(|r| (&r.sha256, &r.urls)),
        Os::Host => topology.hostos_versions.get(&key).map(|r| (&r.sha256, &r.urls)),
    }
    .unzip();
    match sha256 {
        Some(sha256) => facts.add_text("SHA-256", sha256.as_str().to_owned(), Role::Dim),
        None => facts.add_text("record", "none: it is not, or not any more, elected", Role::Warn),
    }
    for url in urls.into_iter().flatten() {
        facts.add_text("image", url.as_str().to_owned(), Role::Dim);
    }
    for (label, column) in
        [("subnets", "subnets"), ("nodes to run", "nodes_desired"), ("seen on", "nodes_observed")]
    {
        let text = column_spans(state, &Subject::Version(os, *name), column, Some(Role::Text));
        if spans_width(&text) > 0 {
            facts.add_fact(label, text);
        }
    }
    let upgrades: Vec<_> = state
        .events()
        .filter_map(|e| match &e.kind {
            EventKind::SubnetUpgraded { to, .. } if *to == key => Some((e.at, e.subnet?, e.proposal)),
            _ => None,
        })
        .collect();
    if !upgrades.is_empty() {
        facts.add_heading("Rollout");
        for (at, subnet, proposal) in upgrades {
            let when = at.map(|at| at.date_minute()).unwrap_or_default();
            let mut line = vec![span(short_id(&subnet), Role::Id), span(format!("  {when}"), Role::Dim)];
            line.extend(proposal.map(|p| span(format!("  proposal {p}"), Role::Dim)));
            facts.add_wrapped(line);
        }
    }
}

fn boundary(state: &State, id: &Principal, facts: &mut Facts) {
    let topology = state.topology();
    facts.add_fact("node", vec![span(id.to_text(), Role::Id)]);
    if let Some(version) = topology.api_boundary_nodes.get(id) {
        facts.add_text("to run", format!("GuestOS {}", short_version(version.as_str())), Role::Text);
    }
    if let Some(provider) = topology.provider_of(id) {
        let mut line = format::provider_spans(state, &provider, Role::Text);
        line.push(span(format!("  {}", short_principal(&provider)), Role::Dim));
        facts.add_fact("provider", line);
    }
    let Some(known) = state.world.fleet.boundary.get(id).filter(|_| state.net.then.is_none()) else {
        facts.add_text("probes", "it is not in the certified list of today", Role::Dim);
        return;
    };
    if let Some(address) = &known.ipv6 {
        facts.add_text("IPv6", address.as_str().to_owned(), Role::Text);
    }
    if let Some(address) = &known.ipv4 {
        facts.add_text("IPv4", address.as_str().to_owned(), Role::Text);
    }
    if let Some(latency) = known.latency() {
        facts.add_text("latency", format!("{latency} ms, newer probes weigh more"), Role::Text);
    }
    facts.add_heading("Probes, the newest first: what the node says of itself, unverified");
    for probe in known.probes.iter().rev() {
        let (word, role) = match (probe.healthy, probe.status) {
            (true, _) => ("well".to_owned(), Role::Good),
            (false, 0) => ("no answer".to_owned(), Role::Bad),
            (false, status) => (format!("HTTP {status}"), Role::Bad),
        };
        facts.add_wrapped(vec![
            span(probe.at.clock(), Role::Dim),
            span(format!("  {word:<10}"), role),
            span(format!("{:>6} ms", group(&probe.millis.to_string())), Role::Text),
        ]);
    }
    if known.probes.is_empty() {
        facts.add_wrapped(vec![span("none yet", Role::Dim)]);
    }
    proven(state, facts, state.world.fleet.boundary_evidence.as_ref());
}

fn event(state: &State, subject: &Subject, facts: &mut Facts) {
    let Some(event) = state.event(subject) else { return };
    facts.add_text("version", group(&event.version.to_string()), Role::Text);
    let when = event
        .at
        .map_or_else(|| "the registry does not say".to_owned(), |at| format!("{} UTC", at.date_minute()));
    facts.add_text("when", when, Role::Text);
    facts.add_text("record", event.key.to_string(), Role::Id);
    if let Some(proposal) = event.proposal {
        facts.add_text("proposal", proposal.to_string(), Role::Text);
    }
    match &event.kind {
        EventKind::NodeChanged(fields)
        | EventKind::SubnetChanged(fields)
        | EventKind::OperatorChanged(fields)
        | EventKind::RewardTableChanged(fields) => {
            for field in fields {
                facts.add_text("changed", field.as_str().to_owned(), Role::Text);
            }
        }
        EventKind::Undecoded(why) => facts.add_text("unread", why.as_str().to_owned(), Role::Warn),
        _ => {}
    }
    proven(state, facts, state.topology().evidence.as_ref());
}
