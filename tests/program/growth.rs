//! Comparing two readings of a network that goes on meanwhile: proposals are settled, new ones appear.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// Rows by their number; `None` for those that may still change.
type Rows<T> = BTreeMap<u64, Option<T>>;

/// Asserts that nothing in `shown` contradicts what was read at another time.
pub fn assert_no_false_row<T: PartialEq + Debug>(shown: &Rows<T>, truth: &Rows<T>, what: &str) {
    let newest = truth.keys().next_back().copied().unwrap_or_default();
    for (id, row) in shown {
        match (row, truth.get(id)) {
            (_, None) => assert!(*id > newest, "{what}: {id} is no proposal"),
            (Some(row), Some(Some(true_row))) => assert_eq!(row, true_row, "{what}: a false row {id}"),
            (None, Some(Some(_))) | (_, Some(None)) => {}
        }
    }
}

/// Asserts that a later reading has all that an earlier one had, with nothing changed that was settled.
pub fn assert_complete<T: PartialEq + Debug>(later: &Rows<T>, earlier: &Rows<T>, what: &str) {
    assert_no_false_row(later, earlier, what);
    for (id, row) in earlier {
        let found = later.get(id);
        assert!(found.is_some(), "{what}: {id} is missing");
        assert!(row.is_none() || found.is_some_and(Option::is_some), "{what}: {id} is settled no more");
    }
}

#[test]
fn growth_is_no_contradiction_and_change_is() {
    let earlier = Rows::from([(1, Some("a")), (2, None)]);
    let contradicts = |later: Rows<&'static str>| {
        std::panic::catch_unwind(move || {
            assert_complete(&later, &Rows::from([(1, Some("a")), (2, None)]), "")
        })
        .is_err()
    };
    assert_complete(&Rows::from([(1, Some("a")), (2, Some("b")), (3, Some("c"))]), &earlier, "");
    assert!(contradicts(Rows::from([(1, Some("x")), (2, None)])), "another row");
    assert!(contradicts(Rows::from([(1, Some("a"))])), "a row is missing");
    assert!(contradicts(Rows::from([(1, None), (2, None)])), "no longer settled");
    assert!(contradicts(Rows::from([(0, None), (1, Some("a")), (2, None)])), "no such row");
}
