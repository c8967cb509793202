//! Expressions in words: what a condition says, for somebody who does not program.
//!
//! In: checked expressions. Out: phrases with the names of fields set as names. Never knows: the language's syntax
//! beyond what it prints.

use catalog::model::{BinaryOp, Builtin, Expr, ExprKind, Literal, Template, TemplatePart, Type, UnaryOp};

use crate::html::Html;

/// An expression as a phrase: `report.workUnitNumber is 0`.
pub(crate) fn in_words(expr: &Expr) -> Html {
    phrase(Html::new(), expr)
}

/// A template as text with its expressions set as names.
pub(crate) fn template(template: &Template) -> Html {
    template.parts.iter().fold(Html::new(), |html, part| match part {
        TemplatePart::Text(text) => html.text(text),
        TemplatePart::Expr(expr) => phrase(html, expr),
    })
}

/// A fixed value as text.
pub(crate) fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) | Literal::Decimal(text) => text.clone(),
        Literal::Integer(value) => value.to_string(),
        Literal::Bool(value) => value.to_string(),
    }
}

fn phrase(html: Html, expr: &Expr) -> Html {
    match &expr.kind {
        ExprKind::Literal(Literal::Text(text)) if text.is_empty() => html.text("empty text"),
        ExprKind::Literal(literal) => html.code(&literal_text(literal)),
        ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => name(html, expr),
        ExprKind::Unary { op: UnaryOp::Not, operand } => negated(html, operand),
        ExprKind::Unary { op: UnaryOp::Negate, operand } => phrase(html.text("−"), operand),
        ExprKind::Binary { op, left, right } => {
            let html = side(html, left, *op);
            side(html.text(" ").text(operator(*op)).text(" "), right, *op)
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            let html = phrase(html, then).text(" if ");
            phrase(phrase(html, condition).text(", else "), otherwise)
        }
        ExprKind::List(items) => listed(html, items),
        ExprKind::Call { function, arguments } => call(html, *function, arguments),
        ExprKind::Quantifier { all, list, item, condition } => {
            let html = html.text(if *all { "for every " } else { "for some " }).code(item);
            phrase(phrase(html.text(" of "), list).text(": "), condition)
        }
    }
}

/// A dotted path as one name; anything else inside it is spelled out.
fn name(html: Html, expr: &Expr) -> Html {
    match path(expr) {
        Some(path) => html.code(&path),
        None => match &expr.kind {
            ExprKind::Field { record, name } => phrase(html.code(name).text(" of "), record),
            ExprKind::Index { list, index } => phrase(phrase(html.text("item "), index).text(" of "), list),
            _ => html,
        },
    }
}

fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field { record, name } => Some(format!("{}.{name}", path(record)?)),
        ExprKind::Call { function: Builtin::Known, arguments } => path(arguments.first()?),
        ExprKind::Index { list, index } => match &index.kind {
            ExprKind::Literal(Literal::Integer(position)) => Some(format!("{}[{position}]", path(list)?)),
            _ => None,
        },
        _ => None,
    }
}

/// One side of an operator, in brackets where words would be ambiguous.
fn side(html: Html, expr: &Expr, outer: BinaryOp) -> Html {
    let brackets = match &expr.kind {
        ExprKind::Binary { op, .. } => *op != outer && (joins(*op) || !joins(outer)),
        ExprKind::Conditional { .. } | ExprKind::Quantifier { .. } => true,
        _ => false,
    };
    if brackets { phrase(html.text("("), expr).text(")") } else { phrase(html, expr) }
}

fn joins(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or)
}

fn negated(html: Html, operand: &Expr) -> Html {
    match &operand.kind {
        ExprKind::Call { function: Builtin::IsSet, arguments } => {
            arguments.iter().fold(html, phrase).text(" is absent")
        }
        ExprKind::Name(_) | ExprKind::Field { .. } => phrase(html, operand).text(" is false"),
        _ => phrase(html.text("not ("), operand).text(")"),
    }
}

fn listed(html: Html, items: &[Expr]) -> Html {
    items.iter().enumerate().fold(html, |html, (index, item)| {
        let html = match index {
            0 => html,
            last if last + 1 == items.len() => html.text(" or "),
            _ => html.text(", "),
        };
        phrase(html, item)
    })
}

fn call(html: Html, function: Builtin, arguments: &[Expr]) -> Html {
    let Some((first, rest)) = arguments.split_first() else {
        return html;
    };
    let second = |html: Html| rest.iter().fold(html, phrase);
    match function {
        Builtin::Size => {
            let list = matches!(first.ty, Type::List(_));
            phrase(html.text(if list { "the number of " } else { "the length of " }), first)
        }
        Builtin::StartsWith => second(phrase(html, first).text(" starts with ")),
        Builtin::EndsWith => second(phrase(html, first).text(" ends with ")),
        Builtin::Contains => second(phrase(html, first).text(" contains ")),
        Builtin::Matches => second(phrase(html, first).text(" matches the pattern ")),
        // What is known to be there needs no words.
        Builtin::Known => phrase(html, first),
        Builtin::IsSet => phrase(html, first).text(" is present"),
        Builtin::Or => second(phrase(html, first).text(", or ")).text(" where it is absent"),
        Builtin::Text => phrase(html, first).text(" as text"),
        Builtin::Lower => phrase(html, first).text(" in lower case"),
        Builtin::Upper => phrase(html, first).text(" in upper case"),
        Builtin::Trim => phrase(html, first).text(" without blanks at its ends"),
        Builtin::Skip => second(phrase(html, first).text(" without its first ")).text(" characters"),
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Equal => "is",
        BinaryOp::NotEqual => "is not",
        BinaryOp::Less => "is less than",
        BinaryOp::LessOrEqual => "is at most",
        BinaryOp::Greater => "is more than",
        BinaryOp::GreaterOrEqual => "is at least",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "−",
        BinaryOp::Multiply => "×",
        BinaryOp::Divide => "÷",
        BinaryOp::Remainder => "modulo",
        BinaryOp::In => "is one of",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::model::Span;

    fn node(kind: ExprKind, ty: Type) -> Expr {
        Expr { kind, ty, span: Span::default() }
    }

    fn field(record: &str, name: &str) -> Expr {
        let record = Box::new(node(ExprKind::Name(record.to_owned()), Type::Text));
        node(ExprKind::Field { record, name: name.to_owned() }, Type::Text)
    }

    fn text(value: &str) -> Expr {
        node(ExprKind::Literal(Literal::Text(value.to_owned())), Type::Text)
    }

    fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
        node(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, Type::Bool)
    }

    fn check(expr: &Expr, expected: &str) {
        let bare = in_words(expr).to_string().replace("<code>", "").replace("</code>", "");
        assert_eq!(bare, expected);
    }

    #[test]
    fn conditions_read_as_sentences() {
        let zero = node(ExprKind::Literal(Literal::Integer(0)), Type::Integer);
        check(&binary(BinaryOp::Equal, field("report", "workUnitNumber"), zero), "report.workUnitNumber is 0");
        let arguments = vec![field("event", "fileName"), text("PF")];
        let ends = node(ExprKind::Call { function: Builtin::EndsWith, arguments }, Type::Bool);
        check(&ends, "event.fileName ends with PF");
        let set = node(ExprKind::Call { function: Builtin::IsSet, arguments: vec![field("a", "b")] }, Type::Bool);
        let absent = node(ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(set) }, Type::Bool);
        let same = binary(BinaryOp::NotEqual, field("a", "c"), text("x"));
        let either = binary(BinaryOp::Or, absent, same);
        check(&binary(BinaryOp::And, either, ends), "(a.b is absent or a.c is not x) and event.fileName ends with PF");
        let list = node(ExprKind::List(vec![text("x"), text("y"), text("z")]), Type::Text);
        check(&binary(BinaryOp::In, field("a", "b"), list), "a.b is one of x, y or z");
    }
}
