//! The palette: anything by its name.

use super::keys::single_line_input;
use crate::tui::app::layer::{Layer, PaletteLayer, PaletteMatch};
use crate::tui::app::state::State;
use crate::tui::command::{Command, Scope};
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

    /// Ranks the commands by what was typed; those that cannot run now come last and say why.
    pub(super) fn match_palette(&mut self) {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return };
        let typed = palette.input.value().to_owned();
        let scopes = self.place.scopes();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut ranked: Vec<(bool, u32, PaletteMatch)> = Vec::new();
        for command in Command::all().filter(|c| is_in_palette(*c)) {
            let spec = command.spec();
            let refusal = self.refusal_in(command, scopes);
            let mut matched = Vec::new();
            let by_title =
                pattern.indices(Utf32Str::new(spec.title, &mut buffer), &mut matcher, &mut matched);
            let score = match by_title {
                // A match in the title counts for more than one in the id or the sentence.
                Some(score) => score.saturating_mul(2).saturating_add(1),
                None => {
                    matched.clear();
                    let more = format!("{} {}", spec.id, spec.help);
                    let score = pattern.score(Utf32Str::new(&more, &mut buffer), &mut matcher);
                    let Some(score) = score.filter(|_| typed.len() > 1) else { continue };
                    score
                }
            };
            matched.sort_unstable();
            matched.dedup();
            ranked.push((refusal.is_some(), score, PaletteMatch { command, matched, refusal }));
        }
        // Stable: without a text the table's order stays.
        ranked.sort_by_key(|(refused, score, _)| (*refused, std::cmp::Reverse(*score)));
        if let Some(Layer::Palette(palette)) = self.layers.last_mut() {
            palette.matches = ranked.into_iter().map(|(_, _, m)| m).collect();
            palette.cursor = 0;
            palette.offset = 0;
        }
    }

    /// Runs the selected match.
    pub(super) fn run_palette(&mut self, effects: &mut Vec<crate::tui::app::Effect>) {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return };
        let chosen = palette.matches.get(palette.cursor).map(|m| m.command);
        if let Some(command) = chosen {
            self.layers.pop();
            self.run_command(command, effects);
        }
    }
}
