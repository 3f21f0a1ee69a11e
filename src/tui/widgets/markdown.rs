//! Markdown as lines of roles, wrapped to a width.
//!
//! The text may be hostile. Character references (`&#27;`) are resolved by the parser, so every
//! piece is cleaned again after parsing; links are shown with their address, and only addresses
//! the caller's `safe_link` accepts are shown as links at all.

use super::text::{Span, Spans, span, spans_width, text_width, wrap_spans};
use crate::tui::theme::Role;
use pulldown_cmark::{Event, HeadingLevel, Options as Extensions, Parser, Tag, TagEnd};

/// How to render.
#[derive(Clone, Copy)]
pub struct Options {
    /// Cells a line.
    pub width: usize,
    /// Removes what must not reach a terminal; keeps line breaks and spaces.
    pub clean: fn(&str) -> String,
    /// Gives the address back if it is harmless.
    pub safe_link: fn(&str) -> Option<&str>,
}

/// Renders a text. The caller keeps the result as long as text and width stay the same.
pub fn render_markdown(text: &str, options: Options) -> Vec<Spans> {
    let extensions = Extensions::ENABLE_TABLES
        | Extensions::ENABLE_STRIKETHROUGH
        | Extensions::ENABLE_TASKLISTS
        | Extensions::ENABLE_GFM;
    let mut writer = Writer::new(options);
    for event in Parser::new_ext(text, extensions) {
        writer.handle_event(event);
    }
    writer.into_lines()
}

/// Something that indents what it holds.
enum Container {
    Quote,
    /// The number of the next item, for ordered lists.
    List(Option<u64>),
    /// Its mark, taken by its first line, and the mark's width.
    Item {
        mark: Option<String>,
        indent: usize,
    },
}

struct Writer {
    options: Options,
    lines: Vec<Spans>,
    inline: Spans,
    roles: Vec<Role>,
    containers: Vec<Container>,
    links: Vec<(String, usize)>,
    code: Option<String>,
    table: Option<Grid>,
    /// A blank line is due before the next block.
    gap: bool,
}

/// A table in the making: rows of cells.
#[derive(Default)]
struct Grid {
    rows: Vec<Vec<Spans>>,
    row: Vec<Spans>,
}

impl Writer {
    fn new(options: Options) -> Self {
        Self {
            options: Options { width: options.width.max(8), ..options },
            lines: Vec::new(),
            inline: Vec::new(),
            roles: vec![Role::Text],
            containers: Vec::new(),
            links: Vec::new(),
            code: None,
            table: None,
            gap: false,
        }
    }

    fn handle_event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start_tag(tag),
            Event::End(tag) => self.end_tag(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push_text(&text),
            },
            Event::Code(code) | Event::InlineMath(code) | Event::DisplayMath(code) => {
                self.roles.push(Role::Code);
                self.push_text(&code);
                self.roles.pop();
            }
            // Markup of the web is shown as it was written, never interpreted.
            Event::Html(html) | Event::InlineHtml(html) => {
                self.roles.push(Role::Dim);
                self.push_text(html.trim_end_matches('\n'));
                self.roles.pop();
            }
            Event::FootnoteReference(name) => self.push_text(&format!("[{name}]")),
            Event::SoftBreak => self.push_text(" "),
            Event::HardBreak => self.push_text("\n"),
            Event::Rule => {
                self.flush_line();
                self.add_blank_line();
                let prefix = self.line_prefix();
                let room = self.options.width.saturating_sub(spans_width(&prefix));
                let mut line = prefix;
                line.push(span("─".repeat(room.min(40)), Role::Faint));
                self.lines.push(line);
                self.gap = true;
            }
            Event::TaskListMarker(done) => self.push_text(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start_tag(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.flush_line(),
            Tag::Heading { level, .. } => {
                self.flush_line();
                self.gap = true;
                let large = matches!(level, HeadingLevel::H1 | HeadingLevel::H2);
                self.roles.push(if large { Role::Heading } else { Role::HeadingSmall });
            }
            Tag::BlockQuote(_) => {
                self.flush_line();
                self.add_blank_line();
                self.containers.push(Container::Quote);
                self.roles.push(Role::Quote);
            }
            Tag::CodeBlock(_) => {
                self.flush_line();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush_line();
                // A list in a list follows its item without a blank line.
                if self.containers.iter().any(|c| matches!(c, Container::List(_))) {
                    self.gap = false;
                }
                self.containers.push(Container::List(first));
            }
            Tag::Item => {
                self.flush_line();
                let mark = match self.containers.last_mut() {
                    Some(Container::List(Some(number))) => {
                        let mark = format!("{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "• ".to_owned(),
                };
                let indent = text_width(&mark);
                self.containers.push(Container::Item { mark: Some(mark), indent });
            }
            Tag::Emphasis => self.roles.push(Role::Emphasis),
            Tag::Strong => self.roles.push(Role::MarkdownStrong),
            Tag::Strikethrough => self.roles.push(Role::Dim),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let clean = (self.options.clean)(&dest_url);
                self.links.push((clean, self.inline.len()));
                self.roles.push(Role::Link);
            }
            Tag::Table(_) => {
                self.flush_line();
                self.table = Some(Grid::default());
            }
            Tag::TableHead => self.roles.push(Role::MarkdownStrong),
            _ => {}
        }
    }

    fn end_tag(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush_line();
                self.gap = true;
            }
            TagEnd::Heading(_) => {
                self.flush_line();
                self.roles.pop();
                self.gap = false;
            }
            TagEnd::BlockQuote(_) => {
                self.flush_line();
                self.containers.pop();
                self.roles.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::List(_) => {
                self.flush_line();
                self.containers.pop();
                self.gap = true;
            }
            TagEnd::Item => {
                self.flush_line();
                self.containers.pop();
                self.gap = false;
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.roles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(grid) = &mut self.table {
                    grid.row.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if tag == TagEnd::TableHead {
                    self.roles.pop();
                }
                if let Some(grid) = &mut self.table {
                    let row = std::mem::take(&mut grid.row);
                    grid.rows.push(row);
                }
            }
            TagEnd::Table => self.end_table(),
            _ => self.flush_line(),
        }
    }

    fn current_role(&self) -> Role {
        self.roles.last().copied().unwrap_or(Role::Text)
    }

    fn push_text(&mut self, raw: &str) {
        let text = (self.options.clean)(raw);
        if !text.is_empty() {
            let role = self.current_role();
            self.inline.push(span(text, role));
        }
    }

    /// A link's address follows its text, unless the text is the address.
    fn end_link(&mut self) {
        self.roles.pop();
        let Some((url, from)) = self.links.pop() else { return };
        let shown: String = self.inline.iter().skip(from).map(|s| s.text.as_ref()).collect();
        if (self.options.safe_link)(&url).is_some() {
            if shown.trim() != url {
                self.inline.push(span(" (", Role::Dim));
                self.inline.push(span(url, Role::Link));
                self.inline.push(span(")", Role::Dim));
            }
        } else {
            // Not a link one could follow: it must not look like one.
            for piece in self.inline.iter_mut().skip(from) {
                piece.role = Role::Text;
            }
            if shown.trim() != url && !url.is_empty() {
                self.inline.push(span(format!(" ({url})"), Role::Dim));
            }
        }
    }

    /// What every line of the present block begins with.
    fn line_prefix(&self) -> Spans {
        let mut prefix = Vec::new();
        let mut used = 0;
        for container in &self.containers {
            let (text, role) = match container {
                Container::Quote => ("│ ".to_owned(), Role::Quote),
                Container::Item { indent, .. } => (" ".repeat(*indent), Role::Text),
                Container::List(_) => continue,
            };
            // Deep nesting must leave room for words.
            used += text_width(&text);
            if used > self.options.width / 2 {
                break;
            }
            prefix.push(span(text, role));
        }
        prefix
    }

    /// The prefix of a block's first line: an item's mark instead of its indentation.
    fn first_prefix(&mut self) -> Spans {
        let mut prefix = self.line_prefix();
        let shown = self.containers.iter().filter(|c| !matches!(c, Container::List(_))).count();
        if let Some(Container::Item { mark, .. }) = self.containers.last_mut()
            && let Some(mark) = mark.take()
            // Nested too deeply to be indented, an item has no place for its mark either.
            && prefix.len() == shown
            && let Some(last) = prefix.last_mut()
        {
            *last = span(mark, Role::Bullet);
        }
        prefix
    }

    fn add_blank_line(&mut self) {
        if self.gap && !self.lines.is_empty() {
            let quote: Spans = self.line_prefix().into_iter().filter(|s| s.role == Role::Quote).collect();
            self.lines.push(quote);
        }
        self.gap = false;
    }

    fn flush_line(&mut self) {
        let inline = std::mem::take(&mut self.inline);
        if inline.iter().all(|s| s.text.trim().is_empty()) {
            return;
        }
        self.add_blank_line();
        let first = self.first_prefix();
        let rest = self.line_prefix();
        self.lines.extend(wrap_spans(&inline, self.options.width, &first, &rest));
    }

    fn code_block(&mut self) {
        let Some(code) = self.code.take() else { return };
        self.add_blank_line();
        let mut prefix = self.line_prefix();
        prefix.push(span("  ", Role::Text));
        let code = (self.options.clean)(&code);
        for line in code.trim_end_matches('\n').split('\n') {
            let pieces = [span(line.to_owned(), Role::Code)];
            self.lines.extend(wrap_spans(&pieces, self.options.width, &prefix, &prefix));
        }
        self.gap = true;
    }

    fn end_table(&mut self) {
        let Some(grid) = self.table.take() else { return };
        self.add_blank_line();
        let prefix = self.line_prefix();
        let room = self.options.width.saturating_sub(spans_width(&prefix));
        let count = grid.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..count)
            .map(|i| {
                grid.rows.iter().filter_map(|r| r.get(i)).map(|c| spans_width(c)).max().unwrap_or(0).max(1)
            })
            .collect();
        // The widest columns give way until the table fits.
        let gaps = count.saturating_sub(1) * 2;
        while widths.iter().sum::<usize>() + gaps > room {
            match widths.iter_mut().max() {
                Some(widest) if *widest > 4 => *widest -= 1,
                _ => break,
            }
        }
        if widths.iter().sum::<usize>() + gaps > room {
            self.stack_cells(&grid, &prefix);
            return;
        }
        for (index, row) in grid.rows.iter().enumerate() {
            let cells: Vec<Vec<Spans>> =
                row.iter().zip(&widths).map(|(cell, w)| wrap_spans(cell, *w, &[], &[])).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let mut out: Spans = prefix.clone();
                for (place, (cell, w)) in cells.iter().zip(&widths).enumerate() {
                    let pieces: &[Span] = cell.get(line).map_or(&[], Vec::as_slice);
                    out.extend(pieces.iter().cloned());
                    if place + 1 < cells.len() {
                        out.push(span(" ".repeat(w.saturating_sub(spans_width(pieces)) + 2), Role::Text));
                    }
                }
                self.lines.push(out);
            }
            if index == 0 {
                let mut rule = prefix.clone();
                let total = (widths.iter().sum::<usize>() + gaps).min(room);
                rule.push(span("─".repeat(total), Role::Faint));
                self.lines.push(rule);
            }
        }
        self.gap = true;
    }

    /// A table with more columns than there is room for: a row's cells one behind the other.
    fn stack_cells(&mut self, grid: &Grid, prefix: &[Span]) {
        for row in &grid.rows {
            let mut line = Spans::new();
            for cell in row {
                if !line.is_empty() {
                    line.push(span(" │ ", Role::Faint));
                }
                line.extend(cell.iter().cloned());
            }
            self.lines.extend(wrap_spans(&line, self.options.width, prefix, prefix));
        }
        self.gap = true;
    }

    fn into_lines(mut self) -> Vec<Spans> {
        self.flush_line();
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn safe(url: &str) -> Option<&str> {
        url.starts_with("https://").then_some(url)
    }

    fn clean(text: &str) -> String {
        text.chars().filter(|c| *c == '\n' || !c.is_control()).filter(|c| *c != '\u{202e}').collect()
    }

    fn plain(text: &str, width: usize) -> Vec<String> {
        render_markdown(text, Options { width, clean, safe_link: safe })
            .into_iter()
            .map(|l| l.into_iter().map(|s| s.text).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn blocks_in_order() {
        let text = "# Title\nOne *two* **three** `four`\n\n- a\n- b\n  1. c\n  2. d\n\n> quoted words\n\n```\nlet x =  1;\n```\n---\nend";
        assert_eq!(
            plain(text, 30),
            [
                "Title",
                "One two three four",
                "",
                "• a",
                "• b",
                "  1. c",
                "  2. d",
                "",
                "│ quoted words",
                "",
                "  let x =  1;",
                "",
                "──────────────────────────────",
                "",
                "end"
            ]
        );
    }

    #[test]
    fn long_items_hang() {
        assert_eq!(plain("- one two three", 9), ["• one two", "  three"]);
    }

    #[test]
    fn tables_fit() {
        assert_eq!(
            plain("| node | days |\n|---|---|\n| ab | 30 |\n| a very long name | 2 |", 16),
            ["node        days", "────────────────", "ab          30", "a very      2", "long name"]
        );
    }

    #[test]
    fn links_show_where_they_lead() {
        assert_eq!(plain("[docs](https://a.b/c)", 60), ["docs (https://a.b/c)"]);
        assert_eq!(plain("<https://a.b/c>", 60), ["https://a.b/c"]);
        let lines =
            render_markdown("[click](javascript:alert(1))", Options { width: 60, clean, safe_link: safe });
        assert!(lines.iter().flatten().all(|s| s.role != Role::Link), "{lines:?}");
    }

    #[test]
    fn character_references_cannot_smuggle() {
        let joined = plain("a&#27;[31m b&#x202e;c &#0; [x](https://a.b/&#7;)", 80).concat();
        assert!(!joined.chars().any(|c| c.is_control() || c == '\u{202e}'), "{joined:?}");
    }

    #[test]
    fn a_table_of_many_columns_is_no_wider_than_its_room() {
        let cells = |word: &str| format!("|{}\n", format!("{word}|").repeat(20));
        let text = format!("{}{}{}", cells("head"), cells("-"), cells("word"));
        let lines = plain(&text, 30);
        assert!(lines.iter().all(|line| super::text_width(line) <= 30), "{lines:?}");
        assert_eq!(lines.concat().matches("word").count(), 20, "{lines:?}");
        let spans =
            render_markdown("|aaaa|bb|\n|-|-|\n|c|d|\n", Options { width: 8, clean, safe_link: safe });
        assert!(spans.iter().all(|line| spans_width(line) <= 8), "{spans:?}");
    }

    #[test]
    fn deep_nesting_leaves_room() {
        let text = format!("{}1234567. word", "> ".repeat(30));
        assert!(plain(&text, 12).iter().all(|line| super::text_width(line) <= 12), "{:?}", plain(&text, 12));
    }

    proptest! {
        #[test]
        fn any_text_renders_within_its_width(text in "[a-z #>*_`\\[\\]()|\\-0-9.\n&;<!]{0,200}", width in 8usize..60) {
            for line in plain(&text, width) {
                prop_assert!(super::text_width(&line) <= width, "{line:?}");
            }
        }
    }
}
