//! One event of the registry in full.

use super::event;
use crate::datasets::detail::{Detail, text};
use crate::datasets::{Subject, given_name};
use icpulse_model::amount::group;
use icpulse_model::dataset::Context;
use icpulse_model::event::EventKind;
use icpulse_model::value::Tone;

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let Some(event) = event(s, cx) else { return };
    out.title = vec![text(event.describe(&|id| given_name(id, cx)), Tone::Strong)];
    out.text_line("version", group(&event.version.to_string()), Tone::Plain);
    let when = event
        .at
        .map_or_else(|| "the registry does not say".to_owned(), |at| format!("{} UTC", at.date_minute()));
    out.text_line("when", when, Tone::Plain);
    out.text_line("record", event.key.to_string(), Tone::Id);
    out.known_text_line("proposal", event.proposal, Tone::Plain);
    match &event.kind {
        EventKind::NodeChanged(fields)
        | EventKind::SubnetChanged(fields)
        | EventKind::OperatorChanged(fields)
        | EventKind::RewardTableChanged(fields) => {
            for field in fields {
                out.text_line("changed", field.as_str(), Tone::Plain);
            }
        }
        EventKind::Undecoded(why) => out.text_line("unread", why.as_str(), Tone::Warn),
        _ => {}
    }
    out.evidence(cx.network.topology.evidence.as_ref());
}
