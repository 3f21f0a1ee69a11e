//! Small worlds for tests.

use super::neuron::{Dissolve, Neuron};
use super::proposal::{Draft, Outcome};
use super::state::State;
use crate::canister::LedgerPort;
use icpulse_canisters::wire::governance::{Action, AddOrRemoveNodeProvider, Change, Motion, NodeProvider};
use icpulse_model::{AccountIdentifier, E8s, Principal, Subaccount, Timestamp};
use std::collections::BTreeMap;

/// A full day after genesis and some: 2026-11-18 00:00 UTC.
pub const NOW: u64 = 1_794_960_000;
/// Controls the neurons of [`people`].
pub(crate) const ME: Principal = principal(1);
pub(crate) const HOTKEY: Principal = principal(2);
pub const STRANGER: Principal = principal(3);

const fn principal(n: u8) -> Principal {
    let mut bytes = [n; 29];
    bytes[28] = 2;
    Principal::from_slice(&bytes)
}

/// Locked neurons of [`ME`] with [`HOTKEY`]: number, whole ICP, delay in seconds.
pub fn people(neurons: &[(u64, u64, u64)]) -> State {
    let mut state = State::new(NOW);
    for (id, icp, delay) in neurons {
        let mut neuron = Neuron::new(*id, Subaccount::neuron_stake(&ME, *id), ME, NOW);
        neuron.hot_keys = vec![HOTKEY];
        neuron.stake = icp * E8s::PER_ICP;
        neuron.dissolve = Dissolve::Locked { delay: *delay, aging_since: NOW };
        state.insert_neuron(neuron);
    }
    state
}

pub fn draft(action: Action) -> Draft {
    Draft {
        title: Some("A title".to_owned()),
        summary: "A summary".to_owned(),
        url: String::new(),
        action,
        payload: None,
        outcome: Outcome::AT_ONCE,
    }
}

pub fn motion() -> Draft {
    draft(Action::Motion(Motion { motion_text: "Let it be so.".to_owned() }))
}

/// On the topic Participant Management.
pub fn registered() -> Draft {
    let provider = NodeProvider { id: Some(STRANGER), reward_account: None };
    draft(Action::AddOrRemoveNodeProvider(AddOrRemoveNodeProvider { change: Some(Change::ToAdd(provider)) }))
}

/// A ledger of balances only.
#[derive(Default)]
pub struct Balances {
    pub of: BTreeMap<AccountIdentifier, u64>,
    pub log: Vec<String>,
}

impl LedgerPort for Balances {
    fn balance(&self, account: &AccountIdentifier) -> E8s {
        E8s(self.of.get(account).copied().unwrap_or(0))
    }

    fn mint(&mut self, now: Timestamp, to: AccountIdentifier, amount: E8s, memo: u64) -> u64 {
        *self.of.entry(to).or_default() += amount.0;
        self.log.push(format!("{} mint {to} {} {memo}", now.secs(), amount.0));
        self.log.len() as u64
    }
}
