//! Tokens of any ledger: ICP, SNS tokens, chain-key tokens.

use super::Principal;
use super::amount::{AmountError, format_units, group, parse_units};
use super::text::Line;
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

/// A ledger that a network is known to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownLedger {
    #[serde(rename = "ledger")]
    pub id: LedgerId,
    /// Its index canister; the ledger is asked for it (ICRC-106) where it is not known.
    #[serde(default)]
    pub index: Option<Principal>,
    /// The symbol it is known by: other ledgers that use it, or one that looks like it, are marked.
    #[serde(default)]
    pub symbol: String,
}

/// A token as its ledger describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub ledger: LedgerId,
    /// The network's ICP ledger, which the configuration names; no ledger makes itself one.
    pub is_icp: bool,
    pub name: Line,
    pub symbol: Line,
    /// Digits after the point: one token is 10^`decimals` units.
    pub decimals: u8,
    /// The fee of a transfer, in units.
    pub fee: u128,
    /// The standards it says it supports: `ICRC-1`.
    pub standards: Vec<Line>,
    /// The symbol of another, well-known ledger that its own symbol imitates.
    pub imitates: Option<Line>,
}

/// An amount of one ledger's token, in its smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amount {
    pub units: u128,
    pub token: LedgerId,
}

/// The reason why two amounts have no sum or difference, or a token cannot print an amount.
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

/// Digits after the point that a token may have: more do not fit 128 bits.
pub const MOST_DECIMALS: u8 = 38;

impl Token {
    /// ICP on the network's ICP ledger.
    pub fn icp(ledger: LedgerId) -> Self {
        Self {
            ledger,
            is_icp: true,
            name: Line::new("Internet Computer"),
            symbol: Line::new("ICP"),
            decimals: 8,
            fee: 10_000,
            standards: Vec::new(),
            imitates: None,
        }
    }

    /// The symbol of a known ledger that the token's symbol equals or looks like, though it is another ledger.
    pub fn find_imitated<'k>(&self, known: &'k [KnownLedger]) -> Option<&'k str> {
        let others = known.iter().filter(|other| other.id != self.ledger && !other.symbol.is_empty());
        let icp = (!self.is_icp).then_some("ICP");
        icp.into_iter()
            .chain(others.map(|other| other.symbol.as_str()))
            .find(|symbol| looks_like(self.symbol.as_str(), symbol))
    }

    /// Grouped, all significant decimals, without the symbol: `1,204.50`.
    pub fn exact(&self, units: u128) -> String {
        group(&format_units(units, self.decimals, 2))
    }

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
        Ok(format!("{} {}", self.exact(amount.units), self.symbol))
    }
}

/// True if a symbol may be taken for a known one: the same letters and digits but for case, for signs that
/// look alike, and for letters beyond ASCII, which may look like any.
fn looks_like(symbol: &str, known: &str) -> bool {
    let fold = |c: char| match c.to_ascii_lowercase() {
        '0' => 'o',
        '1' | 'l' => 'i',
        '5' => 's',
        c => c,
    };
    let mut plain = symbol.chars().filter(|c| c.is_alphanumeric()).map(fold);
    let mut wanted = known.chars().map(fold);
    loop {
        match (plain.next(), wanted.next()) {
            (None, None) => return true,
            (Some(c), Some(w)) if c == w || !c.is_ascii() => {}
            _ => return false,
        }
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
            ..Token::icp(LedgerId(Principal::self_authenticating([ledger])))
        }
    }

    #[test]
    fn a_symbol_that_looks_like_a_known_one_is_found() {
        let known = |n: u8, symbol: &str| KnownLedger {
            id: LedgerId(Principal::self_authenticating([n])),
            index: None,
            symbol: symbol.to_owned(),
        };
        let known = [known(1, "ckBTC"), known(2, "TCYCLES")];
        let imitated = |symbol: &str, ledger: u8| {
            let other = Token { symbol: Line::new(symbol), is_icp: false, ..token(ledger, 8) };
            other.find_imitated(&known).map(str::to_owned)
        };
        for symbol in ["ckBTC", "CKBTC", "c k-BTC", "\u{441}kBTC"] {
            assert_eq!(imitated(symbol, 9).as_deref(), Some("ckBTC"), "{symbol}");
        }
        assert_eq!(imitated("1CP", 9).as_deref(), Some("ICP"));
        assert_eq!(imitated("ICP", 9).as_deref(), Some("ICP"));
        assert_eq!(imitated("ckBTC", 1), None, "the ledger itself");
        assert_eq!(imitated("TCYCLES", 1).as_deref(), Some("TCYCLES"), "a known one under another's symbol");
        for other in ["ckTestBTC", "BTC", "ckBTCx", ""] {
            assert_eq!(imitated(other, 9), None, "{other}");
        }
        assert_eq!(Token::icp(LedgerId(Principal::anonymous())).find_imitated(&known), None);
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
