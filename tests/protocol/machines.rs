//! How the network's machines are, as anybody sees it from outside: certified counters, subnets
//! that stand still, nodes that sign or do not, boundary nodes, node rewards and the dashboard.

use crate::client::{Content, GOVERNANCE, anonymous, counter, demo, field, id, post, user_identity, value};
use candid::{Decode, Encode, Nat, Principal};
use ic_agent::Agent;
use icpulse_canisters::wire::governance::{
    DateUtc, ListNodeProviderRewardsRequest, ListNodeProviderRewardsResponse, ListNodeProvidersResponse,
    MonthlyNodeProviderRewards,
};
use icpulse_canisters::wire::{decode_one, encode_args, encode_one, node_rewards};
use icpulse_demo::{Demo, Options};
use icpulse_model::node_rewards::{Day, MicroXdr};
use icpulse_model::{Timestamp, XdrPermyriad};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const NODE_REWARDS: &str = "sgymv-uiaaa-aaaaa-aaaia-cai";

async fn get(demo: &Demo, path: &str) -> (u16, String) {
    let response = reqwest::get(format!("{}{path}", demo.url())).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn json(demo: &Demo, path: &str) -> Value {
    let response = reqwest::get(format!("{}{path}", demo.url())).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn time(agent: &Agent, subnet: Principal) -> Timestamp {
    let certificate = agent.read_subnet_state_raw(vec![vec!["time".into()]], subnet).await.unwrap();
    Timestamp(leb128::read::unsigned(&mut value(&certificate, &[b"time".to_vec()]).as_slice()).unwrap())
}

async fn members(agent: &Agent, subnet: Principal) -> Vec<Principal> {
    let subnet = agent.fetch_subnet_by_id(&subnet).await.unwrap();
    subnet.iter_nodes().collect()
}

#[tokio::test]
async fn one_subnet_stands_still_and_the_others_go_on() {
    // A call to a subnet that stands still is answered with 202 when patience ends.
    let demo = Demo::start(Options { patience: Duration::from_millis(200), ..Options::default() }).unwrap();
    let agent = anonymous(&demo);
    let (root, application) = (demo.subnets()[0], demo.subnets()[1]);
    demo.stall_subnet(&application, true);
    let (still, going) = (time(&agent, application).await, time(&agent, root).await);
    while time(&agent, root).await <= going {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(time(&agent, application).await, still, "its last block stays its last");
    let counters = agent.read_state_subnet_metrics(application).await.unwrap();
    let again = agent.read_state_subnet_metrics(application).await.unwrap();
    assert_eq!(again.update_transactions_total, counters.update_transactions_total);
    assert_eq!(again.canister_state_bytes, counters.canister_state_bytes);
    // It answers queries as of its last block, and keeps calls until it goes on.
    let reply = agent.query(&counter(), "get").with_arg(Encode!().unwrap()).call_with_verification().await;
    assert_eq!(Decode!(&reply.unwrap(), Nat).unwrap(), Nat::from(0u64));
    let waiting = {
        let agent = agent.clone();
        tokio::spawn(async move {
            agent.update(&counter(), "inc").with_arg(Encode!().unwrap()).call_and_wait().await
        })
    };
    for _ in 0..5 {
        let reply = agent.query(&counter(), "get").with_arg(Encode!().unwrap()).call().await.unwrap();
        assert_eq!(Decode!(&reply, Nat).unwrap(), Nat::from(0u64));
    }
    demo.stall_subnet(&application, false);
    assert_eq!(Decode!(&waiting.await.unwrap().unwrap(), Nat).unwrap(), Nat::from(1u64));
    assert!(time(&agent, application).await > still);
}

#[tokio::test]
async fn a_node_that_is_down_signs_nothing() {
    let demo = demo();
    let agent = anonymous(&demo);
    let nodes = members(&agent, demo.subnets()[1]).await;
    let (last, others) = nodes.split_last().unwrap();
    for node in others {
        demo.break_node(node, true);
    }
    demo.break_node(last, false);
    for _ in 0..nodes.len() {
        assert_eq!(signers(&demo).await, BTreeSet::from([*last]));
    }
    // All back: everybody has a turn.
    for node in others {
        demo.break_node(node, false);
    }
    let mut seen = BTreeSet::new();
    while seen.len() < nodes.len() {
        let signers = signers(&demo).await;
        assert!(signers.iter().all(|node| nodes.contains(node)));
        seen.extend(signers);
    }
}

/// Who signed the answer to one question to the counter.
async fn signers(demo: &Demo) -> BTreeSet<Principal> {
    let arg = Encode!().unwrap();
    let question = Content::call("query", Principal::anonymous(), &counter().to_text(), "whoami", &arg);
    let reply = post(demo, &format!("/api/v3/canister/{}/query", counter()), question.bare()).await;
    let Some(serde_cbor::Value::Array(signatures)) = reply.field("signatures") else {
        panic!("no signatures in {:?}", reply.text())
    };
    let identity = |signature: &serde_cbor::Value| match field(signature, "identity") {
        Some(serde_cbor::Value::Bytes(id)) => Principal::from_slice(&id),
        other => panic!("{other:?} is nobody"),
    };
    signatures.iter().map(identity).collect()
}

#[tokio::test]
async fn counters_grow_while_nobody_asks() {
    let demo = demo();
    let agent = anonymous(&demo);
    for subnet in demo.subnets().into_iter().take(5) {
        let before = agent.read_state_subnet_metrics(subnet).await.unwrap();
        assert!(before.num_canisters > 0 && before.canister_state_bytes > 1_000_000_000);
        loop {
            let after = agent.read_state_subnet_metrics(subnet).await.unwrap();
            assert!(after.update_transactions_total >= before.update_transactions_total);
            assert!(after.consumed_cycles_total >= before.consumed_cycles_total);
            if after.update_transactions_total > before.update_transactions_total {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn one_boundary_node_of_the_certified_list_can_be_probed() {
    let demo = demo();
    let agent = anonymous(&demo);
    let nodes = agent.fetch_api_boundary_nodes_by_subnet_id(demo.subnets()[0]).await.unwrap();
    let own = demo.url().strip_prefix("http://").unwrap().to_owned();
    let (here, elsewhere): (Vec<_>, Vec<_>) = nodes.iter().partition(|node| node.domain == own);
    assert_eq!(here.len(), 1, "{nodes:?}");
    assert!(elsewhere.iter().all(|node| node.domain.ends_with(".invalid")));
    let response = reqwest::get(format!("http://{}/health", here[0].domain)).await.unwrap();
    assert_eq!(response.status(), 204);
    demo.faults().set("503".parse().unwrap());
    assert_eq!(get(&demo, "/health").await.0, 503);
}

#[tokio::test]
async fn node_rewards_are_told_of_days_that_are_over() {
    let demo = demo();
    let agent = anonymous(&demo);
    let today = Day::containing(demo.clock().nodes());
    let ask = |day: Day| {
        let (year, month, day) = day.date();
        let day = DateUtc { year, month, day };
        encode_one(node_rewards::RewardsRequest { day, algorithm_version: None }).unwrap()
    };
    let method = "get_node_providers_rewards_calculation";
    let reply = agent.query(&id(NODE_REWARDS), method).with_arg(ask(Day(today.0 - 2))).call().await.unwrap();
    let results = node_rewards::read(&reply).unwrap().unwrap();
    for (_, rewards) in &results.provider_results {
        assert!(rewards.total_adjusted_rewards_xdr_permyriad <= rewards.total_base_rewards_xdr_permyriad);
        assert!(!rewards.daily_nodes_rewards.is_empty());
    }
    let reply = agent.query(&id(NODE_REWARDS), method).with_arg(ask(today)).call().await.unwrap();
    assert!(node_rewards::read(&reply).unwrap().is_err());
    let reply = agent.update(&id(NODE_REWARDS), method).with_arg(ask(Day(today.0 - 2))).call_and_wait().await;
    let refusal = node_rewards::read(&reply.unwrap()).unwrap().unwrap_err();
    assert!(refusal.contains("Replicated execution"), "{refusal}");
}

#[tokio::test]
async fn governance_has_paid_its_node_providers() {
    let demo = demo();
    let agent = anonymous(&demo);
    let query = async |method: &str, arg: Vec<u8>| {
        agent.query(&id(GOVERNANCE), method).with_arg(arg).call().await.unwrap()
    };
    let listed: ListNodeProvidersResponse =
        decode_one(&query("list_node_providers", encode_args(()).unwrap()).await).unwrap();
    let all = encode_one(ListNodeProviderRewardsRequest::default()).unwrap();
    let months: ListNodeProviderRewardsResponse =
        decode_one(&query("list_node_provider_rewards", all).await).unwrap();
    assert!((13..=24).contains(&months.rewards.len()), "{}", months.rewards.len());
    let known: BTreeSet<Principal> = listed.node_providers.iter().filter_map(|p| p.id).collect();
    for month in &months.rewards {
        assert!(!month.rewards.is_empty());
        let paid = month.rewards.iter().filter_map(|r| r.node_provider.as_ref()?.id);
        assert!(paid.into_iter().all(|id| known.contains(&id)));
    }
    let newest: Option<MonthlyNodeProviderRewards> =
        decode_one(&query("get_most_recent_monthly_node_provider_rewards", encode_args(()).unwrap()).await)
            .unwrap();
    assert_eq!(newest.as_ref(), months.rewards.first());
    // The user's own key is no provider's.
    let user = crate::client::agent(&demo, user_identity(&demo));
    let own = user.query(&id(GOVERNANCE), "get_node_provider_by_caller").with_arg(Encode!(&()).unwrap());
    let own: icpulse_canisters::wire::governance::NodeProviderResult =
        decode_one(&own.call().await.unwrap()).unwrap();
    assert_eq!(own.unwrap_err().error_type, 4);
}

#[tokio::test]
async fn a_payout_is_what_the_days_of_its_month_came_to() {
    let demo = demo();
    let agent = anonymous(&demo);
    let newest = agent.query(&id(GOVERNANCE), "get_most_recent_monthly_node_provider_rewards");
    let newest = newest.with_arg(encode_args(()).unwrap()).call().await.unwrap();
    let month = decode_one::<Option<MonthlyNodeProviderRewards>>(&newest).unwrap().unwrap();
    let day = |date: DateUtc| Day::from_date(date.year, date.month, date.day).unwrap();
    let mut earned: BTreeMap<Principal, u64> = BTreeMap::new();
    for day in day(month.start_date.unwrap()).0..=day(month.end_date.unwrap()).0 {
        let (year, month, day) = Day(day).date();
        let request =
            node_rewards::RewardsRequest { day: DateUtc { year, month, day }, algorithm_version: None };
        let asked = agent.query(&id(NODE_REWARDS), "get_node_providers_rewards_calculation");
        let reply = asked.with_arg(encode_one(request).unwrap()).call().await.unwrap();
        for (provider, rewards) in node_rewards::read(&reply).unwrap().unwrap().provider_results {
            *earned.entry(provider).or_default() += rewards.total_adjusted_rewards_xdr_permyriad.unwrap();
        }
    }
    assert!(!earned.is_empty());
    let rate = XdrPermyriad(month.xdr_conversion_rate.unwrap().xdr_permyriad_per_icp.unwrap());
    assert!(month.rewards.len() * 10 > earned.len() * 9);
    for reward in &month.rewards {
        let provider = reward.node_provider.as_ref().unwrap().id.unwrap();
        let expected = MicroXdr::from_permyriad(earned[&provider]).to_icp(rate).unwrap();
        assert_eq!(reward.amount_e8s, expected.0, "{provider}");
    }
}

#[tokio::test]
async fn the_dashboard_is_served_beside_the_replicas() {
    let demo = demo();
    let nodes = json(&demo, "/api/v3/nodes").await["nodes"].as_array().unwrap().clone();
    let subnets = json(&demo, "/api/v4/subnets").await["subnets"].as_array().unwrap().clone();
    for (path, rows) in [("nodes", &nodes), ("subnets", &subnets)] {
        for row in rows.iter().take(3) {
            let id = row["node_id"].as_str().or(row["subnet_id"].as_str()).unwrap();
            assert_eq!(json(&demo, &format!("/api/v3/{path}/{id}")).await["status"], row["status"]);
        }
    }
    for path in ["node-providers", "subnet-replica-versions", "reward-node-providers?limit=3", "daily-stats"]
    {
        assert!(json(&demo, &format!("/api/v3/{path}")).await.is_object(), "{path}");
    }
    let (status, why) = get(&demo, "/api/v3/nodes/aaaaa-aa").await;
    assert_eq!(status, 404);
    assert!(serde_json::from_str::<Value>(&why).unwrap()["message"].as_str().unwrap().contains("aaaaa-aa"));
    assert_eq!(get(&demo, "/api/v3/nodes?include_status=HAPPY").await.0, 400);
    let posted = reqwest::Client::new().post(format!("{}/api/v3/nodes", demo.url())).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    // What is wrong with the network is wrong with this, too.
    for (fault, status) in [("429", 429), ("503", 503)] {
        demo.faults().set(fault.parse().unwrap());
        assert_eq!(get(&demo, "/api/v3/nodes").await.0, status);
        demo.faults().clear();
    }
    demo.faults().set("reset".parse().unwrap());
    let cut = reqwest::get(format!("{}/api/v3/nodes", demo.url())).await;
    assert!(match cut {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    });
}

#[tokio::test]
async fn a_broken_node_is_down_on_the_dashboard() {
    let demo = demo();
    let nodes = json(&demo, "/api/v3/nodes?include_status=UP").await["nodes"].as_array().unwrap().clone();
    let node = nodes[0]["node_id"].as_str().unwrap();
    demo.break_node(&Principal::from_text(node).unwrap(), true);
    assert_eq!(json(&demo, &format!("/api/v3/nodes/{node}")).await["status"], "DOWN");
    demo.break_node(&Principal::from_text(node).unwrap(), false);
    assert_eq!(json(&demo, &format!("/api/v3/nodes/{node}")).await["status"], "UP");
}
