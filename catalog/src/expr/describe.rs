//! Conditions in plain words, for pages.
//!
//! In: a checked expression. Out: a phrase without full stop. Never knows: HTML, languages other than English.

use super::constant::flatten;
use super::print;
use crate::model::{BinaryOp, Builtin, Expr, ExprKind, Literal, Type, UnaryOp};
use std::collections::BTreeSet;

/// The condition in plain business words: `work unit number is 0 and status is one of A, B`.
///
/// Fields are named by their last words; where the expression uses several roots (`request`, `path`), each field says
/// whose it is.
#[must_use]
pub fn describe(expr: &Expr) -> String {
    let mut roots = BTreeSet::new();
    collect_roots(expr, &mut roots);
    Words { with_roots: roots.len() > 1 }.phrase(expr)
}

struct Words {
    with_roots: bool,
}

impl Words {
    fn phrase(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal(literal) => literal_words(literal),
            ExprKind::Name(_) | ExprKind::Field { .. } => self.path(expr),
            ExprKind::Index { list, index } => match &index.kind {
                ExprKind::Literal(Literal::Integer(at)) => format!("{} of {}", item_words(*at), self.phrase(list)),
                _ => format!("item {} of {}", self.phrase(index), self.phrase(list)),
            },
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.negated(operand),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => format!("minus {}", self.phrase(operand)),
            ExprKind::Binary { op, left, right } => self.binary(*op, expr, [left, right]),
            ExprKind::Conditional { condition, then, otherwise } => {
                format!("{} if {}, otherwise {}", self.phrase(then), self.phrase(condition), self.phrase(otherwise))
            }
            ExprKind::List(items) => items.iter().map(|item| self.phrase(item)).collect::<Vec<_>>().join(", "),
            ExprKind::Call { function, arguments } => self.call(*function, arguments),
            ExprKind::Quantifier { all, list, condition, .. } => {
                let which = if *all { "every item" } else { "at least one item" };
                // Inside, the item is meant unless somebody else is named.
                let inside = Words { with_roots: false }.phrase(condition);
                format!("for {which} of {}: {inside}", self.phrase(list))
            }
        }
    }

    fn binary(&self, op: BinaryOp, expr: &Expr, [left, right]: [&Expr; 2]) -> String {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let mut parts = Vec::new();
                flatten(op, expr, &mut parts);
                let word = if op == BinaryOp::And { " and " } else { " or " };
                parts.into_iter().map(|part| self.operand(part, op)).collect::<Vec<_>>().join(word)
            }
            BinaryOp::In => match &right.kind {
                ExprKind::List(items) if items.len() == 1 => format!("{} is {}", self.phrase(left), self.phrase(right)),
                ExprKind::List(_) => format!("{} is one of {}", self.phrase(left), self.phrase(right)),
                _ => format!("{} is among {}", self.phrase(left), self.phrase(right)),
            },
            // `0 == x` is said as `x is 0`.
            _ if let Some(op) = turned(op).filter(|_| is_fixed(left) && !is_fixed(right)) => {
                self.binary(op, expr, [right, left])
            }
            _ => match comparison_words(op, &left.ty) {
                Some(words) => format!("{} {words} {}", self.side(left), self.side(right)),
                None => format!("{} {} {}", self.factor(left), print::sign(op), self.factor(right)),
            },
        }
    }

    /// An operand of `and` or `or`; the other of the two stands in brackets.
    fn operand(&self, expr: &Expr, around: BinaryOp) -> String {
        match &expr.kind {
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } if *op != around => {
                format!("({})", self.phrase(expr))
            }
            ExprKind::Conditional { .. } | ExprKind::Quantifier { .. } => format!("({})", self.phrase(expr)),
            _ => self.phrase(expr),
        }
    }

    /// A side of a comparison.
    fn side(&self, expr: &Expr) -> String {
        if expr.ty == Type::Bool { self.factor(expr) } else { self.phrase(expr) }
    }

    fn factor(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary { .. } | ExprKind::Conditional { .. } => format!("({})", self.phrase(expr)),
            _ => self.phrase(expr),
        }
    }

    fn negated(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Call { function: Builtin::IsSet, arguments } => format!("{} is not given", self.first(arguments)),
            ExprKind::Call { function, arguments } => {
                let words = match function {
                    Builtin::StartsWith => "does not start with",
                    Builtin::EndsWith => "does not end with",
                    Builtin::Contains => "does not contain",
                    Builtin::Matches => "does not match",
                    _ => return format!("not {}", self.phrase(expr)),
                };
                format!("{} {words} {}", self.first(arguments), self.second(arguments))
            }
            ExprKind::Binary { op: BinaryOp::In, left, right } => {
                let words = match &right.kind {
                    ExprKind::List(items) if items.len() == 1 => "is not",
                    ExprKind::List(_) => "is none of",
                    _ => "is not among",
                };
                format!("{} {words} {}", self.phrase(left), self.phrase(right))
            }
            ExprKind::Name(_) | ExprKind::Field { .. } => format!("not {}", self.phrase(expr)),
            _ => format!("not ({})", self.phrase(expr)),
        }
    }

    fn call(&self, function: Builtin, arguments: &[Expr]) -> String {
        let first = self.first(arguments);
        let second = || self.second(arguments);
        match function {
            Builtin::Size => match arguments.first().map(|argument| &argument.ty) {
                Some(Type::List(_)) => format!("number of {first}"),
                _ => format!("length of {first}"),
            },
            Builtin::StartsWith => format!("{first} starts with {}", second()),
            Builtin::EndsWith => format!("{first} ends with {}", second()),
            Builtin::Contains => format!("{first} contains {}", second()),
            Builtin::Matches => format!("{first} matches {}", second()),
            Builtin::IsSet => format!("{first} is given"),
            Builtin::Or => format!("{first} (or {} if not given)", second()),
            Builtin::Lower => format!("{first} in lower case"),
            Builtin::Upper => format!("{first} in upper case"),
            Builtin::Trim => format!("{first} without blanks around it"),
            Builtin::Skip => format!("{first} without its first {} characters", second()),
            Builtin::Text | Builtin::Known => first,
        }
    }

    fn first(&self, arguments: &[Expr]) -> String {
        arguments.first().map_or_else(String::new, |argument| self.phrase(argument))
    }

    fn second(&self, arguments: &[Expr]) -> String {
        arguments.get(1).map_or_else(String::new, |argument| self.phrase(argument))
    }

    /// `event.scenario.name` is `scenario name`, or `scenario name of event` among several roots.
    fn path(&self, expr: &Expr) -> String {
        let mut names = Vec::new();
        let mut at = expr;
        loop {
            match &at.kind {
                ExprKind::Field { record, name } => {
                    names.push(split_words(name));
                    at = record;
                }
                ExprKind::Call { function: Builtin::Known, arguments } if arguments.len() == 1 => at = &arguments[0],
                _ => break,
            }
        }
        names.reverse();
        let fields = names.join(" ");
        match &at.kind {
            ExprKind::Name(root) if names.is_empty() => split_words(root),
            ExprKind::Name(root) if self.with_roots => format!("{fields} of {}", split_words(root)),
            ExprKind::Name(_) => fields,
            _ => format!("{fields} of {}", self.phrase(at)),
        }
    }
}

fn comparison_words(op: BinaryOp, ty: &Type) -> Option<&'static str> {
    let moment = matches!(ty, Type::Date | Type::Time | Type::Instant);
    Some(match op {
        BinaryOp::Equal => "is",
        BinaryOp::NotEqual => "is not",
        BinaryOp::Less if moment => "is before",
        BinaryOp::Less => "is less than",
        BinaryOp::LessOrEqual if moment => "is not after",
        BinaryOp::LessOrEqual => "is at most",
        BinaryOp::Greater if moment => "is after",
        BinaryOp::Greater => "is more than",
        BinaryOp::GreaterOrEqual if moment => "is not before",
        BinaryOp::GreaterOrEqual => "is at least",
        _ => return None,
    })
}

fn is_fixed(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
}

/// The comparison with its sides exchanged.
fn turned(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Equal | BinaryOp::NotEqual => op,
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessOrEqual => BinaryOp::GreaterOrEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterOrEqual => BinaryOp::LessOrEqual,
        _ => return None,
    })
}

fn literal_words(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) if text.is_empty() => "empty".to_owned(),
        // Several words would run into the sentence.
        Literal::Text(text) if text.contains(char::is_whitespace) => format!("“{text}”"),
        Literal::Text(text) | Literal::Decimal(text) => text.clone(),
        Literal::Integer(value) => value.to_string(),
        Literal::Bool(true) => "true".to_owned(),
        Literal::Bool(false) => "false".to_owned(),
    }
}

fn item_words(at: i64) -> String {
    match at {
        0 => "the first".to_owned(),
        1 => "the second".to_owned(),
        2 => "the third".to_owned(),
        _ => format!("number {}", at.saturating_add(1)),
    }
}

/// `workUnitNumber`, `work_unit_number`, `WORK-UNIT` as words; short upper case (`PO`, `ID`) stays.
fn split_words(name: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && (letters[at - 1].is_lowercase() || letters[at - 1].is_ascii_digit());
        let ends_capitals =
            at > 0 && letters[at - 1].is_uppercase() && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if !letter.is_alphanumeric() || (letter.is_uppercase() && (after_small || ends_capitals)) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(*letter);
        }
    }
    words.retain(|word| !word.is_empty());
    let plain = |word: &String| if word.len() <= 3 && is_upper(word) { word.clone() } else { word.to_lowercase() };
    words.iter().map(plain).collect::<Vec<_>>().join(" ")
}

fn is_upper(word: &str) -> bool {
    word.chars().all(|letter| letter.is_uppercase() || letter.is_ascii_digit())
}

fn collect_roots<'e>(expr: &'e Expr, roots: &mut BTreeSet<&'e str>) {
    match &expr.kind {
        ExprKind::Name(name) => {
            roots.insert(name);
        }
        ExprKind::Literal(_) => {}
        ExprKind::Field { record, .. } => collect_roots(record, roots),
        ExprKind::Index { list, index } => [list, index].into_iter().for_each(|side| collect_roots(side, roots)),
        ExprKind::Unary { operand, .. } => collect_roots(operand, roots),
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|side| collect_roots(side, roots)),
        ExprKind::Conditional { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|part| collect_roots(part, roots));
        }
        ExprKind::List(items) | ExprKind::Call { arguments: items, .. } => {
            items.iter().for_each(|item| collect_roots(item, roots));
        }
        // Names inside belong to the items.
        ExprKind::Quantifier { list, .. } => collect_roots(list, roots),
    }
}
