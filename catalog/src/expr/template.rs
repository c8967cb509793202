//! Templates: literal text with `${…}` parts.
//!
//! In: a value of the front matter. Out: a [`Template`], typed as its place wants. Never knows: YAML, steps.

use super::place::Place;
use super::scope::Scope;
use super::tree::Range;
use super::{Want, check_at, fits, literal, words};
use crate::model::{Expr, Span, Template, TemplatePart, Type};
use crate::problem::Problem;

/// Checks a template: literal text with `${…}` parts, `$${` standing for a literal `${`.
///
/// A template that is one `${…}` keeps its type. One without any part is a literal of the wanted type: a code value is
/// looked up, a number, bool, date, time or instant is read; `Anything` and `Scalar` make it a text.
///
/// # Errors
///
/// As for [`check`](super::check).
pub fn template(text: &str, at: Span, scope: &Scope<'_>, want: Want<'_>) -> Result<Template, Vec<Problem>> {
    let place = Place::new(text, at);
    let pieces = cut(text).map_err(|unclosed| vec![unclosed_part(place.span(unclosed))])?;
    match pieces.as_slice() {
        [] => literal_template("", at, want),
        [Piece::Text(literal)] => literal_template(literal, at, want),
        [Piece::Expr(range)] => {
            let expr = part(&place, *range, scope, want)?;
            Ok(Template { ty: expr.ty.clone(), parts: vec![TemplatePart::Expr(expr)], span: at })
        }
        pieces => {
            let parts = parts(&place, pieces, scope);
            match (parts, refusal(want, at)) {
                (Ok(parts), None) => Ok(Template { parts, ty: Type::Text, span: at }),
                (parts, refusal) => Err(parts.err().into_iter().flatten().chain(refusal).collect()),
            }
        }
    }
}

/// A piece of a template: literal text with escapes resolved, or the bytes between `${` and `}`.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Expr(Range),
}

/// Cuts a template into pieces; fails with the place of a `${` that is never closed.
fn cut(text: &str) -> Result<Vec<Piece>, Range> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        if text[at..start].ends_with('$') {
            literal.push_str(&text[at..start - 1]);
            literal.push_str("${");
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        let inside = start + 2;
        let Some(length) = length_of_expression(&text[inside..]) else {
            return Err(Range { start, end: text.len() });
        };
        if !literal.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut literal)));
        }
        pieces.push(Piece::Expr(Range { start: inside, end: inside + length }));
        at = inside + length + 1;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Ok(pieces)
}

/// Bytes up to the `}` that closes an expression; one inside a text literal does not.
fn length_of_expression(text: &str) -> Option<usize> {
    let mut quote: Option<(char, bool)> = None;
    let mut before = ['\0', '\0'];
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match quote {
            Some((closing, _)) if letter == closing => quote = None,
            Some((_, false)) if letter == '\\' => {
                letters.next();
            }
            None if letter == '}' => return Some(at),
            None if letter == '\'' || letter == '"' => {
                let raw = before[1] == 'r' && !(before[0] == '_' || before[0].is_alphanumeric());
                quote = Some((letter, raw));
            }
            _ => {}
        }
        before = [before[1], letter];
    }
    None
}

/// A template without expressions is a literal of the wanted type.
fn literal_template(text: &str, at: Span, want: Want<'_>) -> Result<Template, Vec<Problem>> {
    let ty = match want {
        Want::Anything | Want::Scalar => &Type::Text,
        Want::List => {
            let problem = Problem::new("E-TYPE", at, "a list is wanted here, and this is a fixed text");
            return Err(vec![problem.help("take it from an expression: `${…}`")]);
        }
        Want::Type(ty) => literal::inner(ty),
    };
    if *ty == Type::Text {
        return Ok(Template { parts: vec![TemplatePart::Text(text.to_owned())], ty: Type::Text, span: at });
    }
    let expr = literal::plain(text, at, ty).map_err(|problem| vec![*problem])?;
    Ok(Template { ty: expr.ty.clone(), parts: vec![TemplatePart::Expr(expr)], span: at })
}

/// The parts of a text put together; all their problems.
fn parts(place: &Place<'_>, pieces: &[Piece], scope: &Scope<'_>) -> Result<Vec<TemplatePart>, Vec<Problem>> {
    let mut parts = Vec::new();
    let mut problems = None;
    for piece in pieces {
        match piece {
            Piece::Text(text) => parts.push(TemplatePart::Text(text.clone())),
            Piece::Expr(range) => match part(place, *range, scope, Want::Scalar) {
                Ok(expr) => parts.push(TemplatePart::Expr(expr)),
                Err(found) => problems.get_or_insert_with(Vec::new).extend(found),
            },
        }
    }
    problems.map_or(Ok(parts), Err)
}

fn part(place: &Place<'_>, range: Range, scope: &Scope<'_>, want: Want<'_>) -> Result<Expr, Vec<Problem>> {
    let part = place.part(range);
    check_at(part, part.text(), scope, want)
}

/// Text put together from parts is a text; whoever wants something else is told so.
fn refusal(want: Want<'_>, at: Span) -> Option<Problem> {
    let wanted = match want {
        Want::Anything | Want::Scalar => return None,
        Want::List => "a list".to_owned(),
        Want::Type(ty) if fits(&Type::Text, ty) => return None,
        Want::Type(ty) => words::a(literal::inner(ty)),
    };
    let message = format!("{wanted} is wanted here, and this is a text put together from parts");
    Some(Problem::new("E-TYPE", at, message).help("only a single `${…}` keeps the type of its expression"))
}

fn unclosed_part(span: Span) -> Problem {
    Problem::new("E-TEMPLATE", span, "this `${` is not closed")
        .help("end it with `}`, or write `$${` for the two characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match cut(text) {
            Ok(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => format!("[{text}]"),
                    Piece::Expr(range) => format!("<{}>", &text[range.start..range.end]),
                })
                .collect(),
            Err(range) => format!("unclosed at {}", range.start),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn pieces() {
        check("", "");
        check("plain", "[plain]");
        check("${a}", "<a>");
        check("a ${b} c${d}", "[a ]<b>[ c]<d>");
        check("price $5 and $${x}", "[price $5 and ${x}]");
        check("${a.or('}')}", "<a.or('}')>");
        check(r"${a.or('\'}')}", r"<a.or('\'}')>");
        check(r"${a.matches(r'\d\')}!", r"<a.matches(r'\d\')>[!]");
        check("${}", "<>");
        check("x ${a", "unclosed at 2");
        check("ü${é}ß", "[ü]<é>[ß]");
    }
}
