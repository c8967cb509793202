//! Mapping rules in words.
//!
//! In: checked rules. Out: one phrase a rule, with the parts that are values set as names. Never knows: sources and
//! targets of the row, which stand in columns of their own.

use catalog::model::{Expr, ExprKind, Rule};

use super::{in_words, literal_text};
use crate::html::Html;

/// What the rule does, in words. `page` is the way to the page of the interface, empty on that page itself.
pub(crate) fn rule(rule: &Rule, page: &str) -> Html {
    match rule {
        Rule::Copy(_) => Html::of("copied as it is"),
        Rule::Const(value) => Html::of("always ").html(&value_of(value)),
        Rule::Default { default, .. } => Html::of("copied; ").html(&value_of(default)).text(" where it is absent"),
        Rule::Lookup { table, .. } => {
            Html::of("translated by the table ").link(&format!("{page}#lookup-{}", crate::routes::slug(table)), table)
        }
        Rule::ToText(_) => Html::of("written as text"),
        Rule::ToInteger(_) => Html::of("read as a whole number"),
        Rule::ToDecimal(_) => Html::of("read as a decimal number"),
        Rule::ToDate { zone, .. } => Html::of("its calendar date in ").text(zone),
        Rule::FormatDate { pattern, .. } => Html::of("written as ").code(pattern),
        Rule::ParseDate { pattern, .. } => Html::of("read as ").code(pattern),
        Rule::Trim(_) => Html::of("without blanks at its ends"),
        Rule::Upper(_) => Html::of("in upper case"),
        Rule::Lower(_) => Html::of("in lower case"),
        Rule::PadLeft { width, with, .. } => {
            Html::of(&format!("filled up on the left to {width} characters with ")).code(&with.to_string())
        }
        Rule::Truncate { length, .. } => Html::of(&format!("cut after {length} characters")),
        Rule::Concat { separator, .. } if separator.is_empty() => Html::of("joined without a separator"),
        Rule::Concat { separator, .. } => Html::of("joined with ").code(separator),
        Rule::Split { separator, index, .. } => Html::of(&format!("part {} between ", index + 1)).code(separator),
        Rule::Round { scale, .. } => {
            Html::of(&format!("rounded half up to {}", super::count(*scale as usize, "decimal place")))
        }
        Rule::Expr(expr) => in_words(expr),
        Rule::Each { item, .. } => Html::of("one item for every ").code(item),
    }
}

fn value_of(expr: &Expr) -> Html {
    match &expr.kind {
        ExprKind::Literal(literal) => Html::new().code(&literal_text(literal)),
        _ => in_words(expr),
    }
}
