//! A review in words: what the screen and the command line both show before anything is signed.
//!
//! Both draw the same [`Section`]s and [`CallDetails`]; they differ in colour and line breaks only.

use super::E8s;
use super::Principal;
use super::act::{Confirmation, PlannedCall, Review};
use super::network::{Canisters, ForeignCanister};
use super::text::Line;

/// Weight of a text in a review; the screen gives each a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Ordinary text.
    Plain,
    /// Amounts and counts.
    Strong,
    /// Text between facts.
    Dim,
    Id,
    /// An effect that was asked for.
    Good,
    /// Effects that cannot be undone.
    Final,
    /// Warnings.
    Warning,
    /// The problem.
    Bad,
}

/// Some words of one weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyledText {
    /// Their weight.
    pub weight: Weight,
    pub text: String,
    /// A shorter text, for where the whole does not fit.
    pub short: Option<String>,
}

impl StyledText {
    pub fn new(weight: Weight, text: impl Into<String>) -> Self {
        Self { weight, text: text.into(), short: None }
    }

    /// Ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(Weight::Plain, text)
    }
}

/// One named part of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name: `signer`, `calls`, `final`.
    pub label: &'static str,
    /// A sign before each line, with a space after it; empty for none.
    pub mark: &'static str,
    /// The mark's weight.
    pub weight: Weight,
    pub lines: Vec<Vec<StyledText>>,
    /// An empty line sets it apart from what is before it.
    pub set_apart: bool,
}

impl Section {
    fn facts(label: &'static str, lines: Vec<Vec<StyledText>>) -> Self {
        Self { label, mark: "", weight: Weight::Plain, lines, set_apart: false }
    }

    fn list(label: &'static str, mark: &'static str, weight: Weight, items: &[Line]) -> Self {
        let text = if matches!(weight, Weight::Final | Weight::Bad) { weight } else { Weight::Plain };
        let lines = items.iter().map(|item| vec![StyledText::new(text, item.as_str())]).collect();
        Self { label, mark, weight, lines, set_apart: true }
    }
}

/// One call with everything that will be signed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallDetails {
    /// `call 1 of 3`.
    pub title: String,
    pub method: String,
    /// It in one line.
    pub summary: String,
    /// Canister, arguments and the digest of their bytes, by name.
    pub rows: Vec<(String, Vec<StyledText>)>,
}

/// The parts of a review, without the details of its calls; empty ones are left out.
pub fn describe_review(review: &Review) -> Vec<Section> {
    let signer = StyledText {
        short: Some(super::account::short_principal(&review.signer)),
        ..StyledText::new(Weight::Id, review.signer.to_text())
    };
    let mut network = vec![StyledText::new(Weight::Plain, review.network.as_str())];
    if let Some(disclaimer) = review.trust.disclaimer() {
        network.push(StyledText::new(Weight::Warning, format!(" ({disclaimer})")));
    }
    let foreign: Vec<Line> = review.trust.foreign.iter().map(|c| Line::new(&c.describe())).collect();
    let mut sections = vec![
        // Why it cannot be done comes first: it must be seen without scrolling.
        Section {
            set_apart: false,
            ..Section::list("blocked", "✗ ", Weight::Bad, review.blocked.as_slice())
        },
        Section::facts(
            "signer",
            vec![vec![StyledText::new(Weight::Plain, format!("{}  ", review.signer_name)), signer]],
        ),
        Section::facts("network", vec![network]),
        Section { set_apart: false, ..Section::list("canister", "✗ ", Weight::Bad, &foreign) },
        Section::facts("calls", group_calls(&review.calls)),
        Section::facts("cost", vec![describe_cost(review)]),
        Section::list("effect", "• ", Weight::Good, &review.effects),
        Section::list("final", "! ", Weight::Final, &review.irreversible),
        Section::list("warning", "! ", Weight::Warning, &review.warnings),
    ];
    sections.retain(|section| !section.lines.is_empty());
    sections
}

/// Every call of a review with its arguments.
pub fn describe_calls(review: &Review) -> Vec<CallDetails> {
    let of = review.calls.len();
    review.calls.iter().enumerate().map(|(index, call)| describe_call(index + 1, of, call)).collect()
}

/// The word that must be typed on the command line to sign, if it can be signed.
pub fn confirmation_word(review: &Review) -> Option<&str> {
    match &review.confirmation {
        _ if review.blocked.is_some() => None,
        Confirmation::Enter => Some("yes"),
        Confirmation::Type(word) => Some(word),
    }
}

/// Shown where a review cannot be confirmed.
pub const NOT_SIGNABLE: &str = "it cannot be signed as it stands";

fn describe_cost(review: &Review) -> Vec<StyledText> {
    if review.total_cost == E8s::ZERO {
        return vec![StyledText::new(Weight::Plain, "none")];
    }
    vec![
        StyledText::new(Weight::Strong, format!("{} ICP", review.total_cost.exact())),
        StyledText::new(Weight::Dim, format!("  of which {} ICP in fees", review.fees.exact())),
    ]
}

/// Calls of the same method on the same canister in one line.
fn group_calls(calls: &[PlannedCall]) -> Vec<Vec<StyledText>> {
    let mut groups: Vec<(&PlannedCall, usize)> = Vec::new();
    for call in calls {
        match groups.iter_mut().find(|(g, _)| g.canister == call.canister && g.method == call.method) {
            Some((_, count)) => *count += 1,
            None => groups.push((call, 1)),
        }
    }
    let line = |(call, count): (&PlannedCall, usize)| {
        let count = (count > 1).then(|| StyledText::new(Weight::Strong, format!("{count} × ")));
        let method = [StyledText::new(Weight::Plain, &call.method), StyledText::new(Weight::Dim, "  on ")];
        count.into_iter().chain(method).chain(describe_canister(call)).collect()
    };
    groups.into_iter().map(line).collect()
}

/// A call's canister with its name and id; one that is not the Internet Computer's own is named so.
fn describe_canister(call: &PlannedCall) -> Vec<StyledText> {
    match find_foreign(&call.canister, &call.canister_name) {
        Some(foreign) => vec![StyledText::new(Weight::Bad, foreign.describe())],
        None => vec![
            StyledText::new(Weight::Plain, format!("{} ", call.canister_name)),
            StyledText::new(Weight::Id, call.canister.to_text()),
        ],
    }
}

/// The canister of a call, if it is not the one of the Internet Computer that has this name.
fn find_foreign(id: &Principal, role: &str) -> Option<ForeignCanister> {
    let own = Canisters::default().name(id);
    (own != Some(role)).then(|| ForeignCanister { role: role.to_owned(), id: *id })
}

fn describe_call(number: usize, of: usize, call: &PlannedCall) -> CallDetails {
    let mut rows = vec![("canister".to_owned(), describe_canister(call))];
    let argument =
        |(name, value): &(String, Line)| (name.clone(), vec![StyledText::new(Weight::Plain, value.as_str())]);
    rows.extend(call.arguments.iter().map(argument));
    let digest = match call.arg_digest.as_str() {
        "" => "not known yet: an argument depends on the answer to an earlier call",
        digest => digest,
    };
    rows.push(("sha256 of args".to_owned(), vec![StyledText::new(Weight::Dim, digest)]));
    CallDetails {
        title: format!("call {number} of {of}"),
        method: call.method.clone(),
        summary: call.summary.as_str().to_owned(),
        rows,
    }
}
