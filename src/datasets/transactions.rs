//! Transactions of an account on the ICP ledger.

use super::evidence;
use icpulse_model::AccountIdentifier;
use icpulse_model::amount::E8s;
use icpulse_model::dataset::{self, Dataset, Kind, ListInfo, known};
use icpulse_model::ledger::{Direction, Operation, Transaction};
use icpulse_model::value::{Cell, Term, Tone, Value};

/// Cells of the column of amounts.
const AMOUNT: usize = 18;

type Column = dataset::Column<Transaction>;

/// `icpulse account transactions`
pub static TRANSACTIONS: Dataset<Transaction> = Dataset {
    info: ListInfo {
        id: "transactions",
        aliases: &[],
        title: "Transactions",
        one: "transaction",
        many: "transactions",
        about: "Transactions of an account on the ICP ledger",
        shown: &[],
        sort: ("block", true),
        ordered_by: Some("block"),
        quick_filters: &["", "direction:in", "direction:out", "kind:minted"],
    },
    columns: &[
        Column::new("block", "block", Kind::Number, |t, _| {
            Cell::new(Value::Big(t.block.into())).tone(Tone::Id)
        })
        .width(10, 1)
        .searched()
        .help("Block index: `block<9840566`."),
        Column::new("time", "time (UTC)", Kind::Time, |t, _| known(t.timestamp, Value::At).dim())
            .width(16, 0)
            .descending()
            .help("How long ago, or when: `time<7d`, `time:2026-11-22`."),
        Column::new("kind", "kind", Kind::Terms(kinds), |t, cx| {
            let verb = cx.account.map(|own| t.verb(&own));
            known(kinds().into_iter().find(|k| Some(k.title.as_ref()) == verb), Value::Term)
        })
        .width(10, 0)
        .searched()
        .help("What it did: `kind:sent`, `received`, `minted`, `burnt`, `approved`."),
        Column::new("amount", "amount ICP", Kind::Icp, |t, cx| {
            let (words, tone) = signed_amount(t, cx.account.as_ref());
            known(t.amount(), Value::Icp).tone(tone).words(words)
        })
        .width(18, 0)
        .searched()
        .help("Amount in ICP: `amount>10`."),
        Column::new("fee", "fee", Kind::Icp, |t, _| {
            let cell = known(fee(t), Value::Icp).dim();
            fee(t).map_or(cell.clone(), |fee| cell.words(fee.exact()))
        })
        .width(8, 5)
        .hidden()
        .help("Fee in ICP: `fee>0.0001`."),
        Column::new("with", "from / to", Kind::Text, |t, cx| {
            let other = cx.account.and_then(|own| counterparty(t, &own).copied());
            let cell = known(other, |a| Value::Text(a.hex().into())).tone(Tone::Id);
            match &t.operation {
                Operation::Unknown(words) => cell.tone(Tone::Warn).words(words.as_str()),
                _ => cell,
            }
        })
        .width(14, 2)
        .fill(64)
        .searched()
        .help("The other account contains: `with:d3e13d`."),
        Column::new("memo", "memo", Kind::Number, |t, _| {
            let cell = Cell::new(Value::Big(t.memo.into())).dim();
            if t.memo == 0 { cell.words("") } else { cell }
        })
        .width(20, 4)
        .ascending()
        .searched()
        .help("The 64-bit memo: `memo:1347768404`."),
        Column::data("direction", Kind::Terms(directions), |t, cx| {
            let place = cx.account.map(|own| match t.direction(&own) {
                Direction::In => 0,
                Direction::Out => 1,
                Direction::Itself => 2,
            });
            known(place.and_then(|place| directions().into_iter().nth(place)), Value::Term)
        })
        .help("Direction: `direction:in`, `out` or `self`."),
        Column::data("from", Kind::Text, |t, _| match &t.operation {
            Operation::Transfer { from, .. }
            | Operation::Burn { from, .. }
            | Operation::Approve { from, .. } => Value::Text(from.hex().into()).into(),
            _ => Cell::default(),
        })
        .help("From this account: `from:d3e13d`."),
        Column::data("to", Kind::Text, |t, _| match &t.operation {
            Operation::Transfer { to, .. } | Operation::Mint { to, .. } => {
                Value::Text(to.hex().into()).into()
            }
            _ => Cell::default(),
        })
        .help("To this account: `to:d3e13d`."),
        Column::data("spender", Kind::Text, |t, _| {
            let spender = match &t.operation {
                Operation::Transfer { spender, .. } => spender.as_ref(),
                Operation::Approve { spender, .. } => Some(spender),
                _ => None,
            };
            known(spender, |a| Value::Text(a.hex().into()))
        })
        .help("Who spends or may spend: `spender:d3e13d`."),
        Column::data("unknown", Kind::Text, |t, _| match &t.operation {
            Operation::Unknown(words) => Value::text_of(words.as_str()).into(),
            _ => Cell::default(),
        })
        .help("An operation that is not known, in words."),
        Column::data("icrc1_memo_hex", Kind::Text, |t, _| {
            known(t.icrc1_memo.as_ref(), |memo| Value::Text(hex::encode(memo).into()))
        })
        .help("The ICRC-1 memo in hexadecimal: `icrc1_memo_hex:00ff`."),
        Column::data("created_at", Kind::Time, |t, _| known(t.created_at, Value::At))
            .help("What the sender said the time was."),
        Column::data("evidence", Kind::Text, |t, cx| evidence(&t.evidence, cx))
            .help("How it was proven: `evidence:certified`."),
    ],
};

impl super::Listed for Transaction {
    fn dataset() -> &'static Dataset<Self> {
        &TRANSACTIONS
    }
}

/// The other account of a transaction.
fn counterparty<'t>(t: &'t Transaction, own: &AccountIdentifier) -> Option<&'t AccountIdentifier> {
    match &t.operation {
        Operation::Transfer { from, to, .. } => Some(if from == own { to } else { from }),
        Operation::Approve { spender, .. } => Some(spender),
        Operation::Mint { .. } | Operation::Burn { .. } | Operation::Unknown(_) => None,
    }
}

fn fee(transaction: &Transaction) -> Option<E8s> {
    match &transaction.operation {
        Operation::Transfer { fee, .. } | Operation::Approve { fee, .. } => Some(*fee),
        _ => None,
    }
}

/// What a transaction did to the account's balance: text with its sign, points aligned where there
/// is room, and its tone.
pub(crate) fn signed_amount(t: &Transaction, own: Option<&AccountIdentifier>) -> (String, Tone) {
    let Some(amount) = t.amount() else { return (String::new(), Tone::Dim) };
    let (sign, tone) = match (&t.operation, own.map(|own| t.direction(own))) {
        // An allowance moves nothing.
        (Operation::Approve { .. }, _) | (_, None) => ("", Tone::Dim),
        (_, Some(Direction::In)) => ("+", Tone::AmountIn),
        (_, Some(Direction::Out)) => ("−", Tone::AmountOut),
        (_, Some(Direction::Itself)) => ("", Tone::Amount),
    };
    let text = amount.exact();
    let decimals = text.find('.').map_or(0, |point| text.len() - point - 1);
    let aligned = format!("{sign}{text}{}", " ".repeat(8usize.saturating_sub(decimals)));
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
