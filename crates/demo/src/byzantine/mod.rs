//! Canisters that do not keep to what they promise: pages with wrong rows, values that nobody
//! knows, absurd texts. What they say is signed like any other answer, so that no proof helps.
//!
//! A fault changes the reply of a method between the canister and the signature. [`call_faults`] is about
//! updates whose fate cannot be told, [`node`] about a single node that lies.

pub(crate) mod call_faults;
mod future_interface;
mod hostile_texts;
pub mod node;
mod page_faults;

use super::fault::{Faults, Kind};
use super::seed::random::SeededRng;
use icpulse_canisters::wire::governance as wire;
use icpulse_canisters::wire::index;
use icpulse_canisters::wire::lenient::{decode_one, encode_one};
use page_faults::PageFaults;
use std::sync::atomic::{AtomicU64, Ordering};

/// Asks the same canister a query as the same caller, and is told the truth.
pub type QueryCanister<'a> = &'a dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>>;

/// Kinds of faults that change replies.
const LIES: [Kind; 6] = [
    Kind::DuplicateRows,
    Kind::ReorderedRows,
    Kind::ShrinkingPages,
    Kind::GrowingPages,
    Kind::Unknowns,
    Kind::AbsurdTexts,
];

pub struct ReplyFaults {
    seed: u64,
    told: AtomicU64,
}

struct ReplyRewriter<'a> {
    faults: &'a Faults,
    rng: SeededRng,
    ask: QueryCanister<'a>,
}

impl ReplyFaults {
    /// The reply faults of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, told: AtomicU64::new(0) }
    }

    /// What is answered in place of a true reply.
    pub fn apply(
        &self,
        faults: &Faults,
        method: &str,
        arg: &[u8],
        reply: Vec<u8>,
        ask: QueryCanister<'_>,
    ) -> Vec<u8> {
        if !LIES.iter().any(|kind| faults.is_on(*kind)) {
            return reply;
        }
        let serial = self.told.fetch_add(1, Ordering::Relaxed);
        let mut rewriter = ReplyRewriter { faults, rng: SeededRng::new(self.seed ^ serial, 0x11E5), ask };
        let told = match method {
            "list_proposals" => rewriter.proposals(arg, &reply),
            "get_proposal_info" => rewriter.proposal(&reply),
            "list_neurons" => rewriter.neurons(&reply),
            "get_neuron_index" => rewriter.neuron_index(&reply),
            "list_known_neurons" => rewriter.known_neurons(&reply),
            "get_account_identifier_transactions" => rewriter.transactions(arg, &reply),
            _ => None,
        };
        told.unwrap_or(reply)
    }
}

impl ReplyRewriter<'_> {
    fn ask_one<A: candid::CandidType, R>(&self, method: &str, arg: A) -> Option<R>
    where
        R: candid::CandidType + serde::de::DeserializeOwned,
    {
        decode_one((self.ask)(method, encode_one(arg).ok()?)?.as_slice()).ok()
    }

    fn proposals(&mut self, arg: &[u8], reply: &[u8]) -> Option<Vec<u8>> {
        let mut page: wire::ListProposalInfoResponse = decode_one(reply).ok()?;
        let struck = PageFaults::draw(self.faults, page.proposal_info.len());
        let strange = if struck.grows { self.strange_proposals(arg, &page) } else { Vec::new() };
        struck.apply(&mut page.proposal_info, strange, &mut self.rng);
        let absurd = self.absurd_proposals(&mut page.proposal_info);
        let bytes = if !page.proposal_info.is_empty() && self.faults.strikes(Kind::Unknowns) {
            encode_one(future_interface::Page {
                proposal_info: future_interface::proposals(page.proposal_info),
            })
        } else {
            encode_one(page)
        };
        Some(hostile_texts::on_the_wire(bytes.ok()?, absurd))
    }

    /// Proposals that were not asked for: newer ones, and some from far below.
    fn strange_proposals(
        &self,
        arg: &[u8],
        page: &wire::ListProposalInfoResponse,
    ) -> Vec<wire::ProposalInfo> {
        let Ok(asked) = decode_one::<wire::ListProposalInfoRequest>(arg) else { return Vec::new() };
        let ask = |before: Option<u64>, limit: u32| {
            let request = wire::ListProposalInfoRequest {
                before_proposal: before.map(|id| wire::ProposalId { id }),
                limit,
                include_all_manage_neuron_proposals: Some(true),
                omit_large_fields: asked.omit_large_fields,
                ..wire::ListProposalInfoRequest::default()
            };
            let found: Option<wire::ListProposalInfoResponse> = self.ask_one("list_proposals", request);
            found.map(|found| found.proposal_info).unwrap_or_default()
        };
        let ids = || page.proposal_info.iter().filter_map(|row| Some(row.id?.id));
        let below = ids().min().unwrap_or(1) / 2;
        let mut strange = ask(Some(below.max(2)), 2);
        if let Some(before) = asked.before_proposal {
            strange.extend(ask(Some(before.id.saturating_add(4)), 3));
        }
        strange
    }

    fn proposal(&mut self, reply: &[u8]) -> Option<Vec<u8>> {
        let row: wire::ProposalInfo = decode_one::<Option<_>>(reply).ok()??;
        let mut rows = vec![row];
        let absurd = self.absurd_proposals(&mut rows);
        let bytes = if self.faults.strikes(Kind::Unknowns) {
            encode_one(future_interface::proposals(rows).pop())
        } else {
            encode_one(rows.pop())
        };
        Some(hostile_texts::on_the_wire(bytes.ok()?, absurd))
    }

    fn absurd_proposals(&mut self, rows: &mut [wire::ProposalInfo]) -> bool {
        let strikes = !rows.is_empty() && self.faults.strikes(Kind::AbsurdTexts);
        if strikes {
            let first = self.rng.within(0, hostile_texts::COUNT);
            for (row, n) in rows.iter_mut().zip(first..) {
                hostile_texts::spoil_proposal(row, n);
            }
        }
        strikes
    }

    fn neurons(&mut self, reply: &[u8]) -> Option<Vec<u8>> {
        let mut page: wire::ListNeuronsResponse = decode_one(reply).ok()?;
        let struck = PageFaults::draw(self.faults, page.neuron_infos.len());
        let (mut full, mut infos) = (Vec::new(), Vec::new());
        if struck.grows {
            let request =
                wire::GetNeuronIndexRequest { exclusive_start_neuron_id: None, page_size: Some(300) };
            let others: Option<wire::GetNeuronIndexResult> = self.ask_one("get_neuron_index", request);
            let ids: Vec<u64> = others?.ok()?.neurons.iter().filter_map(|row| Some(row.id?.id)).collect();
            let request = wire::ListNeurons {
                neuron_ids: self.rng.choose_several(&ids, 5),
                include_public_neurons_in_full_neurons: Some(true),
                ..wire::ListNeurons::default()
            };
            let strange: wire::ListNeuronsResponse = self.ask_one("list_neurons", request)?;
            (full, infos) = (strange.full_neurons, strange.neuron_infos);
        }
        struck.apply(&mut page.full_neurons, full, &mut self.rng);
        struck.apply(&mut page.neuron_infos, infos, &mut self.rng);
        if !page.neuron_infos.is_empty() && self.faults.strikes(Kind::Unknowns) {
            return encode_one(future_interface::neurons(page)).ok();
        }
        encode_one(page).ok()
    }

    fn neuron_index(&mut self, reply: &[u8]) -> Option<Vec<u8>> {
        let mut page = decode_one::<wire::GetNeuronIndexResult>(reply).ok()?.ok()?;
        let struck = PageFaults::draw(self.faults, page.neurons.len());
        let strange = if struck.grows {
            let ask = |start: Option<u64>| {
                let exclusive_start_neuron_id = start.map(|id| wire::NeuronId { id });
                let request = wire::GetNeuronIndexRequest { exclusive_start_neuron_id, page_size: Some(2) };
                let found: Option<wire::GetNeuronIndexResult> = self.ask_one("get_neuron_index", request);
                found.and_then(Result::ok).map(|page| page.neurons).unwrap_or_default()
            };
            let last = page.neurons.iter().filter_map(|row| Some(row.id?.id)).max().unwrap_or(0);
            ask(None).into_iter().chain(ask(Some(last.saturating_add((u64::MAX - last) / 2)))).collect()
        } else {
            Vec::new()
        };
        struck.apply(&mut page.neurons, strange, &mut self.rng);
        encode_one(wire::GetNeuronIndexResult::Ok(page)).ok()
    }

    fn known_neurons(&mut self, reply: &[u8]) -> Option<Vec<u8>> {
        let mut page: wire::ListKnownNeuronsResponse = decode_one(reply).ok()?;
        let struck = PageFaults::draw(self.faults, page.known_neurons.len());
        let nameless = wire::KnownNeuron { id: Some(wire::NeuronId { id: 7 }), known_neuron_data: None };
        let strange = if struck.grows { vec![wire::KnownNeuron::default(), nameless] } else { Vec::new() };
        struck.apply(&mut page.known_neurons, strange, &mut self.rng);
        let absurd = self.faults.strikes(Kind::AbsurdTexts);
        if absurd {
            for (row, n) in page.known_neurons.iter_mut().zip(0..) {
                row.known_neuron_data.iter_mut().for_each(|data| hostile_texts::spoil_known(data, n));
            }
        }
        let bytes = if self.faults.strikes(Kind::Unknowns) {
            encode_one(future_interface::known_neurons(page))
        } else {
            encode_one(page)
        };
        Some(hostile_texts::on_the_wire(bytes.ok()?, absurd))
    }

    fn transactions(&mut self, arg: &[u8], reply: &[u8]) -> Option<Vec<u8>> {
        let mut page = decode_one::<index::GetAccountTransactionsResult>(reply).ok()?.ok()?;
        let struck = PageFaults::draw(self.faults, page.transactions.len());
        let strange = if struck.grows { self.strange_transactions(arg, &page) } else { Vec::new() };
        struck.apply(&mut page.transactions, strange, &mut self.rng);
        if self.faults.strikes(Kind::AbsurdTexts) {
            for (row, n) in page.transactions.iter_mut().zip(0..) {
                row.transaction.icrc1_memo = Some(hostile_texts::absurd(n, false).into_bytes().into());
            }
        }
        if !page.transactions.is_empty() && self.faults.strikes(Kind::Unknowns) {
            return encode_one(future_interface::transactions(page)).ok();
        }
        encode_one(index::GetAccountTransactionsResult::Ok(page)).ok()
    }

    /// Transactions of other accounts, newer ones than asked for, and some from far below.
    fn strange_transactions(
        &self,
        arg: &[u8],
        page: &index::GetAccountIdentifierTransactionsResponse,
    ) -> Vec<index::TransactionWithId> {
        let Ok(asked) = decode_one::<index::GetAccountIdentifierTransactionsArgs>(arg) else {
            return Vec::new();
        };
        let ask = |account: &str, start: Option<u64>, max_results: u64| {
            let args = index::GetAccountIdentifierTransactionsArgs {
                max_results,
                start,
                account_identifier: account.to_owned(),
            };
            let found: Option<index::GetAccountTransactionsResult> =
                self.ask_one("get_account_identifier_transactions", args);
            found.and_then(Result::ok).map(|page| page.transactions).unwrap_or_default()
        };
        let own = asked.account_identifier.as_str();
        let mut strange = ask(own, None, 3);
        if let Some(oldest) = page.oldest_tx_id {
            strange.extend(ask(own, Some(oldest.saturating_add(1)), 2));
        }
        let partner = page.transactions.iter().find_map(|row| match &row.transaction.operation {
            index::Operation::Transfer { from, to, .. } if from == own => Some(to.clone()),
            index::Operation::Transfer { from, .. } => Some(from.clone()),
            _ => None,
        });
        strange.extend(partner.map(|partner| ask(&partner, None, 5)).unwrap_or_default());
        strange
    }
}
