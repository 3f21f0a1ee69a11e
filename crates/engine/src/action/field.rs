//! Arguments of operations as data: how each is read from text, and what can be chosen for it.

use icpulse_model::query::parse_span;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{E8s, NeuronKey, Seconds, Topic};
use serde::Serialize;
use serde_json::Value;

/// An argument of an operation.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON; on the command line `_` becomes `-`.
    pub name: &'static str,
    /// Its name in a form.
    pub label: &'static str,
    /// What it is, in a few words.
    pub help: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// Its value where none is given; one must be given if there is none.
    pub default: Option<&'static str>,
    /// What a form begins with.
    pub start: &'static str,
    /// On the command line it stands without its name.
    pub positional: bool,
}

/// What an argument takes.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// An amount of ICP.
    Amount,
    /// A time such as `2y` or `6 mo`, with what is offered.
    Span(&'static [(&'static str, Seconds)]),
    /// Yes or no.
    Switch,
    /// One of these: the word, its value in JSON, and more about it.
    OneOf(&'static [(&'static str, &'static str, &'static str)]),
    /// A topic of proposals.
    Topic,
    /// Neurons, separated by commas, or `nobody`.
    Neurons,
    /// Followees by topic: `governance=27,28 catch_all=27`.
    Following,
}

/// Something that can be chosen for an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it is called.
    pub label: Line,
    /// More about it.
    pub note: Line,
    /// What it stands for.
    pub text: String,
}

impl Choice {
    fn new(label: &str, note: &str, text: impl Into<String>) -> Self {
        Self { label: Line::new(label), note: Line::new(note), text: text.into() }
    }
}

fn to_json(value: impl Serialize) -> Result<Value, Line> {
    serde_json::to_value(value).map_err(|e| line!("{e}"))
}

impl Field {
    /// The option's name on the command line.
    pub fn option(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Whether a form lets it be typed; otherwise it is chosen.
    pub fn is_typed(&self) -> bool {
        matches!(self.kind, FieldKind::Amount | FieldKind::Span(_) | FieldKind::Neurons)
    }

    /// Reads text.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub fn parse(&self, text: &str) -> Result<Value, Line> {
        let text = text.trim();
        match self.kind {
            FieldKind::Amount => to_json(E8s::parse_icp(text).map_err(|e| line!("{e}"))?),
            FieldKind::Span(_) => {
                to_json(parse_span(text).map_err(|e| line!("'{text}': {e}; write it like 6mo, 2y or 90d"))?)
            }
            FieldKind::Switch => match text {
                "yes" => to_json(true),
                "no" | "" => to_json(false),
                other => Err(line!("'{other}' is not yes or no")),
            },
            FieldKind::OneOf(all) => match all.iter().find(|(word, ..)| word.eq_ignore_ascii_case(text)) {
                Some((_, value, _)) => to_json(value),
                None => {
                    let words: Vec<_> = all.iter().map(|(word, ..)| *word).collect();
                    Err(line!("unknown value '{text}'; available: {}", words.join(", ")))
                }
            },
            FieldKind::Topic => to_json(parse_topic(text)?),
            FieldKind::Neurons => to_json(parse_neurons(text)?),
            FieldKind::Following => {
                to_json(text.split_whitespace().map(parse_following).collect::<Result<Vec<_>, _>>()?)
            }
        }
    }

    /// What can be chosen for it; empty where it is only typed.
    pub fn choices(&self, world: &World) -> Vec<Choice> {
        match self.kind {
            FieldKind::Amount | FieldKind::Neurons => Vec::new(),
            FieldKind::Span(presets) => {
                presets.iter().map(|(name, span)| Choice::new(name, &span.words(), *name)).collect()
            }
            FieldKind::Switch => vec![Choice::new("yes", "", "yes"), Choice::new("no", "", "no")],
            FieldKind::OneOf(all) => {
                all.iter().map(|(word, _, note)| Choice::new(word, note, *word)).collect()
            }
            FieldKind::Topic => Topic::ALL
                .iter()
                .map(|t| Choice::new(&t.title(), &format!("topic {}", t.number()), t.slug().into_owned()))
                .collect(),
            FieldKind::Following => following_choices(world),
        }
    }

    /// Whether its choices are a long list, chosen from in a layer of their own.
    pub fn has_long_list(&self) -> bool {
        matches!(self.kind, FieldKind::Topic | FieldKind::Following)
    }
}

fn parse_topic(text: &str) -> Result<Topic, Line> {
    Topic::parse(text).ok_or_else(|| {
        let known: Vec<_> = Topic::ALL.iter().map(|t| t.slug()).collect();
        line!("unknown topic '{text}'; available: {}", known.join(", "))
    })
}

fn parse_neurons(text: &str) -> Result<Vec<NeuronKey>, Line> {
    let ids = text.split([',', ' ']).map(str::trim).filter(|id| !id.is_empty() && *id != "nobody");
    ids.map(|id| id.parse().map_err(|_| line!("'{id}' is not a neuron id"))).collect()
}

fn parse_following(text: &str) -> Result<(Topic, Vec<NeuronKey>), Line> {
    let (topic, ids) =
        text.split_once('=').ok_or_else(|| line!("'{text}' has no '='; write it like governance=27,28"))?;
    Ok((parse_topic(topic)?, parse_neurons(ids)?))
}

/// `governance=27,28 catch_all=27`.
fn write_following<'a>(topics: impl Iterator<Item = (&'a Topic, &'a [NeuronKey])>) -> String {
    let one = |(topic, ids): (&Topic, &[NeuronKey])| format!("{}={}", topic.slug(), join_ids(ids));
    topics.map(one).collect::<Vec<_>>().join(" ")
}

fn join_ids(ids: &[NeuronKey]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Nobody, the same as a neuron of the user, or a known neuron on every topic that following may cover.
fn following_choices(world: &World) -> Vec<Choice> {
    let mut all =
        vec![Choice::new("nobody: the network's default", "choose later, or vote by hand", String::new())];
    for neuron in world.neurons.iter() {
        let followed = neuron.followees.iter().filter(|(_, ids)| !ids.is_empty());
        let topics: Vec<_> = followed.filter(|(topic, _)| *topic != Topic::NeuronManagement).collect();
        if !topics.is_empty() {
            all.push(Choice::new(
                &format!("the same as my neuron {}", neuron.id),
                &super::plan::count_noun(topics.len(), "topic"),
                write_following(topics.into_iter().map(|(topic, ids)| (topic, ids.as_slice()))),
            ));
        }
    }
    for known in world.facts.known_neurons.iter().flat_map(|k| k.value.iter()) {
        // The catch-all leaves out the two others.
        let topics = [Topic::Unspecified, Topic::Governance, Topic::SnsAndCommunityFund];
        all.push(Choice::new(
            known.data.name.as_str(),
            &format!("known neuron {}", known.id),
            write_following(topics.iter().map(|topic| (topic, std::slice::from_ref(&known.id)))),
        ));
    }
    all
}
