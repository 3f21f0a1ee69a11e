//! Motions and what else concerns governance itself.

use super::{Content, Kind, Scenery, forum, words};
use crate::seed::dice::Dice;
use crate::seed::motions::MotionText;
use icpulse_canisters::wire::governance as wire;
use wire::Action;

/// The same tricks as proposal 6 of the recordings of the real canister, and some more.
pub(super) fn hostile() -> Content {
    (
        words(
            "Hostile \u{1b}[31mtitle\u{202e}",
            "Escape \u{1b}]0;pwned\u{7} and \u{200b}zero width \u{1b}[2J\n\n[a link](javascript:alert(1)) | \
             =HYPERLINK(\"https://example.org\") | \u{2066}isolated\u{2069} | \u{fe0f}\u{e0041}",
            "https://forum.dfinity.org/t/2\u{1b}[0m",
        ),
        Action::Motion(wire::Motion { motion_text: "x\u{1b}[8m hidden \u{202e}txet".to_owned() }),
        None,
        15,
    )
}

pub(super) fn spam(dice: &mut Dice) -> Content {
    let token = dice.text(&["MOONFROG", "ICPUP", "GIGAYIELD", "NEXT100X"]);
    let title = format!("Airdrop of {token}: claim now");
    let summary = format!(
        "**{token}** rewards early believers!\n\nSend 1 ICP, receive *ten*. Nothing here is a promise.\n\n> This \
         proposal does nothing but advertise."
    );
    let action = Action::Motion(wire::Motion { motion_text: format!("Claim {token}.") });
    (words(title, summary, ""), action, None, 25)
}

pub(super) fn motion(dice: &mut Dice, text: Option<&MotionText>) -> Content {
    let Some(text) = text else {
        return (words("Motion", "", ""), Action::Motion(wire::Motion::default()), None, 500);
    };
    let url = forum(dice);
    let rounds = if dice.chance(250) { dice.within(2, 4) } else { 1 };
    let title = if rounds > 1 { format!("{} (round {rounds})", text.title) } else { text.title.to_owned() };
    let (wants, why) = (text.wants, text.why);
    let comments = dice.within(12, 240);
    let summary = format!(
        "# Motivation\n\n{why}\n\n# Proposal\n\n{wants}\n\n## What changes\n\n* Nothing by itself: this is a motion.\n\
         * If adopted, those who can are asked to do it within **three months**.\n\n## Discussion\n\n{comments} comments \
         on the [forum]({url}). Arguments against were cost, and that it could be done without a vote."
    );
    let appeal = (text.appeal + dice.within(0, 120)).saturating_sub(60).clamp(5, 985);
    (words(title, summary, url), Action::Motion(wire::Motion { motion_text: wants.to_owned() }), None, appeal)
}

pub(super) fn governance(kind: Kind, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Content {
    match kind {
        Kind::RegisterKnownNeuron => {
            let fallback = 1;
            let id = *dice.pick(&scenery.public, &fallback);
            let first =
                dice.text(&["Amber", "Basalt", "Copper", "Delta", "Ember", "Fjord", "Granite", "Hazel"]);
            let second =
                dice.text(&["Assembly", "Circle", "Forum", "League", "Node Watch", "Voters", "Workshop"]);
            let name = format!("{first} {second} {serial}");
            let data = wire::KnownNeuronData {
                name: name.clone(),
                description: Some("Votes on every proposal and explains each vote in a sentence.".to_owned()),
                links: Some(vec![forum(dice)]),
                committed_topics: Some(vec![Some(wire::TopicToFollow::Governance)]),
            };
            let summary = format!(
                "## {name}\n\nWe would like to register neuron `{id}` as a known neuron.\n\n\
                 1. We have voted on every proposal of the last year.\n2. We will publish our reasons.\n\
                 3. We hold office hours every second Thursday."
            );
            let known = wire::KnownNeuron { id: Some(wire::NeuronId { id }), known_neuron_data: Some(data) };
            let words = words(format!("Register known neuron: {name}"), summary, forum(dice));
            (words, Action::RegisterKnownNeuron(known), None, dice.within(450, 900))
        }
        Kind::DeregisterKnownNeuron => {
            // One that does not exist any more: if it were adopted, its execution would fail.
            let id = wire::NeuronId { id: dice.within(1, u64::MAX) };
            let summary = "The owner asks to be taken off the list: the key is held by another team now.";
            let action = Action::DeregisterKnownNeuron(wire::DeregisterKnownNeuron { id: Some(id) });
            (words("Deregister a known neuron", summary, ""), action, None, 420)
        }
        Kind::SetDefaultFollowees => {
            let leader = scenery.known.first().and_then(|k| k.id).into_iter().collect();
            let default_followees = vec![(0, wire::Followees { followees: leader })];
            let summary = "New neurons follow the first known neuron on all topics but Governance and SNS.";
            let action = Action::SetDefaultFollowees(wire::SetDefaultFollowees { default_followees });
            (words("Set default followees", summary, forum(dice)), action, None, 610)
        }
        _ => {
            let fee = *dice.pick(&[1_000_000, 1_500_000, 2_000_000], &1_000_000);
            let economics =
                wire::NetworkEconomics { neuron_management_fee_per_proposal_e8s: fee, ..Default::default() };
            let summary = format!(
                "Sets the fee for managing a neuron by proposal to **{}.{:03} ICP**. All other parameters stay as \
                 they are (zero means \"unchanged\").",
                fee / 100_000_000,
                fee % 100_000_000 / 100_000
            );
            let words = words("Adjust the neuron management fee", summary, forum(dice));
            (words, Action::ManageNetworkEconomics(Box::new(economics)), None, 780)
        }
    }
}
