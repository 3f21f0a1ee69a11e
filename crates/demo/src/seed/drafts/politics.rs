//! Motions and what else concerns governance itself.

use super::{Content, Kind, ProposalContext, Words, forum, words};
use crate::data::MotionText;
use crate::seed::random::SeededRng;
use icpulse_canisters::wire::governance as wire;
use std::fmt::Display;
use wire::Action;

/// The same tricks as proposal 6 of the recordings of the real canister, and some more.
pub(super) fn hostile() -> Content {
    let action = Action::Motion(wire::Motion { motion_text: "x\u{1b}[8m hidden \u{202e}txet".to_owned() });
    (words(Kind::Hostile, "https://forum.dfinity.org/t/2\u{1b}[0m", &[]), action, None)
}

pub(super) fn spam(rng: &mut SeededRng) -> Content {
    let token = rng.choose_text(&["MOONFROG", "ICPUP", "GIGAYIELD", "NEXT100X"]);
    let action = Action::Motion(wire::Motion { motion_text: format!("Claim {token}.") });
    (words(Kind::Spam, "", &[("token", &token)]), action, None)
}

pub(super) fn motion(rng: &mut SeededRng, text: Option<&MotionText>) -> Content {
    let Some(text) = text else {
        let words = Words { title: "Motion".to_owned(), ..Words::default() };
        return (words, Action::Motion(wire::Motion::default()), None);
    };
    let url = forum(rng);
    let rounds = if rng.chance(250) { rng.within(2, 4) } else { 1 };
    let title = if rounds > 1 { format!("{} (round {rounds})", text.title) } else { text.title.clone() };
    let (wants, why) = (&text.wants, &text.why);
    let comments = rng.within(12, 240);
    let values: &[(&str, &dyn Display)] =
        &[("why", why), ("wants", wants), ("comments", &comments), ("url", &url)];
    let words = words(Kind::Motion, url.clone(), values);
    let appeal = (text.appeal + rng.within(0, 120)).saturating_sub(60).clamp(5, 985);
    let motion = wire::Motion { motion_text: wants.clone() };
    (Words { title, appeal, ..words }, Action::Motion(motion), None)
}

pub(super) fn governance(kind: Kind, rng: &mut SeededRng, serial: u64, context: &ProposalContext) -> Content {
    match kind {
        Kind::RegisterKnownNeuron => {
            let fallback = 1;
            let id = *rng.choose_or(&context.public, &fallback);
            let first = rng
                .choose_text(&["Amber", "Basalt", "Copper", "Delta", "Ember", "Fjord", "Granite", "Hazel"]);
            let second = rng.choose_text(&[
                "Assembly",
                "Circle",
                "Forum",
                "League",
                "Node Watch",
                "Voters",
                "Workshop",
            ]);
            let name = format!("{first} {second} {serial}");
            let data = wire::KnownNeuronData {
                name: name.clone(),
                description: Some("Votes on every proposal and explains each vote in a sentence.".to_owned()),
                links: Some(vec![forum(rng)]),
                committed_topics: Some(vec![Some(wire::TopicToFollow::Governance)]),
            };
            let known = wire::KnownNeuron { id: Some(wire::NeuronId { id }), known_neuron_data: Some(data) };
            let words = words(kind, forum(rng), &[("name", &name), ("id", &id)]);
            (Words { appeal: rng.within(450, 900), ..words }, Action::RegisterKnownNeuron(known), None)
        }
        Kind::DeregisterKnownNeuron => {
            // One that does not exist any more: if it were adopted, its execution would fail.
            let id = wire::NeuronId { id: rng.within(1, u64::MAX) };
            let action = Action::DeregisterKnownNeuron(wire::DeregisterKnownNeuron { id: Some(id) });
            (words(kind, "", &[]), action, None)
        }
        Kind::SetDefaultFollowees => {
            let leader = context.known.first().and_then(|k| k.id).into_iter().collect();
            let default_followees = vec![(0, wire::Followees { followees: leader })];
            let action = Action::SetDefaultFollowees(wire::SetDefaultFollowees { default_followees });
            (words(kind, forum(rng), &[]), action, None)
        }
        _ => {
            let fee = *rng.choose_or(&[1_000_000, 1_500_000, 2_000_000], &1_000_000);
            let economics =
                wire::NetworkEconomics { neuron_management_fee_per_proposal_e8s: fee, ..Default::default() };
            let icp = format!("{}.{:03}", fee / 100_000_000, fee % 100_000_000 / 100_000);
            let words = words(kind, forum(rng), &[("fee", &icp)]);
            (words, Action::ManageNetworkEconomics(Box::new(economics)), None)
        }
    }
}
