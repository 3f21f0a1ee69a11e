//! How numbers, times and states are said, the same on every screen.

use super::cell;
use crate::datasets::my_votes;
use crate::tui::app::state::State;
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::text::{Span, spans_width, truncate_text};
use crate::tui::widgets::{Spans, span, throbber};
use icpulse_engine::action::{Condition, operations};
use icpulse_model::evidence::{Evidence, Proof, UNVERIFIED_MARK};
use icpulse_model::time::{MONTH, YEAR};
use icpulse_model::topic::NeuronState;
use icpulse_model::{
    E8s, NeuronKey, Principal, Proposal, ProposalStatus, Seconds, Timestamp, Topic, Vote, VotingPower,
    account, amount,
};
use std::cell::Cell;

pub(super) use icpulse_model::value::{
    format_rate as per_second, format_scaled as scaled, format_span as tight,
};

/// Readings older than this look old even when nothing is known to be wrong.
pub(super) const STALE_AFTER: Seconds = Seconds(120);
/// A countdown shorter than this is shown by the second.
const BY_THE_SECOND: Seconds = Seconds(300);
const MONTH_SECONDS: u64 = MONTH.0;
/// Nanoseconds between two steps of the sign that something runs.
const TURN: u64 = 125_000_000;

thread_local! {
    /// In how many nanoseconds the earliest of the times that are being drawn will read differently.
    static CHANGES_IN: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Draws, and says in how many nanoseconds a time that was drawn will read differently.
pub(super) fn draw_and_time<T>(draw: impl FnOnce() -> T) -> (T, Option<u64>) {
    let outer = CHANGES_IN.take();
    let drawn = draw();
    (drawn, CHANGES_IN.replace(outer))
}

/// Something that is being drawn as of `now` will look different at that time; both by the same
/// clock, be it this machine's or the network's.
fn changes_at(now: Timestamp, at: Timestamp) {
    let left = at.0.saturating_sub(now.0);
    CHANGES_IN.set(Some(CHANGES_IN.get().map_or(left, |earlier| earlier.min(left))));
}

/// What the words for a span leave out: ages and countdowns do not flicker.
fn refresh_unit(span: Seconds) -> u64 {
    match span.0 {
        0..86_400 => 60,
        86_400..=MONTH_SECONDS => 3_600,
        _ => 86_400,
    }
}

/// How long ago something was, in whole minutes or more; draws again when that changes.
fn rounded_age(now: Timestamp, at: Timestamp) -> Seconds {
    let span = now.since(at);
    let unit = refresh_unit(span);
    let whole = span.0 - span.0 % unit;
    // In the future it is no age yet.
    changes_at(now, if at > now { at } else { at.plus(Seconds(whole.saturating_add(unit))) });
    Seconds(whole)
}

/// How long until something is, the last minutes by the second; draws again when that changes.
pub(super) fn time_left(now: Timestamp, until: Timestamp) -> Seconds {
    let span = until.since(now);
    if span.0 == 0 {
        if until > now {
            changes_at(now, until);
        }
        return span;
    }
    whole_units(now, if span < BY_THE_SECOND { 1 } else { refresh_unit(span) }, until)
}

/// How long until something is, in its largest unit: `4m`; draws again when that changes.
pub(super) fn left_short(now: Timestamp, until: Timestamp) -> String {
    let span = until.since(now);
    let unit = [YEAR.0, 86_400, 3_600, 60].into_iter().find(|unit| span.0 >= *unit).unwrap_or(1);
    whole_units(now, unit, until).short()
}

/// A span that is left until a time, in whole units; draws again when one fewer is left.
fn whole_units(now: Timestamp, unit: u64, until: Timestamp) -> Seconds {
    let span = until.since(now);
    let whole = span.0 - span.0 % unit;
    if span.0 > 0 {
        changes_at(now, Timestamp(until.minus(Seconds(whole)).0.saturating_add(1)));
    }
    Seconds(whole)
}

/// `3 m ago`, `just now`.
pub(super) fn ago_text(now: Timestamp, at: Timestamp) -> String {
    match rounded_age(now, at) {
        Seconds(0) => "just now".to_owned(),
        span => format!("{} ago", span.words()),
    }
}

/// How long something has lasted, tight; draws again when that changes.
pub(super) fn lasting_text(now: Timestamp, since: Timestamp) -> String {
    tight(rounded_age(now, since))
}

/// `in 6 h 12 m`, or `now` when it has come.
pub(super) fn ahead_text(now: Timestamp, at: Timestamp) -> String {
    match time_left(now, at) {
        Seconds(0) => "now".to_owned(),
        span => format!("in {}", span.words()),
    }
}

/// The sign that something runs; it turns while it is looked at.
pub(super) fn throbber_glyph(now: Timestamp, busy: bool, ascii: bool) -> char {
    if busy {
        // Not a whole number of turns.
        changes_at(now, Timestamp(now.0.saturating_add(TURN * 7)));
    }
    throbber::throbber_glyph(now.0 / TURN, busy, ascii)
}

/// `in 6 h 12 m` or `3 d ago`.
pub(super) fn distance_text(now: Timestamp, at: Timestamp) -> String {
    if at > now { ahead_text(now, at) } else { ago_text(now, at) }
}

/// A big whole number as people say it: `551.2 M`, `140,812`.
pub(super) fn compact_number(whole: u64) -> String {
    let scaled = |unit: u64, name: &str| {
        let tenths = (u128::from(whole) * 10 + u128::from(unit) / 2) / u128::from(unit);
        format!("{}.{} {name}", amount::group(&(tenths / 10).to_string()), tenths % 10)
    };
    match whole {
        0..=999_999 => amount::group(&whole.to_string()),
        1_000_000..=999_999_999 => scaled(1_000_000, "M"),
        _ => scaled(1_000_000_000, "G"),
    }
}

/// An amount in whole ICP as people say it.
pub(super) fn compact_icp(amount: E8s) -> String {
    compact_number(amount.0 / E8s::PER_ICP)
}

/// Voting power in its large unit as people say it.
pub(super) fn compact_power(power: VotingPower) -> String {
    compact_number(power.0 / E8s::PER_ICP)
}

/// A number in groups of three.
pub(super) fn grouped_number(number: usize) -> String {
    amount::group(&number.to_string())
}

/// `1 proposal`, `4 proposals`.
pub(super) fn count_noun(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped_number(number), if number == 1 { one } else { many })
}

/// An exact amount padded behind its last digit, so that points stand below each other when
/// the texts are right-aligned: `102.50      `.
pub(super) fn decimal_amount(amount: E8s) -> String {
    let text = amount.exact();
    let decimals = text.find('.').map_or(0, |point| text.len() - point - 1);
    format!("{text}{}", " ".repeat(8usize.saturating_sub(decimals)))
}

/// A share of a whole, as basis points.
pub(super) fn basis_points(part: u64, whole: u64) -> u32 {
    if whole == 0 {
        return 0;
    }
    u32::try_from(u128::from(part) * 10_000 / u128::from(whole)).unwrap_or(u32::MAX)
}

/// A factor such as `× 2.50` from ten-thousandths.
pub(super) fn factor_text(permyriad: u64) -> String {
    format!("× {}", amount::format_units(u128::from(permyriad), 4, 2))
}

/// A signed share from ten-thousandths: `−1.20 %`.
pub(super) fn signed_percent(permyriad: i32) -> String {
    let sign = if permyriad < 0 { "−" } else { "+" };
    format!("{sign}{} %", amount::format_units(u128::from(permyriad.unsigned_abs()), 2, 2))
}

/// The role of a proposal's status.
pub(super) fn status_role(status: ProposalStatus) -> Role {
    match status {
        ProposalStatus::Open => Role::StatusOpen,
        ProposalStatus::Adopted => Role::StatusAdopted,
        ProposalStatus::Executed => Role::StatusExecuted,
        ProposalStatus::Rejected => Role::StatusRejected,
        ProposalStatus::Failed => Role::StatusFailed,
        ProposalStatus::Unspecified | ProposalStatus::Unknown(_) => Role::Status,
    }
}

pub(super) fn topic_role(topic: Topic) -> Role {
    match topic {
        Topic::Governance => Role::TopicGovernance,
        Topic::SnsAndCommunityFund | Topic::ServiceNervousSystemManagement => Role::TopicSns,
        Topic::NodeAdmin
        | Topic::ParticipantManagement
        | Topic::SubnetManagement
        | Topic::ApiBoundaryNodeManagement
        | Topic::SubnetRental => Role::TopicNodes,
        Topic::IcOsVersionDeployment | Topic::IcOsVersionElection | Topic::ProtocolCanisterManagement => {
            Role::TopicSystem
        }
        Topic::ExchangeRate | Topic::NetworkEconomics | Topic::NodeProviderRewards => Role::TopicEconomics,
        _ => Role::Topic,
    }
}

/// The role of a neuron's state.
pub(super) fn state_role(state: NeuronState) -> Role {
    match state {
        NeuronState::NotDissolving => Role::StateLocked,
        NeuronState::Dissolving => Role::StateDissolving,
        NeuronState::Dissolved => Role::StateDissolved,
        NeuronState::Spawning => Role::StateSpawning,
        NeuronState::Unspecified | NeuronState::Unknown(_) => Role::State,
    }
}

/// A ballot with its sign: `✓ yes`, `✗ no`, `○ not voted`.
pub(super) fn vote_text(vote: Vote) -> (String, Role) {
    match vote {
        Vote::Yes => ("✓ yes".to_owned(), Role::Yes),
        Vote::No => ("✗ no".to_owned(), Role::No),
        Vote::Unspecified => ("○ not voted".to_owned(), Role::NotVoted),
        Vote::Unknown(n) => (format!("? vote {n}"), Role::Dim),
    }
}

/// The reader's ballots on a proposal in a word.
pub(super) fn own_vote_text(state: &State, proposal: &Proposal) -> (String, Role) {
    let (words, tone) = my_votes(proposal, &state.cell_context());
    (words, cell::role_for_tone(tone))
}

/// How a value was proven and when: `certified 14:02:11 · 3 s ago`.
pub(super) fn evidence_spans(evidence: &Evidence, now: Timestamp) -> Spans {
    let role = proof_role(evidence.proof);
    let mut spans = vec![span(evidence.proof.word(), role)];
    if let Some(node) = &evidence.node {
        spans.push(span(format!(" by node {}", account::short_principal(node)), Role::Dim));
    }
    let old = if is_stale(now, evidence.at) { Role::Stale } else { Role::Dim };
    spans.push(span(format!(" {}", evidence.at.clock()), Role::Dim));
    spans.push(span(" · ", Role::Dim));
    spans.push(span(ago_text(now, evidence.at), old));
    spans
}

/// Whether a reading is old enough to say so; draws again when it becomes that.
pub(super) fn is_stale(now: Timestamp, at: Timestamp) -> bool {
    older_than(now, at, STALE_AFTER)
}

/// Whether something is older than that; draws again when it becomes that.
pub(super) fn older_than(now: Timestamp, at: Timestamp, span: Seconds) -> bool {
    let old = now.since(at) > span;
    if !old {
        changes_at(now, at.plus(span).plus(Seconds(1)));
    }
    old
}

/// The mark behind what is not proven.
pub(super) fn unverified_mark() -> Span {
    span(UNVERIFIED_MARK, Role::Unverified)
}

/// A provider's name with its mark, or the beginning of its id.
pub(super) fn provider_spans(state: &State, id: &Principal, role: Role) -> Spans {
    let mut spans = vec![span(state.provider_name(id).to_string(), role)];
    if state.world.fleet.name(id).is_some() {
        spans.push(unverified_mark());
    }
    spans
}

/// A provider's name in so many cells: the name is cut, its mark is not.
pub(super) fn provider_within(state: &State, id: &Principal, role: Role, room: usize) -> Spans {
    let mut spans = provider_spans(state, id, role);
    let free = room.saturating_sub(spans_width(spans.get(1..).unwrap_or_default()));
    if let Some(name) = spans.first_mut() {
        name.text = truncate_text(&name.text, free).into_owned().into();
    }
    spans
}

pub(super) fn proof_role(proof: Proof) -> Role {
    match proof {
        Proof::Certified => Role::Certified,
        Proof::NodeSigned => Role::Signed,
        Proof::Unverified => Role::Unverified,
    }
}

/// A neuron by its known name, with its id, or by its id alone.
pub(super) fn neuron_spans(state: &State, id: NeuronKey) -> Spans {
    match state.neuron_name(id) {
        Some(name) => {
            vec![span(name.as_str().to_owned(), Role::Known), span(format!("  {id}"), Role::Dim)]
        }
        None => vec![span(id.to_string(), Role::Id)],
    }
}

/// The first key of a command where the user is, or anywhere.
pub(super) fn key_text(state: &State, command: Command) -> String {
    let here = state.keymap.keys_in(command, state.scopes());
    here.into_iter().next().or_else(|| state.keymap.keys_for(command).into_iter().next()).unwrap_or_default()
}

/// The key of the operation that mends a condition.
pub(super) fn remedy_key(state: &State, condition: Condition) -> String {
    operations::find_remedy(condition)
        .map_or_else(String::new, |operation| key_text(state, Command::for_operation(operation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_say_them() {
        assert_eq!(decimal_amount(E8s(120_450_000_000)), "1,204.50      ");
        assert_eq!(decimal_amount(E8s(1)), "0.00000001");
        assert_eq!(compact_number(999_999), "999,999");
        assert_eq!(compact_number(551_239_000), "551.2 M");
        assert_eq!(compact_number(1_949_999_999), "1.9 G");
        assert_eq!(compact_number(u64::MAX), "18,446,744,073.7 G");
        assert_eq!(factor_text(25_000), "× 2.50");
        assert_eq!(signed_percent(-120), "−1.20 %");
        assert_eq!(signed_percent(5), "+0.05 %");
        assert_eq!(count_noun(1, "proposal", "proposals"), "1 proposal");
        assert_eq!(tight(Seconds(14 * 86_400 + 21 * 3_600)), "14 d 21 h");
    }

    #[test]
    fn times_as_people_say_them() {
        let now = Timestamp::from_secs(1_000_000);
        assert_eq!(ago_text(now, now.minus(Seconds(59))), "just now");
        assert_eq!(ago_text(now, now.minus(Seconds(185))), "3 m ago");
        assert_eq!(distance_text(now, now.plus(Seconds(61))), "in 1 m 1 s");
        assert_eq!(distance_text(now, now.plus(Seconds(3_000 + 59))), "in 50 m");
        assert_eq!(left_short(now, now.plus(Seconds(7_199))), "1h");
    }

    #[test]
    fn it_is_known_when_a_time_reads_differently() {
        const SECOND: u64 = 1_000_000_000;
        let now = Timestamp::from_secs(1_000_000);
        let next = |draw: &dyn Fn() -> String| draw_and_time(draw).1;
        assert_eq!(next(&|| ago_text(now, now.minus(Seconds(185)))), Some(55 * SECOND));
        assert_eq!(next(&|| ahead_text(now, now.plus(Seconds(61)))), Some(1));
        assert_eq!(next(&|| ahead_text(now, now.plus(Seconds(3_059)))), Some(59 * SECOND + 1));
        assert_eq!(next(&|| left_short(now, now.plus(Seconds(7_199)))), Some(3_599 * SECOND + 1));
        assert_eq!(next(&String::new), None);
    }
}
