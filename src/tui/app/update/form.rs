//! The form for a new neuron.

use super::keys::line;
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{ChoiceItem, ChoiceKind, Layer, Level};
use crate::tui::app::stake::{Following, PRESETS, StakeField, StakeForm};
use crate::tui::app::state::State;
use icpulse_model::act::{Intent, StakePreview, StakeRequest};
use icpulse_model::economics::{
    ForecastInput, MAX_DISSOLVE_DELAY, NEW_NEURON_DELAY, RewardForecast, forecast_year,
    potential_voting_power,
};
use icpulse_model::query::parse_span;
use icpulse_model::text::Line;
use icpulse_model::{E8s, NeuronId, Seconds, Topic, VotingPower};

/// The delay that the form begins with, a place in [`PRESETS`].
const FIRST_PRESET: usize = 2;

impl State {
    /// Opens the form.
    pub(super) fn open_stake(&mut self) {
        let delay = PRESETS.get(FIRST_PRESET).map_or("", |(name, _)| *name);
        self.layers.push(Layer::Stake(StakeForm {
            field: StakeField::Amount,
            amount: line(""),
            delay: line(delay),
            auto_stake: true,
            following: Following::NetworkDefault,
            following_words: "nobody: the network's default".into(),
            amount_error: None,
            delay_error: None,
            request: None,
            preview: None,
            total_cost: None,
            left: None,
            balance: None,
            fee: E8s::ZERO,
        }));
        self.settle_stake();
    }

    /// Reads the fields again and computes the preview; also when the world has changed.
    pub(super) fn settle_stake(&mut self) {
        let Some(place) = self.layers.iter().rposition(|l| matches!(l, Layer::Stake(_))) else { return };
        let Some(Layer::Stake(form)) = self.layers.get(place) else { return };
        let mut form = form.clone();
        let economics = self.economics();
        form.fee = economics.transaction_fee;
        form.balance = self.world.accounts.first().map(|a| a.balance);

        let amount = E8s::parse_icp(form.amount.value());
        let total = amount.as_ref().ok().and_then(|a| a.checked_add(form.fee));
        form.total_cost = total;
        form.left = form.balance.zip(total).and_then(|(b, t)| b.checked_sub(t));
        form.amount_error = match (&amount, total, form.balance) {
            _ if form.amount.value().trim().is_empty() => None,
            (Err(e), ..) => Some(e.to_string().into()),
            (Ok(a), ..) if *a < economics.neuron_minimum_stake => {
                let least = economics.neuron_minimum_stake.exact();
                Some(format!("a neuron needs at least {least} ICP").into())
            }
            (Ok(_), Some(total), Some(balance)) if total > balance => {
                let most = balance.saturating_sub(form.fee).exact();
                Some(format!("with the fee this is more than the account holds; at most {most} ICP").into())
            }
            (Ok(_), None, _) => Some("this is larger than the protocol can express".into()),
            _ => None,
        };
        let delay = parse_span(form.delay.value());
        form.delay_error = match &delay {
            _ if form.delay.value().trim().is_empty() => Some("write a time such as 6mo or 2y".into()),
            Err(e) => Some(e.to_string().into()),
            Ok(d) if *d < NEW_NEURON_DELAY => {
                Some(format!("a new neuron locks for at least {}", NEW_NEURON_DELAY.words()).into())
            }
            Ok(d) if *d > MAX_DISSOLVE_DELAY => {
                Some(format!("the longest delay is {}", MAX_DISSOLVE_DELAY.words()).into())
            }
            Ok(_) => None,
        };
        form.request = None;
        form.preview = None;
        if let (Ok(amount), Ok(delay), None, None) = (amount, delay, &form.amount_error, &form.delay_error) {
            form.preview = self.preview(amount, delay, form.auto_stake);
            form.request = Some(StakeRequest {
                amount,
                dissolve_delay: delay,
                auto_stake_maturity: form.auto_stake,
                followees: self.followees_of(form.following),
            });
        }
        if let Some(slot) = self.layers.get_mut(place) {
            *slot = Layer::Stake(form);
        }
        self.dirty = true;
    }

    /// Voting power from the first day and the first year's maturity, if the totals are known.
    fn preview(&self, stake: E8s, delay: Seconds, auto_stake: bool) -> Option<StakePreview> {
        let minimum_delay = self.economics().minimum_delay_to_vote;
        let voting_power = potential_voting_power(stake, E8s::ZERO, delay, Seconds(0), minimum_delay)?;
        Some(StakePreview { voting_power, yearly: self.forecast(stake, delay, auto_stake) })
    }

    fn forecast(&self, stake: E8s, delay: Seconds, auto_stake: bool) -> Option<RewardForecast> {
        let supply = E8s::from_icp(self.world.facts.metrics.as_ref()?.value.total_supply_icp)?;
        forecast_year(&ForecastInput {
            stake,
            gang_base: E8s::ZERO,
            delay,
            age: Seconds(0),
            dissolving: false,
            auto_stake,
            supply,
            total_voting_power: self.total_voting_power()?,
            minimum_delay: self.economics().minimum_delay_to_vote,
            start: self.network_now(),
        })
    }

    /// What all neurons together could decide, as of the newest proposal that says so.
    fn total_voting_power(&self) -> Option<VotingPower> {
        let newest = self.world.proposals.iter().take(200);
        newest
            .filter_map(|p| p.total_potential_voting_power.or(p.tally.map(|t| t.total)))
            .find(|power| power.0 > 0)
    }

    /// Topics and followees of a new neuron.
    fn followees_of(&self, following: Following) -> Vec<(Topic, Vec<NeuronId>)> {
        match following {
            Following::NetworkDefault => Vec::new(),
            Following::CopyFrom(id) => {
                let all = self.neuron(id).map(|n| n.followees.clone()).unwrap_or_default();
                all.into_iter()
                    .filter(|(topic, ids)| *topic != Topic::NeuronManagement && !ids.is_empty())
                    .collect()
            }
            Following::Known(id) => {
                // The catch-all leaves out these two.
                let topics = [Topic::Unspecified, Topic::Governance, Topic::SnsAndCommunityFund];
                topics.into_iter().map(|t| (t, vec![id])).collect()
            }
        }
    }

    pub(super) fn next_field(&mut self, by: isize) {
        let Some(Layer::Stake(form)) = self.layers.last_mut() else { return };
        let all = StakeField::ALL;
        let len = isize::try_from(all.len()).unwrap_or(1);
        let place = all.iter().position(|f| *f == form.field).unwrap_or(0);
        let next = (isize::try_from(place).unwrap_or(0) + by).rem_euclid(len);
        if let Some(field) = usize::try_from(next).ok().and_then(|n| all.get(n)) {
            form.field = *field;
        }
    }

    /// Gives a field the keyboard, for the mouse.
    pub(super) fn select_field(&mut self, place: usize) {
        if let Some(Layer::Stake(form)) = self.layers.last_mut()
            && let Some(field) = StakeField::ALL.get(place)
        {
            form.field = *field;
        }
    }

    /// The next preset of the delay, or the other choice of a switch.
    pub(super) fn next_value(&mut self, by: isize) {
        let Some(Layer::Stake(form)) = self.layers.last_mut() else { return };
        match form.field {
            StakeField::Amount => {}
            StakeField::Delay => {
                let now = parse_span(form.delay.value()).unwrap_or_default();
                let next = if by > 0 {
                    PRESETS.iter().find(|(_, d)| *d > now).or(PRESETS.first())
                } else {
                    PRESETS.iter().rev().find(|(_, d)| *d < now).or(PRESETS.last())
                };
                if let Some((name, _)) = next {
                    form.delay = line(name);
                }
            }
            StakeField::AutoStake => form.auto_stake = !form.auto_stake,
            StakeField::Following => {
                self.offer_followees();
                return;
            }
        }
        self.settle_stake();
    }

    fn following_choices(&self) -> Vec<(Following, ChoiceItem)> {
        let item = |label: Line, note: Line| ChoiceItem { label, note, on: None };
        let mut all = vec![(
            Following::NetworkDefault,
            item("nobody: the network's default".into(), "choose later, or vote by hand".into()),
        )];
        for neuron in self.world.neurons.iter().filter(|n| n.followees.iter().any(|(_, f)| !f.is_empty())) {
            let topics = neuron.followees.len();
            let label = format!("the same as my neuron {}", neuron.id);
            let note = format!("{topics} topic{}", if topics == 1 { "" } else { "s" });
            all.push((Following::CopyFrom(neuron.id), item(label.into(), note.into())));
        }
        for known in self.world.facts.known_neurons.iter().flat_map(|k| k.value.iter()) {
            let note = format!("known neuron {}", known.id);
            all.push((Following::Known(known.id), item(known.data.name.clone(), note.into())));
        }
        all
    }

    fn offer_followees(&mut self) {
        let Some(Layer::Stake(form)) = self.layers.last() else { return };
        let current = form.following;
        let items = self
            .following_choices()
            .into_iter()
            .map(|(f, item)| ChoiceItem { on: Some(f == current), ..item })
            .collect();
        self.offer(ChoiceKind::Followees, "Whom the neuron follows", items);
    }

    /// Takes the choice over into the form.
    pub(super) fn choose_followees(&mut self, chosen: usize) {
        let choice = self.following_choices().into_iter().nth(chosen);
        if let (Some((following, item)), Some(Layer::Stake(form))) = (choice, self.layers.last_mut()) {
            form.following = following;
            form.following_words = item.label;
        }
        self.settle_stake();
    }

    /// Enter: to the review, or to the choice of followees.
    pub(super) fn confirm_stake(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Stake(form)) = self.layers.last_mut() else { return };
        if form.field == StakeField::Following {
            self.offer_followees();
            return;
        }
        match form.request.clone() {
            Some(request) => self.plan(Intent::Stake(request), effects),
            None => {
                if form.amount.value().trim().is_empty() {
                    form.amount_error = Some("write how much ICP to stake".into());
                    form.field = StakeField::Amount;
                } else if form.amount_error.is_some() {
                    form.field = StakeField::Amount;
                } else {
                    form.field = StakeField::Delay;
                }
                self.toast(Level::Warning, "stake: something in the form is not right yet");
            }
        }
    }
}
