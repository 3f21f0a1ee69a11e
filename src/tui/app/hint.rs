//! Keys for the eyes: the footer and the help, made from the command table and the keymap.

use super::layer::Layer;
use super::state::State;
use crate::tui::command::{Command, Scope};
use icpulse_model::text::Line;

/// A command with its keys, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHint {
    pub command: Command,
    /// Its keys here; the footer has only the first.
    pub keys: Vec<String>,
    /// A few words.
    pub title: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Why it cannot run now.
    pub refusal: Option<Line>,
}

impl State {
    /// The footer: the commands that matter here, with their first key; those that cannot run now
    /// are marked.
    pub fn footer_hints(&self) -> Vec<KeyHint> {
        let scopes = self.scopes();
        let mut hints: Vec<KeyHint> = Vec::new();
        for scope in scopes {
            for command in Command::all() {
                let spec = command.spec();
                let first_scope = scopes.iter().find(|s| spec.scopes.contains(s));
                if spec.footer && first_scope == Some(scope) {
                    hints.extend(self.key_hint(command, scopes));
                }
            }
        }
        hints
    }

    fn key_hint(&self, command: Command, scopes: &[Scope]) -> Option<KeyHint> {
        let mut keys = self.keymap.keys_in(command, scopes);
        // Where text is typed, a key that is a character is text.
        if self.layers.last().is_some_and(Layer::takes_text) {
            let is_form = matches!(self.layers.last(), Some(Layer::Form(_)));
            keys.retain(|key| key.chars().count() > 1 || is_form && key == "?");
        }
        let title = match (self.layers.last(), command) {
            (Some(layer), Command::Confirm) => layer.confirm_title(),
            _ => command.spec().title,
        };
        Some(KeyHint {
            command,
            keys: vec![keys.into_iter().next()?],
            title,
            help: command.spec().help,
            refusal: self.command_refusal(command),
        })
    }

    /// The keys of a place, for the help: a heading and its commands, most specific first.
    pub fn help_sections(&self, scopes: &'static [Scope]) -> Vec<(&'static str, Vec<KeyHint>)> {
        scopes
            .iter()
            .map(|scope| {
                let rows = Command::all()
                    .filter(|c| scopes.iter().find(|s| c.spec().scopes.contains(s)) == Some(scope))
                    .map(|command| KeyHint {
                        command,
                        keys: self.keymap.keys_in(command, scopes),
                        title: command.spec().title,
                        help: command.spec().help,
                        refusal: None,
                    })
                    .filter(|hint| !hint.keys.is_empty())
                    .collect();
                (scope.title(), rows)
            })
            .filter(|(_, rows): &(_, Vec<KeyHint>)| !rows.is_empty())
            .collect()
    }
}
