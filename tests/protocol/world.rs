//! The canisters together, through ic-agent: the demo user votes, stakes and watches time pass.

use crate::client::{GOVERNANCE, LEDGER, agent, demo, id, query, update, user_identity};
use candid::{CandidType, Principal};
use ic_agent::Agent;
use icpulse_canisters::wire::governance::{
    By, ClaimOrRefresh, ClaimOrRefreshNeuronFromAccount, CommandResponse, ListNeurons, ListNeuronsResponse,
    ListProposalInfoRequest, ListProposalInfoResponse, ManageNeuronCommandRequest, ManageNeuronRequest,
    ManageNeuronResponse, NeuronId, NeuronIdOrSubaccount, ProposalId, ProposalInfo, RegisterVote,
};
use icpulse_canisters::wire::ledger;
use icpulse_demo::Demo;
use icpulse_model::{Account, AccountIdentifier, Seconds, Subaccount};
use serde::de::DeserializeOwned;
use std::time::Duration;

struct Person {
    agent: Agent,
    principal: Principal,
}

impl Person {
    fn of(demo: &Demo) -> Self {
        let agent = agent(demo, user_identity(demo));
        let principal = agent.get_principal().unwrap();
        assert_eq!(principal, demo.identity());
        Self { agent, principal }
    }

    async fn query<R: CandidType + DeserializeOwned>(
        &self,
        canister: &str,
        method: &str,
        arg: impl CandidType,
    ) -> R {
        query(&self.agent, id(canister), method, arg).await
    }

    async fn update<R: CandidType + DeserializeOwned>(
        &self,
        canister: &str,
        method: &str,
        arg: impl CandidType,
    ) -> R {
        update(&self.agent, id(canister), method, arg).await
    }

    async fn neurons(&self) -> ListNeuronsResponse {
        let mine = ListNeurons { include_neurons_readable_by_caller: true, ..ListNeurons::default() };
        self.query(GOVERNANCE, "list_neurons", mine).await
    }

    /// Open proposals, newest first, with the user's ballots.
    async fn open(&self) -> Vec<ProposalInfo> {
        let open = ListProposalInfoRequest { limit: 100, include_status: vec![1], ..Default::default() };
        self.query::<ListProposalInfoResponse>(GOVERNANCE, "list_proposals", open).await.proposal_info
    }

    async fn proposal(&self, number: u64) -> ProposalInfo {
        self.query::<Option<ProposalInfo>>(GOVERNANCE, "get_proposal_info", number).await.unwrap()
    }

    async fn balance(&self, account: AccountIdentifier) -> u64 {
        let args = ledger::AccountBalanceArgs { account: account.0.to_vec() };
        self.query::<ledger::Tokens>(LEDGER, "account_balance", args).await.e8s
    }

    async fn manage(&self, neuron: Option<u64>, command: ManageNeuronCommandRequest) -> CommandResponse {
        let request = ManageNeuronRequest {
            neuron_id_or_subaccount: neuron.map(|id| NeuronIdOrSubaccount::NeuronId(NeuronId { id })),
            command: Some(command),
            id: None,
        };
        let reply: ManageNeuronResponse = self.update(GOVERNANCE, "manage_neuron", request).await;
        reply.command.unwrap()
    }
}

#[tokio::test]
async fn the_user_votes_and_the_ballot_and_tally_show_it() {
    let demo = demo();
    let user = Person::of(&demo);
    assert!(user.neurons().await.full_neurons.len() >= 12);
    // A neuron of the user's own with an unspecified ballot on an open proposal.
    let mine: Vec<u64> = user
        .neurons()
        .await
        .full_neurons
        .iter()
        .filter(|n| n.controller == Some(user.principal))
        .filter_map(|n| n.id.as_ref().map(|id| id.id))
        .collect();
    let open = user.open().await;
    let (proposal, neuron) = open
        .iter()
        .find_map(|p| {
            let ballot = p.ballots.iter().find(|(id, b)| b.vote == 0 && mine.contains(id))?;
            Some((p.id?.id, ballot.0))
        })
        .expect("something to vote on");
    let before = user.proposal(proposal).await;
    let vote = RegisterVote { vote: 1, proposal: Some(ProposalId { id: proposal }) };
    let done = user.manage(Some(neuron), ManageNeuronCommandRequest::RegisterVote(vote.clone())).await;
    assert_eq!(done, CommandResponse::RegisterVote {});
    let after = user.proposal(proposal).await;
    let ballot = after.ballots.iter().find(|(id, _)| *id == neuron).unwrap().1.clone();
    assert_eq!(ballot.vote, 1);
    let yes = |p: &ProposalInfo| p.latest_tally.as_ref().unwrap().yes;
    assert!(yes(&after) >= yes(&before) + ballot.voting_power);
    let again = user.manage(Some(neuron), ManageNeuronCommandRequest::RegisterVote(vote)).await;
    let CommandResponse::Error(error) = again else { panic!("voted twice: {again:?}") };
    assert_eq!(error.error_type, 19);
}

#[tokio::test]
async fn the_user_stakes_and_the_ledger_and_governance_agree() {
    let demo = demo();
    let user = Person::of(&demo);
    let own = Account::default_of(user.principal).identifier();
    let before = user.balance(own).await;
    let nonce = 77;
    let subaccount = Subaccount::neuron_stake(&user.principal, nonce);
    let account = AccountIdentifier::new(&id(GOVERNANCE), &subaccount);
    let transfer = ledger::TransferArgs {
        memo: nonce,
        amount: ledger::Tokens { e8s: 500_000_000 },
        fee: ledger::Tokens { e8s: 10_000 },
        from_subaccount: None,
        to: account.0.to_vec(),
        created_at_time: Some(ledger::TimeStamp { timestamp_nanos: demo.clock().wall().0 }),
    };
    let sent: ledger::TransferResult = user.update(LEDGER, "transfer", transfer).await;
    assert!(matches!(sent, ledger::TransferResult::Ok(_)), "{sent:?}");
    let claim = ManageNeuronCommandRequest::ClaimOrRefresh(ClaimOrRefresh {
        by: Some(By::MemoAndController(ClaimOrRefreshNeuronFromAccount {
            controller: Some(user.principal),
            memo: nonce,
        })),
    });
    let CommandResponse::ClaimOrRefresh(claimed) = user.manage(None, claim).await else { panic!("refused") };
    let neuron = claimed.refreshed_neuron_id.unwrap().id;
    let neurons = user.neurons().await.full_neurons;
    let staked = neurons.iter().find(|n| n.id.as_ref().is_some_and(|i| i.id == neuron)).unwrap();
    assert_eq!(staked.cached_neuron_stake_e8s, 500_000_000);
    assert_eq!(user.balance(account).await, 500_000_000);
    assert_eq!(user.balance(own).await, before - 500_010_000);
    // Every neuron's stake lies in its account.
    for n in &neurons {
        let subaccount = Subaccount(n.account.as_slice().try_into().unwrap());
        let held = user.balance(AccountIdentifier::new(&id(GOVERNANCE), &subaccount)).await;
        assert_eq!(held, n.cached_neuron_stake_e8s, "{:?}", n.id);
    }
}

#[tokio::test]
async fn proposals_are_decided_as_time_passes_and_new_ones_appear() {
    let demo = demo();
    let user = Person::of(&demo);
    let open = user.open().await;
    assert!(!open.is_empty());
    let newest = open.iter().filter_map(|p| Some(p.id.as_ref()?.id)).max().unwrap();
    let now = demo.clock().wall();
    for proposal in &open {
        // What a client is told lies where its own clock will find it.
        let made = proposal.proposal_timestamp_seconds;
        assert!(made <= now.secs() && now.secs() - made < 9 * 86_400, "{made}");
    }
    demo.advance(Duration::from_secs(Seconds::days(9).0));
    for proposal in &open {
        let proposal = user.proposal(proposal.id.unwrap().id).await;
        assert_ne!(proposal.status, 1, "{:?}", proposal.id);
        assert!(proposal.decided_timestamp_seconds <= demo.clock().wall().secs());
    }
    let later = user.open().await;
    assert!(later.iter().any(|p| p.id.as_ref().is_some_and(|id| id.id > newest)), "nothing new");
}
