//! The demo network's ICP ledger, index and cycles minting canister over HTTP, as ic-agent sees
//! them with every verification on; what the canisters certify themselves is checked up to the
//! root key.
#![cfg(feature = "demo")]

use crate::client::{self, query, update};
use candid::{Nat, Principal};
use ic_agent::identity::{AnonymousIdentity, BasicIdentity};
use ic_agent::{Agent, AgentError, Identity};
use icpulse_canisters::Client;
use icpulse_canisters::ledger::calls::{self, TransferRefusal, TransferRequest};
use icpulse_canisters::wire::{block, cmc, decode_one, encode_one, index, ledger};
use icpulse_demo::{Demo, Options};
use icpulse_ic::CallReply;
use icpulse_ic::certificate::{Authority, CertificateError, parse_tree, verify};
use icpulse_model::evidence::Proof;
use icpulse_model::network::{Canisters, Profile, RootKey, RootKeySource, SystemCanister};
use icpulse_model::{Account, AccountIdentifier, E8s, Seconds, Subaccount, Timestamp};
use std::sync::Arc;
use std::time::Duration;

struct Net {
    demo: Demo,
    canisters: Canisters,
}

impl Net {
    fn start(options: Options) -> Self {
        Self { demo: Demo::start(options).unwrap(), canisters: Canisters::default() }
    }

    fn agent(&self, identity: impl Identity + 'static) -> Agent {
        client::agent(&self.demo, identity)
    }

    fn user_identity(&self) -> BasicIdentity {
        client::user_identity(&self.demo)
    }

    fn user(&self) -> Agent {
        self.agent(self.user_identity())
    }

    fn anonymous(&self) -> Agent {
        self.agent(AnonymousIdentity)
    }

    /// Checks a certificate that a canister handed out, and answers what it certifies of it.
    fn certified_data(&self, certificate: &[u8], canister: Principal) -> Vec<u8> {
        let root = RootKey(self.demo.root_key());
        let now = self.demo.clock().wall();
        let verified = verify(certificate, &root, Authority::Canister(canister), now).unwrap();
        verified.certified_data(&canister).unwrap().expect("the canister certifies something").to_vec()
    }

    async fn balance(&self, agent: &Agent, account: &AccountIdentifier) -> u64 {
        let args = ledger::AccountBalanceArgs { account: account.0.to_vec() };
        query::<ledger::Tokens>(agent, self.canisters.id(SystemCanister::IcpLedger), "account_balance", args)
            .await
            .e8s
    }
}

fn someone(n: u8) -> (BasicIdentity, Principal) {
    let identity = BasicIdentity::from_raw_key(&[n; 32]);
    let principal = identity.sender().unwrap();
    (identity, principal)
}

fn send(to: AccountIdentifier, e8s: u64, memo: u64, at: Timestamp) -> ledger::TransferArgs {
    ledger::TransferArgs {
        memo,
        amount: ledger::Tokens { e8s },
        fee: ledger::Tokens { e8s: 10_000 },
        from_subaccount: None,
        to: to.0.to_vec(),
        created_at_time: Some(ledger::TimeStamp { timestamp_nanos: at.0 }),
    }
}

#[tokio::test]
async fn a_transfer_happens_once_and_is_seen_everywhere() {
    let net = Net::start(Options::default());
    let agent = net.user();
    let me = Account::default_of(net.demo.identity()).identifier();
    let friend = Account::default_of(someone(1).1).identifier();
    let before = net.balance(&agent, &me).await;
    assert_eq!(before, 30_250_000_000);

    // The same transfer in two calls: the ledger tells them from two transfers.
    let args = send(friend, 123_456_789, 42, net.demo.clock().wall());
    let ledger_id = net.canisters.id(SystemCanister::IcpLedger);
    let first: ledger::TransferResult = update(&agent, ledger_id, "transfer", args.clone()).await;
    let block_index = first.unwrap();
    let second: ledger::TransferResult = update(&agent, ledger_id, "transfer", args.clone()).await;
    assert_eq!(second, Err(ledger::TransferError::TxDuplicate { duplicate_of: block_index }));
    assert_eq!(net.balance(&agent, &friend).await, 123_456_789);
    assert_eq!(net.balance(&agent, &me).await, before - 123_456_789 - 10_000);

    // The same signed call twice: the network tells it from two calls.
    let other = send(friend, 1_000, 43, net.demo.clock().wall());
    let signed = agent.update(&ledger_id, "transfer").with_arg(encode_one(other).unwrap()).sign().unwrap();
    let mut replies = Vec::new();
    for _ in 0..2 {
        let sent = agent.update_signed(ledger_id, signed.signed_update.clone()).await.unwrap();
        let ic_agent::agent::CallResponse::Response(reply) = sent else {
            panic!("answered with the certificate at once")
        };
        replies.push(decode_one::<ledger::TransferResult>(&reply).unwrap().unwrap());
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(net.balance(&agent, &friend).await, 123_457_789);

    // The index has it, newest first, and the block says what was asked for.
    let page: index::GetAccountTransactionsResult = query(
        &agent,
        net.canisters.id(SystemCanister::IcpIndex),
        "get_account_identifier_transactions",
        index::GetAccountIdentifierTransactionsArgs {
            max_results: 10,
            start: None,
            account_identifier: friend.hex(),
        },
    )
    .await;
    let page = page.unwrap();
    assert_eq!(page.balance, 123_457_789);
    assert_eq!(page.oldest_tx_id, Some(block_index));
    let ids: Vec<_> = page.transactions.iter().map(|row| row.id).collect();
    assert_eq!(ids, [replies[0], block_index]);
    assert_eq!(page.transactions[1].transaction.memo, 42);
    let blocks: ledger::QueryBlocksResponse =
        query(&agent, ledger_id, "query_blocks", ledger::GetBlocksArgs { start: block_index, length: 1 })
            .await;
    assert_eq!(blocks.blocks[0].transaction.created_at_time, args.created_at_time.unwrap());
}

#[tokio::test]
async fn the_whole_chain_hangs_on_the_certified_tip() {
    let net = Net::start(Options { seed: 5, ..Options::default() });
    let agent = net.anonymous();
    let ledger_id = net.canisters.id(SystemCanister::IcpLedger);
    let mut hashes = Vec::new();
    let certificate = loop {
        let args = ledger::GetBlocksArgs { start: hashes.len() as u64, length: 5_000 };
        let page: ledger::QueryEncodedBlocksResponse =
            query(&agent, ledger_id, "query_encoded_blocks", args).await;
        for bytes in &page.blocks {
            let decoded = block::Block::from_bytes(bytes).unwrap();
            assert_eq!(decoded.parent_hash.map(|h| h.hash), hashes.last().cloned());
            hashes.push(block::hash_of_encoded(bytes).to_vec());
        }
        // Transfers go on while pages are read: the last page is the one that reaches the end.
        if hashes.len() as u64 == page.chain_length {
            break page.certificate.unwrap();
        }
    };
    assert!(hashes.len() > 1_900, "{} blocks", hashes.len());
    assert_eq!(Some(&net.certified_data(&certificate, ledger_id)), hashes.last());
    let tip: ledger::TipOfChain = query(&agent, ledger_id, "tip_of_chain", ()).await;
    assert!(tip.tip_index + 1 >= hashes.len() as u64);
    assert_eq!(net.certified_data(&tip.certification.unwrap(), ledger_id).len(), 32);
    // It proves nothing to those who trust another network.
    let now = net.demo.clock().wall();
    let other_root = RootKey(Demo::start(Options { seed: 6, ..Options::default() }).unwrap().root_key());
    let refused = verify(&certificate, &other_root, Authority::Canister(ledger_id), now);
    assert!(matches!(refused, Err(CertificateError::Signature(_))), "{refused:?}");
}

#[tokio::test]
async fn the_rate_is_what_the_certificate_says() {
    let net = Net::start(Options { speed: 60, ..Options::default() });
    let agent = net.anonymous();
    let cmc_id = net.canisters.id(SystemCanister::CyclesMinting);
    for (method, label) in [
        ("get_icp_xdr_conversion_rate", "ICP_XDR_CONVERSION_RATE"),
        ("get_average_icp_xdr_conversion_rate", "AVERAGE_ICP_XDR_CONVERSION_RATE"),
    ] {
        let reply: cmc::IcpXdrConversionRateCertifiedResponse = query(&agent, cmc_id, method, ()).await;
        let tree = parse_tree(&reply.hash_tree).unwrap();
        assert_eq!(net.certified_data(&reply.certificate, cmc_id), tree.digest());
        let ic_certification::LookupResult::Found(leaf) = tree.lookup_path([label]) else {
            panic!("{label} is not in the tree")
        };
        assert_eq!(decode_one::<cmc::IcpXdrConversionRate>(leaf).unwrap(), reply.data);
        let wall = net.demo.clock().wall().secs();
        assert!(reply.data.timestamp_seconds <= wall, "not from the future");
        assert!((10_000..60_000).contains(&reply.data.xdr_permyriad_per_icp));
    }
    let subnets: Vec<Principal> = query(&agent, cmc_id, "get_default_subnets", ()).await;
    let all = net.demo.subnets();
    assert!(subnets.len() > 10 && subnets.len() < all.len());
    assert!(subnets.iter().all(|subnet| all[1..].contains(subnet)), "the root is for nobody's canisters");
}

#[tokio::test]
async fn approvals_are_spent_by_another_identity() {
    let net = Net::start(Options::default());
    let (owner, owner_id) = (net.user(), net.demo.identity());
    let (spender, spender_id) = someone(2);
    let spender = net.agent(spender);
    let account = |owner| ledger::Account { owner, subaccount: None };
    let approve = ledger::ApproveArgs {
        from_subaccount: None,
        spender: account(spender_id),
        amount: Nat::from(500_000u64),
        expected_allowance: Some(Nat::from(0u64)),
        expires_at: Some(net.demo.clock().wall().0 + 3_600_000_000_000),
        fee: None,
        memo: None,
        created_at_time: None,
    };
    let ledger_id = net.canisters.id(SystemCanister::IcpLedger);
    let done: ledger::ApproveResult = update(&owner, ledger_id, "icrc2_approve", approve.clone()).await;
    assert!(done.is_ok(), "{done:?}");
    let again: ledger::ApproveResult = update(&owner, ledger_id, "icrc2_approve", approve).await;
    let current_allowance = Nat::from(500_000u64);
    assert_eq!(again, Err(ledger::ApproveError::AllowanceChanged { current_allowance }));
    let take = |amount: u64| ledger::TransferFromArgs {
        spender_subaccount: None,
        from: account(owner_id),
        to: account(spender_id),
        amount: Nat::from(amount),
        fee: None,
        memo: None,
        created_at_time: None,
    };
    let taken: ledger::TransferFromResult =
        update(&spender, ledger_id, "icrc2_transfer_from", take(90_000)).await;
    assert!(taken.is_ok(), "{taken:?}");
    let more: ledger::TransferFromResult =
        update(&spender, ledger_id, "icrc2_transfer_from", take(400_000)).await;
    let allowance = Nat::from(400_000u64);
    assert_eq!(more, Err(ledger::TransferFromError::InsufficientAllowance { allowance }));
    // When the network's time has passed the expiry, nothing is left.
    net.demo.advance(Duration::from_secs(3_601));
    let late: ledger::TransferFromResult = update(&spender, ledger_id, "icrc2_transfer_from", take(1)).await;
    let allowance = Nat::from(0u64);
    assert_eq!(late, Err(ledger::TransferFromError::InsufficientAllowance { allowance }));
}

#[tokio::test]
async fn what_is_refused_is_refused_over_http_too() {
    let net = Net::start(Options::default());
    let (agent, ledger_id) = (net.user(), net.canisters.id(SystemCanister::IcpLedger));
    let friend = AccountIdentifier::new(&someone(3).1, &Subaccount([5; 32]));
    let sent = net.demo.clock().wall();
    let first: ledger::TransferResult = update(&agent, ledger_id, "transfer", send(friend, 7, 1, sent)).await;
    assert!(first.is_ok(), "{first:?}");
    // What was made a day ago by the client's clock the ledger has forgotten, and says that it would have.
    let old = sent.minus(Seconds(25 * 3_600));
    let late: ledger::TransferResult = update(&agent, ledger_id, "transfer", send(friend, 7, 1, old)).await;
    assert_eq!(late, Err(ledger::TransferError::TxTooOld { allowed_window_nanos: 86_400_000_000_000 }));

    // Anonymous holds nothing, and the trap is certified as any reply.
    let args = encode_one(send(friend, 7, 1, net.demo.clock().wall())).unwrap();
    let trapped = net.anonymous().update(&ledger_id, "transfer").with_arg(args).call_and_wait().await;
    let Err(AgentError::CertifiedReject { reject, .. }) = trapped else { panic!("{trapped:?}") };
    assert_eq!(reject.error_code.as_deref(), Some("IC0503"));
    assert!(reject.reject_message.contains("Sending from 2vxsx-fae is not allowed"));

    // In replicated mode a person gets fifty blocks at most, and no certificate inside the reply.
    let page: ledger::QueryBlocksResponse =
        update(&agent, ledger_id, "query_blocks", ledger::GetBlocksArgs { start: 0, length: 5_000 }).await;
    assert_eq!((page.blocks.len(), page.certificate), (50, None));
}

/// icpulse's own client: what it shows of the demo's ledger, and a transfer it sends.
#[tokio::test]
async fn icpulse_reads_and_sends() {
    let net = Net::start(Options::default());
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(net.demo.root_key())),
        ..Profile::local("demo", &net.demo.url())
    };
    let key = icpulse_wallet::PrivateKey::from_pem_bytes(net.demo.identity_pem().as_bytes()).unwrap();
    let client = Client::connect(&profile, Arc::new(key)).await.unwrap();
    let me = Account::default_of(net.demo.identity());
    let balance = client.balance(me).await.unwrap();
    assert_eq!((balance.value, balance.evidence.proof), (E8s(30_250_000_000), Proof::NodeSigned));
    assert_eq!(client.icp_xdr().await.unwrap().evidence.proof, Proof::Certified);

    // Page by page to the account's first transaction, poisoned address and hostile memo included.
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = client.transactions(me.identifier(), before, 20).await.unwrap();
        before = page.transactions.last().map(|t| t.block);
        let complete = page.next.is_none();
        all.extend(page.transactions);
        if complete {
            break;
        }
    }
    assert!((45..=110).contains(&all.len()), "{} transactions", all.len());
    assert!(all.windows(2).all(|pair| pair[0].block > pair[1].block));

    let request = TransferRequest {
        from_subaccount: None,
        to: Account::default_of(someone(4).1).identifier(),
        amount: E8s(250_000_000),
        fee: E8s(10_000),
        memo: 77,
        created_at: net.demo.clock().wall(),
    };
    let call = calls::transfer(client.canisters(), &request).unwrap();
    let mut blocks = Vec::new();
    for _ in 0..2 {
        let signed = client.sign(&call).await.unwrap();
        let CallReply::Replied { bytes, .. } = client.submit(&signed).await.unwrap() else {
            panic!("the ledger replies")
        };
        blocks.push(calls::parse_transfer_reply(&bytes));
    }
    let block = blocks[0].clone().unwrap();
    assert_eq!(blocks[1], Err(TransferRefusal::Duplicate { of: block }));
    let recorded = client.query_blocks(block, 1).await.unwrap().transactions;
    assert_eq!((recorded[0].memo, recorded[0].created_at), (77, Some(request.created_at)));
    let newest = client.transactions(me.identifier(), None, 1).await.unwrap().transactions;
    // The index and the ledger tell the same, each with its own evidence.
    assert_eq!(newest[0].operation, recorded[0].operation);
    assert_eq!((newest[0].block, newest[0].timestamp), (block, recorded[0].timestamp));
}
