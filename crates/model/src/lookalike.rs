//! Accounts that look like another where they are shortened. Somebody sends a little from such an account
//! and hopes that it is copied from the history.

use crate::AccountIdentifier;
use crate::ledger::{Operation, Party, Transaction};
use std::collections::BTreeMap;

/// Characters at both ends of an account that its shortest form shows.
const SHOWN: usize = 4;

/// Known accounts of which several look alike, each with those that were known before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookAlikes(BTreeMap<String, String>);

impl LookAlikes {
    /// Of accounts as text, the one that was known first in front.
    pub fn new(accounts: impl IntoIterator<Item = String>) -> Self {
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        let mut imitations = BTreeMap::new();
        for account in accounts {
            let length = account.len();
            let (Some(head), Some(tail)) =
                (account.get(..SHOWN), length.checked_sub(SHOWN).and_then(|from| account.get(from..)))
            else {
                continue;
            };
            match first.get(&format!("{head}{tail}")) {
                Some(known) if *known != account => drop(imitations.insert(account, known.clone())),
                Some(_) => {}
                None => drop(first.insert(format!("{head}{tail}"), account)),
            }
        }
        Self(imitations)
    }

    /// Of the accounts in transactions: the own one first, then the others in the order of their blocks.
    pub fn of_transactions(own: AccountIdentifier, transactions: &[Transaction]) -> Self {
        let mut parties: Vec<(u64, Party)> = Vec::new();
        for t in transactions {
            let (one, other) = match t.operation {
                Operation::Transfer { from, to, .. } => (Some(from), Some(to)),
                Operation::Approve { from, spender, .. } => (Some(from), Some(spender)),
                Operation::Mint { to, .. } => (Some(to), None),
                Operation::Burn { from, .. } => (Some(from), None),
                Operation::Unknown(_) => (None, None),
            };
            parties.extend([one, other].into_iter().flatten().map(|party| (t.block, party)));
        }
        parties.sort_by_key(|(block, _)| *block);
        Self::new(std::iter::once(own.hex()).chain(parties.into_iter().map(|(_, party)| party.to_string())))
    }

    /// The account that `account` looks like and is not.
    pub fn find_original(&self, account: &str) -> Option<&str> {
        self.0.get(account).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_looks_like_an_earlier_one_is_named() {
        let known = ["4beeaaee80fc2961f92726ab5845", "d3e13d4700001111222233334444"];
        let imitation = "4beeaaee66242961f92726ab5845";
        let alike = LookAlikes::new(known.into_iter().chain([imitation, known[0], "x"]).map(str::to_owned));
        assert_eq!(alike.find_original(imitation), Some(known[0]));
        assert!(known.iter().all(|account| alike.find_original(account).is_none()));
    }
}
