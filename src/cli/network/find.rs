//! What a user names: a principal, the beginning of one that is unique, or a provider's name.

use crate::cli::failure::{Failure, Kind};
use icpulse_model::Principal;
use icpulse_model::world::World;

/// Candidates that are named when a beginning fits several.
const NAMED: usize = 5;

/// The one of `ids` that is, or begins with, `text`.
///
/// # Errors
/// Wrong usage when it fits several, refused when it fits none.
pub fn find<'a>(
    what: &str,
    ids: impl Iterator<Item = &'a Principal>,
    text: &str,
) -> Result<Principal, Failure> {
    let wanted = text.trim().to_ascii_lowercase();
    if wanted.is_empty() {
        return Err(Failure::usage(format!("no {what} given")));
    }
    let mut fitting: Vec<Principal> = Vec::new();
    for id in ids {
        let name = id.to_text();
        if name == wanted {
            return Ok(*id);
        }
        if name.starts_with(&wanted) {
            fitting.push(*id);
        }
    }
    match fitting.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::new(Kind::Refused, format!("there is no {what} whose id begins with '{text}'"))),
        several => {
            let names: Vec<String> = several.iter().take(NAMED).map(Principal::to_text).collect();
            let more = several.len().saturating_sub(NAMED);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(Failure::usage(format!(
                "'{text}' matches {} ids; give more characters of the {what}'s id: {}{rest}",
                several.len(),
                names.join(", ")
            )))
        }
    }
}

/// A node by its id, its beginning, or its alias.
///
/// # Errors
/// As [`find`].
pub fn find_node(sight: &super::Sight<'_>, text: &str) -> Result<Principal, Failure> {
    let named = sight.world.topology.nodes.keys().find(|id| {
        sight.mine.alias(&sight.world.topology, id).is_some_and(|alias| alias.as_str() == text.trim())
    });
    match named {
        Some(id) => Ok(*id),
        None => find("node", sight.world.topology.nodes.keys(), text),
    }
}

/// A provider by its id, its beginning, or a part of its name.
///
/// # Errors
/// As [`find`].
pub fn find_provider(world: &World, text: &str) -> Result<Principal, Failure> {
    let providers = world.topology.providers();
    if let Ok(id) = Principal::from_text(text.trim())
        && (providers.is_empty() || providers.contains_key(&id))
    {
        return Ok(id);
    }
    let by_id = find("node provider", providers.keys(), text);
    if by_id.is_ok() {
        return by_id;
    }
    let wanted = text.trim().to_lowercase();
    let named: Vec<&Principal> = world
        .fleet
        .providers
        .iter()
        .filter(|(id, p)| providers.contains_key(*id) && p.name.as_str().to_lowercase().contains(&wanted))
        .map(|(id, _)| id)
        .collect();
    match named.as_slice() {
        [one] => Ok(**one),
        [] => by_id,
        several => {
            let names: Vec<String> = several
                .iter()
                .take(NAMED)
                .filter_map(|id| world.fleet.name(id).map(ToString::to_string))
                .collect();
            Err(Failure::usage(format!(
                "'{text}' is in the names of several providers: {}",
                names.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_unique_beginning_is_enough() {
        let ids: Vec<Principal> = (0u8..200).map(|n| Principal::from_slice(&[n; 29])).collect();
        let whole = ids[7].to_text();
        assert_eq!(find("node", ids.iter(), &whole).unwrap(), ids[7]);
        assert_eq!(find("node", ids.iter(), &whole.to_uppercase()[..17]).unwrap(), ids[7]);
        let none = find("node", ids.iter(), "zzzzz-zzzzz").unwrap_err();
        assert_eq!(none.kind, Kind::Refused);
        let same: Vec<Principal> =
            ids.iter().copied().filter(|i| i.to_text().starts_with(&whole[..1])).collect();
        if same.len() > 1 {
            let several = find("node", ids.iter(), &whole[..1]).unwrap_err();
            assert_eq!(several.kind, Kind::Usage);
            assert!(several.message.contains("beginning of"), "{several}");
        }
        assert_eq!(find("node", ids.iter(), " ").unwrap_err().kind, Kind::Usage);
    }
}
