//! The first screen: what needs the user comes first.

use icpulse_model::alert::{About, Alert, Rule};
use icpulse_model::{E8s, NeuronKey, ProposalKey, Seconds, Timestamp};

/// Something that needs the user, most urgent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PulseNeed {
    /// Actions that were interrupted, or whose outcome is unknown.
    Unfinished {
        /// How many.
        count: usize,
    },
    /// Proposals with blank ballots of the user's neurons.
    Vote {
        /// How many proposals.
        count: usize,
        /// When the first one closes, and which it is.
        first: Option<(Timestamp, ProposalKey)>,
    },
    /// Neurons whose voting power shrinks soon or already: confirm following.
    ConfirmFollowing {
        /// How many.
        count: usize,
        /// How many of them have lost power already.
        shrinking: usize,
        /// Time until the first one begins to lose power; zero if it has.
        within: Seconds,
        first: NeuronKey,
    },
    /// Maturity on its way to an account.
    Disbursement {
        /// How many.
        count: usize,
        /// How much in all, before modulation.
        amount: E8s,
        /// When the first arrives.
        arrives: Timestamp,
        neuron: NeuronKey,
    },
    /// Neurons whose stake can be taken out.
    Dissolved {
        /// How many.
        count: usize,
        /// How much in all.
        amount: E8s,
        first: NeuronKey,
    },
    /// Alerts of one rule, the worst first; never empty.
    Alerts(Vec<Alert>),
    /// So many more alerts of other rules.
    MoreAlerts(usize),
    /// What is different from the last time.
    Changed {
        count: usize,
        /// How many of each kind.
        summary: String,
        /// When that was read.
        at: Timestamp,
    },
    /// Nobody signs yet: voting and staking need an identity.
    ChooseIdentity,
}

/// An alert that the user hid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenAlert {
    pub rule: Rule,
    pub about: About,
    /// Since when it fires: when it fires anew it is another one.
    pub since: Timestamp,
    /// Until when it is hidden; `None`: as long as it fires.
    pub until: Option<Timestamp>,
}

/// A line of Pulse that can be selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PulseItem {
    /// Something that needs the user.
    Need(PulseNeed),
    /// An open proposal.
    Proposal(ProposalKey),
}

/// The first screen.
#[derive(Clone, Debug, Default)]
pub struct PulseState {
    /// What can be selected: needs, then open proposals (blank ballots first, then by deadline).
    pub items: Vec<PulseItem>,
    /// How many of them are needs.
    pub needs: usize,
    /// The selected one.
    pub cursor: usize,
    /// The proposals that the user may vote on, the first deadline first.
    pub due: Vec<ProposalKey>,
    /// Alerts that are hidden.
    pub hidden: Vec<HiddenAlert>,
    /// The first open proposal shown, counted from the first open proposal.
    pub offset: usize,
    /// How many open proposals the last draw had room for; 0 before the first draw.
    pub height: usize,
}

impl PulseState {
    /// Whether an alert is hidden now.
    pub(super) fn hides(&self, alert: &Alert, now: Timestamp) -> bool {
        self.hidden.iter().any(|hidden| {
            (hidden.rule, hidden.since) == (alert.rule, alert.since)
                && hidden.about == alert.about
                && hidden.until.is_none_or(|until| until > now)
        })
    }

    /// What needs the user.
    pub fn needs(&self) -> impl Iterator<Item = &PulseNeed> {
        self.items.iter().filter_map(|i| match i {
            PulseItem::Need(need) => Some(need),
            PulseItem::Proposal(_) => None,
        })
    }

    /// The open proposals in order.
    pub fn proposals(&self) -> impl Iterator<Item = ProposalKey> + '_ {
        self.items.iter().filter_map(|i| match i {
            PulseItem::Proposal(id) => Some(*id),
            PulseItem::Need(_) => None,
        })
    }

    /// The selected line.
    pub fn selected(&self) -> Option<&PulseItem> {
        self.items.get(self.cursor)
    }
}
