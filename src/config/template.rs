//! The commented configuration that `icpulse config template` prints.

/// Every key with its default; lines with `#: ` are examples to uncomment.
#[must_use]
pub fn template() -> &'static str {
    r##"# icpulse configuration. Every key is optional; what stands here is the default.
# A flag wins over the environment, the environment over this file.

# Network to open: "ic", "demo", "local", or a [network.NAME] below.
default_network = "ic"

# Identity to open (see `icpulse identity list`); without it icpulse only reads.
#: default_identity = "main"

# Themes on dark and light terminals (`icpulse theme list`).
theme = "icpulse-dark"
theme_light = "icpulse-light"

# "auto", "always" or "never". NO_COLOR is respected by "auto".
color = "auto"

# Charts and lines in plain ASCII: "auto", "always" or "never".
ascii = "auto"

# Mouse reporting. Off leaves the terminal's own text selection.
mouse = true

# Minutes without use until an unlocked identity is locked again (1 to 1440).
lock_after_minutes = 15

# Seconds between readings of what is on the screen (2 to 3600).
refresh_seconds = 10

# Read the whole proposal history in the background.
full_history = true

# Requests at the same time, at most (1 to 64); fewer are used when the network says it is busy.
max_in_flight = 16

# Seconds for which a signed change may be carried out (10 to 240). With fewer, it is certain
# sooner whether a change whose answer was lost happened; a slow network needs more.
signed_for_seconds = 240

# The node provider that you are: its nodes are yours on screens, in alerts and in metrics.
#: provider = "rwlgt-iiaaa-aaaaa-aaaaa-cai"

# Alerts. The screen tells of new ones from this severity on ("info", "warning", "critical"); "off": it
# only lists them. What still fires is said again so often; "never" is the usual.
[alerts]
enabled = true
screen = "warning"
repeat = "never"
# A part of the day without messages; a summary follows. In the machine's time, or in "utc".
#: quiet = "22:00-07:00"
#: quiet_zone = "local"
#: quiet_critical_passes = true

# Rules: fires from `limit` on when that has held for `after`, recovers beyond `recover` after `clear`.
[alerts.rules.node_down]
enabled = true
after = "10m"
clear = "2m"
severity = "critical"
[alerts.rules.failure_rate]
limit = "5%"
recover = "4%"
[alerts.rules.fault_distance]
limit = 1
recover = 1
after = "5m"
clear = "5m"
[alerts.rules.certificate_lag]
limit = "60s"
recover = "30s"
after = "30s"
clear = "1m"
[alerts.rules.version_behind]
after = "2h"
[alerts.rules.node_vanished]
severity = "warning"
[alerts.rules.allowance_changed]
severity = "info"
[alerts.rules.reward_account_changed]
severity = "critical"
[alerts.rules.proposal_names_node]
severity = "info"
[alerts.rules.neuron_decays]
limit = "14d"
[alerts.rules.proposal_unvoted]
limit = "24h"

# Where messages go besides the screen (`icpulse alerts test` tries them).
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

# A network of your own. root_key is "fetch" (replicas on this machine only),
# "ic", or the DER root key in hexadecimal. Canister ids may be overridden; header, overview and
# reviews say so then. The names ic, demo, local and mainnet are taken.
#: [network.mine]
#: url = "http://127.0.0.1:4943"
#: root_key = "fetch"
#: governance = "rrkah-fqaaa-aaaaa-aaaaq-cai"

# Keys by command (`icpulse keys` lists the commands); an empty list unbinds.
#: [keys]
#: "app.quit" = ["q", "ctrl-q"]
"##
}
