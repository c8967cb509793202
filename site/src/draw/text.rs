//! How wide a text is, and how it breaks.
//!
//! In: text and a width. Out: lines that fit. Never knows: the font; it assumes one a little wider than the usual
//! sans-serif faces, so that text rather leaves room than runs out of its box.

/// Width of a text in tenths of its font size, summed.
fn tenths(text: &str) -> u32 {
    text.chars().map(advance).sum()
}

fn advance(character: char) -> u32 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | 'I' | ' ' | '·' => 30,
        'f' | 't' | 'r' | '-' | '(' | ')' | '[' | ']' | '/' | '{' | '}' | '"' | '*' => 38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 90,
        'A'..='Z' | '&' | '_' | '+' | '=' | '<' | '>' => 68,
        'a'..='z' | '0'..='9' => 57,
        '\u{300}'..='\u{36f}' => 0,
        other if (other as u32) < 0x2E80 => 66,
        _ => 100,
    }
}

/// Width in pixels at a font size.
pub(crate) fn width(text: &str, size: u32) -> i32 {
    i32::try_from(tenths(text).saturating_mul(size) / 100).unwrap_or(i32::MAX / 4)
}

/// The text, or as much of it as fits, with an ellipsis.
pub(crate) fn fit(text: &str, size: u32, most: i32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut fitted = String::new();
    for character in text.chars() {
        fitted.push(character);
        if width(&fitted, size) > most - width("…", size) {
            fitted.pop();
            break;
        }
    }
    format!("{}…", fitted.trim_end())
}

/// At most `lines` lines that fit; breaks after blanks, hyphens, dots, slashes and between words in `camelCase`.
pub(crate) fn wrap(text: &str, size: u32, most: i32, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = vec![String::new()];
    for piece in pieces(text) {
        let current = wrapped.last().map_or("", String::as_str);
        let joined = format!("{current}{piece}");
        if current.is_empty() || width(joined.trim_end(), size) <= most {
            if let Some(last) = wrapped.last_mut() {
                *last = joined;
            }
        } else {
            wrapped.push(piece);
        }
    }
    if wrapped.len() > lines {
        let rest = wrapped.split_off(lines - 1).concat();
        wrapped.push(rest);
    }
    wrapped.iter().map(|line| fit(line.trim_end(), size, most)).collect()
}

fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut before = ' ';
    for character in text.chars() {
        let breaks =
            matches!(before, ' ' | '-' | '.' | '/' | '_') || (before.is_lowercase() && character.is_uppercase());
        if breaks && pieces.last().is_some_and(|piece| !piece.is_empty()) {
            pieces.push(String::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.push(character);
        }
        before = character;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_nothing_silently() {
        assert_eq!(wrap("update-service-reception", 13, 116, 2), ["update-service-", "reception"]);
        assert_eq!(wrap("ActivityReportValidated", 13, 116, 2), ["ActivityReport", "Validated"]);
        assert_eq!(wrap("", 13, 116, 2), [""]);
        let long = wrap(&"word ".repeat(40), 13, 116, 2);
        assert_eq!(long.len(), 2);
        assert!(long[1].ends_with('…'));
        let unbroken = wrap(&"x".repeat(200), 13, 116, 2);
        assert!(unbroken.iter().all(|line| width(line, 13) <= 116), "{unbroken:?}");
    }
}
