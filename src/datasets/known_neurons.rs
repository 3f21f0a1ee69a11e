//! Known neurons: the public list of names that others follow.

use super::ListRow;
use icpulse_model::dataset::{self, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::value::{Cell, Tone, Value};

type Column = dataset::Column<KnownNeuron>;

/// `icpulse neurons known`
static KNOWN_NEURONS: Dataset<KnownNeuron> = Dataset {
    info: ListInfo {
        id: "known-neurons",
        title: "Known neurons",
        one: "known neuron",
        many: "known neurons",
        about: "Known neurons: names, what they say of themselves, topics they promise to vote on",
        sort: ("name", false),
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("id", "id", Kind::Number, |n, _| Cell::new(super::neuron_id(n.id)).tone(Tone::Id))
            .width(20, 0)
            .searched()
            .help("Its number: `id:27`."),
        Column::new("name", "name", Kind::Text, |n, _| {
            Cell::new(Value::borrowed_text(n.data.name.as_str())).tone(Tone::Known)
        })
        .width(24, 0)
        .fill(60)
        .searched()
        .help("Its name contains: `name:dfinity`."),
        Column::new("committed_topics", "votes on", Kind::Text, |n, _| {
            let topics = n.data.committed_topics.iter().map(|t| Value::Text(t.slug()));
            known_cell((!n.data.committed_topics.is_empty()).then_some(topics), |t| Value::List(t.collect()))
        })
        .width(30, 1)
        .searched()
        .help("Topics that it promises to vote on: `committed_topics:governance`."),
        Column::data("links", Kind::Text, |n, _| {
            Value::List(n.data.links.iter().map(|l| Value::borrowed_text(l.as_str())).collect()).into()
        })
        .searched()
        .help("Its links contain: `links:forum`."),
        Column::data("description", Kind::Text, |n, _| {
            Value::borrowed_text(n.data.description.as_str()).into()
        })
        .searched()
        .help("Its own description contains: `description:vote`."),
    ],
};

impl ListRow for KnownNeuron {
    fn dataset() -> &'static Dataset<Self> {
        &KNOWN_NEURONS
    }
}
