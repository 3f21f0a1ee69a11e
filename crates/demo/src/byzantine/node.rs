//! What a single node says that reply_faults: values that look well and are wrong, signed with its own key.
//! Certified answers come from the subnet as a whole, so there it cannot lie.

use candid::Nat;
use icpulse_canisters::wire::governance as wire;
use icpulse_canisters::wire::index;
use icpulse_canisters::wire::ledger::Tokens;
use icpulse_canisters::wire::lenient::{decode_one, encode_one};

/// The dissolve delay of every neuron, as a lying node has it: a second.
const DELAY: u64 = 1;

/// A wrong reply in place of a true one; `None` for methods it does not lie about.
pub(crate) fn falsify_reply(method: &str, reply: &[u8]) -> Option<Vec<u8>> {
    match method {
        "account_balance" => encode_one(Tokens { e8s: 0 }),
        "icrc1_balance_of" => encode_one(Nat::from(0_u64)),
        "get_account_identifier_balance" => encode_one(0_u64),
        "get_account_identifier_transactions" | "get_account_transactions" => {
            let mut page = decode_one::<index::GetAccountTransactionsResult>(reply).ok()?.ok()?;
            page.balance = 0;
            page.transactions.clear();
            encode_one(index::GetAccountTransactionsResult::Ok(page))
        }
        "list_neurons" => {
            let mut page: wire::ListNeuronsResponse = decode_one(reply).ok()?;
            page.full_neurons.iter_mut().for_each(falsify_neuron);
            page.neuron_infos.iter_mut().for_each(|(_, info)| falsify_info(info));
            encode_one(page)
        }
        "get_full_neuron" | "get_full_neuron_by_id_or_subaccount" => {
            let mut neuron = decode_one::<wire::NeuronResult>(reply).ok()?.ok()?;
            falsify_neuron(&mut neuron);
            encode_one(wire::NeuronResult::Ok(neuron))
        }
        "get_neuron_info" | "get_neuron_info_by_id_or_subaccount" => {
            let mut info = decode_one::<wire::NeuronInfoResult>(reply).ok()?.ok()?;
            falsify_info(&mut info);
            encode_one(wire::NeuronInfoResult::Ok(info))
        }
        "list_proposals" => {
            let mut page: wire::ListProposalInfoResponse = decode_one(reply).ok()?;
            page.proposal_info.iter_mut().for_each(blank_ballots);
            encode_one(page)
        }
        "get_proposal_info" => {
            let mut proposal: Option<wire::ProposalInfo> = decode_one(reply).ok()?;
            proposal.iter_mut().for_each(blank_ballots);
            encode_one(proposal)
        }
        _ => return None,
    }
    .ok()
}

fn falsify_neuron(neuron: &mut wire::Neuron) {
    neuron.cached_neuron_stake_e8s = 0;
    neuron.dissolve_state = Some(wire::DissolveState::DissolveDelaySeconds(DELAY));
    neuron.recent_ballots.clear();
}

fn falsify_info(info: &mut wire::NeuronInfo) {
    info.stake_e8s = 0;
    info.dissolve_delay_seconds = DELAY;
    info.recent_ballots.clear();
}

/// As if nobody who asks had voted.
fn blank_ballots(proposal: &mut wire::ProposalInfo) {
    proposal.ballots.iter_mut().for_each(|(_, ballot)| ballot.vote = 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_lying_node_says_is_well_formed_and_wrong() {
        let told: Tokens = decode_one(&falsify_reply("account_balance", b"").unwrap()).unwrap();
        assert_eq!(told.e8s, 0);
        let neuron = wire::Neuron {
            cached_neuron_stake_e8s: 500,
            dissolve_state: Some(wire::DissolveState::WhenDissolvedTimestampSeconds(7)),
            recent_ballots: vec![wire::BallotInfo::default()],
            ..wire::Neuron::default()
        };
        let truth = encode_one(wire::NeuronResult::Ok(neuron)).unwrap();
        let told = decode_one::<wire::NeuronResult>(&falsify_reply("get_full_neuron", &truth).unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(told.dissolve_state, Some(wire::DissolveState::DissolveDelaySeconds(DELAY)));
        assert_eq!((told.cached_neuron_stake_e8s, told.recent_ballots), (0, Vec::new()));
        let proposal = wire::ProposalInfo {
            ballots: vec![(5, wire::Ballot { vote: 1, voting_power: 9 })],
            ..wire::ProposalInfo::default()
        };
        let truth = encode_one(Some(proposal)).unwrap();
        let told: Option<wire::ProposalInfo> =
            decode_one(&falsify_reply("get_proposal_info", &truth).unwrap()).unwrap();
        assert_eq!(told.unwrap().ballots, [(5, wire::Ballot { vote: 0, voting_power: 9 })]);
        assert_eq!(falsify_reply("get_neuron_ids", b""), None);
    }
}
