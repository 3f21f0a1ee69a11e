//! Transactions of an account on any ledger.

use super::evidence;
use icpulse_model::dataset::{self, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::ledger::{Direction, Operation, Party, Transaction};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{AccountIdentifier, Token};

/// Cells of the column of amounts.
const AMOUNT: usize = 18;

type Column = dataset::Column<Transaction>;

/// `icpulse account transactions`
pub static TRANSACTIONS: Dataset<Transaction> = Dataset {
    info: ListInfo {
        id: "transactions",
        title: "Transactions",
        one: "transaction",
        many: "transactions",
        about: "Transactions of an account on the known ledgers",
        shown: &[("block", 1), ("time", 0), ("kind", 0), ("amount", 0), ("with", 2), ("memo", 4)],
        sort: ("block", true),
        ordered_by: Some("block"),
        quick_filters: &["", "direction:in", "direction:out", "kind:minted"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("block", "block", Kind::Number, |t, _| {
            Cell::new(Value::Big(t.block.into())).tone(Tone::Id)
        })
        .width(10, 1)
        .searched()
        .help("Block index: `block<9840566`."),
        Column::new("time", "time (UTC)", Kind::Time, |t, _| known_cell(t.timestamp, Value::At).dim())
            .width(16, 0)
            .descending()
            .help("Age or time: `time<7d`, `time:2026-11-22`."),
        Column::new("kind", "kind", Kind::Terms(kinds), |t, cx| {
            let verb = cx.account.map(|own| t.verb(&own));
            known_cell(kinds().into_iter().find(|k| Some(k.title.as_ref()) == verb), Value::Term)
        })
        .width(10, 0)
        .searched()
        .help("Kind of transaction: `kind:sent`, `received`, `minted`, `burnt`, `approved`."),
        Column::new("amount", "amount", Kind::Tokens, |t, cx| {
            let (words, tone) = signed_amount(t, cx.account.as_ref(), cx.token(t.ledger));
            tokens(t, t.units(), cx).tone(tone).with_words(words)
        })
        .width(18, 0)
        .searched()
        .screen_only()
        .help("Amount in tokens: `amount>10`."),
        Column::new("token", "token", Kind::Text, |t, cx| {
            let token = cx.token(t.ledger);
            let cell = known_cell(token, |token| Value::borrowed_text(token.symbol.as_str()));
            match token.and_then(|token| Some((token, token.imitates.as_ref()?))) {
                Some((token, known)) => {
                    cell.tone(Tone::Warn).with_words(format!("{} (not {known})", token.symbol))
                }
                None => cell,
            }
        })
        .width(8, 3)
        .searched()
        .help("The token's symbol, as its ledger says: `token:ckBTC`."),
        Column::new("ledger", "ledger", Kind::Text, |t, _| Cell::new(Value::Id(t.ledger.0)).tone(Tone::Id))
            .width(14, 5)
            .fill(27)
            .hidden()
            .help("The ledger's canister, which tells tokens of one symbol apart: `ledger:mxzaz`."),
        Column::new("fee", "fee", Kind::Tokens, |t, cx| tokens(t, t.fee(), cx).dim())
            .width(8, 5)
            .hidden()
            .screen_only()
            .help("Fee in tokens: `fee>0.0001`."),
        Column::new("with", "from / to", Kind::Text, |t, cx| {
            let other = cx.account.and_then(|own| counterparty(t, &own));
            let cell = known_cell(other, name_party).tone(Tone::Id);
            match (&t.operation, other.and_then(|other| own_name(other, cx))) {
                (Operation::Unknown(words), _) => cell.tone(Tone::Warn).with_words(words.as_str()),
                (_, Some(name)) => cell.tone(Tone::Known).with_words(name),
                (_, None) => warn_of_imitation(cell, cx),
            }
        })
        .width(14, 2)
        .fill(64)
        .searched()
        .help("The other account contains: `with:d3e13d`."),
        Column::new("memo", "memo", Kind::Number, |t, _| {
            let cell = Cell::new(Value::Big(t.memo.into())).dim();
            if t.memo == 0 { cell.with_words("") } else { cell }
        })
        .width(20, 4)
        .ascending()
        .searched()
        .help("The 64-bit memo: `memo:1347768404`."),
        Column::data("with_name", Kind::Text, |t, cx| {
            let other = cx.account.and_then(|own| counterparty(t, &own));
            known_cell(other.and_then(|other| own_name(other, cx)), Value::borrowed_text)
        })
        .searched()
        .help("My own name for the other account contains: `with_name:exchange`."),
        Column::data("direction", Kind::Terms(directions), |t, cx| {
            let place = cx.account.map(|own| match t.direction(&own) {
                Direction::In => 0,
                Direction::Out => 1,
                Direction::Itself => 2,
            });
            known_cell(place.and_then(|place| directions().into_iter().nth(place)), Value::Term)
        })
        .help("Direction: `direction:in`, `out` or `self`."),
        Column::data("from", Kind::Text, |t, _| match &t.operation {
            Operation::Transfer { from, .. }
            | Operation::Burn { from, .. }
            | Operation::Approve { from, .. } => name_party(from).into(),
            _ => Cell::default(),
        })
        .help("From this account: `from:d3e13d`."),
        Column::data("to", Kind::Text, |t, _| match &t.operation {
            Operation::Transfer { to, .. } | Operation::Mint { to, .. } => name_party(to).into(),
            _ => Cell::default(),
        })
        .help("To this account: `to:d3e13d`."),
        Column::data("spender", Kind::Text, |t, _| {
            let spender = match &t.operation {
                Operation::Transfer { spender, .. } => spender.as_ref(),
                Operation::Approve { spender, .. } => Some(spender),
                _ => None,
            };
            known_cell(spender, name_party)
        })
        .help("The spender (ICRC-2): `spender:d3e13d`."),
        Column::data("unknown", Kind::Text, |t, _| match &t.operation {
            Operation::Unknown(words) => Value::borrowed_text(words.as_str()).into(),
            _ => Cell::default(),
        })
        .help("An operation that is not known, in words."),
        Column::data("icrc1_memo_hex", Kind::Text, |t, _| {
            known_cell(t.icrc1_memo.as_ref(), |memo| Value::Text(hex::encode(memo).into()))
        })
        .help("The ICRC-1 memo in hexadecimal: `icrc1_memo_hex:00ff`."),
        Column::data("created_at", Kind::Time, |t, _| known_cell(t.created_at, Value::At))
            .help("Creation time given by the sender."),
        Column::data("amount_units", Kind::Number, |t, _| known_cell(t.units(), Value::Big))
            .help("Amount in the token's smallest unit."),
        Column::data("fee_units", Kind::Number, |t, _| known_cell(t.fee(), Value::Big))
            .help("Fee in the token's smallest unit."),
        Column::data("decimals", Kind::Number, |t, cx| {
            known_cell(cx.token(t.ledger), |token| Value::Number(token.decimals.into()))
        })
        .help("Digits after the point of the token's amounts."),
        Column::data("amount_e8s", Kind::Number, |t, cx| {
            known_cell(t.units().filter(|_| is_icp(t, cx)), Value::Big)
        })
        .help("Amount in e8s, of transactions on the ICP ledger."),
        Column::data("fee_e8s", Kind::Number, |t, cx| {
            known_cell(t.fee().filter(|_| is_icp(t, cx)), Value::Big)
        })
        .help("Fee in e8s, of transactions on the ICP ledger."),
        Column::data("evidence", Kind::Text, |t, cx| evidence(&t.evidence, cx))
            .help("Its proof: `evidence:certified`."),
    ],
};

impl super::ListRow for Transaction {
    fn dataset() -> &'static Dataset<Self> {
        &TRANSACTIONS
    }
}

/// The other account of a transaction.
fn counterparty<'t>(t: &'t Transaction, own: &AccountIdentifier) -> Option<&'t Party> {
    match &t.operation {
        Operation::Transfer { from, to, .. } => Some(if from.has_identifier(own) { to } else { from }),
        Operation::Approve { spender, .. } => Some(spender),
        Operation::Mint { .. } | Operation::Burn { .. } | Operation::Unknown(_) => None,
    }
}

/// Beside an account that looks like an earlier one stands what it is not.
fn warn_of_imitation<'a>(cell: Cell<'a>, cx: &Context) -> Cell<'a> {
    let Value::Text(account) = &cell.value else { return cell };
    let Some(original) = cx.lookalikes.find_original(account) else { return cell };
    let alike = original.chars().zip(account.chars()).take_while(|(a, b)| a == b).count();
    let start: String = original.chars().take(alike + 4).collect();
    let words = format!("looks like {start}…, is not: {account}");
    cell.tone(Tone::Warn).with_words(words)
}

/// The user's name of an account.
fn own_name<'a>(party: &Party, cx: &'a Context) -> Option<&'a str> {
    cx.names.accounts.get(&party.identifier()).map(icpulse_model::text::Line::as_str)
}

/// The other account of a transaction on one's own account.
pub(crate) fn other_account(t: &Transaction, own: &AccountIdentifier) -> Option<AccountIdentifier> {
    counterparty(t, own).map(Party::identifier)
}

fn name_party(party: &Party) -> Value<'static> {
    Value::Text(party.to_string().into())
}

fn is_icp(t: &Transaction, cx: &Context) -> bool {
    cx.token(t.ledger).is_some_and(|token| token.is_icp)
}

/// An amount in the transaction's token; unknown where its decimals are.
fn tokens(t: &Transaction, units: Option<u128>, cx: &Context) -> Cell<'static> {
    known_cell(cx.token(t.ledger).zip(units), |(token, units)| Value::Tokens(units, token.decimals))
}

/// Change of the account's balance: text with its sign, points aligned where there
/// is room, and its tone.
pub(crate) fn signed_amount(
    t: &Transaction,
    own: Option<&AccountIdentifier>,
    token: Option<&Token>,
) -> (String, Tone) {
    let Some((units, token)) = t.units().zip(token) else { return (String::new(), Tone::Dim) };
    let (sign, tone) = match (&t.operation, own.map(|own| t.direction(own))) {
        // An allowance moves nothing.
        (Operation::Approve { .. }, _) | (_, None) => ("", Tone::Dim),
        (_, Some(Direction::In)) => ("+", Tone::AmountIn),
        (_, Some(Direction::Out)) => ("−", Tone::AmountOut),
        (_, Some(Direction::Itself)) => ("", Tone::Amount),
    };
    let text = token.exact(units);
    let decimals = text.find('.').map_or(0, |point| text.len() - point - 1);
    let aligned = format!("{sign}{text}{}", " ".repeat(usize::from(token.decimals).saturating_sub(decimals)));
    // A cut number would be another number: without room the alignment goes first.
    let fits = aligned.chars().count() <= AMOUNT;
    (if fits { aligned } else { format!("{sign}{text}") }, tone)
}

fn kinds() -> Vec<Term> {
    vec![
        Term::new(0, "received"),
        Term::new(1, "sent"),
        Term::titled(2, "to_itself", "to itself"),
        Term::new(3, "minted"),
        Term::new(4, "burnt"),
        Term::new(5, "approved"),
        Term::new(6, "other"),
    ]
}

fn directions() -> Vec<Term> {
    ["in", "out", "self"].into_iter().zip(0..).map(|(w, n)| Term::new(n, w)).collect()
}
