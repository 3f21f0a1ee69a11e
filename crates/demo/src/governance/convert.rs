//! From the state to the interface's types: the one place where virtual instants become those
//! the client's clock will find.

use super::error::{NOT_AUTHORIZED, error};
use super::neuron::{Dissolve, Neuron};
use super::proposal::Proposal;
use super::rewards::{ModulationState, Round};
use super::state::State;
use crate::clock::Clock;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::topic::Visibility;
use icpulse_model::{Principal, Seconds};
use serde_bytes::ByteBuf;
use std::collections::BTreeSet;

/// Payloads of NNS functions above this are left out of lists
/// (`EXECUTE_NNS_FUNCTION_PAYLOAD_LISTING_BYTES_MAX`).
const PAYLOAD_LISTING_MAX: usize = 1_000;

/// What a reply shows of a proposal (`ProposalDisplayOptions`).
#[derive(Clone, Copy, Debug)]
pub struct Display {
    pub action: bool,
    /// The action as the canister describes it.
    pub described: bool,
    /// Leaves out large payloads of NNS functions.
    pub(crate) omit_payloads: bool,
    /// Leaves out the pictures of an SNS.
    pub(crate) omit_pictures: bool,
}

impl Display {
    /// For `list_proposals`: one of the two forms of the action.
    pub const fn list(omit_large_fields: bool, described: bool) -> Self {
        Self { action: !described, described, omit_payloads: true, omit_pictures: omit_large_fields }
    }

    /// For `get_proposal_info`: everything.
    pub const ONE: Self = Self { action: true, described: true, omit_payloads: false, omit_pictures: false };
}

/// Converts for one caller at one moment.
pub struct ReplyConverter<'a> {
    pub state: &'a State,
    pub clock: &'a Clock,
    /// Now, in virtual seconds.
    pub now: u64,
    pub caller: Principal,
}

impl ReplyConverter<'_> {
    fn instant(&self, virtual_secs: u64) -> u64 {
        self.clock.out_secs(virtual_secs)
    }

    fn instant_if(&self, virtual_secs: u64) -> Option<u64> {
        (virtual_secs > 0).then(|| self.instant(virtual_secs))
    }

    /// Whether the caller may read all of a neuron: controller, hotkey, or able to vote on
    /// managing it (`can_principal_vote_on_proposals_that_target_neuron`).
    pub(crate) fn may_read(&self, neuron: &Neuron) -> bool {
        neuron.is_hotkey_or_controller(&self.caller)
            || self.state.managers_of(neuron.id).iter().any(|manager| {
                self.state.neurons.get(manager).is_some_and(|m| m.is_hotkey_or_controller(&self.caller))
            })
    }

    /// The refusal of `get_full_neuron`.
    pub(crate) fn not_readable(&self, id: u64) -> wire::GovernanceError {
        let caller = self.caller;
        error(
            NOT_AUTHORIZED,
            format!(
                "Principal {caller} is not authorized to get full neuron information for neuron NeuronId {{ id: \
                 {id} }}"
            ),
        )
    }

    /// A neuron as anybody sees it; ballots and the Neurons' Fund only of public neurons and
    /// the caller's own.
    pub fn info(&self, neuron: &Neuron) -> wire::NeuronInfo {
        let potential = neuron.potential(self.now, &self.state.economics);
        let deciding = neuron.decayed(potential, self.now, &self.state.economics);
        let open = neuron.is_public() || neuron.is_hotkey_or_controller(&self.caller);
        wire::NeuronInfo {
            id: Some(wire::NeuronId { id: neuron.id }),
            state: neuron.dissolve.state(self.now).number(),
            stake_e8s: neuron.minted_stake(),
            age_seconds: neuron.dissolve.age(self.now),
            dissolve_delay_seconds: neuron.dissolve.delay(self.now),
            created_timestamp_seconds: self.instant(neuron.created),
            retrieved_at_timestamp_seconds: self.instant(self.now),
            recent_ballots: if open { recent_ballots(neuron) } else { Vec::new() },
            neuron_type: neuron.neuron_type,
            visibility: Some(visibility(neuron)),
            known_neuron_data: neuron.known.clone(),
            joined_community_fund_timestamp_seconds: neuron
                .joined_fund
                .filter(|_| open)
                .map(|at| self.instant(at)),
            voting_power: potential,
            voting_power_refreshed_timestamp_seconds: self.instant_if(neuron.refreshed),
            deciding_voting_power: Some(deciding),
            potential_voting_power: Some(potential),
            eight_year_gang_bonus_base_e8s: Some(neuron.gang_base),
            staked_maturity_e8s_equivalent: None,
        }
    }

    pub fn full(&self, neuron: &Neuron) -> wire::Neuron {
        let potential = neuron.potential(self.now, &self.state.economics);
        let followees = neuron.followees.iter().map(|(topic, ids)| {
            let followees = ids.iter().map(|id| wire::NeuronId { id: *id }).collect();
            (*topic, wire::Followees { followees })
        });
        let (dissolve_state, aging) = match neuron.dissolve {
            Dissolve::Locked { delay, aging_since } => {
                (wire::DissolveState::DissolveDelaySeconds(delay), self.instant(aging_since))
            }
            Dissolve::Until { at } => {
                (wire::DissolveState::WhenDissolvedTimestampSeconds(self.instant(at)), u64::MAX)
            }
        };
        wire::Neuron {
            id: Some(wire::NeuronId { id: neuron.id }),
            account: neuron.subaccount.0.to_vec(),
            controller: Some(neuron.controller),
            hot_keys: neuron.hot_keys.clone(),
            visibility: Some(visibility(neuron)),
            kyc_verified: true,
            not_for_profit: false,
            neuron_type: neuron.neuron_type,
            known_neuron_data: neuron.known.clone(),
            cached_neuron_stake_e8s: neuron.stake,
            neuron_fees_e8s: neuron.fees,
            maturity_e8s_equivalent: neuron.maturity,
            staked_maturity_e8s_equivalent: Some(neuron.staked_maturity).filter(|m| *m > 0),
            auto_stake_maturity: neuron.auto_stake.then_some(true),
            maturity_disbursements_in_progress: Some(
                neuron.disbursements.iter().map(|d| self.disbursement(d)).collect(),
            ),
            eight_year_gang_bonus_base_e8s: Some(neuron.gang_base),
            created_timestamp_seconds: self.instant(neuron.created),
            aging_since_timestamp_seconds: aging,
            spawn_at_timestamp_seconds: None,
            dissolve_state: Some(dissolve_state),
            joined_community_fund_timestamp_seconds: neuron.joined_fund.map(|at| self.instant(at)),
            followees: followees.collect(),
            recent_ballots: recent_ballots(neuron),
            voting_power_refreshed_timestamp_seconds: self.instant_if(neuron.refreshed),
            deciding_voting_power: Some(neuron.decayed(potential, self.now, &self.state.economics)),
            potential_voting_power: Some(potential),
            transfer: None,
        }
    }

    fn disbursement(&self, d: &super::neuron::Disbursement) -> wire::MaturityDisbursement {
        wire::MaturityDisbursement {
            amount_e8s: Some(d.amount),
            timestamp_of_disbursement_seconds: Some(self.instant(d.asked)),
            finalize_disbursement_timestamp_seconds: Some(self.instant(d.due)),
            account_to_disburse_to: Some(wire::Account { owner: Some(d.owner), subaccount: None }),
            account_identifier_to_disburse_to: None,
        }
    }

    /// A proposal, with the ballots of `readers` only.
    pub fn proposal(&self, p: &Proposal, readers: &BTreeSet<u64>, display: Display) -> wire::ProposalInfo {
        let ballots = p.ballots.of_neurons(readers).map(|(id, ballot)| {
            (id, wire::Ballot { vote: ballot.vote.number(), voting_power: ballot.power })
        });
        let draft = &p.draft;
        wire::ProposalInfo {
            id: Some(wire::ProposalId { id: p.id }),
            proposer: p.proposer.map(|id| wire::NeuronId { id }),
            proposal: Some(wire::Proposal {
                url: draft.url.clone(),
                title: draft.title.clone(),
                action: display.action.then(|| shown_action(&draft.action, display)),
                summary: draft.summary.clone(),
                self_describing_action: display
                    .described
                    .then(|| super::describe::describe(&draft.action, draft.payload.as_ref())),
            }),
            status: p.status().number(),
            topic: p.topic.number(),
            reward_status: p.reward_status(self.now).number(),
            failure_reason: p.failure.clone(),
            reject_cost_e8s: p.reject_cost,
            ballots: ballots.collect(),
            latest_tally: Some(wire::Tally {
                no: p.tally.no,
                yes: p.tally.yes,
                total: p.tally.total,
                timestamp_seconds: self.instant(p.tally.at),
            }),
            total_potential_voting_power: Some(p.total_potential),
            reward_event_round: p.reward_round,
            proposal_timestamp_seconds: self.instant(p.created),
            deadline_timestamp_seconds: Some(self.instant(p.deadline)),
            decided_timestamp_seconds: self.instant(p.decided),
            executed_timestamp_seconds: self.instant(p.executed),
            failed_timestamp_seconds: self.instant(p.failed),
            derived_proposal_information: None,
        }
    }

    /// `get_latest_reward_event`.
    pub fn reward_event(&self, round: &Round) -> wire::RewardEvent {
        wire::RewardEvent {
            rounds_since_last_distribution: Some(round.rounds),
            day_after_genesis: round.day,
            actual_timestamp_seconds: self.instant(round.at),
            total_available_e8s_equivalent: round.available,
            latest_round_available_e8s_equivalent: Some(round.latest),
            distributed_e8s_equivalent: round.distributed,
            settled_proposals: round.settled.iter().map(|id| wire::ProposalId { id: *id }).collect(),
        }
    }

    pub fn modulation(&self, state: ModulationState) -> wire::GetMaturityModulationResponse {
        wire::GetMaturityModulationResponse {
            maturity_modulation: Some(wire::MaturityModulation {
                current_value_permyriad: Some(state.permyriad),
                updated_at_timestamp_seconds: state.updated.map(|at| self.instant(at)),
            }),
        }
    }

    /// `get_metrics`.
    pub fn metrics(&self) -> wire::GovernanceCachedMetrics {
        let metrics = self.state.metrics.clone();
        wire::GovernanceCachedMetrics {
            timestamp_seconds: self.instant(metrics.timestamp_seconds),
            ..metrics
        }
    }

    pub fn monthly(&self, month: &wire::MonthlyNodeProviderRewards) -> wire::MonthlyNodeProviderRewards {
        let mut month = month.clone();
        month.timestamp = self.instant(month.timestamp);
        if let Some(rate) = &mut month.xdr_conversion_rate {
            rate.timestamp_seconds = rate.timestamp_seconds.map(|at| self.instant(at));
        }
        month
    }
}

fn visibility(neuron: &Neuron) -> i32 {
    if neuron.is_public() { Visibility::Public.number() } else { Visibility::Private.number() }
}

fn recent_ballots(neuron: &Neuron) -> Vec<wire::BallotInfo> {
    let ballots = neuron.recent_ballots.iter();
    ballots
        .map(|(id, vote)| wire::BallotInfo {
            vote: vote.number(),
            proposal_id: Some(wire::ProposalId { id: *id }),
        })
        .collect()
}

fn shown_action(action: &wire::Action, display: Display) -> wire::Action {
    match action {
        wire::Action::ExecuteNnsFunction(call)
            if display.omit_payloads && call.payload.len() > PAYLOAD_LISTING_MAX =>
        {
            wire::Action::ExecuteNnsFunction(wire::ExecuteNnsFunction {
                nns_function: call.nns_function,
                payload: Vec::new(),
            })
        }
        wire::Action::CreateServiceNervousSystem(create) if display.omit_pictures => {
            let mut create = create.clone();
            create.logo = None;
            if let Some(ledger) = &mut create.ledger_parameters {
                ledger.token_logo = None;
            }
            wire::Action::CreateServiceNervousSystem(create)
        }
        other => other.clone(),
    }
}

/// `get_network_economics_parameters`. The Neurons' Fund's part has the canister's defaults.
pub fn economics(state: &State) -> wire::NetworkEconomics {
    let e = &state.economics;
    let decimal = |text: &str| Some(wire::Decimal { human_readable: Some(text.to_owned()) });
    let percentage = |basis_points| Some(wire::Percentage { basis_points: Some(basis_points) });
    let seconds = |span: Seconds| Some(span.0);
    wire::NetworkEconomics {
        neuron_minimum_stake_e8s: e.neuron_minimum_stake.0,
        max_proposals_to_keep_per_topic: e.max_proposals_per_topic,
        neuron_management_fee_per_proposal_e8s: e.neuron_management_fee.0,
        reject_cost_e8s: e.reject_cost.0,
        transaction_fee_e8s: e.transaction_fee.0,
        neuron_spawn_dissolve_delay_seconds: e.spawn_dissolve_delay.0,
        minimum_icp_xdr_rate: e.minimum_icp_xdr.0 / 100,
        maximum_node_provider_rewards_e8s: e.maximum_node_provider_rewards.0,
        neurons_fund_economics: Some(wire::NeuronsFundEconomics {
            maximum_icp_xdr_rate: percentage(1_000_000),
            neurons_fund_matched_funding_curve_coefficients: Some(
                wire::NeuronsFundMatchedFundingCurveCoefficients {
                    contribution_threshold_xdr: decimal("75_000.0"),
                    one_third_participation_milestone_xdr: decimal("225_000.0"),
                    full_participation_milestone_xdr: decimal("375_000.0"),
                },
            ),
            max_theoretical_neurons_fund_participation_amount_xdr: decimal("750_000.0"),
            minimum_icp_xdr_rate: percentage(10_000),
        }),
        voting_power_economics: Some(wire::VotingPowerEconomics {
            start_reducing_voting_power_after_seconds: seconds(e.start_reducing_after),
            clear_following_after_seconds: seconds(e.clear_following_after),
            neuron_minimum_dissolve_delay_to_vote_seconds: seconds(e.minimum_delay_to_vote),
        }),
    }
}

/// Bytes as the self-describing form has them.
pub fn blob(bytes: &[u8]) -> wire::SelfDescribingValue {
    wire::SelfDescribingValue::Blob(ByteBuf::from(bytes.to_vec()))
}
