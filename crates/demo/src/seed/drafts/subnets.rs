//! Subnets: members, settings, rental, API boundary nodes.

use super::{Content, Kind, ProposalContext, forum, version, words};
use crate::seed::payloads as p;
use crate::seed::random::SeededRng;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use std::fmt::Display;
use wire::Action;

/// The version of GuestOS that most nodes run.
fn current(rng: &mut SeededRng, context: &ProposalContext) -> String {
    let invented = version(rng);
    context.inventory.guest.clone().unwrap_or(invented)
}

pub(super) fn subnets(kind: Kind, rng: &mut SeededRng, context: &ProposalContext) -> Content {
    let inventory = &context.inventory;
    let (subnet, members) = match rng.choose(&inventory.subnets) {
        Some(net) => (net.id, net.nodes.as_slice()),
        None => (Principal::anonymous(), [].as_slice()),
    };
    let short: String = subnet.to_text().chars().take(5).collect();
    match kind {
        Kind::ChangeSubnetMembership => {
            let count = usize::try_from(rng.within(1, 4)).unwrap_or(1);
            let (add, remove) =
                (rng.choose_several(&inventory.spares, count), rng.choose_several(members, count));
            let (from, to) = (rng.within(3, 7), rng.within(7, 12));
            let row = |verb: &str, id: &Principal| format!("| {verb} | `{id}` |");
            let rows: Vec<String> = remove
                .iter()
                .map(|id| row("removed", id))
                .chain(add.iter().map(|id| row("added", id)))
                .collect();
            let values: &[(&str, &dyn Display)] = &[
                ("count", &count),
                ("subnet", &short),
                ("from", &from),
                ("to", &to),
                ("rows", &rows.join("\n")),
            ];
            let argument =
                p::ChangeSubnetMembership { subnet_id: subnet, node_ids_add: add, node_ids_remove: remove };
            let (action, payload) = p::call(31, &argument);
            (words(kind, "", values), action, payload)
        }
        Kind::CreateSubnet => {
            let argument = p::CreateSubnet {
                node_ids: rng.choose_several(&inventory.spares, 13),
                replica_version_id: current(rng, context),
                subnet_type: "application".to_owned(),
                dkg_interval_length: 499,
                initial_notary_delay_millis: 300,
                unit_delay_millis: 1_000,
                max_ingress_bytes_per_message: 2_097_152,
                max_block_payload_size: 4_194_304,
                ..Default::default()
            };
            let (action, payload) = p::call(1, &argument);
            (words(kind, forum(rng), &[]), action, payload)
        }
        Kind::UpdateSubnet => {
            let canisters = rng.within(80, 200) * 1_000;
            let argument = p::UpdateSubnet {
                subnet_id: Some(subnet),
                max_number_of_canisters: Some(canisters),
                ..Default::default()
            };
            let (action, payload) = p::call(7, &argument);
            (words(kind, "", &[("subnet", &short), ("canisters", &canisters)]), action, payload)
        }
        Kind::SubnetRental => {
            let user = rng.principal();
            let argument = p::SubnetRentalRequest { user, rental_condition_id: "App13CH".to_owned() };
            let (action, payload) = p::call(52, &argument);
            (words(kind, forum(rng), &[("user", &user)]), action, payload)
        }
        Kind::FulfillSubnetRental => {
            let request = wire::FulfillSubnetRentalRequest {
                user: Some(rng.principal()),
                node_ids: Some(rng.choose_several(&inventory.spares, 13)),
                replica_version_id: Some(current(rng, context)),
                initial_dkg_subnet_id: None,
            };
            let action = Action::FulfillSubnetRentalRequest(request);
            (words(kind, "", &[]), action, None)
        }
        Kind::AddApiBoundaryNodes => {
            let node_ids = rng.choose_several(&inventory.spares, 2);
            let (action, payload) =
                p::call(43, &p::AddApiBoundaryNodes { node_ids, version: current(rng, context) });
            (words(kind, "", &[]), action, payload)
        }
        _ => {
            let node_ids = rng.choose_several(&inventory.boundary, 1);
            let (action, payload) = p::call(44, &p::Nodes { node_ids });
            (words(kind, "", &[]), action, payload)
        }
    }
}
