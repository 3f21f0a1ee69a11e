//! Planning a stake, and its preview.

use super::error::ActionError;
use super::follow::check_followees;
use super::plan::{Draft, PlanContext};
use super::stake_steps::TRANSFER_WINDOW;
use super::steps::{Kind, StakeFacts, stake_kinds};
use super::vote::count;
use icpulse_model::act::{Confirmation, StakePreview, StakeRequest};
use icpulse_model::economics::{self, Economics, ForecastInput};
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Account, E8s, Seconds, Timestamp};

/// A balance older than this is worth a warning.
const FRESH: Seconds = Seconds(600);

/// Plans a new neuron with this nonce.
pub(super) fn draft(
    request: &StakeRequest,
    context: &PlanContext<'_>,
    nonce: u64,
) -> Result<Draft, ActionError> {
    let known = context.world.facts.economics.as_ref();
    let defaults = Economics::defaults();
    let economics = known.map_or(&defaults, |e| &e.value);
    let fee = economics.transaction_fee;
    let facts = StakeFacts { amount: request.amount, fee, nonce, created_at: context.network_now() };
    let calls = context.describe(&stake_kinds(request, None), Some(facts))?;
    let title = line!("Stake {} ICP for {}", request.amount.exact(), request.dissolve_delay.words());
    let mut draft = Draft::new(title, calls);
    draft.stake = Some(facts);
    draft.fees = fee;
    draft.confirmation = Confirmation::Type(format!("stake {}", request.amount.decimal()));
    if known.is_none() {
        draft.warnings.push(Line::new(
            "the network's parameters have not been read; its usual fee and minimum stake are assumed",
        ));
    }
    match request.amount.checked_add(fee) {
        Some(total) => {
            draft.total_cost = total;
            check_balance(&mut draft, total, context);
        }
        None => draft.block(line!("{} ICP is more than there can be", request.amount.exact())),
    }
    if request.amount < economics.neuron_minimum_stake {
        draft.block(line!(
            "the smallest stake is {} ICP; this is {} ICP",
            economics.neuron_minimum_stake.exact(),
            request.amount.exact()
        ));
    }
    if request.dissolve_delay > economics::MAX_DISSOLVE_DELAY {
        draft.block(line!(
            "the longest dissolve delay is {}; this is {}",
            economics::MAX_DISSOLVE_DELAY.words(),
            request.dissolve_delay.words()
        ));
    }
    if request.dissolve_delay < economics.minimum_delay_to_vote {
        draft.warnings.push(line!(
            "with a dissolve delay below {} the neuron cannot vote and earns nothing",
            economics.minimum_delay_to_vote.words()
        ));
    }
    let mut topics = std::collections::BTreeSet::new();
    for (topic, followees) in &request.followees {
        if !topics.insert(*topic) {
            draft.block(line!("the topic {} is given twice", topic.title()));
        }
        check_followees(&mut draft, *topic, followees);
    }
    let shown_delay = request.dissolve_delay.max(economics::NEW_NEURON_DELAY);
    draft.effects.push(line!(
        "a new neuron of {} ICP with a dissolve delay of {}, controlled by this identity",
        request.amount.exact(),
        shown_delay.words()
    ));
    if let Some(preview) = stake_preview(request, context.world, context.now) {
        draft.effects.push(line!("voting power {} V from the first day", preview.voting_power.exact()));
        if let Some(year) = preview.yearly {
            draft.effects.push(line!(
                "an estimated {} ICP of maturity in the first year ({} of the stake) if it votes on everything",
                year.maturity.rounded(),
                icpulse_model::amount::percent(year.apy_bp)
            ));
        }
    }
    draft.irreversible.push(line!(
        "{} ICP stay locked until the neuron has dissolved for {}; the delay can be lengthened, never shortened",
        request.amount.exact(),
        shown_delay.words()
    ));
    draft.irreversible.push(Line::new("the transfer cannot be called back"));
    Ok(draft)
}

/// Plans what is left of a stake: the steps `chosen`, with the facts fixed at its first review.
pub(super) fn draft_rest(
    request: &StakeRequest,
    facts: StakeFacts,
    chosen: &[Kind],
    context: &PlanContext<'_>,
) -> Result<Draft, ActionError> {
    let calls = context.describe(chosen, Some(facts))?;
    let title =
        line!("Finish the stake of {} ICP for {}", request.amount.exact(), request.dissolve_delay.words());
    let mut draft = Draft::new(title, calls);
    draft.stake = Some(facts);
    if chosen.contains(&Kind::Transfer) {
        draft.fees = facts.fee;
        draft.confirmation = Confirmation::Type(format!("stake {}", request.amount.decimal()));
        match request.amount.checked_add(facts.fee) {
            Some(total) => {
                draft.total_cost = total;
                check_balance(&mut draft, total, context);
            }
            None => draft.block(line!("{} ICP is more than there can be", request.amount.exact())),
        }
        if context.now.since(facts.created_at) >= TRANSFER_WINDOW {
            draft.block(Line::new(
                "more than a day has passed since its first review, so that the ledger would not take this transfer any more; nothing was paid. Make a new stake",
            ));
        }
        draft.effects.push(Line::new(
            "the same transfer as in the first review: the ledger carries it out at most once",
        ));
        draft.irreversible.push(Line::new("the transfer cannot be called back"));
    } else {
        draft.effects.push(line!("{} ICP are on the neuron's account already", request.amount.exact()));
    }
    for kind in chosen {
        match kind {
            Kind::Transfer => {}
            Kind::Claim => draft.effects.push(line!(
                "a new neuron of {} ICP with a dissolve delay of {}, controlled by this identity",
                request.amount.exact(),
                economics::NEW_NEURON_DELAY.words()
            )),
            Kind::Delay { from, target } => {
                draft.effects.push(line!("dissolve delay {} → {}", from.words(), target.words()));
                draft.irreversible.push(line!(
                    "the ICP stay locked until the neuron has dissolved for {}; the delay can be lengthened, never shortened",
                    target.words()
                ));
            }
            Kind::AutoStake => draft.effects.push(Line::new("new maturity is staked automatically")),
            Kind::Follow { topic, followees, .. } => {
                draft.effects.push(line!(
                    "follows {} on {}",
                    count(followees.len(), "neuron"),
                    topic.title()
                ));
            }
            Kind::Vote { .. } | Kind::Refresh(_) => {}
        }
    }
    Ok(draft)
}

fn check_balance(draft: &mut Draft, total: E8s, context: &PlanContext<'_>) {
    let account = Account::of(context.signer.principal);
    let Some(state) = context.world.accounts.iter().find(|a| a.account == account) else {
        draft.block(Line::new("the account's balance has not been read yet: refresh and try again"));
        return;
    };
    match state.balance.checked_sub(total) {
        Some(left) => draft.effects.push(line!("{} ICP stay on the account", left.exact())),
        None => draft.block(line!(
            "the account holds {} ICP; {} ICP are needed with the fee of {}",
            state.balance.exact(),
            total.exact(),
            draft.fees.exact()
        )),
    }
    let age = state.balance_evidence.age(context.network_now());
    if age > FRESH {
        draft.warnings.push(line!("the balance was read {} ago", age.words()));
    }
}

/// What a stake would bring: voting power, and maturity in the first year where supply and total
/// voting power are known. `None` if the amounts do not fit the protocol's integers.
#[must_use]
pub fn stake_preview(request: &StakeRequest, world: &World, now: Timestamp) -> Option<StakePreview> {
    let facts = &world.facts;
    let minimum_delay = facts
        .economics
        .as_ref()
        .map_or(economics::DEFAULT_MIN_DELAY_TO_VOTE, |e| e.value.minimum_delay_to_vote);
    let delay = request.dissolve_delay.max(economics::NEW_NEURON_DELAY);
    let voting_power =
        economics::potential_voting_power(request.amount, E8s::ZERO, delay, Seconds(0), minimum_delay)?;
    let supply = facts.metrics.as_ref().and_then(|m| E8s::from_icp(m.value.total_supply_icp));
    let total = world.proposals.iter().find_map(|p| p.total_potential_voting_power);
    let yearly = supply.zip(total).and_then(|(supply, total_voting_power)| {
        economics::forecast_year(&ForecastInput {
            stake: request.amount,
            gang_base: E8s::ZERO,
            delay,
            age: Seconds(0),
            dissolving: false,
            auto_stake: request.auto_stake_maturity,
            supply,
            total_voting_power,
            minimum_delay,
            start: now,
        })
    });
    Some(StakePreview { voting_power, yearly })
}
