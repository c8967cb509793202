//! The place of a value inside the text of a JSON document that is known to be valid.
//!
//! In: text and path. Out: a byte range. Never knows: what the value means.

use super::values::Step;

/// The range of the value at `path`, or of the deepest value on the way to it that exists.
pub(crate) fn locate(text: &str, path: &[Step]) -> (usize, usize) {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    scanner.blank();
    let mut start = scanner.at;
    for step in path {
        let found = match step {
            Step::Field(name) => scanner.enter_field(name),
            Step::Item(index) => scanner.enter_item(*index),
        };
        if !found {
            scanner.at = start;
            break;
        }
        start = scanner.at;
    }
    let first_line = |end: usize| text[start..end].find('\n').map_or(end, |line| start + line);
    scanner.skip_value();
    let end = scanner.at.clamp(start, text.len());
    (start, first_line(end))
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn blank(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    /// Moves from the `{` of an object to the value of a field.
    fn enter_field(&mut self, name: &str) -> bool {
        if self.peek() != b'{' {
            return false;
        }
        self.at += 1;
        loop {
            self.blank();
            if self.peek() != b'"' {
                return false;
            }
            let from = self.at;
            self.skip_string();
            let key = &self.bytes[from..self.at.min(self.bytes.len())];
            self.blank();
            self.at += 1; // the colon
            self.blank();
            if serde_json::from_slice::<String>(key).is_ok_and(|key| key == name) {
                return true;
            }
            self.skip_value();
            self.blank();
            if self.peek() != b',' {
                return false;
            }
            self.at += 1;
        }
    }

    /// Moves from the `[` of a list to one of its items.
    fn enter_item(&mut self, index: usize) -> bool {
        if self.peek() != b'[' {
            return false;
        }
        self.at += 1;
        for _ in 0..index {
            self.blank();
            self.skip_value();
            self.blank();
            if self.peek() != b',' {
                return false;
            }
            self.at += 1;
        }
        self.blank();
        self.peek() != b']' && self.peek() != 0
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek() {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Skips a value without recursion: brackets are counted.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match self.peek() {
                b'"' => {
                    self.skip_string();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                byte if byte.is_ascii_whitespace() && depth == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}
