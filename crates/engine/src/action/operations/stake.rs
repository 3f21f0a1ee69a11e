//! Makes a new neuron: transfers ICP to its account, claims it, and configures it.

use super::follow::{Follow, check_followees, refuse_followees, warn_of_unknown_topic};
use super::neuron::{self, NeuronCommand, NeuronStep, name_neuron};
use super::transfer::StakeTransfer;
use crate::action::error::ActionError;
use crate::action::field::{Field, FieldKind};
use crate::action::operation::{Args, Fact, FormContext, Operation, Order, Problem, Risk, Rules, Target};
use crate::action::outcome::{self, StepOutcome};
use crate::action::plan::{Draft, PlanContext};
use crate::action::step::{
    Reading, Readings, Reply, Step, StepDescription, StepKind, Verdict, step_identity,
};
use icpulse_canisters::governance::calls::{self, CommandResult, Target as Address};
use icpulse_canisters::{GovernanceCommands, commands_of};
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::{Intent, StepState};
use icpulse_model::amount::{format_units, percent};
use icpulse_model::economics::{
    self, Economics, ForecastInput, MAX_DISSOLVE_DELAY, NEW_NEURON_DELAY, RewardForecast,
};
use icpulse_model::evidence::Sourced;
use icpulse_model::network::{Canisters, SystemCanister};
use icpulse_model::review::{StyledText, Weight};
use icpulse_model::text::Line;
use icpulse_model::time::{MONTH, YEAR};
use icpulse_model::world::{Topicality, World};
use icpulse_model::{
    Account, E8s, Governance, Neuron, NeuronKey, Principal, Seconds, Subaccount, Timestamp, Topic,
    VotingPower,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A balance older than this is worth a warning.
const FRESH: Seconds = Seconds(600);

/// The dissolve delay where none is given, in forms and on the command line.
const DEFAULT_DELAY: &str = "6 months";

/// Its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stake {
    /// How much, without the fee.
    pub amount: E8s,
    /// Dissolve delay.
    pub delay: Seconds,
    /// Stake new maturity at once.
    #[serde(default)]
    pub auto_stake: bool,
    /// Followees by topic; empty for the network's default.
    #[serde(default)]
    pub follow: Vec<(Topic, Vec<NeuronKey>)>,
}

impl Stake {
    /// The operation with these arguments.
    pub fn intent(&self) -> Intent {
        Intent::new(STAKE.id, self)
    }
}

/// Stakes.
pub static STAKE: Operation = Operation {
    id: "neuron.stake",
    title: "stake",
    heading: "New neuron",
    help: "Stake ICP in a new neuron.",
    about: "Stake ICP in a new neuron",
    keys: &["s"],
    mends: None,
    footer: true,
    command: ("neurons", "stake"),
    alias: None,
    risk: Risk::MovesMoney,
    target: Target::None,
    fields: &[
        Field {
            name: "amount",
            label: "amount",
            help: "ICP, such as 12.5",
            kind: FieldKind::Amount,
            default: None,
            start: "",
            positional: true,
        },
        Field {
            name: "delay",
            label: "dissolve delay",
            help: "such as 2y, 6 mo, 90d",
            kind: FieldKind::Span(&[
                ("14 days", Seconds::days(14)),
                ("3 months", Seconds(3 * MONTH.0)),
                ("6 months", Seconds(6 * MONTH.0)),
                ("1 year", YEAR),
                ("18 months", Seconds(18 * MONTH.0)),
                ("2 years", Seconds(2 * YEAR.0)),
            ]),
            default: Some(DEFAULT_DELAY),
            start: DEFAULT_DELAY,
            positional: false,
        },
        Field {
            name: "auto_stake",
            label: "auto-stake",
            help: "stakes new maturity at once",
            kind: FieldKind::Switch,
            default: Some("no"),
            start: "yes",
            positional: false,
        },
        Field {
            name: "follow",
            label: "follows",
            help: "followees by topic, such as catch_all=27 or governance=27,28",
            kind: FieldKind::Following,
            default: Some(""),
            start: "",
            positional: false,
        },
    ],
    order: Order::InOrder,
    reads: &[Topicality::Accounts, Topicality::Facts],
    touches: &[Topicality::Neurons, Topicality::Accounts],
    rules: Rules {
        check: find_problems,
        preview: preview_stake,
        plan_rest,
        lookups: |args| {
            let follow = args.get::<Vec<(Topic, Vec<NeuronKey>)>>("follow").unwrap_or_default();
            follow.into_iter().flat_map(|(_, followees)| followees).collect()
        },
        ..Rules::new(plan_stake)
    },
    steps: &[
        StepKind::for_type::<StakeTransfer>(StakeTransfer::STEP),
        StepKind::for_type::<Claim>(Claim::STEP),
        StepKind::for_type::<LengthenDelay>(LengthenDelay::STEP),
        neuron::step_kind::<AutoStake>(),
        neuron::step_kind::<Follow>(),
    ],
};

/// Makes the neuron of what lies on its account.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claim {
    controller: Principal,
    nonce: u64,
}

impl Claim {
    const STEP: &'static str = "claim";

    fn subaccount(&self) -> Subaccount {
        Subaccount::neuron_stake(&self.controller, self.nonce)
    }
}

impl Step for Claim {
    step_identity!(Self::STEP);

    fn prepare_call(&self, canisters: &Canisters) -> Result<PreparedCall, IcError> {
        commands_of(canisters, Governance::Nns)?.claim_or_refresh(self.controller, self.nonce)
    }

    fn description(&self, _: &Canisters) -> StepDescription {
        StepDescription::new(
            "manage_neuron · ClaimOrRefresh",
            line!("claim the neuron that the transfer made"),
            vec![("controller", line!("{}", self.controller)), ("nonce", line!("{}", self.nonce))],
        )
    }

    fn needed_because(&self) -> Option<&'static str> {
        Some("the neuron was not claimed yet: claim it first")
    }

    fn advice(&self) -> &'static str {
        "Follow it up: claiming again is harmless"
    }

    fn read_reply(&self, reply: &Reply<'_>) -> StepOutcome {
        let claimed = match calls::parse_manage_neuron_reply(reply.bytes) {
            Ok(CommandResult::ClaimOrRefresh { neuron }) => neuron,
            _ => None,
        };
        let note = |_: &CommandResult| claimed.map_or_else(|| Line::new("done"), |id| line!("neuron {id}"));
        StepOutcome { neuron: claimed, ..outcome::read_command_reply(reply, self.advice(), note) }
    }

    /// The answer that there is no neuron carries no time; the balance that is read before it does.
    fn proof_readings(&self, canisters: &Canisters) -> Vec<Reading> {
        let account =
            Account { owner: canisters.id(SystemCanister::Governance), subaccount: self.subaccount() };
        vec![Reading::Balance(account), Reading::Neuron(Address::StakedAt(self.subaccount()))]
    }

    fn judge_readings(&self, found: &Readings) -> Verdict {
        match (found.neuron(), found.balance()) {
            (Some(neuron), _) => match Verdict::found("the neuron is there") {
                Verdict::Happened(outcome) => {
                    Verdict::Happened(StepOutcome { neuron: Some(neuron.id), ..outcome })
                }
                other => other,
            },
            (None, Some(balance)) if found.is_missing() => Verdict::NotUntil(balance.evidence.at),
            _ => Verdict::Nothing,
        }
    }
}

/// Lengthens the new neuron's dissolve delay by what is between the two: the command adds, so that it
/// is signed only while a certificate says that the delay is `from`. It never becomes longer than
/// reviewed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LengthenDelay {
    neuron: Address,
    from: Seconds,
    target: Seconds,
}

impl LengthenDelay {
    const STEP: &'static str = "lengthen-delay";

    fn additional_delay(&self) -> Seconds {
        Seconds(self.target.0.saturating_sub(self.from.0))
    }
}

impl Step for LengthenDelay {
    step_identity!(Self::STEP);

    fn prepare_call(&self, canisters: &Canisters) -> Result<PreparedCall, IcError> {
        commands_of(canisters, self.neuron.governance())?
            .increase_dissolve_delay(self.neuron, self.additional_delay())
    }

    fn description(&self, _: &Canisters) -> StepDescription {
        let (from, additional) = (self.from.exact_words(), self.additional_delay());
        StepDescription::new(
            "manage_neuron · IncreaseDissolveDelay",
            line!("lengthen its dissolve delay from {from} to {}", self.target.exact_words()),
            vec![
                ("neuron", name_neuron(&self.neuron)),
                (
                    "additional delay",
                    line!(
                        "{} ({} s), signed only while the delay is {from}",
                        additional.exact_words(),
                        additional.0
                    ),
                ),
            ],
        )
    }

    fn advice(&self) -> &'static str {
        "Follow it up: the delay is lengthened again only if it is still short"
    }

    fn read_reply(&self, reply: &Reply<'_>) -> StepOutcome {
        outcome::read_command_reply(reply, self.advice(), |_| Line::new("done"))
    }

    fn proof_readings(&self, _: &Canisters) -> Vec<Reading> {
        vec![Reading::Neuron(self.neuron)]
    }

    fn judge_readings(&self, found: &Readings) -> Verdict {
        found.judge_neuron(|neuron| neuron.dissolve_delay >= self.target)
    }

    fn guard_readings(&self) -> Vec<Reading> {
        vec![Reading::Neuron(self.neuron)]
    }

    fn check_guard(&self, found: &Readings, _: Timestamp) -> Result<(), StepState> {
        let Some(delay) = found.neuron().map(|neuron| neuron.dissolve_delay) else {
            let message = Line::new("the new neuron is not there yet: claim it first");
            return Err(StepState::NotSent { message });
        };
        if delay >= self.target {
            return Err(StepState::AlreadyDone {
                note: line!("its delay is {} already", delay.exact_words()),
            });
        }
        if delay != self.from {
            let message = line!(
                "its delay is {} by now and not {} as in the review, so that lengthening it as reviewed would make it another one than {}; nothing was signed. Review the rest again",
                delay.exact_words(),
                self.from.exact_words(),
                self.target.exact_words()
            );
            return Err(StepState::NotSent { message });
        }
        Ok(())
    }

    fn adjust_to(&mut self, found: &Readings) {
        // A neuron that is not there yet will have a new neuron's delay.
        let delay = found.neuron().map_or(NEW_NEURON_DELAY, |neuron| neuron.dissolve_delay);
        self.from = if delay < self.target { delay } else { NEW_NEURON_DELAY };
    }
}

/// Stakes a neuron's new maturity at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct AutoStake {}

impl NeuronCommand for AutoStake {
    const STEP: &'static str = "auto-stake";
    const COMMAND: &'static str = "ChangeAutoStakeMaturity";

    fn prepare_call(&self, neuron: Address, to: &dyn GovernanceCommands) -> Result<PreparedCall, IcError> {
        to.set_auto_stake_maturity(neuron, true)
    }

    fn summary(&self, _: &str) -> Line {
        line!("stake its new maturity automatically")
    }

    fn arguments(&self) -> Vec<(&'static str, Line)> {
        vec![("stake new maturity", line!("yes"))]
    }

    fn is_done(&self, neuron: &Neuron, _: Timestamp) -> bool {
        neuron.auto_stake_maturity
    }
}

/// The steps of a stake, in order.
fn make_steps(stake: &Stake, transfer: StakeTransfer, planned: Timestamp) -> Vec<Box<dyn Step>> {
    let claim = Claim { controller: transfer.controller, nonce: transfer.nonce };
    let neuron = Address::StakedAt(transfer.subaccount());
    let mut steps: Vec<Box<dyn Step>> = vec![Box::new(transfer), Box::new(claim)];
    if stake.delay > NEW_NEURON_DELAY {
        steps.push(Box::new(LengthenDelay { neuron, from: NEW_NEURON_DELAY, target: stake.delay }));
    }
    if stake.auto_stake {
        steps.push(Box::new(NeuronStep { neuron, command: AutoStake {}, planned }));
    }
    for (topic, followees) in stake.follow.iter().cloned() {
        steps.push(Box::new(NeuronStep { neuron, command: Follow { topic, followees }, planned }));
    }
    steps
}

fn known_economics(world: &World) -> Economics {
    world.facts.economics.as_ref().map_or_else(Economics::defaults, |e| e.value.clone())
}

/// The ICP on the signer's account, if it was read, and how it is proven.
fn signer_balance(world: &World, signer: Principal) -> Option<Sourced<E8s>> {
    let state = world.icp_account(&Account::default_of(signer))?;
    Some(Sourced::new(state.icp()?, state.balance_evidence))
}

/// What is wrong with the arguments, as far as they are given.
fn find_problems(args: &Args<'_>, context: &FormContext<'_>) -> Vec<Problem> {
    let economics = known_economics(context.world);
    let mut problems = Vec::new();
    let mut add = |field, why| problems.push(Problem { field, why });
    if let Some(amount) = args.get::<E8s>("amount") {
        if amount < economics.neuron_minimum_stake {
            let least = economics.neuron_minimum_stake.exact();
            add("amount", line!("the smallest stake is {least} ICP; this is {} ICP", amount.exact()));
        } else if let Some(why) = check_balance(amount, economics.transaction_fee, context) {
            add("amount", why);
        }
    }
    if let Some(delay) = args.get::<Seconds>("delay") {
        if delay < NEW_NEURON_DELAY {
            let least = NEW_NEURON_DELAY.exact_words();
            add("delay", line!("the shortest dissolve delay is {least}; this is {}", delay.exact_words()));
        }
        if delay > MAX_DISSOLVE_DELAY {
            let most = MAX_DISSOLVE_DELAY.exact_words();
            add("delay", line!("the longest dissolve delay is {most}; this is {}", delay.exact_words()));
        }
    }
    let mut topics = BTreeSet::new();
    for (topic, followees) in args.get::<Vec<(Topic, Vec<NeuronKey>)>>("follow").unwrap_or_default() {
        if !topics.insert(topic) {
            add("follow", line!("the topic {} is given twice", topic.title()));
        }
        let refused = refuse_followees(Some(topic), &followees, Some(context.signer), context.world);
        for problem in check_followees(Some(topic), &followees).into_iter().chain(refused) {
            add("follow", problem.why);
        }
    }
    problems
}

fn check_balance(amount: E8s, fee: E8s, context: &FormContext<'_>) -> Option<Line> {
    let Some(total) = amount.checked_add(fee) else {
        return Some(line!("{} ICP is more than there can be", amount.exact()));
    };
    let balance = signer_balance(context.world, context.signer)?.value;
    (balance < total).then(|| {
        line!(
            "the account holds {} ICP; {} ICP are needed with the fee of {}",
            balance.exact(),
            total.exact(),
            fee.exact()
        )
    })
}

/// Plans a new neuron.
fn plan_stake(
    intent: &Intent,
    context: &PlanContext<'_>,
    rng: &mut dyn rand::RngCore,
) -> Result<Draft, ActionError> {
    let stake: Stake = intent.parse_args().map_err(ActionError::unfit_arguments)?;
    let economics = known_economics(context.world);
    let now = context.network_now();
    let transfer = StakeTransfer {
        controller: context.signer.principal,
        amount: stake.amount,
        fee: economics.transaction_fee,
        nonce: rng.next_u64(),
        created_at: now,
    };
    let title = line!("Stake {} ICP for {}", stake.amount.exact(), stake.delay.exact_words());
    let mut draft = Draft::new(title, Vec::new());
    draft.word = Some(confirmation_word(&stake));
    if context.world.facts.economics.is_none() {
        draft.warnings.push(Line::new(
            "the network's parameters have not been read; its usual fee and minimum stake are assumed",
        ));
    }
    draft.add_problems(find_problems(&Args(&intent.args), &context.form_context()));
    describe_spending(&mut draft, &transfer, context);
    if stake.delay < economics.minimum_delay_to_vote {
        draft.warnings.push(line!(
            "with a dissolve delay below {} the neuron cannot vote and earns nothing",
            economics.minimum_delay_to_vote.exact_words()
        ));
    }
    for (topic, _) in &stake.follow {
        warn_of_unknown_topic(&mut draft, *topic);
    }
    draft.effects.push(line!(
        "a new neuron of {} ICP with a dissolve delay of {}, controlled by this identity",
        stake.amount.exact(),
        stake.delay.exact_words()
    ));
    if let Some(forecast) = forecast_rewards(&stake, context.world, now) {
        draft.effects.push(line!("voting power {} V from the first day", forecast.voting_power.exact()));
        if let Some(year) = forecast.year {
            draft.effects.push(line!(
                "an estimated {} ICP of maturity in the first year ({} of the stake) if it votes on everything",
                year.maturity.rounded(),
                percent(year.apy_bp)
            ));
        }
    }
    draft.irreversible.push(line!(
        "{} ICP stay locked until the neuron has dissolved for {}; the delay can be lengthened, never shortened",
        stake.amount.exact(),
        stake.delay.exact_words()
    ));
    draft.irreversible.push(Line::new("the transfer cannot be called back"));
    draft.steps = make_steps(&stake, transfer, now);
    Ok(draft)
}

fn confirmation_word(stake: &Stake) -> String {
    format!("stake {}", stake.amount.decimal())
}

/// Says what leaves the account and what stays on it.
fn describe_spending(draft: &mut Draft, transfer: &StakeTransfer, context: &PlanContext<'_>) {
    draft.fees = transfer.fee;
    draft.total_cost = transfer.amount.saturating_add(transfer.fee);
    let Some(balance) = signer_balance(context.world, context.signer.principal) else {
        draft.add_blocker(Line::new("the account's balance has not been read yet: refresh and try again"));
        return;
    };
    if let Some(why) = check_balance(transfer.amount, transfer.fee, &context.form_context()) {
        draft.add_blocker(why);
    } else if let Some(left) = balance.value.checked_sub(draft.total_cost) {
        draft.effects.push(line!("{} ICP stay on the account", left.exact()));
    }
    let age = balance.evidence.age(context.network_now());
    if age > FRESH {
        draft.warnings.push(line!("the balance was read {} ago", age.words()));
    }
}

/// Plans what is left of a stake, with the facts fixed at its first review.
fn plan_rest(
    intent: &Intent,
    steps: Vec<Box<dyn Step>>,
    context: &PlanContext<'_>,
) -> Result<Draft, ActionError> {
    let stake: Stake = intent.parse_args().map_err(ActionError::unfit_arguments)?;
    let title = line!("Finish the stake of {} ICP for {}", stake.amount.exact(), stake.delay.exact_words());
    let mut draft = Draft::new(title, Vec::new());
    if !steps.iter().any(|step| step.moves_money()) {
        draft.effects.push(line!("{} ICP are on the neuron's account already", stake.amount.exact()));
    }
    for step in &steps {
        let args = step.args();
        let args = Args(&args);
        match step.kind() {
            StakeTransfer::STEP => {
                let transfer: StakeTransfer = args.read_all().ok_or(ActionError::Unfit)?;
                draft.word = Some(confirmation_word(&stake));
                describe_spending(&mut draft, &transfer, context);
                if transfer.is_too_old(context.now) {
                    draft.add_blocker(Line::new(
                        "more than a day has passed since its first review, so that the ledger would not take this transfer any more; nothing was paid. Make a new stake",
                    ));
                }
                draft.effects.push(Line::new(
                    "the same transfer as in the first review: the ledger carries it out at most once",
                ));
                draft.irreversible.push(Line::new("the transfer cannot be called back"));
            }
            Claim::STEP => draft.effects.push(line!(
                "a new neuron of {} ICP with a dissolve delay of {}, controlled by this identity",
                stake.amount.exact(),
                NEW_NEURON_DELAY.exact_words()
            )),
            LengthenDelay::STEP => {
                let LengthenDelay { from, target, .. } = args.read_all().ok_or(ActionError::Unfit)?;
                draft.effects.push(line!("dissolve delay {} → {}", from.exact_words(), target.exact_words()));
                draft.irreversible.push(line!(
                    "the ICP stay locked until the neuron has dissolved for {}; the delay can be lengthened, never shortened",
                    target.exact_words()
                ));
            }
            kind => {
                if let Some(Follow { topic, followees }) =
                    args.get("command").filter(|_| kind == Follow::STEP)
                {
                    let signer = context.signer.principal;
                    let refused = refuse_followees(Some(topic), &followees, Some(signer), context.world);
                    draft.warnings.extend(refused.into_iter().map(|problem| problem.why));
                }
                draft.effects.push(step.description(&context.profile.canisters).summary);
            }
        }
    }
    draft.steps = steps;
    Ok(draft)
}

/// What a stake would bring.
struct Forecast {
    /// From the first day.
    voting_power: VotingPower,
    /// In the first year, where supply and total voting power are known.
    year: Option<RewardForecast>,
}

/// `None` if the amounts do not fit the protocol's integers.
fn forecast_rewards(stake: &Stake, world: &World, now: Timestamp) -> Option<Forecast> {
    let minimum_delay = known_economics(world).minimum_delay_to_vote;
    let delay = stake.delay;
    let voting_power =
        economics::potential_voting_power(stake.amount, E8s::ZERO, delay, Seconds(0), minimum_delay)?;
    let supply = world.facts.metrics.as_ref().and_then(|m| E8s::from_icp(m.value.total_supply_icp));
    let year = supply.zip(total_voting_power(world)).and_then(|(supply, total_voting_power)| {
        economics::forecast_year(&ForecastInput {
            stake: stake.amount,
            gang_base: E8s::ZERO,
            delay,
            age: Seconds(0),
            dissolving: false,
            auto_stake: stake.auto_stake,
            supply,
            total_voting_power,
            minimum_delay,
            start: now,
        })
    });
    Some(Forecast { voting_power, year })
}

/// What all neurons together could decide, as of the newest proposal that says so.
fn total_voting_power(world: &World) -> Option<VotingPower> {
    let newest = world.proposals.iter().take(200);
    newest
        .filter_map(|p| p.total_potential_voting_power.or(p.tally.map(|t| t.total)))
        .find(|power| power.0 > 0)
}

/// What the form says below its fields.
fn preview_stake(args: &Args<'_>, context: &FormContext<'_>) -> Vec<Fact> {
    let words = |weight, text: String| StyledText::new(weight, text);
    let unknown = || vec![words(Weight::Dim, "–".to_owned())];
    let stake = args.read_all::<Stake>().filter(|_| find_problems(args, context).is_empty());
    let forecast = stake.as_ref().and_then(|stake| forecast_rewards(stake, context.world, context.now));
    let fee = known_economics(context.world).transaction_fee;
    let power = stake.as_ref().zip(forecast.as_ref()).map_or_else(unknown, |(stake, forecast)| {
        let bonus = economics::dissolve_delay_bonus(stake.delay).permyriad();
        vec![
            words(Weight::Strong, forecast.voting_power.exact()),
            words(Weight::Dim, format!(" V   delay bonus × {}", format_units(u128::from(bonus), 4, 2))),
        ]
    });
    let year = forecast.and_then(|forecast| forecast.year).map_or_else(unknown, |year| {
        vec![
            words(Weight::Strong, format!("≈ {}", year.maturity.rounded())),
            words(Weight::Dim, format!(" maturity, {} if it votes on everything", percent(year.apy_bp))),
        ]
    });
    let total = args.get::<E8s>("amount").and_then(|amount| amount.checked_add(fee));
    let cost = match total {
        Some(total) => Fact {
            label: "leaves the account",
            value: vec![
                words(Weight::Plain, format!("{} ICP", total.exact())),
                words(Weight::Dim, format!("  fee {} ICP", fee.exact())),
            ],
        },
        None => Fact { label: "fee", value: vec![words(Weight::Dim, format!("{} ICP", fee.exact()))] },
    };
    let balance = match signer_balance(context.world, context.signer).map(|balance| balance.value) {
        Some(balance) => {
            let mut value = vec![words(Weight::Plain, format!("{} ICP", balance.exact()))];
            if let Some(left) = total.and_then(|total| balance.checked_sub(total)) {
                value.push(words(Weight::Dim, format!("  then {} ICP", left.exact())));
            }
            value
        }
        None => vec![words(Weight::Dim, "not read yet".to_owned())],
    };
    let locked = "The stake is locked: it comes back only after the delay has dissolved.";
    vec![
        Fact { label: "voting power", value: power },
        Fact { label: "first year", value: year },
        cost,
        Fact { label: "balance", value: balance },
        Fact { label: "", value: vec![words(Weight::Warning, locked.to_owned())] },
    ]
}
