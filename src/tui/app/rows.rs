//! What each list filters and sorts its rows by.

use super::columns::ColumnId;
use super::index::{Context, Key, Row};
use icpulse_model::ledger::{Operation, Transaction};
use icpulse_model::query::{
    Haystack, NeuronContext, Query, counterparty, neuron_text, proposal_text, transaction_text,
};
use icpulse_model::{Neuron, NeuronId, Proposal, ProposalId, ProposalStatus, RewardStatus, Vote};
use std::borrow::Cow;

impl Row for Proposal {
    type Id = ProposalId;

    fn id(&self) -> ProposalId {
        self.id
    }

    fn text(&self, _: &Context, out: &mut String) {
        proposal_text(self, out);
    }

    fn is_live(&self) -> bool {
        let counted = matches!(self.reward_status, RewardStatus::AcceptVotes | RewardStatus::Ineligible);
        self.status == ProposalStatus::Open || counted && !self.ballots.is_empty()
    }

    fn passes(&self, query: &Query, hay: Haystack<'_>, context: &Context) -> bool {
        query.matches_proposal(self, hay, context.now)
    }

    fn key(&self, column: ColumnId, _: &Context) -> Option<Key<'_>> {
        let number = |n: u64| Some(Key::Number(n));
        match column {
            ColumnId::Title => Some(Key::Text(Cow::Borrowed(self.title.as_str()))),
            ColumnId::Topic => Some(Key::Text(self.topic.title())),
            ColumnId::Action => Some(Key::Text(Cow::Borrowed(self.action.as_str()))),
            ColumnId::Status => number(u64::try_from(self.status.number()).unwrap_or(u64::MAX)),
            ColumnId::Reward => number(u64::try_from(self.reward_status.number()).unwrap_or(u64::MAX)),
            ColumnId::Created => number(self.created.0),
            // What can still be voted on closes first; what is settled has no countdown.
            ColumnId::Closes => self.deadline.filter(|_| !self.is_final()).map(|d| Key::Number(d.0)),
            ColumnId::Yes => self.tally.map(|t| Key::Number(u64::from(t.yes_bp()))),
            ColumnId::No => self.tally.map(|t| Key::Number(u64::from(t.no_bp()))),
            ColumnId::Mine if self.ballots.is_empty() => None,
            ColumnId::Mine => {
                let blank = self.ballots.iter().filter(|b| b.vote == Vote::Unspecified).count();
                number(u64::try_from(blank).unwrap_or(u64::MAX))
            }
            ColumnId::Proposer => self.proposer.map(|p| Key::Number(p.0)),
            _ => number(self.id.0),
        }
    }
}

impl Row for Neuron {
    type Id = NeuronId;

    fn id(&self) -> NeuronId {
        self.id
    }

    fn text(&self, _: &Context, out: &mut String) {
        neuron_text(self, out);
    }

    fn is_live(&self) -> bool {
        false
    }

    fn passes(&self, query: &Query, hay: Haystack<'_>, context: &Context) -> bool {
        let begins = self.refreshed.map(|r| r.plus(context.start_reducing_after));
        let begins = begins.filter(|_| self.potential_voting_power.0 > 0);
        let confirm_within = begins.map(|b| b.since(context.now));
        query.matches_neuron(self, hay, NeuronContext { confirm_within }, context.now)
    }

    fn key(&self, column: ColumnId, _: &Context) -> Option<Key<'_>> {
        let number = |n: u64| Some(Key::Number(n));
        match column {
            ColumnId::Title => self.name().map(|n| Key::Text(Cow::Borrowed(n))),
            ColumnId::State => number(u64::try_from(self.state.number()).unwrap_or(u64::MAX)),
            ColumnId::Stake => number(self.stake.0),
            ColumnId::Maturity => number(self.maturity.0),
            ColumnId::StakedMaturity => number(self.staked_maturity.0),
            ColumnId::Delay => number(self.dissolve_delay.0),
            ColumnId::Age => number(self.age.0),
            ColumnId::Power => number(self.deciding_voting_power.0),
            ColumnId::Potential => number(self.potential_voting_power.0),
            ColumnId::Refresh if self.potential_voting_power.0 == 0 => None,
            ColumnId::Refresh => self.refreshed.map(|r| Key::Number(r.0)),
            ColumnId::Visibility => Some(Key::Text(self.visibility.title())),
            ColumnId::Access => number(self.access as u64),
            ColumnId::AutoStake => number(u64::from(self.auto_stake_maturity)),
            ColumnId::Created => number(self.created.0),
            _ => number(self.id.0),
        }
    }
}

impl Row for Transaction {
    type Id = u64;

    fn id(&self) -> u64 {
        self.block
    }

    fn text(&self, context: &Context, out: &mut String) {
        if let Some(of) = context.account {
            transaction_text(self, &of, out);
        }
    }

    fn is_live(&self) -> bool {
        false
    }

    fn passes(&self, query: &Query, hay: Haystack<'_>, context: &Context) -> bool {
        context.account.is_some_and(|of| query.matches_transaction(self, &of, hay, context.now))
    }

    fn key(&self, column: ColumnId, context: &Context) -> Option<Key<'_>> {
        match column {
            ColumnId::Time => self.timestamp.or(self.created_at).map(|t| Key::Number(t.0)),
            ColumnId::Kind => context.account.map(|of| Key::Text(Cow::Borrowed(self.verb(&of)))),
            ColumnId::Amount => self.amount().map(|a| Key::Number(a.0)),
            ColumnId::Fee => match &self.operation {
                Operation::Transfer { fee, .. } | Operation::Approve { fee, .. } => Some(Key::Number(fee.0)),
                _ => None,
            },
            ColumnId::Counterparty => {
                context.account.and_then(|of| counterparty(self, &of)).map(|a| Key::Text(Cow::Owned(a.hex())))
            }
            ColumnId::Memo => Some(Key::Number(self.memo)),
            _ => Some(Key::Number(self.block)),
        }
    }
}
