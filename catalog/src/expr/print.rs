//! Expressions as text, in the one canonical spelling.
//!
//! In: a tree, typed or not. Out: text that parses to the same tree. Never knows: scopes, documents.

use super::tree::{Node, NodeKind, Range, Word};
use super::words;
use crate::model::{BinaryOp, Builtin, Expr, ExprKind, Literal, UnaryOp};

/// A checked expression as text.
pub(super) fn expr(expr: &Expr) -> String {
    node(&erase(expr))
}

/// A checked expression as text inside a message, cut to a readable length.
pub(super) fn brief(checked: &Expr) -> String {
    crate::nearest::shorten(&expr(checked))
}

/// A tree as text.
pub(super) fn node(node: &Node) -> String {
    let mut out = String::new();
    write(node, 0, &mut out);
    out
}

/// A text literal.
pub(super) fn quoted(text: &str) -> String {
    quoted_with('\'', text)
}

/// A text literal where the author writes double quotes: single ones may be those of YAML.
pub(super) fn double_quoted(text: &str) -> String {
    quoted_with('"', text)
}

fn quoted_with(quote: char, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            _ if letter == quote => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(letter),
        }
    }
    out.push(quote);
    out
}

/// The sign of an operator.
pub(super) fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
        BinaryOp::In => "in",
    }
}

/// How strongly a node holds together: `?:` 0, then the operators, unary 6, everything else 7.
fn strength(node: &Node) -> u8 {
    match &node.kind {
        NodeKind::Conditional { .. } => 0,
        NodeKind::Binary { op, .. } => binary_strength(*op),
        NodeKind::Unary { .. } => 6,
        _ => 7,
    }
}

fn binary_strength(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Add | BinaryOp::Subtract => 4,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 5,
        _ => 3,
    }
}

/// Writes a node, in brackets if it holds together less than `least`.
fn write(node: &Node, least: u8, out: &mut String) {
    if strength(node) < least {
        out.push('(');
        write_bare(node, out);
        out.push(')');
    } else {
        write_bare(node, out);
    }
}

fn write_bare(node: &Node, out: &mut String) {
    match &node.kind {
        NodeKind::Text(text) => out.push_str(&quoted(text)),
        NodeKind::Integer(value) => out.push_str(&value.to_string()),
        NodeKind::Decimal(text) | NodeKind::Name(text) => out.push_str(text),
        NodeKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        NodeKind::Field { record, name } => {
            write(record, 7, out);
            if is_word(&name.text) {
                out.push('.');
                out.push_str(&name.text);
            } else {
                out.push_str(&format!("[{}]", quoted(&name.text)));
            }
        }
        NodeKind::Index { list, index } => {
            write(list, 7, out);
            out.push('[');
            write(index, 0, out);
            out.push(']');
        }
        NodeKind::Unary { op, operand } => write_unary(*op, operand, out),
        NodeKind::Binary { op, left, right } => {
            let strength = binary_strength(*op);
            write(left, strength, out);
            out.push_str(&format!(" {} ", sign(*op)));
            write(right, strength + 1, out);
        }
        NodeKind::Conditional { condition, then, otherwise } => {
            write(condition, 1, out);
            out.push_str(" ? ");
            write(then, 0, out);
            out.push_str(" : ");
            write(otherwise, 0, out);
        }
        NodeKind::List(items) => write_between('[', items, ']', out),
        NodeKind::Call { receiver, name, arguments } => {
            if let Some(receiver) = receiver {
                write(receiver, 7, out);
                out.push('.');
            }
            out.push_str(&name.text);
            write_between('(', arguments, ')', out);
        }
    }
}

/// A minus directly before a digit would be read as part of the number.
fn write_unary(op: UnaryOp, operand: &Node, out: &mut String) {
    let mut inner = String::new();
    write(operand, 6, &mut inner);
    let digit = inner.starts_with(|letter: char| letter.is_ascii_digit());
    let text = match op {
        UnaryOp::Not => format!("!{inner}"),
        UnaryOp::Negate if digit => format!("-({inner})"),
        UnaryOp::Negate => format!("-{inner}"),
    };
    out.push_str(&text);
}

fn write_between(open: char, nodes: &[Node], close: char, out: &mut String) {
    out.push(open);
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(node, 0, out);
    }
    out.push(close);
}

fn is_word(name: &str) -> bool {
    let starts = name.starts_with(|letter: char| letter == '_' || letter.is_alphabetic());
    starts && name.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
}

/// The tree without types, as its author would write it.
pub(super) fn erase(expr: &Expr) -> Node {
    let kind = match &expr.kind {
        ExprKind::Literal(literal) => erase_literal(literal),
        ExprKind::Name(name) => NodeKind::Name(name.clone()),
        ExprKind::Field { record, name } => NodeKind::Field { record: boxed(record), name: word(name) },
        ExprKind::Index { list, index } => NodeKind::Index { list: boxed(list), index: boxed(index) },
        ExprKind::Unary { op, operand } => NodeKind::Unary { op: *op, operand: boxed(operand) },
        ExprKind::Binary { op, left, right } => NodeKind::Binary { op: *op, left: boxed(left), right: boxed(right) },
        ExprKind::Conditional { condition, then, otherwise } => {
            NodeKind::Conditional { condition: boxed(condition), then: boxed(then), otherwise: boxed(otherwise) }
        }
        ExprKind::List(items) => NodeKind::List(items.iter().map(erase).collect()),
        ExprKind::Call { function: Builtin::Known, arguments } if arguments.len() == 1 => return erase(&arguments[0]),
        ExprKind::Call { function, arguments } => erase_call(*function, arguments),
        ExprKind::Quantifier { all, list, item, condition } => NodeKind::Call {
            receiver: Some(boxed(list)),
            name: word(if *all { "all" } else { "exists" }),
            arguments: vec![new(NodeKind::Name(item.clone())), erase(condition)],
        },
    };
    new(kind)
}

fn erase_literal(literal: &Literal) -> NodeKind {
    match literal {
        Literal::Text(text) => NodeKind::Text(text.clone()),
        Literal::Integer(value) => NodeKind::Integer(*value),
        Literal::Bool(value) => NodeKind::Bool(*value),
        // A decimal that was written as a whole number.
        Literal::Decimal(text) => match text.parse() {
            Ok(value) if !text.contains('.') => NodeKind::Integer(value),
            _ => NodeKind::Decimal(text.clone()),
        },
    }
}

fn erase_call(function: Builtin, arguments: &[Expr]) -> NodeKind {
    let method = words::of(function);
    let name = word(method.map_or("", |method| method.name));
    match arguments.split_first() {
        Some((receiver, rest)) if !method.is_some_and(|method| method.function) => {
            NodeKind::Call { receiver: Some(boxed(receiver)), name, arguments: rest.iter().map(erase).collect() }
        }
        _ => NodeKind::Call { receiver: None, name, arguments: arguments.iter().map(erase).collect() },
    }
}

fn boxed(expr: &Expr) -> Box<Node> {
    Box::new(erase(expr))
}

fn new(kind: NodeKind) -> Node {
    Node::new(kind, Range::default())
}

fn word(text: &str) -> Word {
    Word { text: text.to_owned(), range: Range::default() }
}
