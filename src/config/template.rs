//! The commented configuration that `icpulse config template` prints.

use super::file::describe_keys;
use icpulse_model::Seconds;
use icpulse_model::alert::{Measure, Rule};
use std::fmt::Write as _;

const TOP: &str = "\
# icpulse configuration. Every key is optional and shown with its default.
# Flags override environment variables, which override this file.

";

const ALERTS: &str = r##"# Alerts. The screen shows a message for new ones of at least this severity ("info", "warning",
# "critical"), or only lists them ("off"). `repeat` sends what still fires again, such as "4h".
[alerts]
enabled = true
screen = "warning"
repeat = "never"
# Quiet hours: no messages, a summary afterwards. In local time, or in "utc".
#: quiet = "22:00-07:00"
#: quiet_zone = "local"
#: quiet_critical_passes = true

# Rules: one fires when `limit` was passed for `after`, and recovers when `recover` was kept for `clear`.
"##;

const REST: &str = r##"# Where else messages go (`icpulse alerts test` tries them).
#: [[alerts.sink]]
#: kind = "osc9"                  # or "bell": the terminal's own
#: [[alerts.sink]]
#: name = "desktop"
#: kind = "command"               # no shell; the message is JSON on its standard input
#: command = ["notify-send", "icpulse has an alert"]
#: [[alerts.sink]]
#: name = "team"
#: kind = "webhook"
#: url = "https://hooks.example.org/T000/B000"
#: headers = { authorization = "Bearer SECRET" }
#: timeout = "10s"
#: [[alerts.sink]]
#: name = "phone"
#: kind = "ntfy"
#: url = "https://ntfy.sh/a-name-that-is-hard-to-guess"
#: severity = "critical"          # only from this one on
#: rules = ["node_down", "fault_distance"]
#: recoveries = false

# A network of your own. root_key is "fetch" (replicas on this machine only), "ic", or the DER root key
# in hexadecimal. Canister ids may be overridden; header, overview and reviews then show a warning.
# The names ic, demo, local and mainnet are reserved.
#: [network.mine]
#: url = "http://127.0.0.1:4943"
#: root_key = "fetch"
#: governance = "rrkah-fqaaa-aaaaa-aaaaq-cai"

# Its ledgers besides the ICP ledger: the ledger's canister, and its index where the ledger names none.
#: [[network.mine.ledgers]]
#: ledger = "mxzaz-hqaaa-aaaar-qaada-cai"
#: index = "n5wcd-faaaa-aaaar-qaaea-cai"

# More ledgers of the main network, besides the well-known ones.
#: [[ledgers]]
#: ledger = "hvgxa-wqaaa-aaaaq-aacia-cai"
#: index = "h3e2i-naaaa-aaaaq-aacja-cai"

# Keys by command (`icpulse keys` lists the commands); an empty list unbinds.
#: [keys]
#: "app.quit" = ["q", "ctrl-q"]
"##;

/// Every key with its default; lines with `#: ` are examples to uncomment.
pub fn write_template() -> String {
    let mut out = format!("{TOP}{}{ALERTS}", describe_keys());
    for rule in Rule::ALL {
        describe_rule(&mut out, rule);
    }
    out.push_str(REST);
    out
}

fn describe_rule(out: &mut String, rule: Rule) {
    let (info, usual) = (rule.info(), rule.info().usual);
    let limit = |limit: u64| match info.measure {
        Measure::None => String::new(),
        Measure::Nodes => limit.to_string(),
        Measure::Ppm => format!("\"{}%\"", limit / 10_000),
        Measure::Span => format!("\"{}\"", write_span(Seconds(limit))),
    };
    // Writing to a String does not fail.
    let _ = writeln!(out, "# {}\n[alerts.rules.{}]\nenabled = {}", info.help, info.name, usual.enabled);
    if info.measure != Measure::None {
        let _ = writeln!(out, "limit = {}\nrecover = {}", limit(usual.limit), limit(usual.recover));
    }
    let _ = writeln!(
        out,
        "after = \"{}\"\nclear = \"{}\"\nseverity = \"{}\"\n",
        write_span(usual.after),
        write_span(usual.clear),
        usual.severity.word()
    );
}

/// A span as the configuration reads it, in the largest unit that needs no fraction.
fn write_span(span: Seconds) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = |unit: &u64| span.0 > *unit && span.0.is_multiple_of(*unit);
    match units.iter().find(|(unit, _)| fits(unit)) {
        Some((unit, name)) => format!("{}{name}", span.0 / unit),
        None if span.0 == 0 => "0".to_owned(),
        None => format!("{}s", span.0),
    }
}
