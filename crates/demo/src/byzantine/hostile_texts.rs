//! Texts that nobody should have to read.

use icpulse_canisters::wire::governance as wire;

/// The number of kinds of absurd texts.
pub(super) const COUNT: u64 = 10;
/// A text of one letter, in bytes: a third of the largest reply of the network.
const LONG: usize = 1_000_000;
/// Stands for bytes that are no UTF-8, since no text of Rust can hold them.
const PLACE: &str = "\u{E123}\u{E123}";
/// A lone surrogate twice, as some languages write it: as long as [`PLACE`].
const SURROGATES: [u8; 6] = [0xED, 0xA0, 0x80, 0xED, 0xBF, 0xBF];

/// An absurd text; the one of no end only where `long` allows.
pub(super) fn absurd(n: u64, long: bool) -> String {
    match n % COUNT {
        0 => "\u{1b}[2J\u{1b}[31mred\u{1b}]0;owned\u{7}\u{1b}]52;c;cm0gLXJm\u{1b}\\ \u{8}\u{8}\u{7f}"
            .to_owned(),
        1 => "\u{9b}31mC1\u{9d}0;owned\u{9c}\u{90}q\u{85}next\u{84}".to_owned(),
        2 => "pay \u{202e}lla ton\u{202c} \u{2066}me\u{2069} \u{200f}now\u{061c}".to_owned(),
        3 => format!("z{}a{}lgo", "\u{0301}\u{0352}\u{0323}".repeat(80), "\u{20dd}".repeat(60)),
        4 => "nul\0 in\0 the\0 middle".to_owned(),
        5 if long => "W".repeat(LONG),
        5 => "W".repeat(700),
        6 => format!("half {PLACE} pair \u{feff}\u{ffff}\u{fdd0}"),
        7 => "=HYPERLINK(\"http://owned.invalid\",\"pay\")\r\n\t@second,\"line\"".to_owned(),
        8 => "👩\u{200d}👩\u{200d}👧\u{200d}👦🏴\u{e0067}\u{e007f}한\u{1160}".repeat(40),
        _ => " \t\u{a0}\u{200b}\u{3164}\n ".to_owned(),
    }
}

pub(super) fn spoil_proposal(row: &mut wire::ProposalInfo, n: u64) {
    // The ones of no end once in a page: it must still fit into a reply.
    let long = n % 100 == 5;
    if let Some(words) = &mut row.proposal {
        words.title = Some(absurd(n, long));
        words.url = format!("https://{}", absurd(n.wrapping_add(3), false));
        words.summary = if long { "S".repeat(LONG) } else { absurd(n.wrapping_add(1), false) };
        if let Some(described) = &mut words.self_describing_action {
            described.type_name = Some(absurd(n.wrapping_add(2), false));
            described.type_description = Some(absurd(n, false));
        }
    }
    if let Some(failure) = &mut row.failure_reason {
        failure.error_message = absurd(n, false);
    }
}

/// Spoils what a known neuron says of itself.
pub(super) fn spoil_known(data: &mut wire::KnownNeuronData, n: u64) {
    data.name = absurd(n, n == 5);
    data.description = Some(absurd(n.wrapping_add(1), false));
    data.links = Some(vec![absurd(n.wrapping_add(2), false)]);
}

/// Puts the bytes that are no text into an encoded reply.
pub(super) fn on_the_wire(mut reply: Vec<u8>, absurd: bool) -> Vec<u8> {
    let place = PLACE.as_bytes();
    let mut from = 0;
    while absurd && let Some(rest) = reply.get(from..) {
        let Some(at) = rest.windows(place.len()).position(|bytes| bytes == place) else { break };
        let at = from + at;
        reply.splice(at..at + place.len(), SURROGATES);
        from = at + place.len();
    }
    reply
}
