//! The palette: anything by its name.

use super::keys::single_line_input;
use crate::tui::app::layer::{JumpLayer, Layer, PaletteLayer, PaletteMatch};
use crate::tui::app::net::NetList;
use crate::tui::app::place::Screen;
use crate::tui::app::state::State;
use crate::tui::app::views::{recall, remember};
use crate::tui::command::{Command, Scope, Spec};
use icpulse_model::dataset::List;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Whether a command makes sense from a screen: those of layers only do not.
fn is_in_palette(command: Command) -> bool {
    let layers = [
        Scope::Layer,
        Scope::Filter,
        Scope::Palette,
        Scope::Ballots,
        Scope::Review,
        Scope::Execution,
        Scope::Choice,
        Scope::Search,
    ];
    let spec = command.spec();
    let form_only = spec.scopes == [Scope::Form];
    !form_only && command != Command::Palette && !spec.scopes.iter().any(|s| layers.contains(s))
}

impl State {
    pub(super) fn open_palette(&mut self) {
        self.layers
            .push(Layer::Palette(PaletteLayer { input: single_line_input(""), ..PaletteLayer::default() }));
        self.match_palette();
    }

    /// Ranks the commands by what was typed: titles first, then names, then whole words of the sentences.
    /// Those that cannot run here keep their rank and say why.
    pub(super) fn match_palette(&mut self) {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return };
        let typed = palette.input.value().trim().to_lowercase();
        let scopes = self.place.scopes();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut ranked: Vec<(Rank, PaletteMatch)> = Vec::new();
        for command in Command::all().filter(|c| is_in_palette(*c)) {
            let spec = command.spec();
            let mut matched = Vec::new();
            let Some(rank) = rank_command(spec, &typed, &pattern, &mut matcher, &mut matched) else {
                continue;
            };
            matched.sort_unstable();
            matched.dedup();
            let refusal = self.refusal_in(command, scopes);
            let refused = refusal.is_some();
            ranked.push((Rank { refused, ..rank }, PaletteMatch { command, matched, refusal }));
        }
        // Stable: without a text the table's order stays.
        ranked.sort_by_key(|(rank, _)| *rank);
        if let Some(Layer::Palette(palette)) = self.layers.last_mut() {
            palette.matches = ranked.into_iter().map(|(_, m)| m).collect();
            palette.cursor = 0;
            palette.offset = 0;
        }
    }

    /// Runs the selected match; one of another screen goes there first.
    pub(super) fn run_palette(&mut self, effects: &mut Vec<crate::tui::app::Effect>) {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return };
        let typed = palette.input.value().trim().to_owned();
        if self.run_with_argument(&typed, effects) {
            return remember(&mut self.commands, &typed);
        }
        let Some(Layer::Palette(palette)) = self.layers.last() else { return };
        let Some(command) = palette.matches.get(palette.cursor).map(|m| m.command) else { return };
        remember(&mut self.commands, &typed);
        self.layers.pop();
        self.close_layers(effects);
        let scopes = command.spec().scopes;
        if !scopes.iter().any(|scope| self.place.scopes().contains(scope))
            && let Some(screen) = scopes.iter().find_map(|scope| screen_of(*scope))
        {
            self.go_to(screen);
        }
        self.run_command(command, effects);
    }
}

impl State {
    /// Closes what lies over the screen: a command runs where it belongs.
    fn close_layers(&mut self, effects: &mut Vec<crate::tui::app::Effect>) {
        while !self.layers.is_empty() {
            self.close_layer(effects);
        }
    }

    /// Runs a word with an argument: `proposal 620` opens, `neurons state:dissolved` filters. Whether the
    /// text is one.
    fn run_with_argument(&mut self, typed: &str, effects: &mut Vec<crate::tui::app::Effect>) -> bool {
        let Some((place, argument)) = self.read_argument(typed) else { return false };
        self.layers.pop();
        self.close_layers(effects);
        match place {
            Argument::Named => self.use_named_filter(&argument),
            Argument::Filter(screen, list) => {
                self.go_to(screen);
                if let Some(list) = list {
                    self.show_list(list);
                }
                self.set_filter(&argument);
            }
            Argument::Network => self.open_network(&argument, effects),
            Argument::Open(prefix) => {
                let input = single_line_input(&format!("{prefix}{argument}"));
                self.layers.push(Layer::Jump(JumpLayer { input, error: None }));
                self.jump_to_input(effects);
            }
        }
        true
    }

    /// What a word with an argument means; `None` for the name of a command.
    pub(super) fn read_argument(&self, typed: &str) -> Option<(Argument, String)> {
        if let Some(name) = typed.trim().strip_prefix('@').filter(|name| !name.is_empty()) {
            return Some((Argument::Named, name.to_owned()));
        }
        let (word, argument) = typed.trim().split_once(' ')?;
        let argument = argument.trim();
        let word = word.to_lowercase();
        if word == "filter" && !argument.is_empty() {
            return Some((Argument::Named, argument.trim_start_matches('@').to_owned()));
        }
        if matches!(word.as_str(), "net" | "network") && !argument.is_empty() {
            return Some((Argument::Network, argument.to_owned()));
        }
        let lists: [(List, Screen, Option<NetList>); 3] = [
            (self.proposals.list, Screen::Proposals, None),
            (self.neurons.list, Screen::Neurons, None),
            (self.wallet.list.list, Screen::Wallet, None),
        ];
        let network = NetList::all()
            .map(|list| -> (List, Screen, Option<NetList>) { (list.dataset(), Screen::Network, Some(list)) });
        let mut found = lists.into_iter().chain(network);
        let found = found.find_map(|(list, screen, shown)| {
            let info = list.info();
            let many = info.id == word
                || info.many.eq_ignore_ascii_case(&word)
                || info.title.eq_ignore_ascii_case(&word);
            if many {
                return Some(Argument::Filter(screen, shown));
            }
            info.one.eq_ignore_ascii_case(&word).then_some(Argument::Open(if word == "neuron" {
                "n"
            } else {
                ""
            }))
        });
        found.filter(|_| !argument.is_empty()).map(|place| (place, argument.to_owned()))
    }

    /// Writes the command typed before (`by` 1) or after (-1) the one that is shown.
    pub(super) fn recall_command(&mut self, by: isize) {
        let Some(Layer::Palette(layer)) = self.layers.last_mut() else { return };
        let Some((back, text)) = recall(&self.commands, layer.back, by) else { return };
        layer.back = back;
        layer.input = single_line_input(&text);
        self.match_palette();
    }
}

/// What a word before an argument asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// To filter the list of a screen.
    Filter(Screen, Option<NetList>),
    /// To filter by a named filter.
    Named,
    /// To open another network.
    Network,
    /// To open what has this id, after a letter that says of which kind it is.
    Open(&'static str),
}

/// The screen whose list has these keys.
fn screen_of(scope: Scope) -> Option<Screen> {
    Some(match scope {
        Scope::Pulse => Screen::Pulse,
        Scope::Proposals => Screen::Proposals,
        Scope::Neurons => Screen::Neurons,
        Scope::Wallet => Screen::Wallet,
        Scope::Network | Scope::Topology => Screen::Network,
        _ => return None,
    })
}

/// The order of matches, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    place: Matched,
    score: std::cmp::Reverse<u32>,
    refused: bool,
}

/// Where the typed text was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Matched {
    /// A word of the title begins with it.
    TitleWord,
    /// The title has its letters in order.
    Title,
    /// The name has it.
    Name,
    /// The sentence has all of its words.
    Sentence,
}

fn rank_command(
    spec: &Spec,
    typed: &str,
    pattern: &Pattern,
    matcher: &mut Matcher,
    matched: &mut Vec<u32>,
) -> Option<Rank> {
    let rank = |place, score| Some(Rank { place, score: std::cmp::Reverse(score), refused: false });
    let title = spec.title.to_lowercase();
    let begins = |at: usize| at == 0 || !title.as_bytes().get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
    let score = pattern.indices(Utf32Str::new(spec.title, &mut Vec::new()), matcher, matched);
    if let Some((at, _)) =
        title.match_indices(typed).find(|(at, _)| begins(*at)).filter(|_| !typed.is_empty())
    {
        let before = title.get(..at).unwrap_or_default().chars().count();
        *matched = (before..before + typed.chars().count()).filter_map(|i| u32::try_from(i).ok()).collect();
        // The whole title comes before titles that go on.
        let whole = u32::from(title == typed) + u32::from(at == 0);
        return rank(Matched::TitleWord, whole);
    }
    if let Some(score) = score {
        return rank(Matched::Title, score);
    }
    matched.clear();
    if typed.chars().count() < 2 {
        return None;
    }
    if spec.id.contains(typed) {
        return rank(Matched::Name, 0);
    }
    let help = spec.help.to_lowercase();
    let words: Vec<&str> = help.split(|c: char| !c.is_alphanumeric()).collect();
    let all = typed.split_whitespace().all(|word| words.contains(&word));
    if all { rank(Matched::Sentence, 0) } else { None }
}
