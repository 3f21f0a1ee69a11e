//! The form for a new neuron, with a live preview.

use icpulse_model::act::{StakePreview, StakeRequest};
use icpulse_model::text::Line;
use icpulse_model::time::{MONTH, YEAR};
use icpulse_model::{E8s, NeuronId, Seconds};
use tui_input::Input;

/// The fields, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StakeField {
    /// How much ICP.
    Amount,
    /// Dissolve delay.
    Delay,
    /// Whether maturity is staked at once.
    AutoStake,
    /// Whom it follows.
    Following,
}

impl StakeField {
    /// In order.
    pub const ALL: [Self; 4] = [Self::Amount, Self::Delay, Self::AutoStake, Self::Following];
}

/// Whom a new neuron follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// Nobody chosen: the network's default.
    NetworkDefault,
    /// The same as one of the user's neurons, on every topic.
    CopyFrom(NeuronId),
    /// A known neuron, on every topic that following may cover.
    Known(NeuronId),
}

/// Delays offered as presets, with how people call them.
pub const PRESETS: &[(&str, Seconds)] = &[
    ("14 days", Seconds::days(14)),
    ("3 months", Seconds(3 * MONTH.0)),
    ("6 months", Seconds(6 * MONTH.0)),
    ("1 year", YEAR),
    ("18 months", Seconds(18 * MONTH.0)),
    ("2 years", Seconds(2 * YEAR.0)),
];

/// The form.
#[derive(Clone, Debug)]
pub struct StakeForm {
    /// The field that has the keyboard.
    pub field: StakeField,
    /// The amount as typed.
    pub amount: Input,
    /// The delay as typed: `2y`, `6 mo`, `90d`.
    pub delay: Input,
    /// Stake new maturity at once.
    pub auto_stake: bool,
    /// Whom to follow.
    pub following: Following,
    /// `following` in words.
    pub following_words: Line,
    /// What is wrong with the amount; `None` also while nothing was typed.
    pub amount_error: Option<Line>,
    /// What is wrong with the delay.
    pub delay_error: Option<Line>,
    /// The request, when everything is right.
    pub request: Option<StakeRequest>,
    /// What it would bring.
    pub preview: Option<StakePreview>,
    /// Amount and fees.
    pub total_cost: Option<E8s>,
    /// What is left of the balance afterwards.
    pub left: Option<E8s>,
    /// The balance, if it is known.
    pub balance: Option<E8s>,
    /// The ledger's fee.
    pub fee: E8s,
}

impl StakeForm {
    /// Whether typed characters go into the field.
    #[must_use]
    pub fn takes_text(&self) -> bool {
        matches!(self.field, StakeField::Amount | StakeField::Delay)
    }

    /// The field's line of text.
    pub fn input(&mut self) -> Option<&mut Input> {
        match self.field {
            StakeField::Amount => Some(&mut self.amount),
            StakeField::Delay => Some(&mut self.delay),
            StakeField::AutoStake | StakeField::Following => None,
        }
    }
}
