use super::*;
use candid::CandidType;

fn canisters() -> Canisters {
    Canisters::default()
}

/// A recorded reply of the real canister.
fn recorded(name: &str) -> Vec<u8> {
    icpulse_testing::fixtures::reply(name)
}

fn command(call: Result<PreparedCall, IcError>) -> (Option<u64>, wire::ManageNeuronCommandRequest) {
    let call = call.unwrap();
    assert_eq!(
        (call.canister, call.effective),
        (canisters().id(SystemCanister::Governance), canisters().id(SystemCanister::Governance))
    );
    assert_eq!(call.method, "manage_neuron");
    let request: wire::ManageNeuronRequest = decode_one(&call.arg).unwrap();
    assert_eq!(request.id, None);
    let neuron = request.neuron_id_or_subaccount.map(|n| match n {
        wire::NeuronIdOrSubaccount::NeuronId(id) => id.id,
        wire::NeuronIdOrSubaccount::Subaccount(_) => panic!("named by subaccount"),
    });
    (neuron, request.command.unwrap())
}

#[test]
fn commands_say_what_was_asked_for() {
    use wire::ManageNeuronCommandRequest as C;
    let canisters = canisters();
    let c = NnsCommands(&canisters);
    let (neuron, vote) = command(c.register_vote(NeuronKey::nns(5), ProposalKey::nns(9), Vote::No));
    assert_eq!(neuron, Some(5));
    let wire::RegisterVote { vote: 2, proposal: Some(wire::ProposalId { id: 9 }) } = (match vote {
        C::RegisterVote(vote) => vote,
        other => panic!("{other:?}"),
    }) else {
        panic!("another vote")
    };
    let me = Principal::from_slice(&[7, 8, 9]);
    let (neuron, claim) = command(c.claim_or_refresh(me, 77));
    assert_eq!(neuron, None, "the neuron does not exist yet");
    let by =
        wire::By::MemoAndController(wire::ClaimOrRefreshNeuronFromAccount { controller: Some(me), memo: 77 });
    assert_eq!(claim, C::ClaimOrRefresh(wire::ClaimOrRefresh { by: Some(by) }));
    let (_, delay) = command(c.increase_dissolve_delay(NeuronKey::nns(5).into(), Seconds(86_400)));
    let operation = wire::Operation::IncreaseDissolveDelay(wire::IncreaseDissolveDelay {
        additional_dissolve_delay_seconds: 86_400,
    });
    assert_eq!(delay, C::Configure(wire::Configure { operation: Some(operation) }));
    let (_, follow) = command(c.follow(NeuronKey::nns(5).into(), Topic::Unknown(99), &[]));
    assert_eq!(follow, C::Follow(wire::Follow { topic: 99, followees: vec![] }));
    let (_, refresh) = command(c.refresh_voting_power(NeuronKey::nns(5).into()));
    assert_eq!(refresh, C::RefreshVotingPower(wire::RefreshVotingPower {}));
    let (_, stake) = command(c.set_auto_stake_maturity(NeuronKey::nns(5).into(), false));
    let operation = wire::Operation::ChangeAutoStakeMaturity(wire::ChangeAutoStakeMaturity {
        requested_setting_for_auto_stake_maturity: false,
    });
    assert_eq!(stake, C::Configure(wire::Configure { operation: Some(operation) }));
}

#[test]
fn what_cannot_be_asked_for_is_refused_here() {
    let canisters = canisters();
    let c = NnsCommands(&canisters);
    for vote in [Vote::Unspecified, Vote::Unknown(3)] {
        assert!(matches!(
            c.register_vote(NeuronKey::nns(1), ProposalKey::nns(1), vote),
            Err(IcError::Invalid { .. })
        ));
    }
    let root = Governance::Sns(Principal::self_authenticating(b"root of an SNS"));
    let of_sns = ProposalKey { governance: root, number: 1 };
    let two = c.register_vote(NeuronKey::nns(1), of_sns, Vote::Yes).unwrap_err();
    assert!(two.to_string().contains("of two governances"), "{two}");
    let unknown = super::super::commands_of(&canisters, root).err().unwrap();
    assert!(unknown.to_string().contains("knows the NNS only"), "{unknown}");
    let ages = Seconds(u64::from(u32::MAX) + 1);
    assert!(matches!(
        c.increase_dissolve_delay(NeuronKey::nns(1).into(), ages),
        Err(IcError::Invalid { .. })
    ));
}

#[test]
fn the_recorded_answers_of_the_real_canister() {
    let refusal = parse_manage_neuron_reply(&recorded("manage_neuron_vote_again")).unwrap_err();
    assert!(refusal.is_already_voted(), "{refusal}");
    assert_eq!(refusal.name(), "already voted");
    assert_eq!(
        parse_manage_neuron_reply(&recorded("manage_neuron_refresh")),
        Ok(CommandResult::RefreshVotingPower)
    );
}

/// Answers of a canister that knows a command this program does not.
#[derive(CandidType)]
enum NewerCommand {
    Levitate { height: u64 },
}

#[derive(CandidType)]
struct NewerReply {
    command: Option<NewerCommand>,
}

#[test]
fn unknown_and_broken_answers_are_neither_success_nor_refusal() {
    let newer = NewerReply { command: Some(NewerCommand::Levitate { height: 1 }) };
    for bytes in [encode_one(newer).unwrap(), b"DIDL\x00".to_vec(), vec![]] {
        match parse_manage_neuron_reply(&bytes) {
            Ok(CommandResult::Other(words)) => assert!(!words.is_empty()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_refusal_is_neutralised() {
    let error = wire::GovernanceError { error_type: 3, error_message: "no\u{1b}[2J\u{202e}".to_owned() };
    let reply = wire::ManageNeuronResponse { command: Some(wire::CommandResponse::Error(error)) };
    let refusal = parse_manage_neuron_reply(&encode_one(reply).unwrap()).unwrap_err();
    assert_eq!(refusal.to_string(), "governance error 3 (not authorised): no\u{FFFD}[2J");
}
