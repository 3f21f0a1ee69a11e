//! Followees of a neuron: whom it follows on which topic.

use super::ListRow;
use icpulse_model::dataset::{self, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{Neuron, NeuronKey, Topic};

type Column = dataset::Column<Followee>;

/// A neuron that another follows on a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followee {
    pub topic: Topic,
    pub id: NeuronKey,
}

impl Followee {
    /// All followees of a neuron, in its order.
    pub fn list(neuron: &Neuron) -> Vec<Self> {
        let on_topic =
            |(topic, ids): &(Topic, Vec<NeuronKey>)| ids.iter().map(|id| (*topic, *id)).collect::<Vec<_>>();
        neuron.followees.iter().flat_map(on_topic).map(|(topic, id)| Self { topic, id }).collect()
    }
}

/// `icpulse neurons followees`
static FOLLOWEES: Dataset<Followee> = Dataset {
    info: ListInfo {
        id: "followees",
        title: "Followees",
        one: "followee",
        many: "followees",
        about: "Whom a neuron follows on which topic",
        sort: ("topic", false),
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("topic", "topic", Kind::Terms(topics), |f, _| {
            Cell::new(Value::Term(topic(f.topic))).tone(Tone::Topic(f.topic))
        })
        .width(30, 0)
        .searched()
        .help("On which topic: `topic:governance`."),
        Column::new("id", "neuron", Kind::Number, |f, _| Cell::new(super::neuron_id(f.id)).tone(Tone::Id))
            .width(20, 0)
            .searched()
            .help("The neuron that is followed: `id:27`."),
        Column::new("name", "name", Kind::Text, |f, cx| {
            known_cell(cx.neuron_name(f.id), Value::borrowed_text).tone(Tone::Known)
        })
        .width(20, 0)
        .fill(60)
        .searched()
        .help("My own name for it, or a known neuron's name, contains: `name:dfinity`."),
    ],
};

impl ListRow for Followee {
    fn dataset() -> &'static Dataset<Self> {
        &FOLLOWEES
    }
}

fn topic(topic: Topic) -> Term {
    Term { number: topic.number(), slug: topic.slug(), title: topic.title() }
}

fn topics() -> Vec<Term> {
    Topic::ALL.iter().copied().map(topic).collect()
}
