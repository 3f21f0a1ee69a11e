//! `icpulse overview`, and what icpulse prints without a terminal: Pulse as text. `icpulse sync`.

use super::context::{Context, wall_clock};
use super::failure::{Failure, FailureKind};
use super::json;
use super::open::{IdentityNeed, open};
use super::output::{Format, print_json, print_note, print_text};
use super::tui::{Reading, network_info, start_reading, wait_ready};
use crate::tui::app::state::{Options, State};
use crate::tui::app::{Message, update};
use crate::tui::screens;
use icpulse_model::act::Authenticity;
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::health::Condition;
use icpulse_model::network::Profile;
use icpulse_model::world::{Change, SyncStatus, World};
use icpulse_model::{E8s, Proof, Timestamp};
use serde_json::json;
use std::io::IsTerminal;
use std::sync::Arc;

/// Width of the text when there is no terminal to ask.
const WIDTH: u16 = 120;

/// Reads what Pulse shows and prints it.
///
/// # Errors
/// [`Kind::Network`] when nothing could be read and nothing was known; what is known is printed
/// in any case.
pub async fn overview(context: &Context) -> Result<(), Failure> {
    let mut opened = open(context, IdentityNeed::IfUnlocked).await?;
    let reading = start_reading(context, &mut opened, false);
    let Reading { sync, signer, loaded, mut changes } = reading;
    // Nobody takes the changes one by one here: they only must not pile up.
    let drain = tokio::spawn(async move { while changes.recv().await.is_some() {} });
    let silent = match context.global.offline {
        true => None,
        false => wait_ready(&sync, !loaded.world.proposals.is_empty()).await,
    };
    let (world, mut status) = sync.world().await.unwrap_or((loaded.world, SyncStatus::default()));
    status.trouble = status.trouble.or(silent);
    sync.shutdown().await;
    drain.abort();
    opened.print_cache_notes(context);
    let open_actions = opened.open_actions().map(|actions| actions.list()).unwrap_or_default();
    let now = wall_clock();
    let mut state = State::new(
        now,
        (WIDTH, 60),
        network_info(&opened),
        Options { ascii: context.ascii(), ..Options::default() },
    );
    state.load_world(signer.clone(), world);
    let _ = update(&mut state, Message::Change(Change::Sync(status.clone())), now);
    for entry in &open_actions {
        let (execution, authenticity) = (Arc::new(entry.execution.clone()), Authenticity::Authentic);
        let _ = update(&mut state, Message::JournalEntry { execution, authenticity }, now);
    }
    match Format::from_flags(&context.global) {
        Format::Text => {
            let width = if std::io::stdout().is_terminal() {
                crossterm::terminal::size().map_or(WIDTH, |(columns, _)| columns.max(60))
            } else {
                u16::MAX
            };
            print_text(&screens::text::pulse_text(&state, usize::from(width)))?;
        }
        Format::Json => {
            let mut summary = overview_json(&state.world, &signer, &opened.profile, &status);
            let open: Vec<_> = open_actions.iter().map(json::journal_entry).collect();
            if let Some(fields) = summary.as_object_mut() {
                let needs = screens::text::list_needs(&state).map(|needs| {
                    needs.iter().map(|(text, when)| json!({"text": text, "when": when})).collect::<Vec<_>>()
                });
                fields.insert("open_actions".to_owned(), open.into());
                fields.insert("needs".to_owned(), json!(needs));
            }
            print_json(&summary)?;
        }
        Format::Csv => {
            return Err(Failure::usage(
                "overview has no rows for --csv; use --json, or `icpulse proposals list --csv`",
            ));
        }
    }
    match &status.trouble {
        Some(trouble) if status.last_success.is_none() && !context.global.offline => {
            Err(Failure::new(FailureKind::Network, trouble))
        }
        Some(trouble) => {
            print_note(&context.global, trouble);
            Ok(())
        }
        None => Ok(()),
    }
}

fn overview_json(
    world: &World,
    signer: &icpulse_model::act::SignerInfo,
    profile: &Profile,
    status: &SyncStatus,
) -> serde_json::Value {
    let now = wall_clock();
    let staked = world.neurons.iter().fold(E8s::ZERO, |sum, n| sum.saturating_add(n.stake));
    json!({
        "network": profile.name,
        "trust": json::trust(&profile.trust()),
        "signer": json::signer(signer),
        "open_proposals": world.proposals.open().map(|p| json::proposal(p, now)).collect::<Vec<_>>(),
        "votable_proposals": world.proposals.iter().filter(|p| p.votable(now).next().is_some()).map(|p| p.id).collect::<Vec<_>>(),
        "neuron_count": world.neurons.len(),
        "staked_e8s": staked.0.to_string(),
        "accounts": world.accounts.iter().map(|a| json!({
            "account": a.account.identifier().hex(),
            "balance_e8s": a.icp().map(|e8s| e8s.0.to_string()),
            "balance_units": a.balance.units.to_string(),
            "token": a.token.symbol,
            "decimals": a.token.decimals,
            "ledger": a.token.ledger.to_string(),
            "evidence": json::evidence(&a.balance_evidence, now),
        })).collect::<Vec<_>>(),
        "facts": json::facts(&world.facts, now),
        "network_health": network_json(world, now),
        "certified_at": status.certified_at.map(|t| t.rfc3339()),
    })
}

/// Subnets and nodes, each figure with how it is proven; null before the registry was read.
fn network_json(world: &World, now: Timestamp) -> serde_json::Value {
    let topology = &world.topology;
    if topology.is_empty() {
        return serde_json::Value::Null;
    }
    let conditions = topology.subnets.keys().filter_map(|id| Some(world.health.get(id)?.condition(now)));
    let (mut well, mut stalled, mut unreachable) = (0usize, 0usize, 0usize);
    for condition in conditions {
        well += usize::from(condition == Condition::Well);
        stalled += usize::from(matches!(condition, Condition::Stalled(_)));
        unreachable += usize::from(condition == Condition::Unreachable);
    }
    let registry = topology.evidence.map(|e| e.proof.word());
    let asked = well + stalled > 0;
    let lives = world.fleet.count_statuses(topology.nodes.keys(), now);
    let known = |n: usize| lives.is_known().then_some(n);
    let proof = if lives.is_unverified() { Proof::Unverified } else { Proof::NodeSigned };
    let said = lives.is_known().then(|| proof.word());
    json!({
        "subnets": topology.subnets.len(),
        "subnets_evidence": registry,
        "subnets_well": asked.then_some(well),
        "subnets_well_evidence": asked.then(|| Proof::Certified.word()),
        "subnets_stalled": asked.then_some(stalled),
        "subnets_stalled_evidence": asked.then(|| Proof::Certified.word()),
        "subnets_unreachable": unreachable,
        "subnets_unknown": topology.subnets.len().saturating_sub(well + stalled + unreachable),
        "nodes": topology.nodes.len(),
        "nodes_evidence": registry,
        "nodes_up": known(lives.up),
        "nodes_up_evidence": said,
        "nodes_degraded": known(lives.degraded),
        "nodes_degraded_evidence": said,
        "nodes_down": known(lives.down),
        "nodes_down_evidence": said,
        "nodes_disputed": known(lives.disputed),
        "nodes_disputed_evidence": said,
        "nodes_unknown": lives.unknown,
        "unverified_source": lives.is_unverified().then_some(DASHBOARD),
        "unverified_source_read_at": world.fleet.reported_at.map(|t| t.rfc3339()),
        "subnets_contradicting": lives.is_known().then(|| world.contradicted_subnets(now)),
    })
}

/// `icpulse sync`: reads everything into the cache.
///
/// # Errors
/// [`Kind::Network`] when something could not be read.
pub async fn sync(context: &Context) -> Result<(), Failure> {
    if context.global.offline {
        return Err(Failure::usage("--offline cannot be used with sync"));
    }
    let mut opened = open(context, IdentityNeed::ToRead).await?;
    opened.check_cache_is_shared()?;
    let reading = start_reading(context, &mut opened, true);
    opened.print_cache_notes(context);
    let Reading { sync, mut changes, .. } = reading;
    let mut told = 0;
    {
        let idle = sync.idle();
        tokio::pin!(idle);
        loop {
            tokio::select! {
                () = &mut idle => break,
                change = changes.recv() => match change {
                    Some(Change::Sync(SyncStatus { history: Some(history), .. })) if history.done >= told + 1_000 => {
                        told = history.done;
                        let left = history.left.map(|l| format!(", {} left", l.words())).unwrap_or_default();
                        print_note(&context.global, format!("{} of {} proposals, {} a second{left}", history.done, history.total, history.per_second));
                    }
                    Some(_) => {}
                    None => break,
                }
            }
        }
    }
    let ended = sync.world().await;
    // Much may have to be written: that takes its time, unlike closing. The outcome is looked at below.
    let _ = opened.cache.flush();
    sync.shutdown().await;
    let Some((world, status)) = ended else { return Ok(()) };
    // What was read is worth nothing here unless it is on the disk.
    let kept = match (opened.cache.flush(), &status.cache_note) {
        (Err(e), _) => Err(Failure::failed(format!("could not save what was read: {e}"))),
        (Ok(()), Some(why)) if opened.cache_notes.first() != Some(why) => Err(Failure::failed(why)),
        (Ok(()), _) => Ok(()),
    };
    for text in opened.cache.take_notes() {
        print_note(&context.global, text);
    }
    let size = opened.cache.size_on_disk().unwrap_or(0);
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&json!({
            "network": opened.profile.name,
            "trust": json::trust(&opened.profile.trust()),
            "proposal_count": world.proposals.len(),
            "neuron_count": world.neurons.len(),
            "cache_bytes": size,
        }))?,
        _ => print_text(&format!(
            "{} proposals, {} neurons of {}; the cache has {} KiB\n",
            world.proposals.len(),
            world.neurons.len(),
            opened.identity.info().name,
            size / 1_024
        ))?,
    }
    match status.trouble {
        Some(trouble) => Err(Failure::new(FailureKind::Network, trouble)),
        None => kept,
    }
}
