//! Planning a stake, and its preview.

use super::error::ActionError;
use super::follow::check_followees;
use super::plan::{Draft, PlanContext};
use super::steps::{StakeFacts, stake_kinds};
use crate::model::act::{Confirmation, StakePreview, StakeRequest};
use crate::model::economics::{self, Economics, ForecastInput};
use crate::model::text::Line;
use crate::model::world::World;
use crate::model::{Account, E8s, Seconds, Timestamp};

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
    let calls = context.describe(&stake_kinds(request), Some(facts))?;
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
                crate::model::amount::percent(year.apy_bp)
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
