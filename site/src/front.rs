//! Lines of front-matter keys, for facts that the model keeps without a place.
//!
//! In: the text of a document. Out: line numbers. Never knows: what a key means.

/// The front matter of a document, line by line.
#[derive(Debug)]
pub(crate) struct Front<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Front<'a> {
    /// Reads up to the closing `---`.
    pub(crate) fn of(text: &'a str) -> Self {
        let mut lines = text.lines();
        if lines.next().is_none_or(|first| first.trim_end() != "---") {
            return Self { lines: Vec::new() };
        }
        Self { lines: lines.take_while(|line| line.trim_end() != "---").collect() }
    }

    /// Line (from 1) of a key, given from the outside in; 0 when the document does not state it. A key inside a
    /// one-line mapping stands on the line of the key around it.
    pub(crate) fn line(&self, path: &[&str]) -> u32 {
        let mut from = 0;
        let mut outer: Option<(usize, usize)> = None;
        for key in path {
            match self.find(key, from, outer.map(|(_, indent)| indent)) {
                Some((index, indent)) => {
                    from = index + 1;
                    outer = Some((index, indent));
                }
                None => {
                    let inline = outer.filter(|(index, _)| mentions(self.lines[*index], key));
                    return inline.map_or(0, |(index, _)| line_number(index));
                }
            }
        }
        outer.map_or(0, |(index, _)| line_number(index))
    }

    fn find(&self, key: &str, from: usize, outer: Option<usize>) -> Option<(usize, usize)> {
        for (index, line) in self.lines.iter().enumerate().skip(from) {
            let content = line.trim_start();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let indent = line.len() - content.len();
            match outer {
                Some(outer) if indent <= outer => return None,
                None if indent > 0 => continue,
                _ => {}
            }
            let unquoted = content.trim_start_matches(['"', '\'']);
            if unquoted.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':')) {
                return Some((index, indent));
            }
        }
        None
    }
}

/// The opening `---` is line 1.
fn line_number(index: usize) -> u32 {
    u32::try_from(index + 2).unwrap_or(0)
}

/// True when a one-line mapping has this key.
fn mentions(line: &str, key: &str) -> bool {
    line.split(['{', ','])
        .any(|part| part.trim().trim_matches(['"', '\'']).strip_prefix(key).is_some_and(|rest| rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_where_they_stand() {
        let text = "---\nstatus: active\n# errors: no\nowners: { business: A }\nerrors:\n  retry: none\n  status: x\n\nsla:\n  - a\n---\nsla: no\n";
        let front = Front::of(text);
        for (path, expected) in [
            (&["status"][..], 2),
            (&["owners", "business"], 4),
            (&["errors", "retry"], 6),
            (&["errors", "alert"], 0),
            (&["owners", "support"], 0),
            (&["sla"], 9),
            (&["nothing"], 0),
        ] {
            assert_eq!(front.line(path), expected, "{path:?}");
        }
        assert_eq!(Front::of("no front matter").line(&["status"]), 0);
    }
}
