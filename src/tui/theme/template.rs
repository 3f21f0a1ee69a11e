//! A theme file to start from, made from the table of roles.

use super::Role;
use super::file::MODIFIERS;
use std::fmt::Write as _;

/// A complete, commented theme file: every role with what it is for. Loads as it stands.
pub fn theme_template() -> String {
    let modifiers = MODIFIERS.map(|(name, _)| name).join(", ");
    let mut out = format!(
        "# A theme for icpulse. Save it as NAME.toml in the themes folder (`icpulse config paths`),\n\
         # check it with `icpulse theme check FILE`; a running icpulse reloads it when it is saved.\n\
         #\n\
         # A colour is a name of [palette], \"#rrggbb\", \"#rgb\", a number 0 to 255 of the terminal's\n\
         # palette, a terminal colour (red, bright-blue …), or \"default\".\n\
         # A style is a colour (the text's), or a table: {{ fg, bg, underline, modifiers }}.\n\
         # Modifiers: {modifiers}.\n\
         # A role `a.b.c` that is not given takes the style of `a.b`, else of `a`, else plain text.\n\
         \n\
         title = \"My theme\"\n\
         # appearance = \"dark\"       # or \"light\"; default: that of the inherited theme\n\
         inherits = \"icpulse-dark\"    # its palette and roles hold where this file says nothing\n\
         \n\
         [palette]\n\
         # accent = \"#8fb4ff\"        # names of the inherited palette can be given other colours\n\
         \n\
         [roles]\n"
    );
    for role in Role::ALL {
        let _ = writeln!(out, "# {}\n# \"{}\" = {{ fg = \"accent\" }}", role.doc(), role.name());
    }
    out
}
