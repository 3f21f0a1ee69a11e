//! The demo's ICRC-1 ledger and its index, as ic-agent sees them: ICRC-1 and ICRC-2 calls, ICRC-3
//! blocks whose hashes chain up to the certified tip, and the index's pages.

use crate::client::{agent, demo, query, update, user_identity};
use candid::{CandidType, Deserialize, Nat, Principal};
use ic_agent::Agent;
use ic_agent::identity::{BasicIdentity, Identity};
use ic_certification::{Certificate, HashTree, LookupResult};
use icpulse_canisters::wire::ledger as wire;
use icpulse_demo::{Demo, canister_id};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

const FEE: u64 = 1_000;

fn ledger() -> Principal {
    canister_id(0x20_0001)
}

fn index() -> Principal {
    canister_id(0x20_0002)
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
enum Value {
    Blob(ByteBuf),
    Text(String),
    Nat(Nat),
    Int(candid::Int),
    Array(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The representation-independent hash, written anew.
    fn hash(&self) -> Vec<u8> {
        match self {
            Self::Blob(bytes) => Sha256::digest(bytes).to_vec(),
            Self::Text(text) => Sha256::digest(text).to_vec(),
            Self::Nat(nat) => {
                let mut bytes = Vec::new();
                nat.encode(&mut bytes).unwrap();
                Sha256::digest(bytes).to_vec()
            }
            Self::Int(_) => unreachable!("no integers in blocks"),
            Self::Array(items) => {
                Sha256::digest(items.iter().flat_map(Self::hash).collect::<Vec<_>>()).to_vec()
            }
            Self::Map(fields) => {
                let pair =
                    |(name, value): &(String, Self)| [Sha256::digest(name).to_vec(), value.hash()].concat();
                let mut pairs: Vec<Vec<u8>> = fields.iter().map(pair).collect();
                pairs.sort();
                Sha256::digest(pairs.concat()).to_vec()
            }
        }
    }

    fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

#[derive(CandidType, Deserialize)]
struct Range {
    start: Nat,
    length: Nat,
}

#[derive(CandidType, Deserialize)]
struct BlockWithId {
    id: Nat,
    block: Value,
}

#[derive(CandidType, Deserialize)]
struct Blocks {
    log_length: Nat,
    blocks: Vec<BlockWithId>,
}

#[derive(CandidType, Deserialize)]
struct TipCertificate {
    certificate: ByteBuf,
    hash_tree: ByteBuf,
}

#[derive(CandidType, Deserialize)]
struct IndexArgs {
    account: wire::Account,
    start: Option<Nat>,
    max_results: Nat,
}

#[derive(CandidType, Deserialize, Debug)]
struct Transfer {
    from: wire::Account,
    to: wire::Account,
    amount: Nat,
    fee: Option<Nat>,
    memo: Option<ByteBuf>,
    spender: Option<wire::Account>,
}

#[derive(CandidType, Deserialize, Debug)]
struct Transaction {
    kind: String,
    transfer: Option<Transfer>,
    timestamp: u64,
}

#[derive(CandidType, Deserialize, Debug)]
struct TransactionWithId {
    id: Nat,
    transaction: Transaction,
}

#[derive(CandidType, Deserialize, Debug)]
struct Page {
    balance: Nat,
    transactions: Vec<TransactionWithId>,
    oldest_tx_id: Option<Nat>,
}

#[derive(CandidType, Deserialize, Debug)]
struct IndexError {
    message: String,
}

fn user(demo: &Demo) -> Agent {
    agent(demo, user_identity(demo))
}

fn account(owner: Principal) -> wire::Account {
    wire::Account { owner, subaccount: None }
}

fn transfer(to: Principal, amount: u64) -> wire::TransferArg {
    wire::TransferArg {
        from_subaccount: None,
        to: account(to),
        amount: Nat::from(amount),
        fee: None,
        memo: Some(ByteBuf::from(*b"hello")),
        created_at_time: None,
    }
}

async fn balance(agent: &Agent, canister: Principal, owner: Principal) -> Nat {
    query(agent, canister, "icrc1_balance_of", &account(owner)).await
}

async fn all_blocks(agent: &Agent) -> Vec<Value> {
    let (mut all, mut length) = (Vec::new(), 1_u64);
    while (all.len() as u64) < length {
        let range = Range { start: Nat::from(all.len() as u64), length: Nat::from(1_000_u64) };
        let page: Blocks = query(agent, ledger(), "icrc3_get_blocks", &vec![range]).await;
        length = u64::try_from(&page.log_length.0).unwrap();
        assert!(!page.blocks.is_empty() && page.blocks.len() <= 100);
        for row in page.blocks {
            assert_eq!(row.id, Nat::from(all.len() as u64));
            all.push(row.block);
        }
    }
    all
}

#[tokio::test]
async fn a_token_tells_its_name_and_moves_and_the_index_sees_it() {
    let demo = demo();
    let (agent, me) = (user(&demo), demo.identity());
    assert_eq!(query::<String>(&agent, ledger(), "icrc1_symbol", ()).await, "DGLD");
    assert_eq!(query::<u8>(&agent, ledger(), "icrc1_decimals", ()).await, 6);
    assert_eq!(query::<Nat>(&agent, ledger(), "icrc1_fee", ()).await, Nat::from(FEE));
    let metadata: Vec<(String, wire::Value)> = query(&agent, ledger(), "icrc1_metadata", ()).await;
    let told = wire::Value::Text(index().to_text());
    assert!(metadata.contains(&("icrc106:index_principal".to_owned(), told)), "{metadata:?}");
    let standards: Vec<wire::Standard> = query(&agent, ledger(), "icrc1_supported_standards", ()).await;
    assert!(standards.iter().any(|standard| standard.name == "ICRC-3"));
    assert_eq!(query::<Principal>(&agent, index(), "ledger_id", ()).await, ledger());

    let (before, supply) =
        (balance(&agent, ledger(), me).await, query::<Nat>(&agent, ledger(), "icrc1_total_supply", ()).await);
    let friend = BasicIdentity::from_raw_key(&[9; 32]).sender().unwrap();
    let sent: wire::Icrc1TransferResult =
        update(&agent, ledger(), "icrc1_transfer", &transfer(friend, 250_000)).await;
    let block = sent.unwrap();
    for canister in [ledger(), index()] {
        assert_eq!(balance(&agent, canister, me).await, before.clone() - Nat::from(250_000 + FEE));
        assert_eq!(balance(&agent, canister, friend).await, Nat::from(250_000_u64));
    }
    let burnt = query::<Nat>(&agent, ledger(), "icrc1_total_supply", ()).await;
    assert_eq!(burnt, supply - Nat::from(FEE), "fees are burnt");

    let args = IndexArgs { account: account(me), start: None, max_results: Nat::from(3_u64) };
    let page: Result<Page, IndexError> = query(&agent, index(), "get_account_transactions", &args).await;
    let page = page.unwrap();
    let newest = &page.transactions[0];
    assert_eq!((&newest.id, newest.transaction.kind.as_str()), (&block, "transfer"));
    let moved = newest.transaction.transfer.as_ref().unwrap();
    assert_eq!((moved.from.owner, moved.to.owner, &moved.amount), (me, friend, &Nat::from(250_000_u64)));
    assert_eq!((&moved.fee, moved.spender.as_ref()), (&Some(Nat::from(FEE)), None));
    assert_eq!(moved.memo.as_ref().unwrap().as_ref(), b"hello");
    assert_eq!(page.transactions.len(), 3);
    // `start` was seen already.
    let args = IndexArgs { account: account(me), start: Some(block), max_results: Nat::from(3_u64) };
    let next: Result<Page, IndexError> = query(&agent, index(), "get_account_transactions", &args).await;
    assert_eq!(next.unwrap().transactions[0].id, page.transactions[1].id);
    // The demo user has two subaccounts.
    let owner = ByteBuf::from(vec![0; 32]);
    #[derive(CandidType)]
    struct ListSubaccounts {
        owner: Principal,
        start: Option<ByteBuf>,
    }
    let arg = ListSubaccounts { owner: me, start: None };
    let subaccounts: Vec<ByteBuf> = query(&agent, index(), "list_subaccounts", arg).await;
    assert_eq!((subaccounts.len(), &subaccounts[0]), (2, &owner));

    // What the ICP ledger has of its own is not here.
    let missing = agent.query(&ledger(), "account_balance").with_arg(b"DIDL\0\0".to_vec()).call().await;
    assert!(missing.unwrap_err().to_string().contains("has no query method"));
}

#[tokio::test]
async fn an_allowance_is_spent_and_refusals_are_the_standards() {
    let demo = demo();
    let (agent, me) = (user(&demo), demo.identity());
    let identity = BasicIdentity::from_raw_key(&[8; 32]);
    let spender = identity.sender().unwrap();
    let spending = crate::client::agent(&demo, identity);
    let approve = wire::ApproveArgs {
        from_subaccount: None,
        spender: account(spender),
        amount: Nat::from(10_000_u64),
        expected_allowance: None,
        expires_at: None,
        fee: None,
        memo: None,
        created_at_time: None,
    };
    let approved: wire::ApproveResult = update(&agent, ledger(), "icrc2_approve", &approve).await;
    approved.unwrap();
    let take = |amount: u64| wire::TransferFromArgs {
        spender_subaccount: None,
        from: account(me),
        to: account(spender),
        amount: Nat::from(amount),
        fee: None,
        memo: None,
        created_at_time: None,
    };
    let taken: wire::TransferFromResult =
        update(&spending, ledger(), "icrc2_transfer_from", &take(6_000)).await;
    taken.unwrap();
    let asked = wire::AllowanceArgs { account: account(me), spender: account(spender) };
    let left: wire::Allowance = query(&agent, ledger(), "icrc2_allowance", &asked).await;
    assert_eq!(left.allowance, Nat::from(10_000 - 6_000 - FEE));
    let again: wire::TransferFromResult =
        update(&spending, ledger(), "icrc2_transfer_from", &take(6_000)).await;
    let refusal = wire::TransferFromError::InsufficientAllowance { allowance: left.allowance };
    assert_eq!(again.unwrap_err(), refusal);

    let refused = |args: wire::TransferArg| {
        let agent = &agent;
        async move {
            let result: wire::Icrc1TransferResult = update(agent, ledger(), "icrc1_transfer", &args).await;
            result.unwrap_err()
        }
    };
    let wrong_fee = wire::TransferArg { fee: Some(Nat::from(10_000_u64)), ..transfer(spender, 5) };
    let expected = wire::Icrc1TransferError::BadFee { expected_fee: Nat::from(FEE) };
    assert_eq!(refused(wrong_fee).await, expected);
    let much = transfer(spender, u64::MAX);
    assert!(matches!(refused(much).await, wire::Icrc1TransferError::InsufficientFunds { .. }));
    let now = Some(demo.clock().wall().0);
    let once = wire::TransferArg { created_at_time: now, ..transfer(spender, 7) };
    let first: wire::Icrc1TransferResult = update(&agent, ledger(), "icrc1_transfer", &once).await;
    let twice = refused(once).await;
    assert_eq!(twice, wire::Icrc1TransferError::Duplicate { duplicate_of: first.unwrap() });
}

#[tokio::test]
async fn blocks_chain_up_to_the_certified_tip() {
    let demo = demo();
    let (agent, friend) = (user(&demo), Principal::from_slice(&[7; 29]));
    let sent: wire::Icrc1TransferResult =
        update(&agent, ledger(), "icrc1_transfer", &transfer(friend, 1)).await;
    let blocks = all_blocks(&agent).await;
    assert_eq!(sent.unwrap(), Nat::from(blocks.len() as u64 - 1));
    let mut parent = None;
    for block in &blocks {
        assert_eq!(block.get("phash"), parent.map(Value::Blob).as_ref());
        parent = Some(ByteBuf::from(block.hash()));
    }
    let operations: Vec<&Value> =
        blocks.iter().map(|block| block.get("tx").unwrap().get("op").unwrap()).collect();
    for op in ["mint", "xfer"] {
        assert!(operations.contains(&&Value::Text(op.to_owned())), "{op}");
    }

    let tip: Option<TipCertificate> = query(&agent, ledger(), "icrc3_get_tip_certificate", ()).await;
    let tip = tip.unwrap();
    let tree: HashTree = serde_cbor::from_slice(&tip.hash_tree).unwrap();
    let certificate: Certificate = serde_cbor::from_slice(&tip.certificate).unwrap();
    agent.verify(&certificate, ledger()).unwrap();
    let id = ledger();
    let path = [b"canister".as_slice(), id.as_slice(), b"certified_data"];
    assert_eq!(certificate.tree.lookup_path(path.into_iter()), LookupResult::Found(&tree.digest()));
    assert_eq!(tree.lookup_path([b"last_block_hash"]), LookupResult::Found(&parent.unwrap()));
    let mut last = Vec::new();
    leb128::write::unsigned(&mut last, blocks.len() as u64 - 1).unwrap();
    assert_eq!(tree.lookup_path([b"last_block_index"]), LookupResult::Found(&last));
}
