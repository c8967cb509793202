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

    /// Line (from 1) of a key, given from the outside in. A key inside a one-line mapping stands on that line; a key
    /// that cannot be found on its own is answered with the nearest one around it. 0 when there is nothing.
    pub(crate) fn line(&self, path: &[&str]) -> u32 {
        let mut found = 0;
        let mut from = 0;
        let mut outer: Option<usize> = None;
        for key in path {
            match self.find(key, from, outer) {
                Some((index, indent)) => {
                    found = index + 2;
                    from = index + 1;
                    outer = Some(indent);
                }
                None => break,
            }
        }
        u32::try_from(found).unwrap_or(0)
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
            (&["errors", "alert"], 5),
            (&["sla"], 9),
            (&["nothing"], 0),
        ] {
            assert_eq!(front.line(path), expected, "{path:?}");
        }
        assert_eq!(Front::of("no front matter").line(&["status"]), 0);
    }
}
