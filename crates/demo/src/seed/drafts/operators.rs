//! Node operators and their nodes.

use super::{Content, Kind, ProposalContext, forum, words};
use crate::seed::payloads as p;
use crate::seed::random::SeededRng;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use serde_bytes::ByteBuf;
use std::fmt::Display;
use wire::Action;

pub(super) fn node_admin(kind: Kind, rng: &mut SeededRng, context: &ProposalContext) -> Content {
    let none = Principal::anonymous();
    let provider = *rng.choose_or(&context.inventory.providers, &none);
    let new = rng.principal();
    let (dc, city) = context.center(rng);
    let old = context.operator(rng);
    let operator = old.id;
    match kind {
        Kind::AssignNoid => {
            let allowance = rng.within(4, 30);
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
            let url = forum(rng);
            let values: &[(&str, &dyn Display)] = &[
                ("provider", &provider),
                ("city", &city),
                ("dc", &dc),
                ("allowance", &allowance),
                ("forum", &url),
            ];
            (words(kind, "", values), action, payload)
        }
        Kind::UpdateNodeOperatorConfig => {
            let allowance = rng.within(0, 28);
            let (action, payload) = p::call(
                16,
                &p::UpdateNodeOperatorConfig {
                    node_operator_id: Some(operator),
                    node_allowance: Some(allowance),
                    dc_id: Some(old.center.clone()),
                    ..Default::default()
                },
            );
            let values: &[(&str, &dyn Display)] =
                &[("center", &old.center), ("operator", &operator), ("allowance", &allowance)];
            (words(kind, "", values), action, payload)
        }
        Kind::RemoveNodes => {
            let count = usize::try_from(rng.within(1, 6)).unwrap_or(1);
            let node_ids = rng.choose_several(&context.inventory.spares, count);
            let list: Vec<String> = node_ids.iter().map(|id| format!("* `{id}`")).collect();
            let (action, payload) = p::call(18, &p::Nodes { node_ids });
            let values: &[(&str, &dyn Display)] =
                &[("count", &count), ("city", &city), ("list", &list.join("\n"))];
            (words(kind, "", values), action, payload)
        }
        Kind::RemoveNodeOperators => {
            let argument = p::RemoveNodeOperators { node_operators_to_remove: vec![operator] };
            let (action, payload) = p::call(23, &argument);
            (words(kind, "", &[("operator", &operator)]), action, payload)
        }
        _ => {
            let measurement = wire::GuestLaunchMeasurement {
                measurement: Some(ByteBuf::from([rng.bytes().as_slice(), &rng.bytes()[..16]].concat())),
                metadata: Some(wire::GuestLaunchMeasurementMetadata {
                    kernel_cmdline: Some("root=/dev/vda5 console=ttyS0 dfinity.system=A".to_owned()),
                    vcpu_type: None,
                }),
            };
            let bless = wire::BlessAlternativeGuestOsVersion {
                chip_ids: Some(vec![ByteBuf::from([rng.bytes(), rng.bytes()].concat())]),
                rootfs_hash: Some(rng.hex(64)),
                base_guest_launch_measurements: Some(wire::GuestLaunchMeasurements {
                    guest_launch_measurements: Some(vec![measurement]),
                }),
            };
            (words(kind, forum(rng), &[]), Action::BlessAlternativeGuestOsVersion(bless), None)
        }
    }
}
