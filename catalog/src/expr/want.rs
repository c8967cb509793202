//! Whether an expression is what its place wants.
//!
//! In: a node and a [`Want`]. Out: the typed expression, or why it does not fit. Never knows: grammar.

use super::check::Checker;
use super::tree::Node;
use super::{Want, fits, literal, print, words};
use crate::model::{Expr, Type};
use crate::problem::Problem;

impl Checker<'_> {
    /// Types a node where something is wanted.
    pub(super) fn wanted(&mut self, node: &Node, want: Want<'_>) -> Option<Expr> {
        match want {
            Want::Anything => self.node(node, None),
            Want::Scalar => {
                let expr = self.value(node, None)?;
                let single = !matches!(expr.ty, Type::Record(_) | Type::List(_));
                self.refuse_unless(single, expr, "a single value is wanted here")
            }
            Want::List => {
                let expr = self.value(node, None)?;
                let list = matches!(expr.ty, Type::List(_));
                self.refuse_unless(list, expr, "a list is wanted here")
            }
            Want::Type(Type::Bool) => self.condition(node),
            Want::Type(ty @ Type::Optional(_)) => {
                let expr = self.node(node, Some(literal::inner(ty)))?;
                self.fitting(expr, ty)
            }
            Want::Type(ty) => {
                let expr = self.value(node, Some(ty))?;
                self.fitting(expr, ty)
            }
        }
    }

    fn refuse_unless(&mut self, fine: bool, expr: Expr, wanted: &str) -> Option<Expr> {
        if fine {
            return Some(expr);
        }
        let message = format!("{wanted}, and `{}` is {}", print::brief(&expr), words::a(&expr.ty));
        let problem = Problem::new("E-TYPE", expr.span, message);
        self.report(match &expr.ty {
            Type::Record(record) => match self.scope.fields(record) {
                Some(fields) => {
                    let names = crate::nearest::list(fields.iter().map(|field| field.name.as_str()), 12);
                    problem.help(format!("name one of its fields: {names}"))
                }
                None => problem,
            },
            _ => problem,
        });
        None
    }

    fn fitting(&mut self, expr: Expr, ty: &Type) -> Option<Expr> {
        if fits(&expr.ty, ty) {
            return Some(expr);
        }
        let (from, to) = (literal::inner(&expr.ty), literal::inner(ty));
        let text = print::brief(&expr);
        let codes = matches!((from, to), (Type::Code { .. }, Type::Code { .. }));
        let message = match to {
            Type::Code { field, .. } if codes => format!("`{text}` has values that `{field}` cannot have"),
            _ => format!("{} is wanted here, and `{text}` is {}", words::a(to), words::a(from)),
        };
        let problem = Problem::new("E-TYPE", expr.span, message);
        if let Some((why, meant)) = literal::rewritten(&expr, to) {
            let problem = self.fixed(problem.help(format!("{why}: `{meant}`")), meant);
            self.report(problem);
            return None;
        }
        self.report(match (from, to) {
            (Type::Record(_) | Type::List(_), _) | (_, Type::Record(_) | Type::List(_)) => problem,
            (Type::Code { values, .. }, Type::Code { values: allowed, .. }) => {
                let strange = values.iter().filter(|value| !allowed.contains(value)).map(String::as_str);
                problem.help(format!(
                    "{} would have no place there: translate with a lookup table",
                    crate::nearest::list(strange, 6)
                ))
            }
            (_, Type::Text) => {
                let meant = format!("text({})", print::expr(&expr));
                self.fixed(problem.help(format!("nothing is converted silently: write `text({text})`")), meant)
            }
            (_, to) => problem.help(format!("nothing is converted silently: {}", conversion(to))),
        });
        None
    }
}

/// How a value comes to a type.
fn conversion(to: &Type) -> &'static str {
    match to {
        Type::Integer => "a mapping row with the rule `integer` does it",
        Type::Decimal => "a mapping row with the rule `decimal` does it",
        Type::Date => "a mapping row with the rule `date in ZONE` or `parse date %Y-%m-%d` does it",
        Type::Code { .. } => "a mapping row with a `lookup` does it",
        _ => "a mapping table or a `custom:` step does it",
    }
}
