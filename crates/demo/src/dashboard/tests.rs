use super::*;
use crate::answer::Content;
use crate::fleet::Fleet;
use crate::governance::testing::people;
use crate::node_rewards::Payroll;
use crate::testing::{NOW, grid, version};
use icpulse_model::registry::Topology;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

const SEED: u64 = 3;

struct Desk {
    topology: Topology,
    fleet: Arc<Fleet>,
    governance: State,
    clock: Clock,
}

impl Desk {
    fn new() -> Self {
        let (topology, fleet) = (grid(), Arc::new(Fleet::new(SEED)));
        let mut governance = people(&[(1, 1_000, 86_400 * 365)]);
        governance.pay_by(Arc::new(Payroll::new(SEED, Arc::clone(&fleet), &topology)), NOW);
        Self { topology, fleet, governance, clock: Clock::manual(Timestamp::from_secs(NOW), 1) }
    }

    fn view(&self) -> View<'_> {
        View {
            seed: SEED,
            watch: self.fleet.watch(&self.topology),
            governance: &self.governance,
            clock: &self.clock,
            now: self.clock.virtual_now(),
        }
    }

    fn get(&self, path: &str, query: &str) -> (u16, Value) {
        let path = format!("/api/v3/{path}");
        let answer = self.view().answer(&Address::parse(&path).expect("an address"), query);
        assert_eq!(answer.content, Content::Json);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn rows(&self, path: &str, query: &str, name: &str) -> Vec<Value> {
        let (status, value) = self.get(path, query);
        assert_eq!(status, 200, "{value}");
        value[name].as_array().unwrap().clone()
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect(name)
}

#[test]
fn addresses_of_the_dashboard_do_not_take_those_of_the_replicas() {
    for path in ["nodes", "nodes/x", "node-providers", "subnets/x", "subnet-replica-versions", "daily-stats"]
    {
        assert!(Address::parse(&format!("/api/v3/{path}")).is_some(), "{path}");
    }
    assert!(Address::parse("/api/v4/subnets").is_some());
    for path in [
        "/api/v3/canister/x/query",
        "/api/v3/subnet/x/read_state",
        "/api/v2/status",
        "/api/v4/nodes",
        "/api/v3/nodes/",
        "/api/v3/nodes/x/y",
        "/api/v3/daily-stats/x",
        "/nodes",
    ] {
        assert_eq!(Address::parse(path), None, "{path}");
    }
}

#[test]
fn every_node_is_told_with_its_place() {
    let desk = Desk::new();
    let rows = desk.rows("nodes", "", "nodes");
    assert_eq!(rows.len(), 60);
    let kinds = |kind| rows.iter().filter(|row| text(row, "node_type") == kind).count();
    assert_eq!((kinds("REPLICA"), kinds("API_BOUNDARY"), kinds("UNASSIGNED")), (43, 2, 15));
    for row in &rows {
        let id = Principal::from_text(text(row, "node_id")).unwrap();
        assert_eq!(text(row, "node_provider_id"), desk.topology.provider_of(&id).unwrap().to_text());
        assert!(!text(row, "node_provider_name").is_empty());
        let status = NodeStatus::parse(text(row, "status"));
        assert!(!matches!(status, NodeStatus::Other(_) | NodeStatus::Unassigned), "{row}");
        assert_eq!(row["alertname"] == "", matches!(status, NodeStatus::Up | NodeStatus::Disabled), "{row}");
        let assigned = desk.topology.subnet_of(&id).map(|subnet| subnet.to_text());
        let told = [&row["subnet_id"], &row["cloud_engine_subnet_id"]];
        assert_eq!(told.into_iter().find_map(Value::as_str), assigned.as_deref());
        let (code, one) = desk.get(&format!("nodes/{id}"), "");
        assert_eq!((code, &one), (200, row));
    }
}

#[test]
fn the_dashboard_is_wrong_about_two_nodes() {
    let desk = Desk::new();
    let down = desk.rows("nodes", "include_status=DOWN", "nodes");
    let view = desk.view();
    let answering = down
        .iter()
        .map(|row| Principal::from_text(text(row, "node_id")).unwrap())
        .filter(|id| view.watch.answers(id, view.now));
    let answering: BTreeSet<Principal> = answering.collect();
    assert_eq!(answering, view.watch.marks.falsely_down.iter().copied().collect());
    assert_eq!(answering.len(), 2);
}

#[test]
fn filters_join_and_refuse_what_they_do_not_know() {
    let desk = Desk::new();
    let count = |query: &str| desk.rows("nodes", query, "nodes").len();
    let all = ["UP", "DEGRADED", "DOWN", "DISABLED"].map(|word| count(&format!("include_status={word}")));
    assert_eq!(all.iter().sum::<usize>(), 60);
    assert!(all[2] >= 4 && all[3] == 1, "{all:?}");
    assert_eq!(count("include_status=DOWN&include_status=disabled"), all[2] + all[3]);
    let provider = desk.topology.providers().into_keys().next().unwrap();
    assert_eq!(count(&format!("node_provider_id={provider}")), 10);
    assert_eq!(
        count(&format!("node%5Fprovider_id={provider}&include_node_reward_type=type3dot1&format=json")) % 10,
        0
    );
    assert_eq!(count("include_node_reward_type=Type1"), 30);
    for query in ["include_status=HAPPY", "node_provider_id=nobody"] {
        let (status, why) = desk.get("nodes", query);
        assert_eq!((status, &why["code"]), (400, &json!(400)), "{why}");
        assert!(!text(&why, "message").is_empty());
    }
    let stranger = Principal::self_authenticating([9]).to_text();
    for path in
        [format!("nodes/{stranger}"), format!("subnets/{stranger}"), "subnet-replica-versions/0".into()]
    {
        assert_eq!(desk.get(&path, "").0, 404, "{path}");
    }
    assert_eq!(desk.get("nodes/nobody", "").0, 400);
}

#[test]
fn providers_have_names_and_places() {
    let desk = Desk::new();
    let rows = desk.rows("node-providers", "", "node_providers");
    assert_eq!(rows.len(), 6);
    let names: BTreeSet<&str> = rows.iter().map(|row| text(row, "display_name")).collect();
    assert_eq!(names.len(), 6);
    for row in &rows {
        let (code, one) = desk.get(&format!("node-providers/{}", text(row, "principal_id")), "");
        assert_eq!((code, &one), (200, row));
        assert_eq!((&row["total_nodes"], &row["total_node_allowance"]), (&json!(10), &json!(2)));
        assert_eq!(row["locations"].as_array().unwrap().len(), 1);
    }
    let id = desk.topology.providers().into_keys().next().unwrap();
    assert_eq!(
        names::names(&desk.topology).get(&id).map(String::as_str),
        Some(text(&rows[0], "display_name"))
    );
}

#[test]
fn subnets_have_scores_and_versions_have_subnets() {
    let desk = Desk::new();
    let rows = desk.rows("subnets", "", "subnets");
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let members = row["total_nodes"].as_u64().unwrap();
        assert!(row["up_nodes"].as_u64().unwrap() <= members);
        let scores = &row["decentralization_score"]["nakamoto_sub_coefficients"];
        assert!((1..=members).contains(&scores["node_providers"].as_u64().unwrap()), "{scores}");
        assert!(row["total_canisters"].as_u64() >= row["running_canisters"].as_u64());
        assert_eq!(desk.get(&format!("subnets/{}", text(row, "subnet_id")), "").1, *row);
    }
    let versions = desk.rows("subnet-replica-versions", "", "data");
    assert_eq!(versions.len(), 2);
    let (_, second) = desk.get(&format!("subnet-replica-versions/{}", version(2)), "");
    assert_eq!(second["subnets"].as_array().unwrap().len(), 1);
}

#[test]
fn rewards_come_in_pages() {
    let desk = Desk::new();
    let (_, first) = desk.get("reward-node-providers", "limit=5");
    let total = first["total_reward_node_providers"].as_u64().unwrap();
    assert!((24 * 6..=25 * 6).contains(&total), "{total}");
    assert_eq!(first["max_reward_node_provider_index"], total);
    let (_, second) = desk.get("reward-node-providers", "limit=5&offset=5");
    let ids = |page: &Value| -> Vec<u64> {
        page["data"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(&first), (total - 4..=total).rev().collect::<Vec<_>>());
    assert_eq!(ids(&second), (total - 9..=total - 5).rev().collect::<Vec<_>>());
    let (_, older) = desk.get("reward-node-providers", "max_reward_node_provider_index=3");
    assert_eq!(ids(&older), [3, 2, 1]);
    let newest = desk.governance.months().next().unwrap();
    assert_eq!(first["data"][0]["amount_e8s"], newest.rewards.last().unwrap().amount_e8s);
    assert_eq!(desk.get("reward-node-providers/3", "").1["id"], 3);
    assert_eq!(desk.get("reward-node-providers/99999", "").0, 404);
    assert_eq!(desk.get("reward-node-providers", "limit=many").0, 400);
}

#[test]
fn days_have_statistics() {
    let desk = Desk::new();
    let yesterday = desk.rows("daily-stats", "", "daily_stats");
    assert_eq!((yesterday.len(), text(&yesterday[0], "day")), (1, "2026-11-19"));
    let week =
        desk.rows("daily-stats", &format!("start={}&end={}", NOW - 7 * 86_400, NOW - 1), "daily_stats");
    assert_eq!(week.len(), 7);
    let burnt = |row: &Value| text(row, "total_cycle_burn_till_date").parse::<u128>().unwrap();
    assert!(week.windows(2).all(|pair| burnt(&pair[0]) > burnt(&pair[1])), "newest first, growing");
    assert_eq!(desk.get("daily-stats", &format!("start={NOW}&end=5")).0, 400);
}

proptest! {
    #[test]
    fn no_request_panics(resource in 0usize..6, id in proptest::option::of("[^/]{1,12}"), query: String) {
        let desk = Desk::new();
        let path = match id {
            Some(id) => format!("/api/v3/{}/{id}", RESOURCES[resource]),
            None => format!("/api/v3/{}", RESOURCES[resource]),
        };
        if let Some(address) = Address::parse(&path) {
            let answer = desk.view().answer(&address, &query);
            prop_assert!([200, 400, 404].contains(&answer.status));
        }
    }

    #[test]
    fn escapes_are_undone(text: String) {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        prop_assert_eq!(decoded(&escaped), text);
    }
}
