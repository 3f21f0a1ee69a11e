//! Finds a row of a list by its id, the beginning of it, or a name.

use super::network::NetworkList;
use super::{Subject, nodes, providers, subnets};
use icpulse_model::Principal;
use icpulse_model::dataset::Context;

/// Candidates that are named when a text fits several.
const NAMED: usize = 5;

/// No row, or several rows, match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindError {
    /// It fits nothing.
    Unknown(String),
    /// It is empty or fits several.
    Ambiguous(String),
}

/// The row that `text` names: its id or one of its names in whole, else the only one whose id begins so
/// or that has it in a name.
///
/// # Errors
/// See [`FindError`].
pub fn find_row(list: &NetworkList, cx: &Context, text: &str) -> Result<Subject, FindError> {
    let (info, text) = (&list.dataset.info, text.trim());
    let wanted = text.to_lowercase();
    if wanted.is_empty() {
        return Err(FindError::Ambiguous(format!("no {} is named", info.one)));
    }
    let rows = (list.rows)(cx);
    let names = |row: &Subject| -> Vec<String> {
        let name = |column: &&str| list.cell(row, column, cx).value.text(cx.now, None).to_lowercase();
        list.names.iter().map(name).filter(|name| !name.is_empty()).collect()
    };
    if let Some(row) = rows.iter().find(|row| row.id_text().to_lowercase() == wanted) {
        return Ok(*row);
    }
    if let Some(row) = rows.iter().find(|row| names(row).contains(&wanted)) {
        return Ok(*row);
    }
    let beginning: Vec<&Subject> =
        rows.iter().filter(|row| row.id_text().to_lowercase().starts_with(&wanted)).collect();
    let named = || rows.iter().filter(|row| names(row).iter().any(|name| name.contains(&wanted))).collect();
    let (fitting, how) = match beginning.is_empty() {
        false => (beginning, "is the beginning of"),
        true => (named(), "is in the names of"),
    };
    match fitting.as_slice() {
        [one] => Ok(**one),
        [] => Err(FindError::Unknown(format!(
            "there is no {} '{text}'; `icpulse {}` lists them",
            info.one, info.id
        ))),
        several => {
            let ids: Vec<String> = several.iter().take(NAMED).map(|row| row.id_text()).collect();
            let more = several.len().saturating_sub(NAMED);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            let (count, many) = (several.len(), info.many);
            Err(FindError::Ambiguous(format!("'{text}' {how} {count} {many}: {}{rest}", ids.join(", "))))
        }
    }
}

/// A subnet by what a user names.
///
/// # Errors
/// As [`find_row`].
pub fn find_subnet(cx: &Context, text: &str) -> Result<Principal, FindError> {
    find_row(&subnets::LIST, cx, text).map(|row| *row.principal())
}

/// A node by what a user names.
///
/// # Errors
/// As [`find_row`].
pub fn find_node(cx: &Context, text: &str) -> Result<Principal, FindError> {
    find_row(&nodes::LIST, cx, text).map(|row| *row.principal())
}

/// A node provider by what a user names; any principal while none is known.
///
/// # Errors
/// As [`find_row`].
pub fn find_provider(cx: &Context, text: &str) -> Result<Principal, FindError> {
    match Principal::from_text(text.trim()) {
        Ok(id) if cx.network.providers.is_empty() => Ok(id),
        _ => find_row(&providers::LIST, cx, text).map(|row| *row.principal()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::field_reassign_with_default)]
    use super::*;
    use icpulse_model::network_view::NetworkView;
    use icpulse_model::registry::{SubnetRecord, Topology};
    use std::sync::Arc;

    #[test]
    fn a_unique_beginning_is_enough() {
        let ids: Vec<Principal> = (0u8..200).map(|n| Principal::from_slice(&[n; 29])).collect();
        let mut topology = Topology::default();
        topology.subnets.extend(ids.iter().map(|id| (*id, SubnetRecord::default())));
        let mut network = NetworkView::default();
        network.topology = Arc::new(topology);
        let cx = Context { network: Arc::new(network), ..Context::default() };
        let whole = ids[7].to_text();
        assert_eq!(find_subnet(&cx, &whole).unwrap(), ids[7]);
        assert_eq!(find_subnet(&cx, &whole.to_uppercase()[..17]).unwrap(), ids[7]);
        let unknown = find_subnet(&cx, "zzzzz-zzzzz").unwrap_err();
        assert!(matches!(unknown, FindError::Unknown(why) if why.contains("no subnet 'zzzzz-zzzzz'")));
        let mut beginnings: Vec<String> = ids.iter().map(|id| id.to_text()[..1].to_owned()).collect();
        beginnings.sort();
        let twice = beginnings.windows(2).find(|pair| pair[0] == pair[1]).unwrap();
        let several = find_subnet(&cx, &twice[0]).unwrap_err();
        assert!(matches!(several, FindError::Ambiguous(why) if why.contains("is the beginning of")));
        assert!(matches!(find_subnet(&cx, " "), Err(FindError::Ambiguous(_))));
    }
}
