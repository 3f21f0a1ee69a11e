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

# A network of your own. root_key is "fetch" (replicas on this machine only),
# "ic", or the DER root key in hexadecimal. Canister ids may be overridden.
#: [network.mine]
#: url = "http://127.0.0.1:4943"
#: root_key = "fetch"
#: governance = "rrkah-fqaaa-aaaaa-aaaaq-cai"

# Keys by command (`icpulse keys` lists the commands); an empty list unbinds.
#: [keys]
#: "app.quit" = ["q", "ctrl-q"]
"##
}
