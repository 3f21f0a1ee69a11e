//! `ClaimOrRefresh`: a funded subaccount of governance becomes a neuron, or more stake.
//!
//! Rules: dfinity/ic `governance.rs` (`claim_neuron`, `refresh_neuron`).

use super::error::{
    INSUFFICIENT_FUNDS, INVALID_COMMAND, NOT_FOUND, PRECONDITION_FAILED, UNAVAILABLE, error, neuron_not_found,
};
use super::neuron::Neuron;
use super::state::{BalanceRead, State};
use crate::world::canister_id;
use icpulse_canisters::wire::governance::{By, ClaimOrRefresh, GovernanceError, NeuronIdOrSubaccount};
use icpulse_model::{AccountIdentifier, E8s, Principal, Subaccount};
use sha2::{Digest, Sha256};

/// Reads a balance from the ledger.
pub type Balance<'a> = &'a dyn Fn(&AccountIdentifier) -> E8s;

/// The account of governance that holds the stake behind a subaccount.
pub(crate) fn stake_account(subaccount: &Subaccount) -> AccountIdentifier {
    AccountIdentifier::new(&canister_id(1), subaccount)
}

impl State {
    /// Begins `ClaimOrRefresh`; anybody may refresh any neuron. The neuron, which this answers, is
    /// locked until [`State::finish_claim_or_refresh`].
    pub(crate) fn begin_claim_or_refresh(
        &mut self,
        named: Option<&NeuronIdOrSubaccount>,
        caller: &Principal,
        request: &ClaimOrRefresh,
        now: u64,
    ) -> Result<u64, GovernanceError> {
        match &request.by {
            Some(By::Memo(memo)) => self.begin_claim(*caller, *memo, now),
            Some(By::MemoAndController(by)) => {
                self.begin_claim(by.controller.unwrap_or(*caller), by.memo, now)
            }
            Some(By::NeuronIdOrSubaccount {}) => {
                let id = match named {
                    Some(NeuronIdOrSubaccount::NeuronId(id)) => id.id,
                    Some(NeuronIdOrSubaccount::Subaccount(bytes)) => {
                        let Some(subaccount) = Subaccount::from_slice(bytes) else {
                            return Err(error(PRECONDITION_FAILED, "Invalid subaccount"));
                        };
                        self.neuron_of_subaccount(&subaccount).ok_or_else(|| no_neuron_for(bytes))?
                    }
                    None => {
                        return Err(error(NOT_FOUND, "No neuron ID specified in the management request."));
                    }
                };
                self.begin_refresh(id, now)
            }
            None => {
                Err(error(INVALID_COMMAND, "Need to provide a way by which to claim or refresh the neuron."))
            }
        }
    }

    /// Begins to claim or refresh the neuron of a controller's nonce. A new neuron exists from now on,
    /// without stake.
    pub(crate) fn begin_claim(
        &mut self,
        controller: Principal,
        nonce: u64,
        now: u64,
    ) -> Result<u64, GovernanceError> {
        let subaccount = Subaccount::neuron_stake(&controller, nonce);
        if let Some(id) = self.neuron_of_subaccount(&subaccount) {
            return self.begin_refresh(id, now);
        }
        if !self.allow_claim(now) {
            return Err(error(
                UNAVAILABLE,
                "Reached maximum number of neurons that can be created in this hour. Please wait and try again \
                 later.",
            ));
        }
        let mut neuron = Neuron::new(self.fresh_id(&subaccount), subaccount, controller, now);
        neuron.nonce = Some(nonce);
        neuron.followees = self.default_followees.clone();
        let id = neuron.id;
        self.insert_neuron(neuron);
        self.lock(id, BalanceRead { is_new: true, begun: now })?;
        Ok(id)
    }

    fn begin_refresh(&mut self, id: u64, now: u64) -> Result<u64, GovernanceError> {
        self.load_archived(id);
        if !self.neurons.contains_key(&id) {
            return Err(neuron_not_found(id));
        }
        self.lock(id, BalanceRead { is_new: false, begun: now })?;
        Ok(id)
    }

    /// Goes on with a claim or refresh when the ledger has replied, and unlocks the neuron.
    pub(crate) fn finish_claim_or_refresh(
        &mut self,
        id: u64,
        balance: Balance<'_>,
    ) -> Result<u64, GovernanceError> {
        let read = self.unlock(id).ok_or_else(|| neuron_not_found(id))?;
        let least = self.economics.neuron_minimum_stake.0;
        let neuron = self.neurons.get_mut(&id).ok_or_else(|| neuron_not_found(id))?;
        let stake = balance(&stake_account(&neuron.subaccount)).0;
        if stake >= least {
            neuron.update_stake(stake, read.begun);
            return Ok(id);
        }
        if read.is_new {
            self.remove_neuron(id);
            self.uncount_claim(read.begun);
        }
        let what = if read.is_new { "stake" } else { "refresh" };
        Err(error(
            INSUFFICIENT_FUNDS,
            format!(
                "Account does not have enough funds to {what} a neuron. Please make sure that account has at \
                 least {least} e8s (was {stake} e8s)"
            ),
        ))
    }

    /// A number that looks random, as the canister's are, and is the same in every run.
    fn fresh_id(&self, subaccount: &Subaccount) -> u64 {
        (0_u64..)
            .map(|attempt| {
                let hash =
                    Sha256::new().chain_update(subaccount.0).chain_update(attempt.to_be_bytes()).finalize();
                hash.iter().take(8).fold(0_u64, |id, byte| (id << 8) | u64::from(*byte))
            })
            .find(|id| *id > 0 && !self.has_neuron(*id))
            .unwrap_or(u64::MAX)
    }
}

pub(crate) fn no_neuron_for(subaccount: &[u8]) -> GovernanceError {
    error(NOT_FOUND, format!("No neuron found for subaccount {subaccount:?}"))
}

#[cfg(test)]
mod tests {
    use super::super::error::LEDGER_UPDATE_ONGOING;
    use super::super::neuron::Dissolve;
    use super::super::testing::{ME, NOW, STRANGER, people};
    use super::*;
    use icpulse_canisters::wire::governance::{ClaimOrRefreshNeuronFromAccount, NeuronId};

    impl State {
        fn claim_or_refresh(
            &mut self,
            named: Option<&NeuronIdOrSubaccount>,
            caller: &Principal,
            request: &ClaimOrRefresh,
            balance: Balance<'_>,
            now: u64,
        ) -> Result<u64, GovernanceError> {
            let id = self.begin_claim_or_refresh(named, caller, request, now)?;
            self.finish_claim_or_refresh(id, balance)
        }

        fn claim(
            &mut self,
            controller: Principal,
            nonce: u64,
            balance: Balance<'_>,
            now: u64,
        ) -> Result<u64, GovernanceError> {
            let id = self.begin_claim(controller, nonce, now)?;
            self.finish_claim_or_refresh(id, balance)
        }
    }

    fn holding(e8s: u64) -> impl Fn(&AccountIdentifier) -> E8s {
        let account = stake_account(&Subaccount::neuron_stake(&ME, 7));
        move |asked| if *asked == account { E8s(e8s) } else { E8s(0) }
    }

    #[test]
    fn a_funded_account_becomes_a_neuron_of_seven_days() {
        let mut state = people(&[]);
        let by = ClaimOrRefresh {
            by: Some(By::MemoAndController(ClaimOrRefreshNeuronFromAccount {
                controller: Some(ME),
                memo: 7,
            })),
        };
        // Anybody may claim for a controller.
        let id = state.claim_or_refresh(None, &STRANGER, &by, &holding(150_000_000), NOW).unwrap();
        let neuron = &state.neurons()[&id];
        assert_eq!((neuron.controller, neuron.stake, neuron.created), (ME, 150_000_000, NOW));
        assert_eq!(neuron.dissolve, Dissolve::Locked { delay: 7 * 86_400, aging_since: NOW });
        assert!(state.readable_by(&ME).contains(&id));
        // Again is a refresh.
        let by = ClaimOrRefresh { by: Some(By::Memo(7)) };
        let again = state.claim_or_refresh(None, &ME, &by, &holding(450_000_000), NOW + 900).unwrap();
        assert_eq!(again, id);
        assert_eq!(state.neurons()[&id].stake, 450_000_000);
        assert_eq!(state.neurons()[&id].dissolve.age(NOW + 900), 300);
        let by = ClaimOrRefresh { by: Some(By::NeuronIdOrSubaccount {}) };
        let named = NeuronIdOrSubaccount::NeuronId(NeuronId { id });
        assert_eq!(
            state.claim_or_refresh(Some(&named), &STRANGER, &by, &holding(450_000_000), NOW).unwrap(),
            id
        );
    }

    #[test]
    fn less_than_the_minimum_is_refused_and_leaves_nothing() {
        let mut state = people(&[]);
        let refused = state.claim(ME, 7, &holding(99_999_999), NOW).unwrap_err();
        assert_eq!(refused.error_type, INSUFFICIENT_FUNDS);
        assert!(refused.error_message.ends_with("at least 100000000 e8s (was 99999999 e8s)"));
        assert!(state.neurons().is_empty());
    }

    #[test]
    fn a_claim_that_waits_for_the_ledger_locks_its_new_neuron() {
        let mut state = people(&[]);
        let id = state.begin_claim(ME, 7, NOW).unwrap();
        assert_eq!((state.neurons()[&id].stake, state.locked_neurons()), (0, vec![id]));
        for again in [state.begin_claim(ME, 7, NOW + 1), state.begin_refresh(id, NOW + 1)] {
            let refused = again.unwrap_err();
            assert_eq!(refused.error_type, LEDGER_UPDATE_ONGOING);
            assert_eq!(refused.error_message, "Neuron has an ongoing ledger update.");
        }
        // Another neuron is not locked.
        let other = state.begin_claim(ME, 8, NOW).unwrap();
        assert_eq!(state.finish_claim_or_refresh(id, &holding(150_000_000)), Ok(id));
        assert_eq!((state.neurons()[&id].stake, state.locked_neurons()), (150_000_000, vec![other]));
        // What is not paid is gone, and its place is free again.
        let refused = state.finish_claim_or_refresh(other, &holding(0)).unwrap_err();
        assert_eq!(refused.error_type, INSUFFICIENT_FUNDS);
        assert!(state.locked_neurons().is_empty() && !state.neurons().contains_key(&other));
        assert_eq!(state.neuron_of_subaccount(&Subaccount::neuron_stake(&ME, 8)), None);
        assert_eq!(state.begin_claim(ME, 8, NOW), Ok(other));
    }

    #[test]
    fn some_three_hundred_claims_fit_in_an_hour() {
        let mut state = people(&[]);
        let rich = |_: &AccountIdentifier| E8s(100_000_000);
        let made = (0..400).take_while(|nonce| state.claim(ME, *nonce, &rich, NOW).is_ok()).count();
        assert_eq!(made, 300);
        assert_eq!(state.claim(ME, 1_000, &rich, NOW).unwrap_err().error_type, UNAVAILABLE);
        assert!(state.claim(ME, 1_000, &rich, NOW + 3_600).is_ok());
    }
}
