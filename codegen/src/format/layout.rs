//! Comments and blank lines, which no formatter gives back.
//!
//! In: formatted Rust. Out: the same with notes as comments and with air between items. Never knows: what it says.

use std::borrow::Cow;

use super::{NOTE, NOTE_MACRO};

/// Longest line of a comment.
const WIDTH: usize = 110;

/// Turns notes into comments and puts blank lines between items.
pub(super) fn lay_out(formatted: &str) -> String {
    let mut page = Page::default();
    let straight = spread_formats(&straighten(formatted));
    let mut lines = straight.iter().map(Cow::as_ref);
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        // A long note is formatted over three lines.
        let is_long = text.strip_prefix(NOTE_MACRO) == Some("!(");
        let note = if is_long {
            note_text(&(text.to_owned() + &lines.by_ref().take(2).map(str::trim).collect::<String>()))
        } else {
            note_text(text)
        };
        match note {
            Some(note) => page.note(indent, &note, !text.starts_with("///")),
            None => page.line(indent, line),
        }
    }
    page.text
}

/// Moves the arguments of a call in front of `.await?` and its like to where people expect them: one step in, not two.
fn straighten(formatted: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = formatted.lines().collect();
    for first in 0..lines.len() {
        let indent = depth(lines[first]);
        let opens = lines[first].ends_with(['(', '{', '[']);
        if !opens || lines.get(first + 1).is_none_or(|next| depth(next) != indent + 8) {
            continue;
        }
        let is_inside = |line: &&&str| depth(line) > indent + 4 || line.is_empty();
        let inside = lines[first + 1..].iter().take_while(is_inside).count();
        let is_rest = |line: &&&str| depth(line) >= indent + 4 && line.trim_start().starts_with([')', '}', ']', '.']);
        let rest = lines[first + 1 + inside..].iter().take_while(is_rest).count();
        for line in &mut lines[first + 1..first + 1 + inside + rest] {
            *line = line.strip_prefix("    ").unwrap_or(line);
        }
    }
    lines
}

/// Inside of macros only tokens are printed; the arguments of a long `format!` get the lines that people expect.
fn spread_formats<'a>(lines: &[&'a str]) -> Vec<Cow<'a, str>> {
    let mut spread = Vec::with_capacity(lines.len());
    let mut index = 0;
    while let Some(line) = lines.get(index).copied() {
        spread.push(Cow::Borrowed(line));
        index += 1;
        if !line.ends_with("format!(") {
            continue;
        }
        let margin = " ".repeat(depth(line));
        let is_end = |line: &&str| line.strip_prefix(&margin).is_some_and(|rest| rest.starts_with(')'));
        let Some(length) = lines[index..].iter().position(is_end) else { continue };
        let inside: Vec<&str> = lines[index..index + length].iter().map(|line| line.trim()).collect();
        let (pattern, arguments) = after_literal(&inside.join(" "));
        spread.push(format!("{margin}    {pattern}").into());
        if !arguments.is_empty() {
            spread.push(format!("{margin}    {}", arguments.replace(" .", ".")).into());
        }
        index += length;
    }
    spread
}

/// A string literal with its comma, and what follows.
fn after_literal(text: &str) -> (String, String) {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    let (literal, rest) = text.split_at(end.map_or(text.len(), |(index, _)| index + 1));
    match rest.trim_start_matches(',').trim() {
        "" => (literal.to_owned(), String::new()),
        arguments => (format!("{literal},"), arguments.to_owned()),
    }
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[derive(Default)]
struct Page {
    text: String,
    /// The line before, trimmed at its end.
    last: String,
    /// The line before the next comment or item needs air.
    in_comment: bool,
}

impl Page {
    fn line(&mut self, indent: usize, line: &str) {
        let own = line.trim();
        if self.wants_air(indent, own) {
            self.push("");
        }
        self.push(line);
        self.in_comment = own.starts_with("///") || own.starts_with("//!") || own.starts_with("#[");
    }

    /// A comment; among statements it begins a paragraph.
    fn note(&mut self, indent: usize, text: &str, paragraph: bool) {
        if paragraph && !self.last.ends_with('{') && !self.last.trim_start().starts_with("//") && !self.last.is_empty()
        {
            self.push("");
        }
        let margin = " ".repeat(indent);
        let mut line = format!("{margin}//");
        for word in text.split_whitespace() {
            if line.chars().count() + word.chars().count() + 1 > WIDTH {
                self.push(&line);
                line = format!("{margin}//");
            }
            line.push(' ');
            line.push_str(word);
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        line.trim_end().clone_into(&mut self.last);
    }

    /// Items, and functions inside of them, stand apart; a list of one-line items stays together.
    fn wants_air(&self, indent: usize, own: &str) -> bool {
        if self.in_comment || self.last.is_empty() || own.is_empty() || own.starts_with(['}', ')', ']']) {
            // The module comment ends where the first item begins.
            return self.last.starts_with("//!") && !own.starts_with("//!") && !own.is_empty();
        }
        let last_indent = self.last.len() - self.last.trim_start().len();
        let begins = |word: &str| own.starts_with(word);
        match indent {
            0 => last_indent == 0 && !is_list(own, &self.last),
            4 if last_indent == 4 => {
                let function = ["fn ", "pub fn ", "async fn ", "pub async fn ", "///"].iter().any(|word| begins(word));
                function && (self.last.trim() == "}" || self.last.ends_with(';'))
            }
            _ => false,
        }
    }
}

/// Both lines are one-line items of the same kind.
fn is_list(own: &str, last: &str) -> bool {
    let kind = |line: &str| {
        line.split_whitespace().take_while(|word| ["pub", "use", "mod"].contains(word)).collect::<Vec<_>>().join(" ")
    };
    let (own, last) = (kind(own), if last.ends_with(';') || last.ends_with("};") { kind(last) } else { String::new() });
    !own.is_empty() && own == last
}

/// The text of a line that is a note.
fn note_text(line: &str) -> Option<String> {
    if let Some(text) = line.strip_prefix("///").and_then(|text| text.strip_prefix(NOTE)) {
        return Some(text.to_owned());
    }
    let literal = line.strip_prefix(NOTE_MACRO)?.strip_prefix("!(")?.strip_suffix(");")?;
    syn::parse_str::<syn::LitStr>(literal).ok().map(|literal| literal.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_chains_are_one_step_in() {
        let text = "fn x() {\n    a::b(\n            c,\n            D {\n                e: 1,\n            },\n        )\n        .await?;\n    d();\n}\n";
        let expect = "fn x() {\n    a::b(\n        c,\n        D {\n            e: 1,\n        },\n    )\n    .await?;\n    d();\n}\n";
        assert_eq!(lay_out(text), expect);
    }

    #[test]
    fn arguments_of_long_formats_stand_on_a_line() {
        let text = "fn x() {\n    let a = format!(\n        \"b {} \\\" {}\", c.d, e\n        .f\n    );\n}\n";
        let expect = "fn x() {\n    let a = format!(\n        \"b {} \\\" {}\",\n        c.d, e.f\n    );\n}\n";
        assert_eq!(lay_out(text), expect);
    }

    #[test]
    fn notes_become_comments_and_items_stand_apart() {
        let text = "//! Doc.\nuse a;\nuse b;\nfn x() {\n    __note!(\"Line 1: a\");\n    a();\n    __note!(\"Line 2: \\\"b\\\"\");\n    b();\n}\nfn y() {}\n";
        let expect = "//! Doc.\n\nuse a;\nuse b;\n\nfn x() {\n    // Line 1: a\n    a();\n\n    // Line 2: \"b\"\n    b();\n}\n\nfn y() {}\n";
        assert_eq!(lay_out(text), expect);
    }
}
