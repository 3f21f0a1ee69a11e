//! Actions of the journal: what was confirmed and what became of it.

use super::ListRow;
use icpulse_model::dataset::{self, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::value::{Cell, Tone, Value};
use icpulse_store::journal::{Authenticity, JournalEntry};

type Column = dataset::Column<JournalEntry>;

/// `icpulse journal list`
static ACTIONS: Dataset<JournalEntry> = Dataset {
    info: ListInfo {
        id: "actions",
        title: "Actions",
        one: "action",
        many: "actions",
        about: "Signed actions and their outcomes, newest first",
        sort: ("confirmed", true),
        quick_filters: &["", "open:yes", "confirmed<7d"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("confirmed", "confirmed", Kind::Time, |e, _| Value::At(e.execution.confirmed).into())
            .width(16, 0)
            .descending()
            .help("Time of the confirmation: `confirmed<7d`."),
        Column::new("id", "id", Kind::Text, |e, _| Cell::new(Value::borrowed_text(&e.id)).tone(Tone::Id))
            .width(16, 0)
            .searched()
            .help("Its id begins with or contains: `id:4f`."),
        Column::new("title", "action", Kind::Text, |e, _| {
            Value::borrowed_text(e.execution.title.as_str()).into()
        })
        .width(20, 0)
        .fill(80)
        .searched()
        .help("Its title: `title:vote`."),
        Column::new("outcome", "outcome", Kind::Text, |e, _| {
            let cell = Cell::new(Value::borrowed_text(e.execution.ending().slug()));
            match e.authenticity {
                Authenticity::Altered => cell.with_words("ALTERED").tone(Tone::Bad),
                _ => cell,
            }
        })
        .width(14, 0)
        .searched()
        .help("Its outcome: `outcome:done`."),
        Column::new("open", "open", Kind::Flag, |e, _| {
            let is_open = e.execution.is_open();
            Cell::new(Value::Flag(is_open)).tone(if is_open { Tone::Warn } else { Tone::Dim })
        })
        .width(5, 1)
        .help("A step is left or its outcome unknown: `open:yes`."),
        Column::new("signer", "signer", Kind::Text, |e, _| Value::Id(e.execution.signer).into())
            .width(13, 2)
            .searched()
            .help("The signer: `signer:r772c`."),
        Column::data("op", Kind::Text, |e, _| Value::borrowed_text(&e.execution.intent.op).into())
            .searched()
            .help("The operation: `op:neuron.stake`."),
        Column::data("plan", Kind::Text, |e, _| Value::Text(e.execution.plan.to_string().into()).into())
            .help("The id that the action itself has."),
        Column::data("finished", Kind::Time, |e, _| known_cell(e.execution.finished, Value::At))
            .help("Time when the last step ended: `finished<1h`."),
        Column::data("dismissed", Kind::Time, |e, _| known_cell(e.execution.dismissed, Value::At))
            .help("Time when it was dismissed: `dismissed<30d`."),
        Column::data("created_neuron", Kind::Number, |e, _| {
            known_cell(e.execution.created_neuron, super::neuron_id)
        })
        .help("The neuron that came of it: `created_neuron:27`."),
        Column::data("transfer_block", Kind::Number, |e, _| {
            known_cell(e.execution.transfer_block, |block| Value::Big(block.into()))
        })
        .help("The ledger's block of its transfer: `transfer_block>100`."),
        Column::data("authenticity", Kind::Text, |e, _| Value::borrowed_text(e.authenticity.slug()).into())
            .help("Authenticity of its document: `authenticity:altered`."),
        Column::data("under_way", Kind::Flag, |e, _| Value::Flag(e.under_way).into())
            .help("A running icpulse works on it: `under_way:yes`."),
    ],
};

impl ListRow for JournalEntry {
    fn dataset() -> &'static Dataset<Self> {
        &ACTIONS
    }
}
