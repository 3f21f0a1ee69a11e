//! Subnets: members, settings, rental, API boundary nodes.

use super::{Content, Kind, Scenery, forum, version, words};
use crate::seed::dice::Dice;
use crate::seed::payloads as p;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use wire::Action;

/// The version of GuestOS that most machines run.
fn current(dice: &mut Dice, scenery: &Scenery) -> String {
    let invented = version(dice);
    scenery.machines.guest.clone().unwrap_or(invented)
}

pub(super) fn subnets(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let machines = &scenery.machines;
    let (subnet, members) = match dice.some(&machines.subnets) {
        Some(net) => (net.id, net.nodes.as_slice()),
        None => (Principal::anonymous(), [].as_slice()),
    };
    let short: String = subnet.to_text().chars().take(5).collect();
    match kind {
        Kind::ChangeSubnetMembership => {
            let count = usize::try_from(dice.within(1, 4)).unwrap_or(1);
            let (add, remove) = (dice.several(&machines.spares, count), dice.several(members, count));
            let (from, to) = (dice.within(3, 7), dice.within(7, 12));
            let row = |verb: &str, id: &Principal| format!("| {verb} | `{id}` |");
            let rows: Vec<String> = remove
                .iter()
                .map(|id| row("removed", id))
                .chain(add.iter().map(|id| row("added", id)))
                .collect();
            let summary = format!(
                "Replaces {count} node(s) of subnet `{short}` so that its Nakamoto coefficient for data centers rises \
                 from {from} to **{to}**.\n\n| | node |\n|---|---|\n{}\n\nBusiness rules analysis: no violations.",
                rows.join("\n")
            );
            let argument =
                p::ChangeSubnetMembership { subnet_id: subnet, node_ids_add: add, node_ids_remove: remove };
            let (action, payload) = p::call(31, &argument);
            (words(format!("Replace {count} node(s) in subnet {short}"), summary, ""), action, payload, 960)
        }
        Kind::CreateSubnet => {
            let argument = p::CreateSubnet {
                node_ids: dice.several(&machines.spares, 13),
                replica_version_id: current(dice, scenery),
                subnet_type: "application".to_owned(),
                dkg_interval_length: 499,
                initial_notary_delay_millis: 300,
                unit_delay_millis: 1_000,
                max_ingress_bytes_per_message: 2_097_152,
                max_block_payload_size: 4_194_304,
                ..Default::default()
            };
            let (action, payload) = p::call(1, &argument);
            let summary =
                "A new application subnet of 13 nodes on four continents, to relieve the two largest ones.";
            (words("Create an application subnet", summary, forum(dice)), action, payload, 930)
        }
        Kind::UpdateSubnet => {
            let canisters = dice.within(80, 200) * 1_000;
            let argument = p::UpdateSubnet {
                subnet_id: Some(subnet),
                max_number_of_canisters: Some(canisters),
                ..Default::default()
            };
            let (action, payload) = p::call(7, &argument);
            let summary =
                format!("Raises the number of canisters allowed on subnet `{short}` to **{canisters}**.");
            (words(format!("Update the configuration of subnet {short}"), summary, ""), action, payload, 950)
        }
        Kind::SubnetRental => {
            let user = dice.principal();
            let argument = p::SubnetRentalRequest { user, rental_condition_id: "App13CH".to_owned() };
            let (action, payload) = p::call(52, &argument);
            let summary = format!(
                "User `{user}` rents a subnet of 13 nodes in Switzerland for 180 days, paid in advance at 30 % above \
                 the XDR price."
            );
            (
                words("Subnet rental request (Switzerland, 13 nodes)", summary, forum(dice)),
                action,
                payload,
                720,
            )
        }
        Kind::FulfillSubnetRental => {
            let request = wire::FulfillSubnetRentalRequest {
                user: Some(dice.principal()),
                node_ids: Some(dice.several(&machines.spares, 13)),
                replica_version_id: Some(current(dice, scenery)),
            };
            let summary =
                "The nodes have been chosen, the first 180 days are paid: the rented subnet can be created.";
            let action = Action::FulfillSubnetRentalRequest(request);
            (words("Fulfill a subnet rental request", summary, ""), action, None, 910)
        }
        Kind::AddApiBoundaryNodes => {
            let node_ids = dice.several(&machines.spares, 2);
            let (action, payload) =
                p::call(43, &p::AddApiBoundaryNodes { node_ids, version: current(dice, scenery) });
            let summary = "Two more API boundary nodes, in regions that had one each.";
            (words("Add 2 API boundary nodes", summary, ""), action, payload, 950)
        }
        _ => {
            let node_ids = dice.several(&machines.boundary, 1);
            let (action, payload) = p::call(44, &p::Nodes { node_ids });
            let summary = "The node answers too slowly; it returns to the pool of unassigned nodes.";
            (words("Remove 1 API boundary node", summary, ""), action, payload, 940)
        }
    }
}
