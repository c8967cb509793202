//! The lexer: text in, tokens with byte ranges out.
//!
//! In: the text of an expression. Out: [`Token`]s and [`Fault`]s. Never knows: grammar, types.

use super::tree::{Fault, Range};

/// A token with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Name(String),
    Text(String),
    Integer(String),
    Decimal(String),
    /// Operators and brackets, in their canonical spelling.
    Symbol(&'static str),
    End,
}

/// Symbols, longest first.
const SYMBOLS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

/// What people write, what they mean.
const MEANT: [(&str, &str); 8] =
    [("===", "=="), ("<>", "!="), ("=<", "<="), ("=", "=="), ("&", "&&"), ("|", "||"), ("–", "-"), ("—", "-")];

/// Quotes of word processors.
const TYPOGRAPHIC: [char; 5] = ['“', '”', '„', '‘', '’'];

/// More mistakes than this in one expression help nobody.
const MOST_FAULTS: usize = 20;

/// Cuts a text into tokens; the last one is [`TokenKind::End`]. What is no token is reported and read as what it
/// probably means, so that the rest can be checked too.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Vec<Fault>) {
    let mut lexer = Lexer { text, at: 0, faults: Vec::new() };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let Some(kind) = lexer.next_kind() else { continue };
        let kind = if lexer.faults.len() > MOST_FAULTS { TokenKind::End } else { kind };
        let done = kind == TokenKind::End;
        tokens.push(Token { kind, range: Range { start, end: lexer.at } });
        if done {
            return (tokens, lexer.faults);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    faults: Vec<Fault>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|letter| !wanted(letter)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// The next token, or `None` after something that had to be skipped.
    fn next_kind(&mut self) -> Option<TokenKind> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Some(TokenKind::End) };
        if let Some(quoted) = rest.strip_prefix('r').filter(|quoted| quoted.starts_with(['\'', '"'])) {
            self.at += 1;
            return Some(self.raw_text(quoted));
        }
        if first == '\'' || first == '"' {
            return Some(self.quoted_text(first));
        }
        if TYPOGRAPHIC.contains(&first) {
            return Some(self.typographic_text(first));
        }
        if first.is_ascii_digit() {
            return Some(self.number());
        }
        if is_name(first) {
            return Some(TokenKind::Name(self.take_while(is_name).to_owned()));
        }
        self.symbol().or_else(|| {
            self.stranger(first);
            None
        })
    }

    fn symbol(&mut self) -> Option<TokenKind> {
        let rest = self.rest();
        let start = self.at;
        let exact = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        let meant = MEANT.iter().find(|(written, _)| rest.starts_with(*written));
        match (exact, meant) {
            // `===` starts with `==`, `<>` with `<`: the longer one is what stands there.
            (Some(symbol), Some((written, _))) if symbol.len() >= written.len() => self.accept(symbol),
            (_, Some((written, symbol))) => {
                self.at += written.len();
                let range = Range { start, end: self.at };
                let why = if *written == "=" { ", which compares" } else { "" };
                let fault = Fault::new(range, format!("`{written}` is not an operator"));
                self.faults.push(fault.help(format!("write `{symbol}`{why}")).fix(*symbol));
                Some(TokenKind::Symbol(symbol))
            }
            (Some(symbol), None) => self.accept(symbol),
            (None, None) => None,
        }
    }

    fn accept(&mut self, symbol: &'static str) -> Option<TokenKind> {
        self.at += symbol.len();
        Some(TokenKind::Symbol(symbol))
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.take_while(|letter| letter.is_ascii_digit());
        let rest = self.rest();
        let fraction = rest.starts_with('.') && rest[1..].starts_with(|letter: char| letter.is_ascii_digit());
        if fraction {
            self.at += 1;
            self.take_while(|letter| letter.is_ascii_digit());
        }
        let digits = self.text[start..self.at].to_owned();
        let suffix = self.take_while(is_name);
        if !suffix.is_empty() {
            let range = Range { start, end: self.at };
            let fault = Fault::new(range, format!("`{digits}{suffix}` is not a number"));
            self.faults.push(fault.help("numbers are written `12` or `12.5`, without exponent and unit"));
        }
        if fraction { TokenKind::Decimal(digits) } else { TokenKind::Integer(digits) }
    }

    /// `r'…'`: no escapes, for patterns.
    fn raw_text(&mut self, quoted: &str) -> TokenKind {
        let (quote, inside) = quoted.split_at(1);
        if let Some(length) = inside.find(quote) {
            self.at += length + 2;
            return TokenKind::Text(inside[..length].to_owned());
        }
        self.unclosed(quote);
        TokenKind::Text(inside.to_owned())
    }

    fn quoted_text(&mut self, quote: char) -> TokenKind {
        let start = self.at;
        let mut value = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((offset, letter)) = letters.next() {
            if letter == quote {
                self.at = start + offset + 1;
                return TokenKind::Text(value);
            }
            if letter != '\\' {
                value.push(letter);
                continue;
            }
            let Some((_, escaped)) = letters.next() else { break };
            let hex: String =
                if escaped == 'u' { letters.by_ref().take(4).map(|(_, digit)| digit).collect() } else { String::new() };
            match unescape(escaped, &hex) {
                Some(meant) => value.push(meant),
                None => {
                    let begin = start + offset;
                    let end = begin + 1 + escaped.len_utf8() + hex.len();
                    let fault = Fault::new(Range { start: begin, end }, format!("`\\{escaped}{hex}` is not an escape"));
                    let help = format!("write `\\\\{escaped}` for a backslash, or a raw text `r'…'`");
                    self.faults.push(fault.help(help));
                    value.push(escaped);
                }
            }
        }
        self.unclosed(if quote == '"' { "\"" } else { "'" });
        TokenKind::Text(value)
    }

    /// `“…”`, as word processors write it.
    fn typographic_text(&mut self, open: char) -> TokenKind {
        let start = self.at;
        self.at += open.len_utf8();
        let inside = self.take_while(|letter| !TYPOGRAPHIC.contains(&letter)).to_owned();
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        let fault = Fault::new(Range { start, end: self.at }, format!("`{open}` is not a quote"));
        let fix = super::print::quoted(&inside);
        self.faults.push(fault.help("texts stand between straight quotes: `'…'`").fix(fix));
        TokenKind::Text(inside)
    }

    fn unclosed(&mut self, quote: &str) {
        let range = Range { start: self.at, end: self.text.len() };
        self.faults.push(Fault::new(range, "this text is not closed").help(format!("end it with `{quote}`")));
        self.at = self.text.len();
    }

    fn stranger(&mut self, letter: char) {
        let start = self.at;
        self.at += letter.len_utf8();
        let fault =
            Fault::new(Range { start, end: self.at }, format!("`{}` has no meaning here", letter.escape_debug()));
        self.faults.push(match letter {
            '$' => fault.help("`${…}` belongs around an expression in a value, not into one"),
            _ => fault,
        });
    }
}

fn is_name(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

fn unescape(letter: char, hex: &str) -> Option<char> {
    match letter {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '\\' | '\'' | '"' => Some(letter),
        'u' if hex.len() == 4 => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
        _ => None,
    }
}
