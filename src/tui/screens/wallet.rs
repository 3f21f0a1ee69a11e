//! The identity's accounts: balance, addresses, transactions.

use super::condition::{self, Empty};
use super::{Cx, format, series, table};
use crate::datasets::ListRow;
use crate::tui::app::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::{Spans, chart, span};
use icpulse_model::ledger::{AccountState, Transaction};
use icpulse_model::network::SystemCanister;
use icpulse_model::{AccountIdentifier, E8s};
use ratatui::layout::Rect;

/// Draws the account that is shown, or why there is none.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    let Some(account) = state.account() else {
        let empty = if state.signer.is_anonymous() {
            Empty::Nobody
        } else {
            condition::empty_reason(state, false, 0)
        };
        cx.hits.list_height = usize::from(area.height.saturating_sub(1));
        condition::draw_empty(cx, area, empty, "accounts");
        return;
    };
    let top = head(cx, Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), area.height), account);
    let foot = u16::from(!account.complete && !account.transactions.is_empty());
    let list = Rect::new(area.x, top, area.width, area.bottom().saturating_sub(top + foot));
    if foot == 1 {
        let text = "older transactions are read when the end of the list is reached";
        cx.pen.write(area.x + 2, area.bottom() - 1, area.width, text, Role::Dim);
    }
    if state.wallet.list.rows.is_empty() {
        let known = account.complete || !account.transactions.is_empty();
        let empty = condition::empty_reason(state, known, state.wallet.list.total);
        condition::draw_empty(cx, list, empty, "transactions");
        cx.hits.list_height = usize::from(list.height.saturating_sub(1));
        if empty != Empty::Filtered {
            return;
        }
    }
    let cells = state.cell_context();
    let find = |block: &u64| find_transaction(account, *block);
    table::draw_list(cx, list, &state.wallet.list, Transaction::dataset(), &cells, find, |_| {
        Content::Nothing
    });
}

/// Balance and addresses; gives the row below.
fn head(cx: &mut Cx<'_, '_, '_>, area: Rect, account: &AccountState) -> u16 {
    let state = cx.state;
    let token = &account.token;
    let label = |text: &str| span(format!("{text:<11}"), Role::Dim);
    let mut balance: Spans = vec![
        label("balance"),
        span(token.exact(account.balance.units), Role::Strong),
        span(format!(" {}   ", token.symbol), Role::Dim),
    ];
    balance.extend(format::evidence_spans(&account.balance_evidence, state.network_now()));
    let mut staked = E8s::ZERO;
    let mut maturity = E8s::ZERO;
    for neuron in state.world.neurons.iter() {
        staked = staked.saturating_add(neuron.stake);
        maturity = maturity.saturating_add(neuron.maturity);
    }
    let mut lines: Vec<Spans> = vec![balance];
    lines.extend(token_line(state).map(|tokens| [vec![label("tokens")], tokens].concat()));
    if token.is_icp {
        lines.push(vec![
            label("staked"),
            span(staked.rounded(), Role::Amount),
            span(
                format!(" ICP in {}", format::count_noun(state.world.neurons.len(), "neuron", "neurons")),
                Role::Dim,
            ),
            span(format!("   {}", maturity.rounded()), Role::Amount),
            span(" maturity", Role::Dim),
        ]);
        lines.push(vec![label("account"), span(account.account.identifier().hex(), Role::Id)]);
    } else {
        lines.push(vec![
            label("ledger"),
            span(token.ledger.to_string(), Role::Id),
            span(format!("   {}", token.name), Role::Text),
        ]);
        lines.push(vec![label("account"), span(account.account.to_string(), Role::Id)]);
    }
    lines.push(vec![label("principal"), span(account.account.owner.to_text(), Role::Id)]);
    if token.is_icp && !account.account.subaccount.is_default() {
        lines.push(vec![label("ICRC-1"), span(account.account.to_string(), Role::Id)]);
    }
    let history = series::balance(state, account);
    let beside = area.width >= 130 && history.len() > 1;
    let text_w = if beside { 80 } else { area.width };
    let mut y = area.y;
    for line in &lines {
        cx.pen.write_spans(area.x, y, text_w, line);
        y += 1;
    }
    if beside {
        let x = area.x + 84;
        let plot =
            Rect::new(x, area.y, area.right().saturating_sub(x), u16::try_from(lines.len()).unwrap_or(4));
        chart::draw_line(cx.pen, plot, &history, Role::Chart);
    }
    y + 1
}

/// The balances of all tokens that are used, the shown one marked; `None` where there is only one.
fn token_line(state: &State) -> Option<Spans> {
    state.next_account()?;
    let mut line = Spans::new();
    for (place, account) in state.world.accounts.iter().enumerate().filter(|(_, a)| a.is_used()) {
        let role = if place == state.wallet.account { Role::Strong } else { Role::Text };
        let token = &account.token;
        line.push(span(format!("{} {}", token.exact(account.balance.units), token.symbol), role));
        if let Some(known) = &token.imitates {
            line.push(span(format!(" (not {known})"), Role::Warn));
        }
        line.push(span("   ", Role::Dim));
    }
    Some(line)
}

/// Transactions are kept newest first, by block.
fn find_transaction(account: &AccountState, block: u64) -> Option<&Transaction> {
    match account.transactions.binary_search_by(|t| block.cmp(&t.block)) {
        Ok(place) => account.transactions.get(place),
        Err(_) => account.transactions.iter().find(|t| t.block == block),
    }
}

/// What an account is to the reader: one that they named, the own one, or the stake of one of their neurons.
pub(super) fn whose(state: &State, account: &AccountIdentifier) -> Option<String> {
    if let Some(name) = state.names.accounts.get(account) {
        return Some(name.to_string());
    }
    if state.world.accounts.iter().any(|a| a.account.identifier() == *account) {
        return Some("your account".to_owned());
    }
    // The id of governance is the same on every network with an NNS.
    let governance = SystemCanister::Governance.id();
    let neuron = state
        .world
        .neurons
        .iter()
        .find(|n| n.subaccount.is_some_and(|s| AccountIdentifier::new(&governance, &s) == *account))?;
    Some(format!("stake of your neuron {}", neuron.id))
}
