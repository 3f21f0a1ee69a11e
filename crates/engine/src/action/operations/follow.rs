//! Sets whom neurons follow on a topic.

use super::neuron::{self, NeuronCommand, NeuronOperation};
use crate::action::field::{Field, FieldKind};
use crate::action::operation::{Args, Operation, Problem, Rules};
use crate::action::plan::{Draft, PlanContext, count_noun};
use icpulse_canisters::GovernanceCommands;
use icpulse_canisters::governance::calls::Target as Address;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::Intent;
use icpulse_model::economics::MAX_FOLLOWEES;
use icpulse_model::neuron::Access;
use icpulse_model::text::Line;
use icpulse_model::topic::Visibility;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Neuron, NeuronKey, Principal, Timestamp, Topic};
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
        check: |args, context| {
            let followees = args.get::<Vec<_>>("followees").unwrap_or_default();
            let topic = args.get("topic");
            let mut problems = check_followees(topic, &followees);
            problems.extend(refuse_followees(topic, &followees, None, context.world));
            problems
        },
        lookups: |args| args.get("followees").unwrap_or_default(),
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
        let (id, topic, after) = (neuron.id, self.topic.title(), join_followees(&self.followees));
        if before == self.followees {
            return line!("neuron {id}, {topic}: {after} (as before)");
        }
        line!("neuron {id}, {topic}: {} → {after}", join_followees(before))
    }

    fn fill_review(&self, neurons: &[NeuronKey], context: &PlanContext<'_>, draft: &mut Draft) {
        draft.add_problems(check_followees(Some(self.topic), &self.followees));
        for id in neurons {
            let known = context.world.neurons.get(*id);
            let followed = known.map(|neuron| followees_on_topic(neuron, self.topic)).unwrap_or_default();
            // Who is followed already may stay, whatever became of them.
            let new: Vec<NeuronKey> =
                self.followees.iter().filter(|id| !followed.contains(id)).copied().collect();
            let controller = known.and_then(|neuron| neuron.controller);
            draft.add_problems(refuse_followees(Some(self.topic), &new, controller, context.world));
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

/// Followees that governance would refuse, as far as is known of them: a neuron follows those that exist and are
/// public, or have its controller, or have its controller as a hotkey. Without a `controller` only what
/// nobody may follow is refused. Neuron management may follow any (dfinity/ic `pb/mod.rs`).
pub(super) fn refuse_followees(
    topic: Option<Topic>,
    followees: &[NeuronKey],
    controller: Option<Principal>,
    world: &World,
) -> Vec<Problem> {
    if topic.is_none_or(|topic| topic == Topic::NeuronManagement) {
        return Vec::new();
    }
    let refuse = |id: &NeuronKey| {
        let looked_up = world.looked_up.get(id);
        let neuron = match (world.neurons.get(*id), looked_up) {
            (Some(neuron), _) => &**neuron,
            (None, Some(Some(neuron))) => neuron,
            (None, Some(None)) => {
                return Some(line!("neuron {id} cannot be followed: it does not exist; check its number"));
            }
            (None, None) => return None,
        };
        let controller = controller?;
        let may_be_followed = neuron.visibility == Visibility::Public
            || neuron.known.is_some()
            || neuron.controller == Some(controller)
            || neuron.hot_keys.contains(&controller);
        (!may_be_followed).then(|| {
            line!(
                "neuron {id} cannot be followed: it is private; its controller can make it public or add {controller} as a hotkey"
            )
        })
    };
    followees.iter().filter_map(refuse).map(|why| Problem { field: "followees", why }).collect()
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
