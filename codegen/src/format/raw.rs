//! Texts over several lines, written as they are.
//!
//! In: formatted Rust with marked literals. Out: the same with raw strings. Never knows: what the texts say.
//!
//! A raw string would not survive formatting and layout, which work line by line: it travels as a macro.

/// Macro that is to become a raw string.
const MACRO: &str = "__raw!";

/// A text that is to stand in the file as it is.
pub(crate) fn raw(text: &str) -> String {
    format!("{MACRO}({text:?})")
}

/// Writes marked texts as raw strings; those that a raw string cannot hold stay literals with escapes.
pub(super) fn spelled(formatted: &str) -> String {
    let mut out = String::with_capacity(formatted.len());
    let mut rest = formatted;
    while let Some((before, marked)) = rest.split_once(MACRO) {
        out.push_str(before);
        let Some((literal, after)) = argument(marked) else {
            out.push_str(MACRO);
            rest = marked;
            continue;
        };
        match syn::parse_str::<syn::LitStr>(literal).map(|literal| literal.value()) {
            Ok(text) if !text.contains(odd) => {
                let fence = fence(&text);
                out.push_str(&format!("r{fence}\"{text}\"{fence}"));
            }
            _ => out.push_str(literal),
        }
        rest = after;
    }
    out + rest
}

/// The literal between the macro's parentheses, and what follows them.
fn argument(marked: &str) -> Option<(&str, &str)> {
    let inside = marked.strip_prefix('(')?.trim_start();
    let mut escaped = false;
    let end = inside.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    })?;
    let (literal, after) = inside.split_at_checked(end.0 + 1)?;
    Some((literal, after.trim_start().trim_start_matches(',').trim_start().strip_prefix(')')?))
}

/// Characters that must not, or should not, stand in a file as they are: controls, and marks that turn the reading
/// direction of a line.
fn odd(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// As many `#` as the text needs.
fn fence(text: &str) -> String {
    let longest = text.split('"').skip(1).map(|rest| rest.len() - rest.trim_start_matches('#').len()).max();
    longest.map_or_else(String::new, |longest| "#".repeat(longest + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_they_are() {
        let check = |text: &str, expect: &str| {
            assert_eq!(spelled(&format!("let a = {};", raw(text))), format!("let a = {expect};"));
            assert_eq!(
                spelled(&format!("b(\n    __raw!(\n        {text:?}\n    ),\n)")),
                format!("b(\n    {expect},\n)")
            );
        };
        check("a;b\n1;2\n", "r\"a;b\n1;2\n\"");
        check("{ \"a\": \"\\n\" }", "r#\"{ \"a\": \"\\n\" }\"#");
        check("\"#", "r##\"\"#\"##");
        check("a\u{202e}b", "\"a\\u{202e}b\"");
        check("__raw!(\"x\")", "r#\"__raw!(\"x\")\"#");
    }
}
