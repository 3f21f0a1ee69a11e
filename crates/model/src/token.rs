//! Tokens of any ledger: ICP, SNS tokens, chain-key tokens.

use super::account::{Account, AccountIdentifier};
use super::amount::{AmountError, format_units, group, parse_units};
use super::text::Line;
use super::{Evidence, Principal, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A ledger: the principal of its canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LedgerId(pub Principal);

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_text())
    }
}

/// What a ledger says of its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub ledger: LedgerId,
    pub name: Line,
    pub symbol: Line,
    /// Digits after the point: one token is 10^`decimals` units.
    pub decimals: u8,
    /// The fee of a transfer, in units.
    pub fee: u128,
}

/// An amount of one ledger's token, in its smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amount {
    pub units: u128,
    pub token: LedgerId,
}

/// Why two amounts have no sum or difference, or a token cannot print an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    #[error("amounts of two tokens cannot be combined: {0} and {1}")]
    OtherToken(LedgerId, LedgerId),
    #[error("the sum is larger than a ledger can express")]
    TooLarge,
    #[error("the difference is less than zero")]
    Negative,
}

impl Amount {
    /// # Errors
    /// [`ArithmeticError`] for another token's amount, or when the sum is too large.
    pub fn checked_add(self, other: Self) -> Result<Self, ArithmeticError> {
        self.check_token(other.token)?;
        let units = self.units.checked_add(other.units).ok_or(ArithmeticError::TooLarge)?;
        Ok(Self { units, ..self })
    }

    /// # Errors
    /// [`ArithmeticError`] for another token's amount, or when the difference is below zero.
    pub fn checked_sub(self, other: Self) -> Result<Self, ArithmeticError> {
        self.check_token(other.token)?;
        let units = self.units.checked_sub(other.units).ok_or(ArithmeticError::Negative)?;
        Ok(Self { units, ..self })
    }

    fn check_token(self, other: LedgerId) -> Result<(), ArithmeticError> {
        if self.token == other { Ok(()) } else { Err(ArithmeticError::OtherToken(self.token, other)) }
    }
}

impl Token {
    /// So many of the smallest unit.
    pub fn amount(&self, units: u128) -> Amount {
        Amount { units, token: self.ledger }
    }

    /// Reads an exact decimal text such as `12.5` or `1_000`.
    ///
    /// # Errors
    /// See [`AmountError`]; nothing is rounded.
    pub fn parse(&self, text: &str) -> Result<Amount, AmountError> {
        parse_units(text, self.decimals).map(|units| self.amount(units))
    }

    /// Exact decimal text without grouping: `1204.5`.
    ///
    /// # Errors
    /// [`ArithmeticError::OtherToken`].
    pub fn format_decimal(&self, amount: Amount) -> Result<String, ArithmeticError> {
        amount.check_token(self.ledger)?;
        Ok(format_units(amount.units, self.decimals, 0))
    }

    /// Grouped, all significant decimals, with the symbol: `1,204.50 ICP`.
    ///
    /// # Errors
    /// [`ArithmeticError::OtherToken`].
    pub fn format(&self, amount: Amount) -> Result<String, ArithmeticError> {
        amount.check_token(self.ledger)?;
        Ok(format!("{} {}", group(&format_units(amount.units, self.decimals, 2)), self.symbol))
    }
}

/// One side of a transaction. The ICP ledger names hashes of accounts, ICRC ledgers the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Party {
    Account(Account),
    Identifier(AccountIdentifier),
}

impl Party {
    /// Whether this is the account.
    pub fn is(&self, account: &Account) -> bool {
        match self {
            Self::Account(own) => own == account,
            Self::Identifier(own) => *own == account.identifier(),
        }
    }
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenOperation {
    Transfer {
        from: Party,
        to: Party,
        amount: Amount,
        fee: Option<Amount>,
        spender: Option<Party>,
    },
    Mint {
        to: Party,
        amount: Amount,
    },
    Burn {
        from: Party,
        amount: Amount,
    },
    Approve {
        from: Party,
        spender: Party,
        allowance: Amount,
        fee: Option<Amount>,
        expires: Option<Timestamp>,
    },
    /// An operation this version does not know, by its name.
    Unknown(Line),
}

/// A transaction of any ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenTransaction {
    pub block: u64,
    pub operation: TokenOperation,
    pub memo: Option<Vec<u8>>,
    /// The time the sender gave.
    pub created_at: Option<Timestamp>,
    /// When it got into a block.
    pub timestamp: Option<Timestamp>,
    pub evidence: Evidence,
}

impl TokenTransaction {
    /// Whether an account takes part; always for an operation that is not known.
    pub fn concerns(&self, account: &Account) -> bool {
        let parties = match &self.operation {
            TokenOperation::Transfer { from, to, spender, .. } => [Some(from), Some(to), spender.as_ref()],
            TokenOperation::Mint { to, .. } => [Some(to), None, None],
            TokenOperation::Burn { from, .. } => [Some(from), None, None],
            TokenOperation::Approve { from, spender, .. } => [Some(from), Some(spender), None],
            TokenOperation::Unknown(_) => return true,
        };
        parties.into_iter().flatten().any(|party| party.is(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(ledger: u8, decimals: u8) -> Token {
        Token {
            ledger: LedgerId(Principal::self_authenticating([ledger])),
            name: Line::new("Test"),
            symbol: Line::new("TST"),
            decimals,
            fee: 10,
        }
    }

    #[test]
    fn two_tokens_have_no_sum() {
        let (one, other) = (token(1, 8).amount(5), token(2, 8).amount(5));
        let error = one.checked_add(other).unwrap_err();
        assert_eq!(error, ArithmeticError::OtherToken(one.token, other.token));
        assert_eq!(one.checked_sub(other), Err(error.clone()));
        assert_eq!(token(2, 8).format(one), Err(ArithmeticError::OtherToken(one.token, other.token)));
        assert!(error.to_string().contains(&one.token.to_string()));
    }

    #[test]
    fn amounts_are_printed_with_their_symbol() {
        assert_eq!(token(1, 8).format(token(1, 8).amount(120_450_000_000)).unwrap(), "1,204.50 TST");
        assert_eq!(token(1, 0).format(token(1, 0).amount(7)).unwrap(), "7 TST");
        assert_eq!(token(1, 18).format_decimal(token(1, 18).amount(1)).unwrap(), "0.000000000000000001");
        assert!(matches!(token(1, 2).parse("1.234"), Err(AmountError::TooFine { decimals: 2, .. })));
        assert!(matches!(token(1, 40).parse("1"), Err(AmountError::TooLarge(_))), "more than 128 bits");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_at_any_decimals(units: u128, decimals: u8) {
            let token = token(1, decimals);
            let amount = token.amount(units);
            prop_assert_eq!(token.parse(&token.format_decimal(amount).unwrap()), Ok(amount));
        }

        #[test]
        fn sums_and_differences_are_exact_or_refused(a: u128, b: u128) {
            let token = token(1, 8);
            let (x, y) = (token.amount(a), token.amount(b));
            match x.checked_add(y) {
                Ok(sum) => {
                    prop_assert_eq!(sum.checked_sub(y), Ok(x));
                    prop_assert_eq!(Some(sum.units), a.checked_add(b));
                }
                Err(error) => {
                    prop_assert_eq!(error, ArithmeticError::TooLarge);
                    prop_assert_eq!(a.checked_add(b), None);
                }
            }
            prop_assert_eq!(x.checked_sub(y).ok().map(|d| d.units), a.checked_sub(b));
        }
    }
}
