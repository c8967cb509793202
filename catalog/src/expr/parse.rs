//! The parser: precedence climbing over tokens.
//!
//! In: the text of an expression. Out: a [`Node`], or every [`Fault`]. Never knows: types, documents.

use super::token::{Token, TokenKind, tokens};
use super::tree::{Fault, Node, NodeKind, Range, Word};
use crate::model::{BinaryOp, UnaryOp};

/// Longest expression in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Deepest tree; also the deepest nesting of brackets.
pub const MAX_DEPTH: u8 = 64;

/// Parses an expression without looking at types.
///
/// # Errors
///
/// Every fault up to the first one behind which nothing can be understood; never empty.
pub fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    match parse_all(text) {
        (Some(node), faults) if faults.is_empty() => Ok(node),
        (_, faults) => Err(faults),
    }
}

/// The tree, if one can be made out, and every fault: what is only misspelt is read as it is meant, so that types can be
/// checked all the same.
pub(super) fn parse_all(text: &str) -> (Option<Node>, Vec<Fault>) {
    if text.len() > MAX_LENGTH {
        let all = Range { start: 0, end: text.len() };
        let fault =
            Fault::limit(all, format!("an expression may have {MAX_LENGTH} bytes; this one has {}", text.len()));
        return (None, vec![fault.help("move part of it into a `let:` step or a `custom:` function")]);
    }
    let (tokens, faults) = tokens(text);
    let mut parser = Parser { tokens, next: 0, nesting: 0, faults };
    let result = parser.whole();
    let mut faults = parser.faults;
    let node = result.map_err(|fault| faults.push(fault)).ok();
    (node, faults)
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    nesting: u8,
    faults: Vec<Fault>,
}

/// How strongly an operator binds, and what it is.
fn binary(symbol: &str) -> Option<(u8, BinaryOp)> {
    Some(match symbol {
        "||" => (1, BinaryOp::Or),
        "&&" => (2, BinaryOp::And),
        "==" => (3, BinaryOp::Equal),
        "!=" => (3, BinaryOp::NotEqual),
        "<" => (3, BinaryOp::Less),
        "<=" => (3, BinaryOp::LessOrEqual),
        ">" => (3, BinaryOp::Greater),
        ">=" => (3, BinaryOp::GreaterOrEqual),
        "in" => (3, BinaryOp::In),
        "+" => (4, BinaryOp::Add),
        "-" => (4, BinaryOp::Subtract),
        "*" => (5, BinaryOp::Multiply),
        "/" => (5, BinaryOp::Divide),
        "%" => (5, BinaryOp::Remainder),
        _ => return None,
    })
}

impl Parser {
    fn whole(&mut self) -> Result<Node, Fault> {
        if self.peek().kind == TokenKind::End {
            return Err(Fault::new(self.peek().range, "an expression is missing"));
        }
        let node = self.expression()?;
        match &self.peek().kind {
            TokenKind::End => Ok(node),
            _ => Err(self.unexpected("an operator or the end")),
        }
    }

    fn peek(&self) -> &Token {
        // The last token is End and is never consumed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(&self.peek().kind, TokenKind::Symbol(found) if *found == symbol)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn take_if(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<Range, Fault> {
        if self.is(symbol) { Ok(self.take().range) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let token = self.peek();
        let found = match &token.kind {
            TokenKind::End => "the expression ends".to_owned(),
            TokenKind::Symbol(symbol) => format!("`{symbol}` stands"),
            TokenKind::Name(name) => format!("`{name}` stands"),
            TokenKind::Text(_) => "a text stands".to_owned(),
            TokenKind::Integer(_) | TokenKind::Decimal(_) => "a number stands".to_owned(),
        };
        Fault::new(token.range, format!("{found} where {wanted} is expected"))
    }

    /// `a ? b : c`, the loosest of all.
    fn expression(&mut self) -> Result<Node, Fault> {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH {
            return Err(too_deep(self.peek().range));
        }
        let condition = self.operation(1)?;
        let node = if self.take_if("?") {
            let then = self.expression()?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            let range = condition.range.to(otherwise.range);
            let [condition, then, otherwise] = [condition, then, otherwise].map(Box::new);
            grow(NodeKind::Conditional { condition, then, otherwise }, range)?
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(node)
    }

    /// A chain of operators that bind at least as strongly as `weakest`.
    fn operation(&mut self, weakest: u8) -> Result<Node, Fault> {
        let mut left = self.unary()?;
        while let Some((strength, op)) = self.binary_ahead() {
            if strength < weakest {
                break;
            }
            self.take();
            let right = self.operation(strength + 1)?;
            let range = left.range.to(right.range);
            left = grow(NodeKind::Binary { op, left: Box::new(left), right: Box::new(right) }, range)?;
        }
        Ok(left)
    }

    /// The operator ahead; the words `and` and `or` are understood and reported.
    fn binary_ahead(&mut self) -> Option<(u8, BinaryOp)> {
        let token = self.peek();
        let symbol = match &token.kind {
            TokenKind::Symbol(symbol) => *symbol,
            TokenKind::Name(word) => match word.to_ascii_lowercase().as_str() {
                "in" => "in",
                "and" => "&&",
                "or" => "||",
                "is" => "==",
                _ => return None,
            },
            _ => return None,
        };
        let found = binary(symbol)?;
        if let TokenKind::Name(word) = &token.kind
            && word != "in"
        {
            let fault = Fault::new(token.range, format!("`{word}` is not an operator"));
            let fault = fault.help(format!("write `{symbol}`")).fix(symbol);
            // The same token may be looked at on several levels.
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
        Some(found)
    }

    /// `!x`, `-x`. A minus directly before a number is part of the number.
    fn unary(&mut self) -> Result<Node, Fault> {
        let start = self.peek().range;
        if self.take_if("-") {
            if let TokenKind::Integer(digits) | TokenKind::Decimal(digits) = &self.peek().kind {
                let digits = format!("-{digits}");
                let range = start.to(self.take().range);
                let number = number(&digits, range)?;
                return self.postfix(number);
            }
            return self.prefixed(UnaryOp::Negate, start);
        }
        if self.take_if("!") {
            return self.prefixed(UnaryOp::Not, start);
        }
        if matches!(&self.peek().kind, TokenKind::Name(word) if word.eq_ignore_ascii_case("not")) {
            self.take();
            let fault = Fault::new(start, "`not` is not an operator");
            self.faults.push(fault.help("write `!` before the condition").fix("!"));
            return self.prefixed(UnaryOp::Not, start);
        }
        let primary = self.primary()?;
        self.postfix(primary)
    }

    fn prefixed(&mut self, op: UnaryOp, start: Range) -> Result<Node, Fault> {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH {
            return Err(too_deep(start));
        }
        let operand = self.unary()?;
        self.nesting -= 1;
        let range = start.to(operand.range);
        grow(NodeKind::Unary { op, operand: Box::new(operand) }, range)
    }

    fn primary(&mut self) -> Result<Node, Fault> {
        let token = self.peek().clone();
        let kind = match token.kind {
            TokenKind::Text(text) => NodeKind::Text(text),
            TokenKind::Integer(digits) | TokenKind::Decimal(digits) => {
                self.take();
                return number(&digits, token.range);
            }
            TokenKind::Name(name) => return self.word(name),
            TokenKind::Symbol("(") => {
                self.take();
                let mut inner = self.expression()?;
                inner.range = token.range.to(self.expect(")")?);
                return Ok(inner);
            }
            TokenKind::Symbol("[") => {
                self.take();
                let (items, end) = self.items("]")?;
                return grow(NodeKind::List(items), token.range.to(end));
            }
            TokenKind::Symbol("{") => {
                return Err(Fault::new(token.range, "records cannot be written in an expression")
                    .help("build it with a mapping table, or field by field in `with:`"));
            }
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.unexpected("a value")),
        };
        self.take();
        Ok(Node::new(kind, token.range))
    }

    /// A name, a literal that looks like one, or a function call.
    fn word(&mut self, name: String) -> Result<Node, Fault> {
        let range = self.take().range;
        if self.take_if("(") {
            let (arguments, end) = self.items(")")?;
            let name = Word { text: name, range };
            return grow(NodeKind::Call { receiver: None, name, arguments }, range.to(end));
        }
        let fault = |message: &str, help: &str| Err(Fault::new(range, message).help(help));
        match name.as_str() {
            "true" | "false" => Ok(Node::new(NodeKind::Bool(name == "true"), range)),
            "null" | "nil" | "None" => {
                fault("there is no null", "ask with `x.isSet()`, or give a default with `x.or(…)`")
            }
            "in" => fault("`in` needs a value before it", "write `x in ['A', 'B']`"),
            "True" | "False" | "TRUE" | "FALSE" => {
                let small = name.to_lowercase();
                let kind = NodeKind::Bool(small == "true");
                self.faults.push(
                    Fault::new(range, "true and false are written small").help(format!("write `{small}`")).fix(small),
                );
                Ok(Node::new(kind, range))
            }
            _ => Ok(Node::new(NodeKind::Name(name), range)),
        }
    }

    /// `.field`, `.method(…)` and `[index]` behind a value.
    fn postfix(&mut self, mut node: Node) -> Result<Node, Fault> {
        loop {
            let start = node.range;
            if self.take_if(".") {
                let token = self.take();
                let TokenKind::Name(text) = token.kind else {
                    self.next -= 1;
                    return Err(self.unexpected("the name of a field or method"));
                };
                let name = Word { text, range: token.range };
                node = if self.take_if("(") {
                    let (arguments, end) = self.items(")")?;
                    grow(NodeKind::Call { receiver: Some(Box::new(node)), name, arguments }, start.to(end))?
                } else {
                    let range = start.to(name.range);
                    grow(NodeKind::Field { record: Box::new(node), name }, range)?
                };
            } else if self.take_if("[") {
                let index = Box::new(self.expression()?);
                let end = self.expect("]")?;
                node = grow(NodeKind::Index { list: Box::new(node), index }, start.to(end))?;
            } else {
                return Ok(node);
            }
        }
    }

    /// Values separated by commas, up to the closing bracket.
    fn items(&mut self, close: &'static str) -> Result<(Vec<Node>, Range), Fault> {
        let mut items = Vec::new();
        while !self.is(close) {
            items.push(self.expression()?);
            if !self.take_if(",") {
                break;
            }
        }
        Ok((items, self.expect(close)?))
    }
}

/// A node, unless the tree becomes too deep with it.
fn grow(kind: NodeKind, range: Range) -> Result<Node, Fault> {
    let node = Node::new(kind, range);
    if node.depth > MAX_DEPTH { Err(too_deep(range)) } else { Ok(node) }
}

fn too_deep(range: Range) -> Fault {
    let help = "use `x in [a, b]` for a row of comparisons, or split it with a `let:` step";
    Fault::limit(range, format!("an expression may be {MAX_DEPTH} levels deep")).help(help)
}

fn number(digits: &str, range: Range) -> Result<Node, Fault> {
    if digits.contains('.') {
        return match rust_decimal::Decimal::from_str_exact(digits) {
            Ok(_) => Ok(Node::new(NodeKind::Decimal(digits.to_owned()), range)),
            Err(_) => Err(Fault::new(range, format!("`{digits}` has more than 28 digits"))),
        };
    }
    match digits.parse() {
        Ok(value) => Ok(Node::new(NodeKind::Integer(value), range)),
        Err(_) => Err(Fault::new(range, format!("`{digits}` does not fit a whole number of 64 bits"))),
    }
}
