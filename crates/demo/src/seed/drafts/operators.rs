//! Node operators and their machines.

use super::{Content, Kind, Scenery, forum, words};
use crate::seed::dice::Dice;
use crate::seed::payloads as p;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use serde_bytes::ByteBuf;
use wire::Action;

pub(super) fn node_admin(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let none = Principal::anonymous();
    let provider = *dice.pick(&scenery.machines.providers, &none);
    let new = dice.principal();
    let (dc, city) = scenery.center(dice);
    let old = scenery.operator(dice);
    let operator = old.id;
    match kind {
        Kind::AssignNoid => {
            let allowance = dice.within(4, 30);
            let (action, payload) = p::call(
                8,
                &p::AddNodeOperator {
                    node_operator_principal_id: Some(new),
                    node_provider_principal_id: Some(provider),
                    dc_id: dc.clone(),
                    node_allowance: allowance,
                    ipv6: None,
                },
            );
            let summary = format!(
                "Node provider `{provider}` adds a node operator in **{city}** ({dc}) for {allowance} \
                 generation-2 nodes.\n\nThe data center contract was verified on the \
                 [forum]({}).",
                forum(dice)
            );
            (words(format!("Add node operator in {city}"), summary, ""), action, payload, 930)
        }
        Kind::UpdateNodeOperatorConfig => {
            let allowance = dice.within(0, 28);
            let (action, payload) = p::call(
                16,
                &p::UpdateNodeOperatorConfig {
                    node_operator_id: Some(operator),
                    node_allowance: Some(allowance),
                    dc_id: Some(old.center.clone()),
                    ..Default::default()
                },
            );
            let summary = format!(
                "Sets the node allowance of operator `{operator}` in {} to **{allowance}**.",
                old.center
            );
            (words(format!("Update node allowance in {}", old.center), summary, ""), action, payload, 940)
        }
        Kind::RemoveNodes => {
            let count = usize::try_from(dice.within(1, 6)).unwrap_or(1);
            let node_ids = dice.several(&scenery.machines.spares, count);
            let list: Vec<String> = node_ids.iter().map(|id| format!("* `{id}`")).collect();
            let (action, payload) = p::call(18, &p::Nodes { node_ids });
            let summary = format!("These nodes are broken or leave {city}:\n\n{}", list.join("\n"));
            (words(format!("Remove {count} nodes from the registry"), summary, ""), action, payload, 950)
        }
        Kind::RemoveNodeOperators => {
            let argument = p::RemoveNodeOperators { node_operators_to_remove: vec![operator] };
            let (action, payload) = p::call(23, &argument);
            let summary = format!("Operator `{operator}` has no nodes and no allowance left.");
            (words("Remove an inactive node operator", summary, ""), action, payload, 960)
        }
        _ => {
            let measurement = wire::GuestLaunchMeasurement {
                measurement: Some(ByteBuf::from([dice.bytes().as_slice(), &dice.bytes()[..16]].concat())),
                metadata: Some(wire::GuestLaunchMeasurementMetadata {
                    kernel_cmdline: Some("root=/dev/vda5 console=ttyS0 dfinity.system=A".to_owned()),
                }),
            };
            let bless = wire::BlessAlternativeGuestOsVersion {
                chip_ids: Some(vec![ByteBuf::from([dice.bytes(), dice.bytes()].concat())]),
                rootfs_hash: Some(dice.hex(64)),
                base_guest_launch_measurements: Some(wire::GuestLaunchMeasurements {
                    guest_launch_measurements: Some(vec![measurement]),
                }),
            };
            let summary =
                "Recovery drill: one machine may boot an alternative GuestOS until it has caught up.";
            let action = Action::BlessAlternativeGuestOsVersion(bless);
            (words("Bless a recovery GuestOS for one node", summary, forum(dice)), action, None, 900)
        }
    }
}
