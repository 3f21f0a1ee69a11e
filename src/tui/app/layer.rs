//! What lies over a screen: help, palette, forms, the review before signing. The topmost
//! layer has the keyboard.

use super::form::OperationForm;
use super::passphrase::Passphrase;
use crate::tui::command::{Command, Scope};
use icpulse_model::act::{Confirmation, Intent, PlanId, Review};
use icpulse_model::dataset::List;
use icpulse_model::decentralization::WhatIf;
use icpulse_model::names::Nameable;
use icpulse_model::query::{QueryError, Suggestion};
use icpulse_model::text::Line;
use icpulse_model::{Account, NeuronKey, Principal, ProposalKey, VotingPower};
use tui_input::Input;

#[derive(Clone, Debug)]
pub enum Layer {
    /// The keys of what lies below.
    Help(HelpLayer),
    /// Runs anything by its name.
    Palette(PaletteLayer),
    /// The line in which the list's filter is written; the list below follows while typing.
    Filter(FilterLayer),
    /// The line in which a search of the text below is written.
    Search(SearchLayer),
    /// Opens a proposal or neuron by its number.
    Jump(JumpLayer),
    /// Chooses the neurons to vote with.
    Ballots(BallotsLayer),
    /// What will be signed.
    Review(ReviewLayer),
    /// The steps of an action and its outcome.
    Execution(ExecutionLayer),
    /// Actions of this session and of the journal.
    Actions(ActionsLayer),
    /// The arguments of an operation.
    Form(OperationForm),
    /// Asks for the identity's passphrase.
    Unlock(UnlockLayer),
    /// A list to choose from.
    Choice(ChoiceLayer),
    /// An account as a QR code.
    Qr(QrLayer),
    /// Something to read.
    Message(MessageLayer),
    /// A subnet with nodes taken in and out.
    WhatIf(Box<WhatIfLayer>),
    /// Asks for a version or date of the registry.
    Travel(TravelLayer),
    /// Asks for the user's name of something.
    Alias(AliasLayer),
}

/// A subnet as it would be.
#[derive(Clone, Debug)]
pub struct WhatIfLayer {
    pub subnet: Principal,
    /// Typed text narrows the nodes.
    pub input: Input,
    /// Nodes taken in.
    pub add: Vec<Principal>,
    /// Nodes taken out.
    pub remove: Vec<Principal>,
    /// Nodes that fit the text: members first, then spares.
    pub shown: Vec<Principal>,
    /// The selected one, a place in `shown`.
    pub cursor: usize,
    /// The first one shown.
    pub offset: usize,
    /// The figures before and after.
    pub result: Result<WhatIf, Line>,
}

/// Where in time to go.
#[derive(Clone, Debug, Default)]
pub struct TravelLayer {
    /// What was typed.
    pub input: Input,
    /// Why it is no moment.
    pub error: Option<Line>,
}

/// What the user can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameTarget {
    Node(Principal),
    Other(Nameable),
    /// A filter of the list of the screen, as written.
    Filter(String),
}

/// A name to type.
#[derive(Clone, Debug)]
pub struct AliasLayer {
    pub target: NameTarget,
    /// What was typed.
    pub input: Input,
}

#[derive(Clone, Debug)]
pub struct HelpLayer {
    /// The scopes whose keys are shown.
    pub scopes: &'static [Scope],
    /// First line shown.
    pub scroll: usize,
}

#[derive(Clone, Debug, Default)]
pub struct PaletteLayer {
    /// What was typed.
    pub input: Input,
    /// What fits, best first.
    pub matches: Vec<PaletteMatch>,
    /// The selected match.
    pub cursor: usize,
    /// The first match shown.
    pub offset: usize,
    /// How many steps back in the history of commands; 0 for none.
    pub back: usize,
}

/// One line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteMatch {
    /// What it runs.
    pub command: Command,
    /// Characters of the title (by place) that matched, to be emphasised.
    pub matched: Vec<u32>,
    /// Why it cannot run now.
    pub refusal: Option<Line>,
}

/// The filter's line.
#[derive(Clone, Debug)]
pub struct FilterLayer {
    /// What was typed.
    pub input: Input,
    /// The filter before, restored by Esc.
    pub before: String,
    /// Why it cannot be read: the older filter stays in force.
    pub error: Option<QueryError>,
    /// How many steps back in the history of filters; 0 for none.
    pub back: usize,
    /// What Tab would write: fields, or values of the field under the cursor.
    pub suggestions: Vec<Suggestion>,
}

/// A search of the open text.
#[derive(Clone, Debug, Default)]
pub struct SearchLayer {
    /// What was typed.
    pub input: Input,
}

/// Jump to an id.
#[derive(Clone, Debug, Default)]
pub struct JumpLayer {
    /// What was typed.
    pub input: Input,
    /// Why it leads nowhere.
    pub error: Option<Line>,
}

/// A neuron that may vote on the chosen proposals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotRow {
    pub neuron: NeuronKey,
    /// A known neuron's name.
    pub name: Line,
    /// On which of the chosen proposals its ballot is blank.
    pub proposals: Vec<ProposalKey>,
    /// Its deciding voting power on the first of them.
    pub voting_power: VotingPower,
    /// Takes part.
    pub on: bool,
}

/// Choosing ballots.
#[derive(Clone, Debug)]
pub struct BallotsLayer {
    pub proposals: Vec<ProposalKey>,
    /// The neurons with a blank ballot on any of them.
    pub rows: Vec<BallotRow>,
    /// Typed text narrows the neurons.
    pub input: Input,
    /// Typed text goes there.
    pub searching: bool,
    /// What they are sorted by.
    pub sort: BallotSort,
    /// Places in `rows` that are shown, in order.
    pub shown: Vec<usize>,
    /// The selected neuron.
    pub cursor: usize,
    /// The first neuron shown.
    pub offset: usize,
}

/// The order of ballots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BallotSort {
    /// The greatest voting power first.
    #[default]
    Power,
    Id,
    Name,
}

impl BallotSort {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Power => Self::Id,
            Self::Id => Self::Name,
            Self::Name => Self::Power,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Power => "voting power",
            Self::Id => "id",
            Self::Name => "name",
        }
    }
}

impl BallotsLayer {
    pub fn new(proposals: Vec<ProposalKey>, rows: Vec<BallotRow>) -> Self {
        let mut layer = Self {
            proposals,
            rows,
            input: Input::default(),
            searching: false,
            sort: BallotSort::default(),
            shown: Vec::new(),
            cursor: 0,
            offset: 0,
        };
        layer.narrow();
        layer
    }

    /// Shows the neurons that fit the typed text, in order.
    pub(super) fn narrow(&mut self) {
        let words: Vec<String> = self.input.value().split_whitespace().map(str::to_lowercase).collect();
        let fits = |row: &BallotRow| {
            let text = format!("{} {}", row.neuron, row.name).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut shown: Vec<(usize, &BallotRow)> =
            self.rows.iter().enumerate().filter(|(_, row)| fits(row)).collect();
        match self.sort {
            BallotSort::Power => shown.sort_by_key(|(_, row)| std::cmp::Reverse(row.voting_power)),
            BallotSort::Id => shown.sort_by_key(|(_, row)| row.neuron),
            // Those without a name come last.
            BallotSort::Name => {
                shown.sort_by_key(|(_, row)| (row.name.is_empty(), row.name.as_str().to_lowercase()))
            }
        }
        self.shown = shown.into_iter().map(|(place, _)| place).collect();
        (self.cursor, self.offset) = (0, 0);
    }

    /// The blank ballots of the chosen neurons.
    pub fn chosen(&self) -> Vec<(ProposalKey, NeuronKey)> {
        let rows = self.rows.iter().filter(|r| r.on);
        rows.flat_map(|r| r.proposals.iter().map(|p| (*p, r.neuron))).collect()
    }

    /// The deciding voting power of the chosen neurons on the first proposal.
    pub fn chosen_power(&self) -> VotingPower {
        let rows = self.rows.iter().filter(|r| r.on);
        rows.fold(VotingPower(0), |sum, r| sum.saturating_add(r.voting_power))
    }
}

/// Something asked for that could not be prepared or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub attempted: Line,
    /// Why it failed.
    pub why: Line,
    /// What to do next.
    pub advice: Line,
}

/// Where a review stands.
#[derive(Clone, Debug)]
pub enum ReviewStage {
    /// Checks run.
    Planning,
    /// Ready to be read and confirmed.
    Ready(Box<Review>),
    /// The plan could not be made.
    Failed(Failure),
}

#[derive(Clone, Debug)]
pub struct ReviewLayer {
    /// Answers to older questions are ignored.
    pub ticket: u64,
    /// What was asked.
    pub intent: Intent,
    /// The intent in words, for the time before the review is ready.
    pub title: Line,
    /// Where it stands.
    pub stage: ReviewStage,
    /// The typed confirmation, where one is wanted.
    pub typed: Input,
    /// Shows every call with its arguments.
    pub details: bool,
    /// First line shown.
    pub scroll: usize,
    /// What a refused confirmation says.
    pub note: Option<Line>,
    /// The action and the steps of it that the review is the rest of; `None` for a new action.
    pub rest: Option<(PlanId, Vec<usize>)>,
}

impl ReviewLayer {
    /// The review once it is ready.
    pub fn review(&self) -> Option<&Review> {
        match &self.stage {
            ReviewStage::Ready(review) => Some(review),
            _ => None,
        }
    }

    /// The word that must be typed, if one must.
    pub fn wanted_word(&self) -> Option<&str> {
        match self.review() {
            Some(Review { blocked: None, confirmation: Confirmation::Type(word), .. }) => Some(word),
            _ => None,
        }
    }

    /// Whether Enter would sign.
    pub fn is_confirmable(&self) -> bool {
        let typed =
            self.wanted_word().is_none_or(|word| self.typed.value().trim().eq_ignore_ascii_case(word));
        typed && self.review().is_some_and(|r| r.blocked.is_none())
    }
}

/// The steps of an action.
#[derive(Clone, Debug)]
pub struct ExecutionLayer {
    /// Which plan; its steps are in `State::executions`.
    pub plan: PlanId,
    /// The review's title, for the time before the first report.
    pub title: Line,
    /// The selected step.
    pub cursor: usize,
    /// The first step shown.
    pub offset: usize,
}

#[derive(Clone, Debug, Default)]
pub struct ActionsLayer {
    /// The selected one, in the order of `State::executions`.
    pub cursor: usize,
    /// The first one shown.
    pub offset: usize,
}

/// What to do once the identity is unlocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterUnlock {
    Nothing,
    Review(Intent),
    /// Sign this plan, whose review was confirmed just before the identity locked itself.
    Confirm(PlanId),
    /// Review these steps of an action, to sign them anew.
    Retry(PlanId, Vec<usize>),
}

#[derive(Clone, Debug)]
pub struct UnlockLayer {
    /// Which identity.
    pub name: Line,
    /// What was typed.
    pub passphrase: Passphrase,
    /// Why the last one did not fit.
    pub error: Option<Line>,
    /// The wallet is at work (deriving the key takes a moment).
    pub busy: bool,
    /// What follows.
    pub then: AfterUnlock,
}

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChoiceKind {
    /// The theme; moving the cursor previews it.
    Theme,
    /// Who signs.
    Identity,
    /// The column to sort by.
    Sort(List),
    /// The columns to show.
    Columns(List),
    /// The value of a form's field.
    Argument,
    /// Which node provider the user is.
    Provider,
    /// Which of the changes since the last time is opened.
    Change,
    /// The form of the file that the list is saved in.
    Export,
    /// Which network is opened.
    Network,
    /// What is copied.
    Copy,
    /// Which alert is opened.
    Alert,
    /// What to do about calls under way when leaving.
    Quit,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceItem {
    /// What it says.
    pub label: Line,
    /// More about it, in fewer words than a sentence.
    pub note: Line,
    /// A check mark, where items are switched; or which one is in force.
    pub on: Option<bool>,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct ChoiceLayer {
    /// What is chosen.
    pub kind: ChoiceKind,
    /// Its heading.
    pub title: &'static str,
    /// Everything to choose from.
    pub items: Vec<ChoiceItem>,
    /// Typed text narrows the list; only long lists have a line for it.
    pub input: Input,
    /// Places in `items` that are shown.
    pub shown: Vec<usize>,
    /// The selected one, a place in `shown`.
    pub cursor: usize,
    /// The first one shown.
    pub offset: usize,
    /// The theme to return to.
    pub before: Option<String>,
    /// What each item copies.
    pub copies: Vec<String>,
    /// Typed text narrows a list without a line for it until Enter.
    pub searching: bool,
}

impl ChoiceLayer {
    /// The selected item's place in `items`.
    pub fn chosen(&self) -> Option<usize> {
        self.shown.get(self.cursor).copied()
    }

    /// Whether its items are switched on and off.
    pub fn is_switched(&self) -> bool {
        matches!(self.kind, ChoiceKind::Columns(_) | ChoiceKind::Sort(_))
    }

    /// Whether text that was typed leaves items out.
    pub fn is_narrowed(&self) -> bool {
        self.shown.len() < self.items.len() && !self.has_input()
    }

    /// Whether typed text narrows it.
    pub fn has_input(&self) -> bool {
        self.searching
            || matches!(self.kind, ChoiceKind::Argument | ChoiceKind::Provider | ChoiceKind::Change)
    }
}

/// An account as a QR code.
#[derive(Clone, Copy, Debug)]
pub struct QrLayer {
    pub account: Account,
    /// As ICRC-1 text rather than as the ledger's account identifier.
    pub icrc1: bool,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// By the way.
    Info,
    /// Something succeeded.
    Good,
    /// Something needs attention.
    Warning,
    /// Something failed.
    Error,
}

/// Something to read.
#[derive(Clone, Debug)]
pub struct MessageLayer {
    /// How serious.
    pub level: Level,
    /// Heading.
    pub title: Line,
    /// Paragraphs.
    pub body: Vec<Line>,
    /// First line shown.
    pub scroll: usize,
}

impl Layer {
    /// The scopes in which keys are looked up, most specific first.
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::Filter(_) => &[Scope::Filter, Scope::Layer, Scope::Move],
            Self::Palette(_) => &[Scope::Palette, Scope::Layer, Scope::Move],
            Self::Ballots(_) => &[Scope::Ballots, Scope::Layer, Scope::Move],
            Self::Review(_) => &[Scope::Review, Scope::Layer, Scope::Move],
            Self::Execution(_) => &[Scope::Execution, Scope::Layer, Scope::Move],
            Self::Form(_) => &[Scope::Form, Scope::Layer, Scope::Move],
            Self::Choice(_) => &[Scope::Choice, Scope::Layer, Scope::Move],
            Self::Help(_) | Self::Message(_) => &[Scope::Read, Scope::Layer, Scope::Move],
            Self::Search(_) => &[Scope::Search, Scope::Layer, Scope::Move],
            Self::Jump(_)
            | Self::Actions(_)
            | Self::Unlock(_)
            | Self::Qr(_)
            | Self::WhatIf(_)
            | Self::Travel(_)
            | Self::Alias(_) => &[Scope::Layer, Scope::Move],
        }
    }

    /// What Enter does here, in a word or two.
    pub fn confirm_title(&self) -> &'static str {
        match self {
            Self::Help(_) | Self::Qr(_) | Self::Message(_) | Self::Execution(_) => "close",
            Self::Palette(_) => "run",
            Self::Filter(_) => "keep",
            Self::Search(_) => "find",
            Self::Jump(_) | Self::Actions(_) => "open",
            Self::Ballots(_) => "in or out",
            Self::Review(layer) => match layer.stage {
                ReviewStage::Ready(ref review) if review.blocked.is_none() => "sign and send",
                _ => "close",
            },
            Self::Form(form) if form.is_choice() => "choose",
            Self::Form(_) => "review",
            Self::Unlock(_) => "unlock",
            Self::Choice(layer) if layer.kind == ChoiceKind::Copy => "copy",
            Self::Choice(layer) if layer.kind == ChoiceKind::Export => "save",
            Self::Choice(layer)
                if matches!(layer.kind, ChoiceKind::Alert | ChoiceKind::Change | ChoiceKind::Network) =>
            {
                "open"
            }
            Self::Choice(_) => "choose",
            Self::WhatIf(_) => "in or out",
            Self::Travel(_) => "go",
            Self::Alias(_) => "keep",
        }
    }

    /// Whether typed characters go into a line of text rather than to commands.
    pub fn takes_text(&self) -> bool {
        match self {
            Self::Filter(_)
            | Self::Search(_)
            | Self::Palette(_)
            | Self::Jump(_)
            | Self::Unlock(_)
            | Self::WhatIf(_)
            | Self::Travel(_)
            | Self::Alias(_) => true,
            Self::Review(layer) => layer.wanted_word().is_some(),
            Self::Choice(layer) => layer.has_input(),
            Self::Ballots(layer) => layer.searching,
            Self::Form(form) => form.takes_text(),
            _ => false,
        }
    }

    /// The line of text that typed characters go into; the passphrase has its own.
    pub fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Filter(l) => Some(&mut l.input),
            Self::Search(l) => Some(&mut l.input),
            Self::Palette(l) => Some(&mut l.input),
            Self::Jump(l) => Some(&mut l.input),
            Self::WhatIf(l) => Some(&mut l.input),
            Self::Travel(l) => Some(&mut l.input),
            Self::Alias(l) => Some(&mut l.input),
            Self::Review(l) if l.wanted_word().is_some() => Some(&mut l.typed),
            Self::Choice(l) if l.has_input() => Some(&mut l.input),
            Self::Ballots(l) if l.searching => Some(&mut l.input),
            Self::Form(form) => form.input(),
            _ => None,
        }
    }
}
