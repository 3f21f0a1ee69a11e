//! What a theme file can be, and what is promised of those that come along.

use super::*;
use ratatui::style::Modifier;
use std::fs;

fn dir_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(format!("{name}.toml")), text).unwrap();
    }
    dir
}

fn load(files: &[(&str, &str)], name: &str) -> Result<Theme, ThemeError> {
    let dir = dir_with(files);
    Theme::load(name, &[dir.path().to_path_buf()], ColorDepth::TrueColor)
}

#[test]
fn all_that_come_along_load_without_a_warning() {
    assert!(BUILTIN.len() >= 8);
    for (name, _) in BUILTIN {
        let theme = Theme::load(name, &[], ColorDepth::TrueColor).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(theme.warnings(), &[] as &[String], "{name}");
        assert!(!theme.title().is_empty(), "{name} says nothing of itself");
    }
}

#[test]
fn text_is_readable_in_every_theme() {
    for (name, _) in BUILTIN {
        let theme = Theme::builtin(name).unwrap();
        let wanted = if name.starts_with("high-contrast") { 7.0 } else { 4.5 };
        assert_eq!(theme.contrast_below(wanted), Vec::<String>::new(), "{name}");
    }
    // The judgement itself can fail.
    let poor = load(&[("poor", "inherits = 'icpulse-dark'\n[roles]\ndim = '#333'")], "poor").unwrap();
    assert!(poor.contrast_below(4.5).iter().any(|w| w.starts_with("dim on background")), "{poor:?}");
}

#[test]
fn colour_never_carries_meaning_alone() {
    for (name, _) in BUILTIN {
        let theme = Theme::builtin(name).unwrap().at_depth(ColorDepth::None);
        for role in Role::ALL {
            let style = theme.style_for(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{name} {}", role.name());
        }
        assert!(theme.style_for(Role::Selection).add_modifier.contains(Modifier::REVERSED));
        assert_ne!(theme.style_for(Role::Yes), theme.style_for(Role::No), "{name}");
        assert_ne!(theme.style_for(Role::TabActive), theme.style_for(Role::Tab), "{name}");
    }
}

#[test]
fn sixteen_colours_never_hide_text() {
    for (name, _) in BUILTIN {
        for depth in [ColorDepth::Ansi16, ColorDepth::Indexed256] {
            let theme = Theme::builtin(name).unwrap().at_depth(depth);
            let base = theme.base_style();
            for role in Role::ALL.iter().filter(|r| r.carries_text()) {
                let style = base.patch(theme.style_for(*role));
                assert!(style.fg.is_none() || style.fg != style.bg, "{name} {} {depth:?}", role.name());
            }
            for role in Role::ALL.iter().filter(|r| r.carries_text() && depth == ColorDepth::Ansi16) {
                let style = base.patch(theme.style_for(*role));
                if let (Some(fg), Some(bg)) = (style.fg, style.bg) {
                    let contrast = color::ansi_contrast(fg, bg).unwrap_or(21.0);
                    assert!(contrast >= 2.0, "{name} {}: {fg:?} on {bg:?}", role.name());
                }
            }
            let selection = theme.style_for(Role::Selection);
            let seen = selection.add_modifier.contains(Modifier::REVERSED) || selection.bg != base.bg;
            assert!(seen, "{name} {depth:?}: the selected row is not seen");
            assert!(
                *name == "monochrome" || theme.style_for(Role::Yes) != theme.style_for(Role::No),
                "{name} {depth:?}"
            );
        }
    }
}

#[test]
fn a_role_falls_back_along_its_dots_and_an_heir_wins() {
    let theme = load(
        &[
            ("base", "[palette]\nink = '#010203'\n[roles]\nstatus = 'ink'\n'status.open' = { fg = '#0a0b0c', modifiers = ['bold'] }\nmarkdown = '#111111'"),
            ("mine", "inherits = 'base'\n[palette]\nink = '#ffffff'\n[roles.markdown]\ncode = 214"),
        ],
        "mine",
    )
    .unwrap();
    assert_eq!(theme.style_for(Role::StatusFailed).fg, Some(Color::Rgb(255, 255, 255)));
    assert_eq!(theme.style_for(Role::StatusOpen).fg, Some(Color::Rgb(10, 11, 12)));
    assert_eq!(theme.style_for(Role::StatusOpen).add_modifier, Modifier::BOLD);
    assert_eq!(theme.style_for(Role::HeadingSmall).fg, Some(Color::Rgb(17, 17, 17)));
    assert_eq!(theme.style_for(Role::Code).fg, Some(Color::Indexed(214)));
    assert_eq!(theme.files().len(), 2);
    assert_eq!(theme.warnings(), &[] as &[String]);
}

#[test]
fn a_users_file_may_refine_the_compiled_in_theme_of_its_own_name() {
    let theme = load(&[("ember", "inherits = 'ember'\n[roles]\naccent = '#abcdef'")], "ember").unwrap();
    assert_eq!(theme.style_for(Role::Accent).fg, Some(Color::Rgb(0xab, 0xcd, 0xef)));
    assert_eq!(theme.style_for(Role::Text), Theme::builtin("ember").unwrap().style_for(Role::Text));
}

#[test]
fn mistakes_are_named_with_file_key_and_what_is_allowed() {
    let said = |text: &str| load(&[("t", text)], "t").unwrap_err().to_string();
    for (text, wanted) in [
        (
            "[roles]\ntext = 'gren'",
            vec!["t.toml", "roles.text", "'gren'", "did you mean 'green'?", "#rrggbb"],
        ),
        ("[palette]\nink = '#12'", vec!["palette.ink", "'#12' is not a color"]),
        ("[palette]\nink = '#123'\n[roles]\ntext = 'inkk'", vec!["did you mean 'ink'?"]),
        ("\n\n[roles", vec!["t.toml", "line 3", "not valid TOML"]),
        ("[roles]\ntext = { modifiers = ['bald'] }", vec!["roles.text.modifiers", "'bald'", "bold, dim"]),
        ("[roles]\ntext = true", vec!["roles.text", "boolean", "write a colour"]),
        ("[roles]\ntext = { fg = [1] }", vec!["roles.text.fg", "array"]),
        ("appearance = 'dusk'", vec!["appearance", "'dusk'", "\"dark\" or \"light\""]),
        ("roles = 1", vec!["roles", "table of roles"]),
        (
            "inherits = 'icpulse-drak'",
            vec!["unknown theme 'icpulse-drak'", "did you mean 'icpulse-dark'?", "monochrome"],
        ),
    ] {
        let message = said(text);
        for part in wanted {
            assert!(message.contains(part), "{text:?} gave {message:?}, which lacks {part:?}");
        }
    }
    let theme =
        load(&[("t", "colour = 1\n[roles]\nslection = 'red'\nselection = { bgg = 'red' }")], "t").unwrap();
    let all = theme.warnings().join("\n");
    assert!(all.contains("'slection'") && all.contains("did you mean 'selection'?"), "{all}");
    assert!(all.contains("'selection.bgg'") && all.contains("'colour' is not a known key"), "{all}");
}

#[test]
fn circles_are_found() {
    let circle = load(&[("a", "inherits = 'b'"), ("b", "inherits = 'c'"), ("c", "inherits = 'b'")], "a");
    let message = circle.unwrap_err().to_string();
    assert!(message.contains("a -> b -> c -> b"), "{message}");
    // A file that inherits its own name without a compiled-in one of that name has nothing above it.
    let own = load(&[("a", "inherits = 'a'")], "a").unwrap_err();
    assert!(matches!(own, ThemeError::NotFound { .. }), "{own}");
}

#[test]
fn a_name_is_not_a_path() {
    let dir = dir_with(&[("secret", "title = 'x'")]);
    let sub = dir.path().join("sub");
    fs::create_dir(&sub).unwrap();
    assert!(Theme::load("../secret", &[sub], ColorDepth::TrueColor).is_err());
}

#[test]
fn the_template_names_every_role_and_loads_as_it_stands() {
    let text = theme_template();
    let dir = dir_with(&[("mine", &text)]);
    let theme = Theme::check(&dir.path().join("mine.toml")).unwrap();
    assert_eq!(theme.warnings(), &[] as &[String]);
    // With its comments taken away every line is valid too.
    let (head, roles) = text.split_once("[roles]\n").unwrap();
    let open: String = roles
        .lines()
        .filter(|l| l.contains(" = "))
        .map(|l| format!("{}\n", l.trim_start_matches("# ")))
        .collect();
    fs::write(dir.path().join("all.toml"), format!("{head}[roles]\n{open}")).unwrap();
    let all = Theme::load("all", &[dir.path().to_path_buf()], ColorDepth::TrueColor).unwrap();
    assert_eq!(all.warnings(), &[] as &[String]);
    assert_eq!(open.lines().count(), Role::COUNT);
}

#[test]
fn the_list_has_the_users_themes_and_says_what_is_wrong_with_them() {
    let dir = dir_with(&[
        ("own", "title = 'Mine'\nappearance = 'light'"),
        ("broken", "[roles]\ntext = 'x'"),
        ("fjord", "title = 'Other'"),
    ]);
    let list = Theme::list(&[dir.path().to_path_buf()]);
    let get = |name: &str| list.iter().find(|i| i.name == name).unwrap();
    assert_eq!((get("own").title.as_str(), get("own").appearance), ("Mine", Appearance::Light));
    assert!(get("broken").error.as_ref().unwrap().contains("roles.text"));
    assert_eq!(get("fjord").title, "Other");
    assert_eq!(list.iter().filter(|i| i.name == "fjord").count(), 1);
    assert!(list.len() == BUILTIN.len() + 2);
}
