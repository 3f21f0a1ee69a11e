//! The calls of an intent: what each is, its exact argument, and its words.
//!
//! Everything is computed from the intent and the facts fixed at planning, so that a plan, its
//! execution, a retry and a recovery after a crash sign the same bytes.

use icpulse_canisters::governance::calls::{self as governance, Target};
use icpulse_canisters::ledger::calls as ledger;
use icpulse_canisters::ledger::calls::TransferRequest;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::{Execution, Intent, PlannedCall, StakeRequest};
use icpulse_model::economics::NEW_NEURON_DELAY;
use icpulse_model::network::Canisters;
use icpulse_model::text::Line;
use icpulse_model::{
    Account, E8s, NeuronId, Principal, ProposalId, Seconds, Subaccount, Timestamp, Topic, Vote,
};

/// What one step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Casts a ballot.
    Vote { proposal: ProposalId, neuron: NeuronId, vote: Vote },
    /// Moves the stake to the neuron's account.
    Transfer,
    /// Makes the neuron of it.
    Claim,
    /// Lengthens the dissolve delay by what is between the two: the command adds, so that it is
    /// signed only while a certificate says that the delay is `from`.
    Delay { from: Seconds, target: Seconds },
    /// Turns on staking of new maturity.
    AutoStake,
    /// Sets followees; of the new neuron where none is named.
    Follow { neuron: Option<NeuronId>, topic: Topic, followees: Vec<NeuronId> },
    /// Refreshes voting power.
    Refresh(NeuronId),
}

/// Facts of a stake that are fixed at planning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StakeFacts {
    pub amount: E8s,
    pub fee: E8s,
    pub nonce: u64,
    pub created_at: Timestamp,
}

impl StakeFacts {
    pub(super) fn of(execution: &Execution) -> Option<Self> {
        let Intent::Stake(request) = &execution.intent else { return None };
        Some(Self {
            amount: request.amount,
            fee: execution.transfer_fee?,
            nonce: execution.nonce?,
            created_at: execution.transfer_created_at?,
        })
    }
}

/// The governance canister's account that holds a neuron's stake.
pub(super) fn stake_account(canisters: &Canisters, controller: &Principal, nonce: u64) -> Account {
    Account { owner: canisters.governance, subaccount: Subaccount::neuron_stake(controller, nonce) }
}

/// The steps of a stake, in order; its delay is lengthened from `delay_base`.
pub(super) fn stake_kinds(request: &StakeRequest, delay_base: Option<Seconds>) -> Vec<Kind> {
    let mut kinds = vec![Kind::Transfer, Kind::Claim];
    if request.dissolve_delay > NEW_NEURON_DELAY {
        let from = delay_base.unwrap_or(NEW_NEURON_DELAY);
        kinds.push(Kind::Delay { from, target: request.dissolve_delay });
    }
    if request.auto_stake_maturity {
        kinds.push(Kind::AutoStake);
    }
    kinds.extend(request.followees.iter().map(|(topic, followees)| Kind::Follow {
        neuron: None,
        topic: *topic,
        followees: followees.clone(),
    }));
    kinds
}

/// What each step of an execution does; `None` if its steps are not those of its intent.
pub(super) fn kinds(execution: &Execution) -> Option<Vec<Kind>> {
    let calls = execution.steps.iter().map(|s| &s.call);
    let kinds: Vec<Kind> = match &execution.intent {
        Intent::Vote { vote, .. } => calls
            .map(|c| Some(Kind::Vote { proposal: c.proposal?, neuron: c.neuron?, vote: *vote }))
            .collect::<Option<_>>()?,
        Intent::Stake(request) => {
            StakeFacts::of(execution)?;
            stake_kinds(request, execution.delay_base)
        }
        Intent::RefreshVotingPower(_) => calls.map(|c| c.neuron.map(Kind::Refresh)).collect::<Option<_>>()?,
        Intent::Follow { neuron, topic, followees } => {
            vec![Kind::Follow { neuron: Some(*neuron), topic: *topic, followees: followees.clone() }]
        }
    };
    (kinds.len() == execution.steps.len()).then_some(kinds)
}

/// What a call is made of, beyond its kind. All of it is fixed when the review is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ingredients<'a> {
    pub canisters: &'a Canisters,
    pub controller: Principal,
    pub stake: Option<StakeFacts>,
}

fn missing(what: &str) -> IcError {
    IcError::Invalid { what: Line::new("preparing the call"), why: line!("{what} is not known") }
}

impl Ingredients<'_> {
    fn stake(&self) -> Result<StakeFacts, IcError> {
        self.stake.ok_or_else(|| missing("the stake's nonce"))
    }

    /// The new neuron, by the subaccount that holds its stake: its number is the canister's to
    /// choose, and a call must not depend on an answer.
    fn new_neuron(&self) -> Result<Target, IcError> {
        Ok(Target::StakedAt(Subaccount::neuron_stake(&self.controller, self.stake()?.nonce)))
    }
}

impl Kind {
    /// The call, exactly as it is signed.
    pub(super) fn prepare(&self, from: &Ingredients<'_>) -> Result<PreparedCall, IcError> {
        let canisters = from.canisters;
        match self {
            Self::Vote { proposal, neuron, vote } => {
                governance::register_vote(canisters, *neuron, *proposal, *vote)
            }
            Self::Transfer => {
                let stake = from.stake()?;
                let request = TransferRequest {
                    from_subaccount: None,
                    to: stake_account(canisters, &from.controller, stake.nonce).identifier(),
                    amount: stake.amount,
                    fee: stake.fee,
                    memo: stake.nonce,
                    created_at: stake.created_at,
                };
                ledger::transfer(canisters, &request)
            }
            Self::Claim => governance::claim_or_refresh(canisters, from.controller, from.stake()?.nonce),
            Self::Delay { from: now, target } => {
                let additional = Seconds(target.0.saturating_sub(now.0));
                governance::increase_dissolve_delay(canisters, from.new_neuron()?, additional)
            }
            Self::AutoStake => governance::auto_stake_maturity(canisters, from.new_neuron()?, true),
            Self::Follow { neuron, topic, followees } => {
                let neuron = match neuron {
                    Some(neuron) => Target::Id(*neuron),
                    None => from.new_neuron()?,
                };
                governance::follow(canisters, neuron, *topic, followees)
            }
            Self::Refresh(neuron) => governance::refresh_voting_power(canisters, *neuron),
        }
    }

    /// The call in words.
    pub(super) fn describe(&self, from: &Ingredients<'_>) -> Result<PlannedCall, IcError> {
        let canisters = from.canisters;
        let new_neuron = || match from.new_neuron() {
            Ok(Target::StakedAt(subaccount)) => {
                line!("the new one, by its subaccount {}", hex::encode(subaccount.0))
            }
            _ => Line::new("the new one"),
        };
        let neuron_of = |n: &Option<NeuronId>| n.map_or_else(new_neuron, |n| line!("{n}"));
        let (command, summary, arguments, neuron, proposal) = match self {
            Self::Vote { proposal, neuron, vote } => (
                "RegisterVote",
                line!("vote {} on {proposal} with neuron {neuron}", vote.title().to_uppercase()),
                vec![
                    ("neuron", line!("{neuron}")),
                    ("proposal", line!("{proposal}")),
                    ("vote", line!("{} ({})", vote.title(), vote.number())),
                ],
                Some(*neuron),
                Some(*proposal),
            ),
            Self::Transfer => {
                let stake = from.stake()?;
                let to = stake_account(canisters, &from.controller, stake.nonce).identifier();
                (
                    "transfer",
                    line!("move {} ICP to the new neuron's account", stake.amount.exact()),
                    vec![
                        ("from", line!("your default account")),
                        ("to", line!("{to} (governance, subaccount of your principal and the nonce)")),
                        ("amount", line!("{} ICP", stake.amount.exact())),
                        ("fee", line!("{} ICP", stake.fee.exact())),
                        ("memo (nonce)", line!("{}", stake.nonce)),
                        (
                            "created at",
                            line!(
                                "{} UTC (the ledger makes it once at most)",
                                stake.created_at.date_minute()
                            ),
                        ),
                    ],
                    None,
                    None,
                )
            }
            Self::Claim => {
                let stake = from.stake()?;
                (
                    "ClaimOrRefresh",
                    line!("claim the neuron that the transfer made"),
                    vec![("controller", line!("{}", from.controller)), ("nonce", line!("{}", stake.nonce))],
                    None,
                    None,
                )
            }
            Self::Delay { from: now, target } => {
                let additional = Seconds(target.0.saturating_sub(now.0));
                (
                    "IncreaseDissolveDelay",
                    line!("lengthen its dissolve delay from {} to {}", now.words(), target.words()),
                    vec![
                        ("neuron", new_neuron()),
                        (
                            "additional delay",
                            line!(
                                "{} ({} s), signed only while the delay is {}",
                                additional.words(),
                                additional.0,
                                now.words()
                            ),
                        ),
                    ],
                    None,
                    None,
                )
            }
            Self::AutoStake => (
                "ChangeAutoStakeMaturity",
                line!("stake its new maturity automatically"),
                vec![("neuron", new_neuron()), ("stake new maturity", line!("yes"))],
                None,
                None,
            ),
            Self::Follow { neuron, topic, followees } => {
                let names: Vec<String> = followees.iter().map(ToString::to_string).collect();
                let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
                (
                    "Follow",
                    line!("follow {names} on {}", topic.title()),
                    vec![
                        ("neuron", neuron_of(neuron)),
                        ("topic", line!("{} ({})", topic.title(), topic.number())),
                        ("followees", line!("{names}")),
                    ],
                    *neuron,
                    None,
                )
            }
            Self::Refresh(neuron) => (
                "RefreshVotingPower",
                line!("confirm the following of neuron {neuron}"),
                vec![("neuron", line!("{neuron}"))],
                Some(*neuron),
                None,
            ),
        };
        let on_ledger = matches!(self, Self::Transfer);
        let canister = if on_ledger { canisters.ledger } else { canisters.governance };
        let arg_digest = self.prepare(from)?.arg_digest();
        Ok(PlannedCall {
            canister,
            canister_name: canisters.name(&canister).unwrap_or("canister").to_owned(),
            method: if on_ledger { command.to_owned() } else { format!("manage_neuron · {command}") },
            summary,
            arguments: arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            arg_digest,
            neuron,
            proposal,
        })
    }
}
