//! The canister's methods: candid in, candid out.

use super::claim::no_neuron_for;
use super::convert::{ReplyConverter, economics};
use super::error::{INVALID_COMMAND, NOT_FOUND, PRECONDITION_FAILED, UNAVAILABLE, error};
use super::state::State;
use crate::canister::{Context, Progress, Reject, UpdateContext, Waiting};
use crate::clock::Clock;
use crate::world::canister_id;
use candid::utils::{ArgumentDecoder, ArgumentEncoder};
use candid::{CandidType, DecoderConfig, Deserialize};
use icpulse_canisters::wire::governance as wire;
use icpulse_model::{AccountIdentifier, E8s, Principal, Timestamp};
use wire::{CommandResponse, GovernanceError, ManageNeuronCommandRequest, NeuronIdOrSubaccount};

fn decode<'a, T: ArgumentDecoder<'a>>(arg: &'a [u8]) -> Result<T, Reject> {
    let mut config = DecoderConfig::new();
    config.set_decoding_quota(10_000_000).set_skipping_quota(1_000_000).set_full_error_message(false);
    candid::utils::decode_args_with_config(arg, &config)
        .map_err(|error| Reject::undecodable(canister_id(1), &error))
}

fn encode<T: ArgumentEncoder>(reply: T) -> Result<Vec<u8>, Reject> {
    candid::encode_args(reply).map_err(|error| Reject::trapped(canister_id(1), &error.to_string()))
}

pub(super) fn query(state: &State, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
    let out = ReplyConverter { state, clock: ctx.clock, now: ctx.now.secs(), caller: ctx.caller };
    read(&out, method, arg).unwrap_or_else(|| Err(Reject::no_query_method(canister_id(1), method)))
}

/// The query methods; `None` for others.
fn read(out: &ReplyConverter<'_>, method: &str, arg: &[u8]) -> Option<Result<Vec<u8>, Reject>> {
    Some(match method {
        "list_proposals" => decode(arg).and_then(|(request,)| encode((out.list_proposals(&request),))),
        "get_proposal_info" => decode(arg).and_then(|(id,)| encode((out.proposal_info(id),))),
        "get_pending_proposals" => {
            decode(arg).and_then(|(request,): (Option<wire::GetPendingProposalsRequest>,)| {
                let described = request.and_then(|r| r.return_self_describing_action).unwrap_or(false);
                encode((out.pending_proposals(described),))
            })
        }
        "list_neurons" => decode(arg).and_then(|(request,)| match out.list_neurons(&request) {
            Ok(page) => encode((page,)),
            Err(_) => Err(Reject::trapped(
                canister_id(1),
                "Panicked at 'attempt to divide by zero', rs/nns/governance/src/governance.rs",
            )),
        }),
        "get_neuron_info" => decode(arg).and_then(|(id,)| encode((out.neuron_info(id),))),
        "get_neuron_info_by_id_or_subaccount" => {
            decode(arg).and_then(|(by,)| encode((out.find(&by).and_then(|id| out.neuron_info(id)),)))
        }
        "get_full_neuron" => decode(arg).and_then(|(id,)| encode((out.full_neuron(id),))),
        "get_full_neuron_by_id_or_subaccount" => {
            decode(arg).and_then(|(by,)| encode((out.find(&by).and_then(|id| out.full_neuron(id)),)))
        }
        "get_neuron_ids" => decode(arg).and_then(|()| {
            encode((out.state.readable_by(&out.caller).iter().copied().collect::<Vec<u64>>(),))
        }),
        "get_neuron_index" => decode(arg)
            .and_then(|(request,)| encode((wire::GetNeuronIndexResult::Ok(out.neuron_index(&request)),))),
        "list_known_neurons" => decode(arg).and_then(|()| encode((out.known_neurons(),))),
        "list_neuron_votes" => decode(arg).and_then(|(request,)| encode((out.neuron_votes(&request),))),
        "get_network_economics_parameters" => decode(arg).and_then(|()| encode((economics(out.state),))),
        "get_metrics" => decode(arg).and_then(|()| encode((wire::GetMetricsResult::Ok(out.metrics()),))),
        "get_latest_reward_event" => decode(arg).and_then(|()| encode((out.reward_event(&out.state.round),))),
        "get_maturity_modulation" => {
            decode(arg).and_then(|(_,): (Option<wire::GetMaturityModulationRequest>,)| {
                encode((out.modulation(out.state.modulation),))
            })
        }
        "list_node_providers" => decode(arg).and_then(|()| {
            let node_providers = out.state.node_providers.clone();
            encode((wire::ListNodeProvidersResponse { node_providers },))
        }),
        "list_node_provider_rewards" => {
            decode(arg).and_then(|(request,)| encode((out.node_provider_rewards(&request),)))
        }
        "get_most_recent_monthly_node_provider_rewards" => {
            decode(arg).and_then(|()| encode((out.state.months().next().map(|month| out.monthly(month)),)))
        }
        "get_node_provider_by_caller" => {
            decode(arg).and_then(|((),)| encode((out.node_provider_of_caller(),)))
        }
        "get_restore_aging_summary" => decode(arg).and_then(|()| encode((RestoreAgingSummary::default(),))),
        "get_build_metadata" => decode(arg).and_then(|()| {
            let version = env!("CARGO_PKG_VERSION");
            encode((format!("profile: demo\nname: icpulse demo governance\nversion: {version}\n"),))
        }),
        _ => return None,
    })
}

/// Ages restored long ago on the main network; never here.
#[derive(CandidType, Deserialize, Default)]
struct RestoreAgingSummary {
    groups: Vec<RestoreAgingGroup>,
    timestamp_seconds: Option<u64>,
}

#[derive(CandidType, Deserialize)]
struct RestoreAgingGroup {
    count: Option<u64>,
    previous_total_stake_e8s: Option<u64>,
    current_total_stake_e8s: Option<u64>,
    group_type: i32,
}

/// Begins an update method. Commands that read the ledger wait for its reply.
pub(super) fn begin(
    state: &mut State,
    ctx: &mut UpdateContext<'_>,
    method: &str,
    arg: &[u8],
) -> Result<Progress, Reject> {
    let now = ctx.now.secs();
    let begun = match method {
        "manage_neuron" => {
            let (request,): (wire::ManageNeuronRequest,) = decode(arg)?;
            match &request.command {
                None => return Err(Reject::trapped(canister_id(1), "Panicked at 'explicit panic'")),
                Some(ManageNeuronCommandRequest::ClaimOrRefresh(claim)) => named(&request)
                    .and_then(|by| state.begin_claim_or_refresh(by.as_ref(), &ctx.caller, claim, now)),
                Some(_) => {
                    let command = manage(state, &ctx.caller, request, ctx.clock, now);
                    let reply = encode((wire::ManageNeuronResponse { command: Some(command) },));
                    return reply.map(Progress::Replied);
                }
            }
        }
        "claim_or_refresh_neuron_from_account" => {
            let (request,): (wire::ClaimOrRefreshNeuronFromAccount,) = decode(arg)?;
            state.begin_claim(request.controller.unwrap_or(ctx.caller), request.memo, now)
        }
        _ => return update_at_once(state, ctx, method, arg).map(Progress::Replied),
    };
    match begun {
        Ok(subject) => Ok(Progress::Waits(Waiting { method: method.to_owned(), subject })),
        Err(error) => claim_reply(method, Err(error)).map(Progress::Replied),
    }
}

/// Goes on with a method that waited for the ledger.
pub(super) fn finish(
    state: &mut State,
    ctx: &UpdateContext<'_>,
    waiting: &Waiting,
) -> Result<Vec<u8>, Reject> {
    let ledger = ctx.ledger.as_deref();
    let balance = |account: &AccountIdentifier| ledger.map_or(E8s::ZERO, |l| l.balance(account));
    claim_reply(&waiting.method, state.finish_claim_or_refresh(waiting.subject, &balance))
}

fn claim_reply(method: &str, outcome: Result<u64, GovernanceError>) -> Result<Vec<u8>, Reject> {
    let outcome = outcome.map(|id| wire::NeuronId { id });
    if method == "manage_neuron" {
        let command = match outcome {
            Ok(id) => CommandResponse::ClaimOrRefresh(wire::ClaimOrRefreshResponse {
                refreshed_neuron_id: Some(id),
            }),
            Err(error) => CommandResponse::Error(error),
        };
        return encode((wire::ManageNeuronResponse { command: Some(command) },));
    }
    let result = match outcome {
        Ok(id) => wire::ClaimOrRefreshResult::NeuronId(id),
        Err(error) => wire::ClaimOrRefreshResult::Error(error),
    };
    encode((wire::ClaimOrRefreshNeuronFromAccountResponse { result: Some(result) },))
}

/// The update methods that need no other canister.
fn update_at_once(
    state: &mut State,
    ctx: &mut UpdateContext<'_>,
    method: &str,
    arg: &[u8],
) -> Result<Vec<u8>, Reject> {
    let now = ctx.now.secs();
    match method {
        "simulate_manage_neuron" => {
            let (request,): (wire::ManageNeuronRequest,) = decode(arg)?;
            let command = CommandResponse::Error(simulate(state, &ctx.caller, &request, now));
            encode((wire::ManageNeuronResponse { command: Some(command) },))
        }
        "create_neuron" => {
            let (_,): (wire::CreateNeuronRequest,) = decode(arg)?;
            encode((wire::CreateNeuronResponse::Err(super::unsupported::not_supported("create_neuron")),))
        }
        "update_node_provider" => {
            let (request,): (wire::UpdateNodeProvider,) = decode(arg)?;
            encode((update_node_provider(state, &ctx.caller, request),))
        }
        "get_monthly_node_provider_rewards" => {
            let () = decode(arg)?;
            let caller = ctx.caller;
            let refused =
                error(UNAVAILABLE, format!("The demo network computes rewards by itself, not for {caller}."));
            encode((wire::MonthlyNodeProviderRewardsResult::Err(refused),))
        }
        _ => Err(Reject::no_update_method(canister_id(1), method)),
    }
}

fn update_node_provider(
    state: &mut State,
    caller: &Principal,
    request: wire::UpdateNodeProvider,
) -> wire::UpdateNodeProviderResult {
    let found = state.node_providers.iter_mut().find(|p| p.id == Some(*caller));
    let Some(provider) = found else {
        return Err(error(NOT_FOUND, format!("Node provider {caller} is not known by the NNS")));
    };
    let Some(account) = request.reward_account else {
        return Err(error(PRECONDITION_FAILED, "reward_account not specified"));
    };
    if AccountIdentifier::from_slice(&account.hash).is_err() {
        return Err(error(PRECONDITION_FAILED, "The account identifier is invalid."));
    }
    provider.reward_account = Some(account);
    Ok(())
}

/// The neuron a request names (`id` is the deprecated way).
fn named(request: &wire::ManageNeuronRequest) -> Result<Option<NeuronIdOrSubaccount>, GovernanceError> {
    match (&request.neuron_id_or_subaccount, request.id) {
        (Some(_), Some(_)) => {
            Err(error(PRECONDITION_FAILED, "Both id and neuron_id_or_subaccount fields are set"))
        }
        (Some(by), None) => Ok(Some(by.clone())),
        (None, Some(id)) => Ok(Some(NeuronIdOrSubaccount::NeuronId(id))),
        (None, None) => Ok(None),
    }
}

fn neuron_of(state: &State, request: &wire::ManageNeuronRequest) -> Result<u64, GovernanceError> {
    let missing = || error(NOT_FOUND, "No neuron ID specified in the management request.");
    match named(request)?.ok_or_else(missing)? {
        NeuronIdOrSubaccount::NeuronId(id) => Ok(id.id),
        NeuronIdOrSubaccount::Subaccount(bytes) => {
            let Some(subaccount) = icpulse_model::Subaccount::from_slice(&bytes) else {
                return Err(error(PRECONDITION_FAILED, "Invalid subaccount"));
            };
            state.neuron_of_subaccount(&subaccount).ok_or_else(|| no_neuron_for(&bytes))
        }
    }
}

/// `manage_neuron`, but for `ClaimOrRefresh`.
fn manage(
    state: &mut State,
    caller: &Principal,
    request: wire::ManageNeuronRequest,
    clock: &Clock,
    now: u64,
) -> CommandResponse {
    try_manage(state, caller, request, clock, now).unwrap_or_else(CommandResponse::Error)
}

fn try_manage(
    state: &mut State,
    caller: &Principal,
    request: wire::ManageNeuronRequest,
    clock: &Clock,
    now: u64,
) -> Result<CommandResponse, GovernanceError> {
    use ManageNeuronCommandRequest as Command;
    let id = neuron_of(state, &request)?;
    state.load_archived(id);
    let Some(command) = request.command else {
        return Err(error(INVALID_COMMAND, "The request has no command."));
    };
    if matches!(command, Command::Configure(_) | Command::StakeMaturity(_) | Command::DisburseMaturity(_)) {
        state.check_unlocked(id)?;
    }
    Ok(match command {
        Command::RegisterVote(vote) => {
            state.register_vote(id, caller, &vote, now)?;
            CommandResponse::RegisterVote {}
        }
        Command::Configure(configure) => {
            state.configure(id, caller, &to_virtual(configure, clock), now)?;
            CommandResponse::Configure {}
        }
        Command::Follow(follow) => {
            state.follow(id, caller, &follow, now)?;
            CommandResponse::Follow {}
        }
        Command::SetFollowing(request) => {
            state.set_following(id, caller, &request, now)?;
            CommandResponse::SetFollowing(wire::SetFollowingResponse {})
        }
        Command::RefreshVotingPower(_) => {
            state.refresh_voting_power(id, caller, now)?;
            CommandResponse::RefreshVotingPower(wire::RefreshVotingPowerResponse {})
        }
        other => return Err(state.refuse_command(id, caller, &other, now)),
    })
}

/// The one instant a client sends.
fn to_virtual(mut configure: wire::Configure, clock: &Clock) -> wire::Configure {
    if let Some(wire::Operation::SetDissolveTimestamp(set)) = &mut configure.operation {
        let at = Timestamp::from_secs(set.dissolve_timestamp_seconds);
        set.dissolve_timestamp_seconds = clock.to_virtual(at).secs();
    }
    configure
}

/// Only merging can be simulated on the real canister; here it is refused as it would be, and
/// where it would succeed the demo says that it does not do it.
fn simulate(
    state: &mut State,
    caller: &Principal,
    request: &wire::ManageNeuronRequest,
    now: u64,
) -> GovernanceError {
    let id = match neuron_of(state, request) {
        Ok(id) => id,
        Err(error) => return error,
    };
    state.load_archived(id);
    match &request.command {
        Some(command @ ManageNeuronCommandRequest::Merge(_)) => {
            state.refuse_command(id, caller, command, now)
        }
        Some(_) => error(INVALID_COMMAND, "Simulating this command is not supported: only Merge is."),
        None => error(INVALID_COMMAND, "The request has no command."),
    }
}
