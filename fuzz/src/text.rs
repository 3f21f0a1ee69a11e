//! What people type and what proposals say.

use crate::{NOW, check, choose, evidence, reader};
use icpulse::datasets::{NEURONS, PROPOSALS, SUBNETS};
use icpulse::tui::command::{Chord, format_sequence, parse_sequence};
use icpulse::tui::theme::{ColorDepth, color};
use icpulse::tui::widgets::{ascii, markdown, text as width};
use icpulse_canisters::decode;
use icpulse_canisters::wire::governance as g;
use icpulse_model::amount::{format_units, group, parse_units};
use icpulse_model::dataset::{Context, List};
use icpulse_model::query::{parse, parse_span, parse_whole, suggest};
use icpulse_model::text::{Block, csv_cell, safe_link};
use icpulse_model::{Account, AccountIdentifier, E8s, Principal, Seconds, Timestamp};
use icpulse_wallet::Algorithm;

/// Amounts, accounts, principals, spans of time, keys, colours, numbers.
pub fn words(data: &[u8]) {
    let text = &String::from_utf8_lossy(data);
    if let Ok(amount) = E8s::parse_icp(text) {
        assert_eq!(E8s::parse_icp(&amount.decimal()), Ok(amount), "{text:?}");
        let _ = (amount.exact(), amount.rounded());
    }
    for decimals in [0, 4, 8, 18, 38] {
        if let Ok(units) = parse_units(text, decimals) {
            let shown = format_units(units, decimals, 0);
            assert_eq!(parse_units(&shown, decimals), Ok(units), "{text:?} shown as {shown}");
            let _ = group(&shown);
        }
    }
    if let Ok(account) = text.parse::<Account>() {
        assert_eq!(account.to_string().parse::<Account>(), Ok(account), "{text:?}");
        let _ = account.identifier();
    }
    if let Ok(identifier) = text.parse::<AccountIdentifier>() {
        assert_eq!(identifier.to_string().parse::<AccountIdentifier>(), Ok(identifier));
        assert_eq!(AccountIdentifier::from_slice(&identifier.0), Ok(identifier));
    }
    let _ = AccountIdentifier::from_slice(data);
    if let Ok(principal) = Principal::from_text(text.as_ref()) {
        assert_eq!(Principal::from_text(principal.to_text()), Ok(principal));
        let _ = icpulse_model::account::short_principal(&principal);
    }
    let _ = parse_span(text);
    if let Ok(chords) = parse_sequence(text) {
        let shown = format_sequence(&chords);
        assert_eq!(parse_sequence(&shown), Ok(chords), "{text:?} shown as {shown:?}");
    }
    let _ = text.parse::<Chord>();
    let _ = (color::parse_color(text), ColorDepth::parse_depth(text), Algorithm::parse(text));
    if let Some(number) = data.first_chunk::<8>().map(|b| u64::from_le_bytes(*b)) {
        let (time, span) = (Timestamp(number), Seconds(number));
        let _ = (time.date_minute(), time.date(), time.clock(), time.rfc3339());
        let _ = (Timestamp::from_secs(number).rfc3339(), time.plus(span), time.minus(span));
        let _ = (span.words(), span.short(), E8s(number).exact(), E8s(number).rounded());
    }
}

/// The filter language: reading it, writing it again, suggestions, and trying it on rows.
pub fn query(data: &[u8]) {
    let text = &String::from_utf8_lossy(data);
    let info = g::ProposalInfo {
        id: Some(g::ProposalId { id: 140_812 }),
        proposal: Some(g::Proposal { title: Some(text.to_string()), ..Default::default() }),
        ballots: vec![(7, g::Ballot { vote: 0, voting_power: 3 })],
        ..Default::default()
    };
    let proposal = decode::proposals::decode_proposal(&info, evidence()).expect("it has a number");
    let full = g::Neuron { id: Some(g::NeuronId { id: 7 }), ..Default::default() };
    let neuron = decode::neurons::decode_neuron(Some(&full), None, None, reader(), evidence())
        .expect("it has a number");
    let context = Context { now: NOW, ..Context::default() };
    let lists: [List; 3] = [&PROPOSALS, &NEURONS, &SUBNETS];
    for list in lists {
        let _ = (suggest(text, list), parse_whole(text, list));
        match parse(text, list) {
            Ok(query) => {
                let shown = query.to_string();
                let again = parse(&shown, list);
                assert_eq!(again.as_ref(), Ok(&query), "{text:?} is written as {shown:?}");
                let _ = (query.narrows(&query), query.is_timed(), query.words().count());
                let _ = (list == lists[0]).then(|| PROPOSALS.matches(&query, &proposal, &context));
                let _ = (list == lists[1]).then(|| NEURONS.matches(&query, &neuron, &context));
            }
            Err(error) => {
                assert!(error.at.start <= error.at.end && error.at.end <= text.chars().count());
            }
        }
    }
}

/// A proposal's text as lines of roles, at any width.
pub fn rendered(data: &[u8]) {
    let (choice, rest) = choose(data);
    let room = 8 + choice % 120;
    let raw = String::from_utf8_lossy(rest);
    let clean: fn(&str) -> String = |text| Block::new(text).as_str().to_owned();
    for text in [raw.as_ref(), Block::new(&raw).as_str()] {
        for line in markdown::render_markdown(text, markdown::Options { width: room, clean, safe_link }) {
            assert!(width::spans_width(&line) <= room, "{line:?} is wider than {room}");
            for piece in line {
                check::neutral(&piece.text);
                assert!(!piece.text.contains('\n'), "a line break in {piece:?}");
            }
        }
    }
    for line in width::wrap_text(&raw, room) {
        assert!(width::text_width(&line) <= room, "{line:?} is wider than {room}");
    }
    assert!(width::text_width(&width::truncate_text(&raw, room)) <= room);
    assert!(width::text_width(&width::truncate_middle(&raw, room)) <= room);
    let cell = csv_cell(&raw);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(!formula || cell.parse::<f64>().is_ok() || raw.starts_with(['\t', '\r']), "{cell:?}");
    let area = ratatui::layout::Rect::new(0, 0, 20, 2);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    let theme = icpulse::tui::theme::Theme::fallback();
    icpulse::tui::widgets::Pen::new(&mut buffer, &theme, true).write(
        0,
        0,
        20,
        &raw,
        icpulse::tui::theme::Role::Text,
    );
    ascii::replace_with_ascii(&mut buffer);
    assert!(buffer.content().iter().all(|cell| cell.symbol().is_ascii()), "{buffer:?}");
}
