//! Keys to commands and back: a trie for each scope, built from the table and the user's own keys.

use super::chord::{Chord, ChordError, format_sequence, parse_sequence};
use super::table::{Command, Scope, TABLE};
use std::collections::{BTreeMap, HashMap};

/// Why a user's keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// No command has this name.
    #[error("unknown command '{id}'{suggestion}; `icpulse keys` lists all commands")]
    UnknownCommand {
        /// As written.
        id: String,
        /// `; did you mean 'proposal.vote'?`, or nothing.
        suggestion: String,
    },
    /// A key cannot be read.
    #[error("keys of {id}: {source}")]
    Key {
        /// Of which command.
        id: String,
        /// Why.
        source: ChordError,
    },
    /// Two commands want the same key in the same place.
    #[error(
        "key '{key}' is bound to both {first} and {second} ({place}); change one of them, or unbind it with []"
    )]
    Duplicate {
        key: String,
        /// One command.
        first: String,
        /// The other.
        second: String,
        /// Where.
        place: &'static str,
    },
    /// One command's key begins another's sequence, so that one could never be reached.
    #[error("'{key}' runs {first} ({place}), so '{longer}' of {second} is unreachable; change one of them")]
    Prefix {
        /// The shorter.
        key: String,
        /// Its command.
        first: String,
        longer: String,
        /// Its command.
        second: String,
        /// Where.
        place: &'static str,
    },
    /// Nothing closes a layer or leaves any more.
    #[error("{0} has no key; bind at least one, or icpulse cannot be closed")]
    Stranded(&'static str),
}

/// What a key, after the ones typed before it, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    Nothing,
    /// It begins a sequence.
    Prefix,
    Run(Command),
}

#[derive(Clone, Debug, Default)]
struct Node {
    command: Option<Command>,
    next: HashMap<Chord, Node>,
}

/// The keys in force.
#[derive(Clone, Debug)]
pub struct Keymap {
    tries: HashMap<Scope, Node>,
    keys: BTreeMap<Command, Vec<Vec<Chord>>>,
}

/// The scopes that can be asked together, most specific first: what the user sees as one place.
pub const PLACES: &[&[Scope]] = &[
    &[Scope::Pulse, Scope::Move, Scope::Global],
    &[Scope::Proposals, Scope::List, Scope::Move, Scope::Global],
    &[Scope::Neurons, Scope::List, Scope::Move, Scope::Global],
    &[Scope::Wallet, Scope::List, Scope::Move, Scope::Global],
    &[Scope::Network, Scope::Topology, Scope::List, Scope::Move, Scope::Global],
    &[Scope::Topology, Scope::Detail, Scope::Move, Scope::Global],
    &[Scope::Proposal, Scope::Detail, Scope::Move, Scope::Global],
    &[Scope::Neuron, Scope::Detail, Scope::Move, Scope::Global],
    &[Scope::Detail, Scope::Move, Scope::Global],
    &[Scope::Filter, Scope::Layer, Scope::Move],
    &[Scope::Palette, Scope::Layer, Scope::Move],
    &[Scope::Read, Scope::Layer, Scope::Move],
    &[Scope::Search, Scope::Layer, Scope::Move],
    &[Scope::Ballots, Scope::Layer, Scope::Move],
    &[Scope::Review, Scope::Layer, Scope::Move],
    &[Scope::Execution, Scope::Layer, Scope::Move],
    &[Scope::Form, Scope::Layer, Scope::Move],
    &[Scope::Choice, Scope::Layer, Scope::Move],
    &[Scope::Layer, Scope::Move],
];

impl Default for Keymap {
    fn default() -> Self {
        // The table is checked by a test; an empty map could only follow from a broken table.
        Self::with_overrides(&BTreeMap::new())
            .unwrap_or_else(|_| Self { tries: HashMap::new(), keys: BTreeMap::new() })
    }
}

impl Keymap {
    /// The default keys with the user's own: command id to keys, which replace that command's
    /// defaults; an empty list takes its keys away.
    ///
    /// # Errors
    /// See [`KeymapError`]; nothing is half applied.
    pub fn with_overrides(overrides: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let mut own: BTreeMap<Command, &Vec<String>> = BTreeMap::new();
        for (id, keys) in overrides {
            let command = Command::by_id(id).ok_or_else(|| KeymapError::UnknownCommand {
                id: id.chars().take(60).collect(),
                suggestion: nearest_command(id).map(|n| format!("; did you mean '{n}'?")).unwrap_or_default(),
            })?;
            own.insert(command, keys);
        }
        let mut map = Self { tries: HashMap::new(), keys: BTreeMap::new() };
        for spec in TABLE.iter() {
            let parse = |key: &str| {
                parse_sequence(key).map_err(|source| KeymapError::Key { id: spec.id.to_owned(), source })
            };
            let sequences: Vec<Vec<Chord>> = match own.get(&spec.command) {
                Some(keys) => keys.iter().map(|k| parse(k)).collect::<Result<_, _>>()?,
                None => spec.keys.iter().map(|k| parse(k)).collect::<Result<_, _>>()?,
            };
            for sequence in &sequences {
                for scope in spec.scopes {
                    map.bind_keys(*scope, sequence, spec.command)?;
                }
            }
            map.keys.insert(spec.command, sequences);
        }
        map.check_prefixes()?;
        for needed in [Command::Quit, Command::Close, Command::Confirm] {
            if map.keys.get(&needed).is_none_or(Vec::is_empty) {
                return Err(KeymapError::Stranded(needed.id()));
            }
        }
        Ok(map)
    }

    fn bind_keys(&mut self, scope: Scope, sequence: &[Chord], command: Command) -> Result<(), KeymapError> {
        let mut node = self.tries.entry(scope).or_default();
        for chord in sequence {
            node = node.next.entry(*chord).or_default();
        }
        match node.command {
            Some(other) if other != command => Err(KeymapError::Duplicate {
                key: format_sequence(sequence),
                first: other.id().to_owned(),
                second: command.id().to_owned(),
                place: scope.title(),
            }),
            _ => {
                node.command = Some(command);
                Ok(())
            }
        }
    }

    /// Within a place, no key may be both a command and the beginning of a sequence.
    fn check_prefixes(&self) -> Result<(), KeymapError> {
        for place in PLACES {
            let bound: Vec<(Scope, Command, &Vec<Chord>)> = TABLE
                .iter()
                .flat_map(|spec| {
                    let sequences = self.keys.get(&spec.command).into_iter().flatten();
                    let scope = place.iter().copied().find(|s| spec.scopes.contains(s));
                    sequences.filter_map(move |seq| Some((scope?, spec.command, seq)))
                })
                .collect();
            for (scope, first, short) in &bound {
                for (_, second, long) in &bound {
                    if long.len() > short.len() && long.starts_with(short) {
                        return Err(KeymapError::Prefix {
                            key: format_sequence(short),
                            first: first.id().to_owned(),
                            longer: format_sequence(long),
                            second: second.id().to_owned(),
                            place: scope.title(),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// What `typed` means where `scopes` apply, most specific first.
    pub fn look_up_keys(&self, scopes: &[Scope], typed: &[Chord]) -> Lookup {
        for scope in scopes {
            let mut node = self.tries.get(scope);
            for chord in typed {
                node = node.and_then(|n| n.next.get(chord));
            }
            match node {
                Some(Node { command: Some(command), .. }) => return Lookup::Run(*command),
                Some(n) if !n.next.is_empty() => return Lookup::Prefix,
                _ => {}
            }
        }
        Lookup::Nothing
    }

    /// All keys of a command, wherever it applies.
    pub fn keys_for(&self, command: Command) -> Vec<String> {
        self.keys.get(&command).into_iter().flatten().map(|s| format_sequence(s)).collect()
    }

    /// The keys that run a command where `scopes` apply: those that no more specific scope takes.
    pub fn keys_in(&self, command: Command, scopes: &[Scope]) -> Vec<String> {
        let sequences = self.keys.get(&command).into_iter().flatten();
        sequences
            .filter(|s| self.look_up_keys(scopes, s) == Lookup::Run(command))
            .map(|s| format_sequence(s))
            .collect()
    }

    /// What may follow the keys typed so far: (key, command), for a hint while a sequence is typed.
    pub fn continuations(&self, scopes: &[Scope], typed: &[Chord]) -> Vec<(String, Command)> {
        let mut found: Vec<(String, Command)> = Vec::new();
        for (command, sequences) in &self.keys {
            for sequence in sequences {
                if sequence.len() > typed.len()
                    && sequence.starts_with(typed)
                    && self.look_up_keys(scopes, sequence) == Lookup::Run(*command)
                {
                    let rest = sequence.get(typed.len()..).unwrap_or_default();
                    found.push((format_sequence(rest), *command));
                }
            }
        }
        found
    }
}

/// The command id most like `id`, if one is near.
fn nearest_command(id: &str) -> Option<&'static str> {
    let part = id.rsplit('.').next().unwrap_or(id);
    TABLE
        .iter()
        .map(|s| {
            (
                edit_distance(id, s.id).min(edit_distance(part, s.id.rsplit('.').next().unwrap_or(s.id)) + 1),
                s.id,
            )
        })
        .min()
        .filter(|(d, _)| *d <= 3)
        .map(|(_, id)| id)
}

/// Levenshtein distance, cut for absurd lengths.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(40).collect();
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (cb, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = usize::from(ca != cb);
            left = (diagonal + cost).min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(rows: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        rows.iter()
            .map(|(id, keys)| ((*id).to_owned(), keys.iter().map(|k| (*k).to_owned()).collect()))
            .collect()
    }

    fn typed(text: &str) -> Vec<Chord> {
        parse_sequence(text).unwrap()
    }

    #[test]
    fn the_defaults_have_no_conflict() {
        Keymap::with_overrides(&BTreeMap::new()).unwrap();
        assert!(!Keymap::default().keys.is_empty());
    }

    /// A key that a more specific scope takes from a general one must be meant.
    #[test]
    fn only_the_meant_keys_are_shadowed() {
        let map = Keymap::default();
        let mut shadowed = Vec::new();
        for place in PLACES {
            for spec in TABLE.iter().filter(|s| s.scopes.iter().any(|scope| place.contains(scope))) {
                for sequence in map.keys.get(&spec.command).into_iter().flatten() {
                    if map.look_up_keys(place, sequence) != Lookup::Run(spec.command) {
                        shadowed.push(format!("{} {}", spec.id, format_sequence(sequence)));
                    }
                }
            }
        }
        shadowed.sort();
        shadowed.dedup();
        assert_eq!(
            shadowed,
            [
                "app.palette ctrl-p",
                "move.down down",
                "move.page_down pgdn",
                "move.page_up pgup",
                "move.up up"
            ]
        );
    }

    #[test]
    fn sequences_and_their_continuations() {
        let map = Keymap::default();
        let place = PLACES.get(1).unwrap();
        assert_eq!(map.look_up_keys(place, &typed("g")), Lookup::Prefix);
        assert_eq!(map.look_up_keys(place, &typed("g g")), Lookup::Run(Command::Top));
        assert_eq!(map.look_up_keys(place, &typed("g x")), Lookup::Nothing);
        assert_eq!(map.continuations(place, &typed("g")), [("g".to_owned(), Command::Top)]);
    }

    #[test]
    fn own_keys_replace_the_defaults() {
        let map =
            Keymap::with_overrides(&own(&[("proposal.vote", &["V", "ctrl-v"]), ("app.theme", &[])])).unwrap();
        let place = PLACES.get(1).unwrap();
        assert_eq!(
            map.look_up_keys(place, &typed("V")),
            Lookup::Run(Command::for_operation(&icpulse_engine::action::operations::VOTE))
        );
        assert_eq!(map.look_up_keys(place, &typed("v")), Lookup::Nothing);
        assert_eq!(map.look_up_keys(place, &typed("t")), Lookup::Nothing);
        assert_eq!(
            map.keys_for(Command::for_operation(&icpulse_engine::action::operations::VOTE)),
            ["V", "ctrl-v"]
        );
    }

    #[test]
    fn mistakes_are_named() {
        let error = |rows: &[(&str, &[&str])]| Keymap::with_overrides(&own(rows)).unwrap_err();
        assert_eq!(
            error(&[("proposal.vot", &["v"])]).to_string(),
            "unknown command 'proposal.vot'; did you mean 'proposal.vote'?; `icpulse keys` lists all commands"
        );
        assert!(matches!(error(&[("app.theme", &["hyper-t"])]), KeymapError::Key { .. }));
        assert_eq!(
            error(&[("app.theme", &["r"])]).to_string(),
            "key 'r' is bound to both sync.refresh and app.theme (Everywhere); change one of them, or unbind it with []"
        );
        assert!(matches!(error(&[("app.theme", &["g"])]), KeymapError::Prefix { .. }));
        assert_eq!(error(&[("app.quit", &[])]), KeymapError::Stranded("app.quit"));
    }

    #[test]
    fn swapping_two_keys_is_no_conflict() {
        Keymap::with_overrides(&own(&[("app.theme", &["r"]), ("sync.refresh", &["t"])])).unwrap();
    }
}
