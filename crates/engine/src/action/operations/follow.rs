//! Sets whom neurons follow on a topic.

use super::neuron::{self, NeuronCommand, NeuronOperation};
use crate::action::field::{Field, FieldKind};
use crate::action::operation::{Args, Operation, Problem, Rules};
use crate::action::plan::{Draft, count_noun};
use icpulse_canisters::GovernanceCommands;
use icpulse_canisters::governance::calls::Target as Address;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::Intent;
use icpulse_model::economics::MAX_FOLLOWEES;
use icpulse_model::neuron::Access;
use icpulse_model::text::Line;
use icpulse_model::world::Topicality;
use icpulse_model::{Neuron, NeuronKey, Timestamp, Topic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Its arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Follow {
    pub topic: Topic,
    /// Whom; empty to follow nobody.
    pub followees: Vec<NeuronKey>,
}

impl Follow {
    /// The operation on these neurons.
    pub fn intent_for(self, neurons: &[NeuronKey]) -> Intent {
        self.into_intent(&FOLLOW, neurons)
    }
}

pub static FOLLOW: Operation = Operation {
    id: "neuron.follow",
    title: "follow",
    heading: "Follow",
    help: "Set the followees of the selected neuron on a topic.",
    about: "Set the followees of neurons on a topic",
    keys: &["w"],
    footer: true,
    command: ("neurons", "follow"),
    fields: &[
        Field {
            name: "topic",
            label: "topic",
            help: "proposals of this topic",
            kind: FieldKind::Topic,
            default: None,
            start: "catch_all",
            positional: false,
        },
        Field {
            name: "followees",
            label: "followees",
            help: "ids such as 27,28, or nobody",
            kind: FieldKind::Neurons,
            default: None,
            start: "",
            positional: false,
        },
    ],
    reads: &[Topicality::Neurons],
    rules: Rules {
        check: |args, _| {
            check_followees(args.get("topic"), &args.get::<Vec<_>>("followees").unwrap_or_default())
        },
        start: |neuron, args| {
            let topic = args.get("topic");
            let present = topic.map(|topic| followees_on_topic(neuron, topic)).filter(|f| !f.is_empty());
            let start = present.map(join_followees).unwrap_or_default();
            vec![("followees", start)]
        },
        ..neuron::neuron_rules::<Follow>()
    },
    ..neuron::neuron_operation::<Follow>(&[neuron::step_kind::<Follow>()])
};

impl NeuronCommand for Follow {
    const STEP: &'static str = "follow";
    const COMMAND: &'static str = "Follow";

    fn prepare_call(&self, neuron: Address, to: &dyn GovernanceCommands) -> Result<PreparedCall, IcError> {
        to.follow(neuron, self.topic, &self.followees)
    }

    fn summary(&self, _: &str) -> Line {
        line!("follow {} on {}", join_followees(&self.followees), self.topic.title())
    }

    fn arguments(&self) -> Vec<(&'static str, Line)> {
        vec![
            ("topic", line!("{} ({})", self.topic.title(), self.topic.number())),
            ("followees", line!("{}", join_followees(&self.followees))),
        ]
    }

    fn is_done(&self, neuron: &Neuron, _: Timestamp) -> bool {
        followees_on_topic(neuron, self.topic) == self.followees
    }
}

impl NeuronOperation for Follow {
    fn title(&self, neurons: &str) -> Line {
        let whom = match self.followees.len() {
            0 => "nobody".to_owned(),
            n => count_noun(n, "neuron"),
        };
        line!("Follow {whom} on {} with {neurons}", self.topic.title())
    }

    fn find_refusal(neuron: &Neuron, args: &Args<'_>) -> Option<Line> {
        if neuron.access == Access::Hotkey && args.get("topic") == Some(Topic::NeuronManagement) {
            return Some(Line::new(
                "only the controller may set who manages a neuron; this identity is a hotkey",
            ));
        }
        neuron::refuse_stranger(neuron)
    }

    fn effect(&self, neuron: &Neuron) -> Line {
        let before = followees_on_topic(neuron, self.topic);
        let same = if before == self.followees { " (as before)" } else { "" };
        line!(
            "neuron {}, {}: {} → {}{same}",
            neuron.id,
            self.topic.title(),
            join_followees(before),
            join_followees(&self.followees)
        )
    }

    fn fill_review(&self, neurons: &[NeuronKey], draft: &mut Draft) {
        for problem in check_followees(Some(self.topic), &self.followees) {
            draft.add_blocker(problem.why);
        }
        for neuron in neurons.iter().filter(|n| self.followees.contains(n)) {
            draft.warnings.push(line!("neuron {neuron} would follow itself, which casts no ballot"));
        }
        warn_of_unknown_topic(draft, self.topic);
        draft.effects.push(Line::new("refreshes the voting power"));
        if self.followees.is_empty() {
            let topic = self.topic.title();
            draft.effects.push(line!("without followees votes on {topic} are cast only by hand"));
        }
        if self.topic == Topic::NeuronManagement && !self.followees.is_empty() {
            draft.irreversible.push(Line::new(
                "these neurons can have yours managed by proposal: vote with it, dissolve it, disburse it",
            ));
            draft.word = Some("manage".to_owned());
        }
    }
}

fn followees_on_topic(neuron: &Neuron, topic: Topic) -> &[NeuronKey] {
    neuron.followees.iter().find(|(t, _)| *t == topic).map_or(&[][..], |(_, f)| f)
}

/// What holds for followees on any topic.
pub(super) fn check_followees(topic: Option<Topic>, followees: &[NeuronKey]) -> Vec<Problem> {
    let on = topic.map(|t| format!(" on {}", t.title())).unwrap_or_default();
    let mut problems = Vec::new();
    if followees.len() > MAX_FOLLOWEES {
        let why = line!(
            "a neuron follows at most {MAX_FOLLOWEES} neurons on a topic; {} were given{on}",
            followees.len()
        );
        problems.push(Problem { field: "followees", why });
    }
    if followees.iter().collect::<BTreeSet<_>>().len() < followees.len() {
        problems.push(Problem { field: "followees", why: line!("a followee{on} is given twice") });
    }
    problems
}

pub(super) fn warn_of_unknown_topic(draft: &mut Draft, topic: Topic) {
    if let Topic::Unknown(number) = topic {
        draft.warnings.push(line!("topic {number} is not known to this version"));
    }
}

fn join_followees(followees: &[NeuronKey]) -> String {
    if followees.is_empty() {
        return "nobody".to_owned();
    }
    followees.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
