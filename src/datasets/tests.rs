//! The filter language over the program's lists, and the promises that all lists keep.

use super::*;
use icpulse_model::dataset::{Kind, List};
use icpulse_model::query::{Condition, Op, Operand, parse, parse_whole, suggest};
use icpulse_model::time::DAY;
use icpulse_model::{Governance, Principal, Proposal, ProposalKey, Seconds, Timestamp, Topic};
use proptest::prelude::*;
use std::collections::BTreeSet;

const LISTS: [List; 4] = [&PROPOSALS, &NEURONS, &TRANSACTIONS, &NODES];

fn field(text: &str, list: List) -> (String, Op, Operand) {
    match parse(text, list).unwrap().terms.into_iter().next().unwrap().what {
        Condition::Field { field, op, test, .. } => (field.name(), op, test),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn fields_with_their_values() {
    assert_eq!(
        field("topic:governance", &PROPOSALS),
        ("topic".to_owned(), Op::Is, Operand::OneOf(vec![Topic::Governance.number()]))
    );
    assert_eq!(field("topic:subnet", &PROPOSALS).2, Operand::OneOf(vec![7, 16]));
    assert_eq!(field("topic:23,kyc", &PROPOSALS).2, Operand::OneOf(vec![9, 23]));
    assert_eq!(field("STATUS=Open", &PROPOSALS).2, Operand::OneOf(vec![1]));
    assert_eq!(
        field("reward_status<settled", &PROPOSALS),
        ("reward_status".to_owned(), Op::Less, Operand::Number(3))
    );
    assert_eq!(field("reward_status<", &PROPOSALS).2, Operand::Any);
    assert_eq!(field("time_left<6h", &PROPOSALS).2, Operand::Span(Seconds(21_600)));
    assert_eq!(field("yes>62.5%", &PROPOSALS).2, Operand::Number(625_000));
    assert_eq!(field("id:140,812", &PROPOSALS).2, Operand::Number(140_812));
    assert_eq!(field("title:\"Two Words\"", &PROPOSALS).2, Operand::Text("two words".into()));
    assert_eq!(field("created>=2026-01-01", &PROPOSALS).2, {
        let day = Timestamp::from_secs(1_767_225_600);
        Operand::When(day, day.plus(DAY))
    });
    assert_eq!(field("state:dissolving", &NEURONS).2, Operand::OneOf(vec![2]));
    assert_eq!(field("state:locked", &NEURONS).2, Operand::OneOf(vec![1]));
    assert_eq!(field("visibility:private", &NEURONS).2, Operand::OneOf(vec![0, 1]));
    assert_eq!(field("stake>=10k", &NEURONS).2, Operand::Number(1_000_000_000_000));
    assert_eq!(field("direction:out", &TRANSACTIONS).2, Operand::OneOf(vec![1]));
}

#[test]
fn words_quotes_and_negations() {
    let query = parse(r#"! subnet -kyc !"exact words" -status:open "un closed"#, &PROPOSALS).unwrap();
    assert!(query.inverse);
    let shown: Vec<String> = query.terms.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["subnet", "!kyc", "!\"exact words\"", "-status:open", "\"un closed\""]);
    assert!(parse("10:30 -> - --", &PROPOSALS).unwrap().terms.len() == 4);
}

#[test]
fn mistakes_point_at_themselves() {
    let error = |text: &str| parse(text, &PROPOSALS).unwrap_err();
    assert_eq!(error("subnet -statu:open").at, 8..13);
    assert!(error("subnet -statu:open").message.starts_with("unknown field 'statu'; available: id, title"));
    assert_eq!(error("status:opne").at, 7..11);
    assert!(error("status:opne").message.starts_with("unknown status 'opne'; available: open,"));
    assert_eq!(error("é time_left<3").at, 12..13);
    assert_eq!(error("stake>5").at, 0..5);
    assert!(error("topic>governance").message.contains("no order"));
    assert!(error("time_left:3d").message.contains("time_left<3d"));
    assert!(error(&"x".repeat(1_001)).message.contains("1000"));
}

#[test]
fn a_whole_filter_has_a_value_everywhere() {
    assert_eq!(parse_whole("! x -time_left<", &PROPOSALS).unwrap_err().at, 4..15);
    assert_eq!(parse_whole("time_left<3d x", &PROPOSALS), parse("time_left<3d x", &PROPOSALS));
}

#[test]
fn narrowing_is_seen_only_where_it_is() {
    let q = |text: &str| parse(text, &PROPOSALS).unwrap();
    assert!(q("subnet").narrows(&q("subn")));
    assert!(q("subnet status:open").narrows(&q("subnet")));
    assert!(q("topic:kyc").narrows(&q("topic:")));
    assert!(!q("sub").narrows(&q("su")), "fuzzy from three letters on finds more");
    assert!(!q("status:open").narrows(&q("status:executed")));
    assert!(!q("-subnet").narrows(&q("-subn")));
    assert!(!q("! subnet").narrows(&q("! subn")));
}

proptest! {
    #[test]
    fn no_text_panics_and_errors_point_into_it(text: String) {
        for list in LISTS {
            if let Err(e) = parse(&text, list) {
                prop_assert!(e.at.start <= e.at.end && e.at.end <= text.chars().count());
            }
        }
    }

    #[test]
    fn what_was_read_reads_back(text in r#"(([-!]{0,2}("[^"]{0,6}"?|(id|topic|status|vote|title|time_left|stake|state|direction|memo|created)(:|<|<=|>|>=|=)("[a-z \\"]{0,5}"?|[a-z0-9,]{0,5}|3d|open|due|12)|[a-zé:<"!-]{1,6})) ?){0,4}"#) {
        for list in LISTS {
            if let Ok(query) = parse(&text, list) {
                prop_assert_eq!(parse(&query.to_string(), list), Ok(query.clone()), "printed as {}", query);
            }
        }
    }
}

fn labels(text: &str) -> Vec<String> {
    suggest(text, &PROPOSALS).into_iter().map(|s| s.label).collect()
}

#[test]
fn suggestions_are_fields_and_values() {
    assert_eq!(labels("subnet st"), ["status:"]);
    assert_eq!(labels("-status:o"), ["open", "adopted"]);
    assert_eq!(suggest("x -status:o", &PROPOSALS)[0].text, "x -status:open ");
    assert_eq!(suggest("topic:kyc,ne", &PROPOSALS)[0].text, "topic:kyc,neuron_management ");
    assert!(labels("").contains(&"topic:".to_owned()));
}

proptest! {
    #[test]
    fn every_suggestion_can_be_read(text in "[a-z:<, -]{0,12}") {
        for list in all() {
            let read = parse(&text, list);
            for s in suggest(&text, list) {
                prop_assert!(read.is_err() || parse(&s.text, list).is_ok(), "{:?}", s);
            }
        }
    }
}

#[test]
fn a_figure_has_one_name_and_every_column_says_what_it_is() {
    for list in all() {
        let info = list.info();
        let mut names = BTreeSet::new();
        for column in list.columns() {
            assert!(names.insert(column.id.to_owned()), "{}: two columns {}", info.id, column.id);
            assert!(!column.is_field() || !column.help.is_empty(), "{}: {} has no help", info.id, column.id);
            for alias in column.aliases {
                assert!(names.insert((*alias).to_owned()), "{}: two fields {alias}", info.id);
            }
            let key = column.key();
            assert!(key == column.id || names.insert(key.clone()), "{}: two keys {key}", info.id);
        }
        assert!(list.find(info.sort.0).is_some(), "{}: sorted by no column", info.id);
        for filter in info.quick_filters {
            parse_whole(filter, list).unwrap_or_else(|e| panic!("{}: {filter}: {e}", info.id));
        }
        // An example in a column's help can be read.
        for column in list.columns() {
            for example in column.help.split('`').skip(1).step_by(2).filter(|e| e.contains([':', '<', '>'])) {
                parse_whole(example, list).unwrap_or_else(|e| panic!("{}: {example}: {e}", info.id));
            }
        }
    }
}

#[test]
fn what_never_goes_fits_into_eighty_cells() {
    for list in all() {
        let must = list.columns().filter(|c| c.shown && c.priority == 0);
        let cells: u16 = must.map(|c| c.width + 2).sum();
        assert!(cells <= 78, "{} needs {cells} cells", list.info().id);
    }
}

#[test]
fn json_keys_are_fields_in_the_numbers_of_json() {
    let number = |text: &str| field(text, &NEURONS).2;
    assert_eq!(number("stake>100"), number("stake_e8s>10000000000"));
    assert_eq!(field("age<1d", &NEURONS).2, field("age_seconds<86400", &NEURONS).2);
    assert_eq!(field("yes>50", &PROPOSALS).2, field("yes_basis_points>5000", &PROPOSALS).2);
    assert_eq!(field("down_evidence:unverified", &SUBNETS).2, Operand::Text("unverified".into()));
    assert_eq!(field("state_bytes>1GiB", &SUBNETS).2, Operand::Number(1 << 30));
    assert!(parse("domain_evidence:x", &BOUNDARY_NODES).is_err());
}

#[test]
fn fields_are_known_by_older_names_too() {
    for (text, list, name) in [
        ("dc:zh1", &NODES as List, "data_center"),
        ("margin<2", &SUBNETS, "fault_distance"),
        ("closes<6h", &PROPOSALS, "time_left"),
        ("status:well", &SUBNETS, "condition"),
        ("status:well", &BOUNDARY_NODES, "status"),
    ] {
        assert_eq!(field(text, list).0, name, "{text}");
    }
    let error = parse("nothing:1", &NODES).unwrap_err().message;
    assert!(error.contains("data_center") && !error.contains(" dc,"), "{error}");
}

#[test]
fn table_headings_of_a_list_differ() {
    for list in all() {
        let mut titles = BTreeSet::new();
        for column in list.columns().filter(|c| c.is_in_tables()) {
            assert!(titles.insert(column.title), "{}: two columns '{}'", list.info().id, column.title);
        }
    }
}

#[test]
fn the_documentation_of_lists_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lists.md");
    let made = docs::markdown();
    if std::fs::read_to_string(path).unwrap_or_default() != made {
        if std::env::var_os("CI").is_none() {
            std::fs::write(path, &made).unwrap();
        }
        panic!("docs/lists.md was stale; it is written anew unless CI is set (look at it and commit it)");
    }
}

#[test]
fn no_chart_is_exported_and_no_table_shows_a_column_without_a_heading() {
    for column in all().flat_map(|list| list.columns()) {
        assert!(!matches!(column.kind, Kind::Chart) || !column.exported, "{}", column.id);
        assert!(!column.shown || column.is_in_tables(), "{}", column.id);
    }
}

#[test]
fn rows_of_two_governances_with_equal_numbers_are_told_apart() {
    let root = Governance::Sns(Principal::self_authenticating(b"root of an SNS"));
    let rows = [Governance::Nns, root].map(|governance| {
        let key = ProposalKey { governance, number: 7 };
        Proposal { id: key, ..icpulse_testing::plain::proposal(7) }
    });
    let found = |filter: &str| {
        let query = parse_whole(filter, &PROPOSALS).unwrap();
        let matches = |row: &&Proposal| PROPOSALS.matches(&query, row, &Context::default());
        rows.iter().filter(matches).map(|row| row.id.governance).collect::<Vec<_>>()
    };
    assert_eq!(found("id:7"), [Governance::Nns, root]);
    assert_eq!(found("governance:nns"), [Governance::Nns]);
    assert_eq!(found(&format!("governance:{root}")), [root]);
    assert_ne!(Subject::Proposal(rows[0].id), Subject::Proposal(rows[1].id));
    let unused = |rows: &[Proposal]| PROPOSALS.unused_columns(rows.iter(), &Context::default());
    assert_eq!(unused(&rows[..1]), ["governance"], "one governance needs no name");
    assert!(unused(&rows).is_empty());
}
