//! One transaction of the wallet's account.

use super::facts::{self, Facts};
use super::{Cx, cell, format, wallet};
use crate::datasets::signed_amount;
use crate::tui::app::state::Detail;
use crate::tui::theme::Role;
use crate::tui::widgets::{notice, span};
use icpulse_model::ledger::{Operation, Party};
use ratatui::layout::Rect;

/// Draws the transaction that is open.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, block: u64, detail: &Detail) {
    let state = cx.state;
    let area = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), area.height);
    let account = state.account();
    let found = account.and_then(|a| a.transactions.iter().find(|t| t.block == block).map(|t| (a, t)));
    let Some((account, t)) = found else {
        notice::draw(
            cx.pen,
            area,
            &format!("Block {block}"),
            Role::Warn,
            &["it is not among the transactions read so far"],
        );
        return;
    };
    let own = account.account.identifier();
    let mut lines = Facts::new(area.width.saturating_sub(2), 16);
    lines.add_heading(format!("Block {block}: {}", t.verb(&own)));
    let token = &account.token;
    let fee_words = |fee: Option<u128>| {
        fee.map_or_else(String::new, |fee| format!("{} {}", token.exact(fee), token.symbol))
    };
    let (amount, tone) = signed_amount(t, Some(&own), Some(token));
    if !amount.is_empty() {
        lines.add_fact(
            "amount",
            vec![
                span(amount.trim_end().to_owned(), cell::role_for_tone(tone)),
                span(format!(" {}", token.symbol), Role::Dim),
            ],
        );
    }
    let mut party = |name: &str, account: &Party| {
        lines.add_text(name, account.to_string(), Role::Id);
        if let Some(whose) = wallet::whose(state, &account.identifier()) {
            lines.add_text("", whose, Role::Known);
        }
    };
    match &t.operation {
        Operation::Transfer { from, to, fee, spender, .. } => {
            party("from", from);
            party("to", to);
            if let Some(spender) = spender {
                party("moved by", spender);
            }
            lines.add_text("fee", fee_words(*fee), Role::Dim);
        }
        Operation::Mint { to, .. } => {
            party("to", to);
            if token.is_icp {
                lines.add_text("", "minted: rewards, or maturity that became ICP", Role::Dim);
            }
        }
        Operation::Burn { from, .. } => party("from", from),
        Operation::Approve { from, spender, fee, expires, .. } => {
            party("from", from);
            party("may spend", spender);
            lines.add_text("fee", fee_words(*fee), Role::Dim);
            let until = expires.map_or_else(|| "it does not expire".to_owned(), |at| at.date_minute());
            lines.add_text("until", until, Role::Text);
        }
        Operation::Unknown(text) => lines.add_text("unknown", text.as_str(), Role::Warn),
    }
    if let Some(at) = t.timestamp {
        lines.add_text(
            "in its block",
            format!("{} UTC ({})", at.date_minute(), format::ago_text(state.network_now(), at)),
            Role::Text,
        );
    }
    if let Some(at) = t.created_at {
        lines.add_text("made", format!("{} UTC, according to the sender", at.date_minute()), Role::Dim);
    }
    if token.is_icp {
        lines.add_text("memo", t.memo.to_string(), Role::Text);
    }
    if let Some(memo) = &t.icrc1_memo {
        lines.add_text("ICRC-1 memo", hex::encode(memo), Role::ValueBytes);
    }
    lines.add_fact("read", format::evidence_spans(&t.evidence, state.network_now()));
    facts::detail_part(cx, area, &lines.into_lines(), detail.scroll);
}
