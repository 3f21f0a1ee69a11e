//! One static table of commands: keymap, palette, help, footer and docs are made from it.

mod chord;
mod keymap;
mod table;

pub use chord::{Chord, ChordError, format_sequence, parse_sequence};
pub use keymap::{Keymap, KeymapError, Lookup, PLACES};
pub use table::{Command, Danger, Scope, Spec, TABLE};

/// The key list as markdown, for `docs/keys.md` and `icpulse keys`.
pub fn keys_markdown(keymap: &Keymap) -> String {
    let mut out = String::from(
        "# Keys\n\nChange any key in the configuration file, under `[keys]`, by the command's name.\n",
    );
    for scope in Scope::ALL {
        let rows: Vec<&Spec> = TABLE.iter().filter(|s| s.scopes.contains(scope)).collect();
        if rows.is_empty() {
            continue;
        }
        out.push_str(&format!(
            "\n## {}\n\n| keys | command | what it does |\n|---|---|---|\n",
            scope.title()
        ));
        for spec in rows {
            let keys: Vec<String> = keymap
                .keys_for(spec.command)
                .iter()
                .map(|k| format!("`{}`", k.replace('|', "\\|")))
                .collect();
            let keys = if keys.is_empty() { "(none)".to_owned() } else { keys.join(", ") };
            out.push_str(&format!("| {keys} | `{}` | {} |\n", spec.id, spec.help.replace('|', "\\|")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_list_names_every_command() {
        let text = keys_markdown(&Keymap::default());
        for spec in TABLE.iter() {
            assert!(text.contains(&format!("`{}`", spec.id)), "{}", spec.id);
        }
        assert!(text.contains("| `g g`, `home` | `move.top` | To the first. |"));
    }
}
