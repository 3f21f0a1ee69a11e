use super::*;
use candid::CandidType;
use proptest::prelude::*;

fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let Value::Map(fields) = value else { panic!("{value:?}") };
    &fields
        .iter()
        .find(|(label, _)| label.as_str() == name)
        .unwrap_or_else(|| panic!("{name} in {value:?}"))
        .1
}

fn words(value: &Value) -> String {
    match value {
        Value::Text(text) => text.as_str().to_owned(),
        Value::Number(number) => number.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_real_payload_shows_the_subnet_of_its_title() {
    // Proposal 127049 of the main network, "Replace nodes in subnet opn46", by Rosetta.
    let fixture: serde_json::Value = icpulse_testing::fixtures::proposal_127049();
    let bytes = hex::decode(fixture["payload_hex"].as_str().unwrap()).unwrap();
    let function = i32::try_from(fixture["nns_function"].as_i64().unwrap()).unwrap();
    let title = fixture["title"].as_str().unwrap();
    let value = function_payload(function, &bytes);
    let subnet = words(field(&value, "subnet_id"));
    assert_eq!(title, "Replace nodes in subnet opn46");
    assert!(subnet.starts_with("opn46-"), "{subnet}");
    for list in ["node_ids_add", "node_ids_remove"] {
        let Value::List(nodes) = field(&value, list) else { panic!("{value:?}") };
        assert_eq!(nodes.len(), 2, "{list}: 2 nodes are replaced");
        assert!(nodes.iter().all(|n| words(n).len() == 63), "{nodes:?}");
    }
}

#[derive(CandidType)]
enum Scope {
    Subnet(candid::Principal),
    Global,
}

#[derive(CandidType)]
struct Rules {
    scope: Scope,
    positions: Vec<i32>,
    expected_hash: Option<String>,
    rewardable_nodes: Vec<(String, u32)>,
    a_field_of_tomorrow: bool,
}

#[test]
fn any_candid_shows_with_names_where_they_are_known() {
    let rules = Rules {
        scope: Scope::Subnet(candid::Principal::management_canister()),
        positions: vec![-1, 2],
        expected_hash: None,
        rewardable_nodes: vec![("type1".to_owned(), 3)],
        a_field_of_tomorrow: true,
    };
    let value = function_payload(60, &encode_one(rules).unwrap());
    assert_eq!(words(field(field(&value, "scope"), "Subnet")), "aaaaa-aa");
    let Value::List(pairs) = field(&value, "rewardable_nodes") else { panic!("{value:?}") };
    assert_eq!(pairs[0], Value::List(vec![format_text("type1"), format_number(&3)]));
    let hash = candid::idl_hash("a_field_of_tomorrow");
    assert_eq!(*field(&value, &format!("field {hash}")), Value::Bool(true));
    let Value::Map(fields) = &value else { panic!("{value:?}") };
    assert!(fields.iter().all(|(name, _)| name.as_str() != "expected_hash"), "what is not set is left out");
    let value = function_payload(1, &encode_one(Scope::Global).unwrap());
    assert_eq!(words(&value), "Global");
}

#[test]
fn data_centers_in_protobuf_and_in_candid() {
    let change = DataCenters {
        add: vec![DataCenter {
            id: "zh1".to_owned(),
            region: "Europe,CH,Zurich".to_owned(),
            owner: "Somebody\u{202e}".to_owned(),
            gps: Some(Gps { latitude: 47.5, longitude: 8.5 }),
        }],
        remove: vec!["old1".to_owned()],
    };
    let value = function_payload(21, &change.encode_to_vec());
    let Value::List(added) = field(&value, "data_centers_to_add") else { panic!("{value:?}") };
    assert_eq!(words(field(&added[0], "id")), "zh1");
    assert_eq!(words(field(&added[0], "owner")), "Somebody");
    assert_eq!(words(field(&added[0], "latitude")), "47.5");

    #[derive(CandidType)]
    struct Candid {
        data_centers_to_add: Vec<String>,
        data_centers_to_remove: Vec<String>,
    }
    let candid = Candid { data_centers_to_add: vec![], data_centers_to_remove: vec!["old1".to_owned()] };
    let value = function_payload(21, &encode_one(candid).unwrap());
    assert_eq!(*field(&value, "data_centers_to_remove"), Value::List(vec![format_text("old1")]));
}

#[test]
fn what_is_neither_shows_as_bytes() {
    let value = function_payload(31, &[0xff; 100]);
    assert_eq!(value, Value::Blob { len: 100, head: "ff".repeat(64) });
    assert_eq!(function_payload(31, b"DIDL\xff"), format_blob(b"DIDL\xff"));
    assert_eq!(function_payload(31, &[]), Value::Null);
}

#[test]
fn the_canisters_own_description_comes_first() {
    use wire::SelfDescribingValue as S;
    let described = wire::SelfDescribingProposalAction {
        type_name: Some("Motion".to_owned()),
        type_description: Some("A motion \u{1b}[31m".to_owned()),
        value: Some(S::Map(vec![
            ("motion_text".to_owned(), S::Text("x".to_owned())),
            ("big".to_owned(), S::Nat(candid::Nat::from(u128::MAX))),
            ("list".to_owned(), S::Array(vec![S::Null, S::Bool(true), S::Int((-5).into())])),
        ])),
    };
    let action = wire::Action::Motion(wire::Motion { motion_text: "ignored".to_owned() });
    let payload = decode_payload(Some(&action), Some(&described));
    assert_eq!(payload.name.as_str(), "Motion");
    assert!(!payload.description.as_str().contains('\u{1b}'));
    assert_eq!(words(field(&payload.value, "big")), u128::MAX.to_string());
    let list = Value::List(vec![Value::Null, Value::Bool(true), format_number(&-5)]);
    assert_eq!(*field(&payload.value, "list"), list);
}

#[test]
fn a_huge_tree_is_cut_and_says_so() {
    let bytes = encode_one(vec![Some(1_u8); 3 * MOST_VALUES]).unwrap();
    let Value::List(values) = function_payload(1, &bytes) else { panic!("not a list") };
    assert!(values.len() <= MOST_VALUES + 1);
    assert_eq!(values.last(), Some(&format_text("… (cut off)")));
}

proptest! {
    #[test]
    fn arbitrary_payloads_never_panic(function: i32, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = function_payload(function, &bytes);
        let _ = function_payload(21, &[b"DIDL".as_slice(), &bytes].concat());
    }
}
