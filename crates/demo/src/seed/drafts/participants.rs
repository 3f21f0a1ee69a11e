//! Node providers, data centers, rewards, identity checks.

use super::{Content, Kind, ProposalContext, forum, words};
use crate::seed::payloads as p;
use crate::seed::random::SeededRng;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use std::fmt::Display;
use wire::Action;

pub(super) fn participants(
    kind: Kind,
    rng: &mut SeededRng,
    serial: u64,
    context: &ProposalContext,
) -> Content {
    let none = Principal::anonymous();
    let provider = *rng.choose_or(&context.inventory.providers, &none);
    let (dc, city) = context.center(rng);
    match kind {
        Kind::AddNodeProvider => {
            let id = rng.principal();
            let company = rng.choose_text(&[
                "Alpine Racks",
                "Baobab Hosting",
                "Cirrus Colo",
                "Dunes Data",
                "Eiger Nodes",
            ]);
            let change = wire::Change::ToAdd(wire::NodeProvider { id: Some(id), reward_account: None });
            let company = format!("{company} {serial}");
            let (declaration, proof) = (rng.hex(64), rng.hex(64));
            let values: &[(&str, &dyn Display)] =
                &[("company", &company), ("city", &city), ("declaration", &declaration), ("proof", &proof)];
            let action =
                Action::AddOrRemoveNodeProvider(wire::AddOrRemoveNodeProvider { change: Some(change) });
            (words(kind, forum(rng), values), action, None)
        }
        Kind::RemoveNodeProvider => {
            let change =
                wire::Change::ToRemove(wire::NodeProvider { id: Some(provider), reward_account: None });
            let action =
                Action::AddOrRemoveNodeProvider(wire::AddOrRemoveNodeProvider { change: Some(change) });
            (words(kind, "", &[("provider", &provider)]), action, None)
        }
        Kind::DataCenters => {
            let argument = p::AddOrRemoveDataCenters {
                data_centers_to_add: vec![p::DataCenter {
                    id: dc.clone(),
                    region: format!("{city},{dc}"),
                    owner: rng
                        .choose_text(&["Equipoise", "Northlight DC", "Harbour Colo", "Plateau Hosting"])
                        .to_owned(),
                }],
                data_centers_to_remove: Vec::new(),
            };
            let (action, payload) = p::call(21, &argument);
            (words(kind, "", &[("dc", &dc), ("city", &city)]), action, payload)
        }
        Kind::RewardNodeProvider | Kind::RewardNodeProviders => {
            let count = if kind == Kind::RewardNodeProvider { 1 } else { 4 };
            let reward = |id: Principal, amount: u64| wire::RewardNodeProvider {
                node_provider: Some(wire::NodeProvider { id: Some(id), reward_account: None }),
                reward_mode: Some(wire::RewardMode::RewardToAccount(wire::RewardToAccount {
                    to_account: None,
                })),
                amount_e8s: amount,
            };
            let chosen = rng.choose_several(&context.inventory.providers, count);
            let rewards: Vec<_> =
                chosen.into_iter().map(|id| reward(id, rng.within(40, 900) * 100_000_000)).collect();
            let total: u64 = rewards.iter().map(|r| r.amount_e8s / 100_000_000).sum();
            let words = words(kind, forum(rng), &[("count", &count), ("total", &total)]);
            let action = match (kind, rewards.first()) {
                (Kind::RewardNodeProvider, Some(one)) => Action::RewardNodeProvider(one.clone()),
                _ => Action::RewardNodeProviders(wire::RewardNodeProviders {
                    use_registry_derived_rewards: Some(false),
                    rewards,
                }),
            };
            (words, action, None)
        }
        Kind::UpdateNodeRewardsTable => {
            let rate = rng.within(9_000_000, 16_000_000);
            let argument = p::UpdateNodeRewardsTable {
                new_entries: vec![p::NodeRewardRate {
                    region: format!("Europe,{city}"),
                    node_type: "type3.1".to_owned(),
                    xdr_permyriad_per_node_per_month: rate,
                }],
            };
            let (action, payload) = p::call(20, &argument);
            (words(kind, forum(rng), &[("city", &city), ("rate", &(rate / 10_000))]), action, payload)
        }
        _ => {
            let principals = (0..3).map(|_| rng.principal()).collect();
            let action = Action::ApproveGenesisKyc(wire::Principals { principals });
            (words(kind, "", &[]), action, None)
        }
    }
}
