//! Node providers, data centers, rewards, identity checks.

use super::{Content, Kind, Scenery, forum, words};
use crate::seed::dice::Dice;
use crate::seed::payloads as p;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use wire::Action;

pub(super) fn participants(kind: Kind, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Content {
    let none = Principal::anonymous();
    let provider = *dice.pick(&scenery.machines.providers, &none);
    let (dc, city) = scenery.center(dice);
    match kind {
        Kind::AddNodeProvider => {
            let id = dice.principal();
            let company =
                dice.text(&["Alpine Racks", "Baobab Hosting", "Cirrus Colo", "Dunes Data", "Eiger Nodes"]);
            let change = wire::Change::ToAdd(wire::NodeProvider { id: Some(id), reward_account: None });
            let summary = format!(
                "## Who we are\n\n**{company} {serial}** runs machines in {city}.\n\n## Documents\n\n| document | sha-256 |\n\
                 |---|---|\n| Self-declaration | `{}` |\n| Proof of identity | `{}` |\n\nBoth are on the \
                 [wiki](https://wiki.internetcomputer.org/wiki/Node_Provider_Self-declaration).",
                dice.hex(64),
                dice.hex(64)
            );
            let action =
                Action::AddOrRemoveNodeProvider(wire::AddOrRemoveNodeProvider { change: Some(change) });
            (words(format!("Add node provider: {company} {serial}"), summary, forum(dice)), action, None, 850)
        }
        Kind::RemoveNodeProvider => {
            let change =
                wire::Change::ToRemove(wire::NodeProvider { id: Some(provider), reward_account: None });
            let summary = format!("Node provider `{provider}` has sold all machines and leaves the network.");
            let action =
                Action::AddOrRemoveNodeProvider(wire::AddOrRemoveNodeProvider { change: Some(change) });
            (words("Remove a node provider", summary, ""), action, None, 880)
        }
        Kind::DataCenters => {
            let argument = p::AddOrRemoveDataCenters {
                data_centers_to_add: vec![p::DataCenter {
                    id: dc.clone(),
                    region: format!("{city},{dc}"),
                    owner: dice
                        .text(&["Equipoise", "Northlight DC", "Harbour Colo", "Plateau Hosting"])
                        .to_owned(),
                }],
                data_centers_to_remove: Vec::new(),
            };
            let (action, payload) = p::call(21, &argument);
            let summary =
                format!("Adds data center **{dc}** in {city}. Contract and location were verified.");
            (words(format!("Add data center {dc} ({city})"), summary, ""), action, payload, 940)
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
            let chosen = dice.several(&scenery.machines.providers, count);
            let rewards: Vec<_> =
                chosen.into_iter().map(|id| reward(id, dice.within(40, 900) * 100_000_000)).collect();
            let total: u64 = rewards.iter().map(|r| r.amount_e8s / 100_000_000).sum();
            let summary = format!(
                "Pays {count} node provider(s) {total} ICP in all for nodes that were wrongly counted as idle last \
                 month."
            );
            let words = words("Correct node provider rewards", summary, forum(dice));
            let action = match (kind, rewards.first()) {
                (Kind::RewardNodeProvider, Some(one)) => Action::RewardNodeProvider(one.clone()),
                _ => Action::RewardNodeProviders(wire::RewardNodeProviders {
                    use_registry_derived_rewards: Some(false),
                    rewards,
                }),
            };
            (words, action, None, 760)
        }
        Kind::UpdateNodeRewardsTable => {
            let rate = dice.within(9_000_000, 16_000_000);
            let argument = p::UpdateNodeRewardsTable {
                new_entries: vec![p::NodeRewardRate {
                    region: format!("Europe,{city}"),
                    node_type: "type3.1".to_owned(),
                    xdr_permyriad_per_node_per_month: rate,
                }],
            };
            let (action, payload) = p::call(20, &argument);
            let summary = format!(
                "Sets the monthly reward of type 3.1 nodes in {city} to **{} XDR**, as measured hosting costs ask \
                 for.",
                rate / 10_000
            );
            (words("Update the node rewards table", summary, forum(dice)), action, payload, 710)
        }
        _ => {
            let principals = (0..3).map(|_| dice.principal()).collect();
            let summary = "Confirms the identity checks of three genesis principals.";
            let action = Action::ApproveGenesisKyc(wire::Principals { principals });
            (words("Approve genesis KYC", summary, ""), action, None, 960)
        }
    }
}
