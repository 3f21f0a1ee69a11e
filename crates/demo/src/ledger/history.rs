//! A plausible past of the ledger: stakes, the demo user's year, and everybody else.

use super::accounts::DemoAccounts;
use super::book::FEE;
use super::genesis::{SeedOp, SeedOperation};
use icpulse_model::{AccountIdentifier, E8s, Principal, Seconds, Timestamp};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::HashMap;

/// The memo by which the cycles minting canister knows a top-up: `TPUP`.
pub(super) const TOP_UP: u64 = 0x5055_5054;

/// How far back the user's transactions go, in days.
const USER_DAYS: u64 = 390;

/// A neuron's stake, as governance knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stake {
    /// The neuron's account: a subaccount of governance.
    pub account: AccountIdentifier,
    /// Its stake; what lies in the account.
    pub amount: E8s,
    /// When it was staked, in virtual time.
    pub at: Timestamp,
    /// The nonce, as the transfer's memo.
    pub memo: u64,
    /// Whether the demo user paid it.
    pub(crate) by_user: bool,
}

/// What the past is made of. Virtual time.
#[derive(Clone, Debug)]
pub struct Past {
    /// Seed of everything that is chosen.
    pub seed: u64,
    /// When the demo network begins: the past ends here.
    pub start: Timestamp,
    pub user: Principal,
    /// What the user has in the default account at the start.
    pub(crate) user_balance: E8s,
    pub stakes: Vec<Stake>,
    /// About how many blocks there are at the start.
    pub blocks: usize,
    /// Paid beside these operations in a large world: its ICP, and before when it must be there.
    pub beside: Option<(E8s, Timestamp)>,
}

impl Past {
    /// About 2,000 blocks, and 302.50 ICP for the user to spend.
    pub fn new(seed: u64, start: Timestamp, user: Principal, stakes: Vec<Stake>) -> Self {
        Self { seed, start, user, user_balance: E8s(30_250_000_000), stakes, blocks: 2_000, beside: None }
    }
}

/// The operations of a past, in order of time.
pub fn history(past: &Past) -> Vec<SeedOp> {
    let accounts = DemoAccounts::new(past.seed, past.user);
    let mut rng = ChaCha8Rng::seed_from_u64(past.seed ^ 0x9a57);
    let oldest_stake = past.stakes.iter().map(|s| s.at).min().unwrap_or(past.start);
    let first = past.start.minus(Seconds::days(400)).min(oldest_stake.minus(Seconds::days(30)));
    let first = past.beside.map_or(first, |(_, before)| first.min(before.minus(Seconds::hours(1))));

    let mut ops = initial_mints(past, &accounts, first);
    ops.extend(
        past.stakes
            .iter()
            .filter(|stake| !stake.by_user)
            .map(|stake| stake_of(stake, accounts.reserve, past.start)),
    );
    ops.extend(user_transactions(past, &accounts, &mut rng));
    let left = past.blocks.saturating_sub(ops.len());
    ops.extend(other_transfers(past, &accounts, &mut rng, left));
    ops.sort_by_key(|op| op.at);
    ops
}

fn stake_of(stake: &Stake, from: AccountIdentifier, start: Timestamp) -> SeedOp {
    let operation = SeedOperation::Transfer { from, to: stake.account, amount: stake.amount, spender: None };
    SeedOp { memo: stake.memo, ..SeedOp::new(stake.at.min(start.minus(Seconds(60))), operation) }
}

/// Where all ICP comes from: minted at the beginning.
fn initial_mints(past: &Past, accounts: &DemoAccounts, first: Timestamp) -> Vec<SeedOp> {
    let icp = |n: u64| E8s::from_icp(n).unwrap_or_default();
    let staked: E8s =
        past.stakes.iter().fold(E8s::ZERO, |sum, stake| sum.saturating_add(stake.amount).saturating_add(FEE));
    let beside = past.beside.map_or(E8s::ZERO, |(amount, _)| amount);
    let staked = staked.saturating_add(beside);
    let mut mints = vec![(accounts.reserve, staked.saturating_add(icp(180_000_000)))];
    mints.extend(
        accounts
            .exchanges
            .iter()
            .zip([61_000_000, 38_500_000, 24_250_000, 9_800_000, 7_150_000, 3_400_000])
            .map(|(account, amount)| (*account, icp(amount))),
    );
    mints.push((accounts.employer, icp(250_000)));
    mints.push((accounts.dapp, icp(90_000)));
    mints.extend(
        accounts.people.iter().zip(0u64..).map(|(account, i)| (*account, icp(120 + (i * i * 7) % 9_000))),
    );
    (0..)
        .zip(mints)
        .map(|(i, (to, amount))| SeedOp::new(first.plus(Seconds(i)), SeedOperation::Mint { to, amount }))
        .collect()
}

/// The user's transactions: stakes, and a life around them that never overdraws the account and
/// ends with the balance asked for.
fn user_transactions(past: &Past, accounts: &DemoAccounts, rng: &mut ChaCha8Rng) -> Vec<SeedOp> {
    let mut ops: Vec<SeedOp> = past
        .stakes
        .iter()
        .filter(|stake| stake.by_user)
        .map(|stake| stake_of(stake, accounts.user, past.start))
        .collect();
    ops.extend(daily_life(past, accounts, rng));
    ops.sort_by_key(|op| op.at);

    let exchange = accounts.exchanges.first().copied().unwrap_or(accounts.reserve);
    let receive = |at: Timestamp, amount: E8s| {
        SeedOp::new(at, SeedOperation::Transfer { from: exchange, to: accounts.user, amount, spender: None })
    };
    let mut out = Vec::with_capacity(ops.len() + 20);
    let mut balance = E8s::ZERO;
    for op in ops {
        let (gain, loss) = op.effect(&accounts.user);
        if balance < loss {
            // Bought beforehand: what is missing, and some more in whole ICP.
            let missing = loss.saturating_sub(balance).0.div_ceil(E8s::PER_ICP) + rng.gen_range(5..60);
            let amount = E8s::from_icp(missing).unwrap_or(loss);
            out.push(receive(op.at.minus(Seconds(rng.gen_range(600..7_200))), amount));
            balance = balance.saturating_add(amount);
        }
        balance = balance.saturating_sub(loss).saturating_add(gain);
        out.push(op);
    }
    // After everything else of the user's, usually some hours before the start.
    let latest = out.iter().map(|op| op.at).max().unwrap_or_default().plus(Seconds(10));
    let last = past.start.minus(Seconds::hours(5)).max(latest);
    if balance > past.user_balance && balance <= past.user_balance.saturating_add(FEE) {
        let amount = E8s(E8s::PER_ICP);
        out.push(receive(last.minus(Seconds(5)), amount));
        balance = balance.saturating_add(amount);
    }
    if balance < past.user_balance {
        out.push(receive(last, past.user_balance.saturating_sub(balance)));
    } else if balance > past.user_balance {
        let amount = balance.saturating_sub(past.user_balance).saturating_sub(FEE);
        let operation =
            SeedOperation::Transfer { from: accounts.user, to: accounts.user_savings, amount, spender: None };
        out.push(SeedOp::new(last, operation));
    }
    out
}

fn daily_life(past: &Past, accounts: &DemoAccounts, rng: &mut ChaCha8Rng) -> Vec<SeedOp> {
    let mut ops = Vec::new();
    let transfer = |from, to, amount| SeedOperation::Transfer { from, to, amount, spender: None };
    let cents = |n: u64| E8s(n.saturating_mul(1_000_000));
    // Somewhere in the day that began `days` days before the start, and never in the last six hours.
    let day = |rng: &mut ChaCha8Rng, days: u64| {
        past.start.minus(Seconds::days(days)).plus(Seconds(rng.gen_range(0..64_800)))
    };
    for month in 0..13u64 {
        let payday = day(rng, USER_DAYS - month * 30);
        let salary = cents(14_000 + rng.gen_range(0..900));
        ops.push(SeedOp {
            memo: 202_500 + month,
            ..SeedOp::new(payday, transfer(accounts.employer, accounts.user, salary))
        });
        if month > 0 {
            let rent = SeedOp::new(
                day(rng, USER_DAYS - 6 - month * 30),
                transfer(accounts.user, accounts.landlord, cents(4_200)),
            );
            ops.push(SeedOp { icrc1_memo: Some(format!("rent {month:02}").into_bytes()), ..rent });
        }
    }
    for i in 0..9 {
        let friend = accounts.people.get(i % 3).copied().unwrap_or(accounts.landlord);
        let days = rng.gen_range(3..USER_DAYS - 10);
        let at = day(rng, days);
        let (from, to) = if i % 3 == 0 { (friend, accounts.user) } else { (accounts.user, friend) };
        let mut op = SeedOp::new(at, transfer(from, to, human_amount(rng, 20)));
        if i % 2 == 0 {
            op.icrc1_memo =
                Some([&b"pizza"[..], b"thanks!", b"concert tickets", b"lunch", b"bike"][i / 2].to_vec());
        }
        ops.push(op);
    }
    for canister in accounts.top_ups.iter().take(3) {
        let days = rng.gen_range(10..300);
        let at = day(rng, days);
        let amount = human_amount(rng, 4);
        ops.push(SeedOp { memo: TOP_UP, ..SeedOp::new(at, transfer(accounts.user, *canister, amount)) });
        ops.push(SeedOp::new(at.plus(Seconds(4)), SeedOperation::Burn { from: *canister, amount }));
    }
    for days in [212, 61] {
        // Maturity paid out: minted by governance.
        let amount = E8s(rng.gen_range(150_000_000..2_400_000_000));
        let at = day(rng, days);
        ops.push(SeedOp {
            memo: at.secs(),
            ..SeedOp::new(at, SeedOperation::Mint { to: accounts.user, amount })
        });
    }
    let savings = day(rng, 45);
    ops.push(SeedOp::new(savings, transfer(accounts.user, accounts.user_savings, cents(2_500))));
    let moved = SeedOp::new(savings.plus(Seconds(90)), transfer(accounts.user, accounts.user, cents(100)));
    ops.push(SeedOp { memo: 7, ..moved });
    ops.extend(approvals(past, accounts, rng));
    ops.extend(lookalike_payments(past, accounts, rng));
    ops
}

/// Approvals past, present, expired and withdrawn, and what was spent on one.
fn approvals(past: &Past, accounts: &DemoAccounts, rng: &mut ChaCha8Rng) -> Vec<SeedOp> {
    let icp = |n: u64| E8s::from_icp(n).unwrap_or_default();
    let ago = |days: u64| past.start.minus(Seconds::days(days));
    let approve = |at, spender, allowance, expires| {
        SeedOp::new(at, SeedOperation::Approve { from: accounts.user, spender, allowance, expires })
    };
    let stranger = accounts.people.get(40).copied().unwrap_or(accounts.dapp);
    let mut ops = vec![
        approve(ago(150), accounts.dapp, icp(25), None),
        approve(ago(120), stranger, icp(3), Some(ago(90))),
        approve(ago(40), stranger, icp(500), None),
        approve(ago(39), stranger, E8s::ZERO, None),
        approve(ago(8), accounts.dapp, icp(40), Some(past.start.plus(Seconds::days(20)))),
    ];
    for days in [149, 133, 7] {
        let operation = SeedOperation::Transfer {
            from: accounts.user,
            to: accounts.exchanges.get(3).copied().unwrap_or(accounts.dapp),
            amount: human_amount(rng, 6),
            spender: Some(accounts.dapp),
        };
        ops.push(SeedOp { icrc1_memo: Some(b"swap".to_vec()), ..SeedOp::new(ago(days), operation) });
    }
    ops
}

/// What a wallet must not be fooled by: a little from an address that looks like one paid often,
/// and a memo that is not text but terminal commands and direction marks.
fn lookalike_payments(past: &Past, accounts: &DemoAccounts, rng: &mut ChaCha8Rng) -> Vec<SeedOp> {
    let transfer = |from, to, e8s| SeedOperation::Transfer { from, to, amount: E8s(e8s), spender: None };
    let at = past.start.minus(Seconds::hours(23));
    let from = accounts.people.last().copied().unwrap_or(accounts.reserve);
    let hostile = "\u{1b}[2J\u{1b}[31mfree ICP\u{202e}".as_bytes().to_vec();
    vec![
        SeedOp::new(at, transfer(from, accounts.impostor, 100_000)),
        SeedOp::new(
            at.plus(Seconds(rng.gen_range(20..60))),
            transfer(accounts.impostor, accounts.user, 10_000),
        ),
        SeedOp {
            icrc1_memo: Some(hostile),
            ..SeedOp::new(past.start.minus(Seconds::hours(31)), transfer(from, accounts.user, 100_000))
        },
    ]
}

/// An amount as people send it: mostly round, sometimes not.
pub(super) fn human_amount(rng: &mut ChaCha8Rng, icp: u64) -> E8s {
    let whole = rng.gen_range(1..=icp.max(1));
    E8s(match rng.gen_range(0..4) {
        0 => whole * E8s::PER_ICP,
        1 => whole * E8s::PER_ICP / 2,
        2 => whole * E8s::PER_ICP / 100 * rng.gen_range(11..97),
        _ => rng.gen_range(E8s::PER_ICP / 20..=whole * E8s::PER_ICP),
    })
}

/// Everybody else: `count` transfers, more of them lately.
fn other_transfers(past: &Past, accounts: &DemoAccounts, rng: &mut ChaCha8Rng, count: usize) -> Vec<SeedOp> {
    let span = Seconds::days(380).0;
    let mut times: Vec<u64> = (0..count)
        .map(|_| {
            // The cube of a fraction: half of them within the last eighth of the time.
            let fraction = u128::from(rng.gen_range(1..=1_000_000u64));
            let cube = u128::from(span) * fraction * fraction * fraction / 1_000_000_000_000_000_000;
            u64::try_from(cube).unwrap_or(span)
        })
        .collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    let mut balances: HashMap<AccountIdentifier, E8s> = HashMap::new();
    for op in initial_mints(past, accounts, past.start) {
        if let SeedOperation::Mint { to, amount } = op.operation {
            balances.insert(to, amount);
        }
    }
    let all: Vec<_> = accounts.exchanges.iter().chain(&accounts.people).copied().collect();
    let mut ops = Vec::with_capacity(count);
    for ago in times {
        let at = past.start.minus(Seconds(ago.max(30)));
        let Some(op) = some_transfer(rng, &all, accounts, at, |account| {
            // Friends also deal with the user; their balance here is what is surely there.
            balances.get(account).copied().unwrap_or_default()
        }) else {
            continue;
        };
        for account in &all {
            let (gain, loss) = op.effect(account);
            if gain != loss {
                let entry = balances.entry(*account).or_default();
                *entry = entry.saturating_sub(loss).saturating_add(gain);
            }
        }
        ops.push(op);
    }
    ops
}

/// A transfer between two of `holders` that the sender can well afford; now and then a top-up.
pub(super) fn some_transfer(
    rng: &mut ChaCha8Rng,
    holders: &[AccountIdentifier],
    accounts: &DemoAccounts,
    at: Timestamp,
    balance: impl Fn(&AccountIdentifier) -> E8s,
) -> Option<SeedOp> {
    let pick = |rng: &mut ChaCha8Rng| holders.get(rng.gen_range(0..holders.len().max(1))).copied();
    let from = (0..8).find_map(|_| pick(rng).filter(|a| balance(a) > E8s(20 * E8s::PER_ICP)))?;
    // At most a tenth of what there is, and mostly far less.
    let most = balance(&from).0 / 10;
    let scale = [most, most / 10, most / 100, 500 * E8s::PER_ICP][rng.gen_range(0..4)];
    let amount = human_amount(rng, scale.min(most) / E8s::PER_ICP);
    let amount = E8s(amount.0.min(most));
    let top_up = rng.gen_range(0..12) == 0;
    let to = if top_up {
        accounts.top_ups.get(rng.gen_range(0..accounts.top_ups.len().max(1))).copied()?
    } else {
        pick(rng).filter(|to| *to != from).unwrap_or(accounts.reserve)
    };
    let mut op = SeedOp::new(at, SeedOperation::Transfer { from, to, amount, spender: None });
    op.memo = match rng.gen_range(0..10) {
        _ if top_up => TOP_UP,
        0..=5 => 0,
        6..=8 => rng.gen_range(1..1_000_000),
        _ => rng.r#gen(),
    };
    if !top_up && rng.gen_range(0..5) == 0 {
        op.memo = 0;
        op.icrc1_memo = Some(rng.gen_range(1..100_000u64).to_be_bytes().to_vec());
    }
    Some(op)
}
