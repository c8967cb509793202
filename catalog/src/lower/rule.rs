//! One row's source and rule become a [`Rule`], typed on both sides.
//!
//! In: three cells and the target field. Out: [`Rule`]. Never knows: the other rows.

use super::convert::{self, Conversion};
use super::values::check_scalar;
use crate::expr::{self, Scope, Want, fits, type_name};
use crate::fields::{did_you_mean, shown};
use crate::findings::Findings;
use crate::markdown::Cell;
use crate::model::{Expr, Field, Lookup, Rule, Span, Type};
use std::collections::HashMap;

/// The cells of a row.
pub(crate) struct Cells<'a> {
    pub(crate) target: &'a Cell,
    pub(crate) source: Option<&'a Cell>,
    pub(crate) rule: Option<&'a Cell>,
}

/// What the row must fill.
pub(crate) struct Goal<'a> {
    pub(crate) field: &'a Field,
    /// Its type, optional where the field is.
    pub(crate) ty: Type,
    /// The target path ends in `[]`.
    pub(crate) each: bool,
    pub(crate) lookups: &'a HashMap<&'a str, Option<Lookup>>,
    /// Name of the item below an `each` row.
    pub(crate) item: &'static str,
}

/// The rule words, for suggestions.
const WORDS: [&str; 18] = [
    "const", "default", "lookup", "text", "integer", "decimal", "date", "parse", "trim", "upper", "lower", "pad",
    "truncate", "concat", "split", "round", "expr", "each",
];

/// Lowers one row; `None` after a mistake.
pub(crate) fn rule(cells: &Cells<'_>, goal: &Goal<'_>, scope: &Scope<'_>, findings: &mut Findings) -> Option<Rule> {
    let text = cells.rule.map_or("", |cell| cell.text.as_str());
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let mut reader = Reader { cells, goal, scope, findings, rest: rest.trim() };
    if goal.each != (word == "each") {
        let (message, help) = match goal.each {
            true => (
                "a target that ends in `[]` has the rule `each`",
                "the rows below it, like `items[].id`, say how an item is filled",
            ),
            false => ("the rule `each` fills a list item by item", "write the target with `[]` at its end"),
        };
        reader.findings.add("E-RULE", reader.rule_span(), message).help(help);
        return None;
    }
    match word {
        "" => reader.copy(),
        "const" => reader.constant(),
        "default" => reader.default(),
        "lookup" => reader.lookup(),
        "expr" => reader.expression(),
        "each" => reader.each(),
        "concat" => reader.concat(),
        _ => reader.conversion(word),
    }
}

struct Reader<'a, 's, 'f> {
    cells: &'a Cells<'a>,
    goal: &'a Goal<'a>,
    scope: &'a Scope<'s>,
    findings: &'f mut Findings,
    /// The rule behind its first word.
    rest: &'a str,
}

impl Reader<'_, '_, '_> {
    fn rule_span(&self) -> Span {
        self.cells.rule.map_or(self.cells.target.span, |cell| cell.span)
    }

    /// The place of what stands behind the rule's word, without its quotes if they are not part of the value.
    fn rest_span(&self, unquoted: bool) -> Span {
        let Some(cell) = self.cells.rule.filter(|cell| cell.span.end - cell.span.start == cell.text.len()) else {
            return self.rule_span();
        };
        let quote = usize::from(unquoted);
        let start = cell.span.end - self.rest.len() + quote;
        Span { start, end: cell.span.end - quote, line: cell.span.line }
    }

    fn bad_rule(&mut self, message: impl Into<String>, help: impl Into<String>) {
        let span = self.rule_span();
        self.findings.add("E-RULE", span, message).help(help);
    }

    /// The source expression, of any type.
    fn source(&mut self, want: Want<'_>) -> Option<Expr> {
        let Some(cell) = self.cells.source else {
            let message = format!("`{}` has no source", shown(&self.cells.target.text));
            self.findings
                .add("E-RULE", self.cells.target.span, message)
                .help("name the field that it comes from, or use `const`");
            return None;
        };
        match expr::check(&cell.text, cell.span, self.scope, want) {
            Ok(expr) => Some(expr),
            Err(problems) => {
                self.findings.problems(problems);
                None
            }
        }
    }

    /// Reports a source that may be absent for a target that may not.
    fn presence(&mut self, source: &Expr) -> Option<()> {
        if !matches!(source.ty, Type::Optional(_)) || matches!(self.goal.ty, Type::Optional(_)) {
            return Some(());
        }
        if matches!(self.goal.ty, Type::List(_)) && !self.goal.field.required {
            return Some(());
        }
        let message = format!("`{}` is required, and its source may be absent", shown(&self.cells.target.text));
        self.findings
            .add("E-MAP-OPTIONAL", source.span, message)
            .help("use the rule `default \"…\"`, or `.or(…)` in the source");
        None
    }

    fn copy(&mut self) -> Option<Rule> {
        let source = self.source(Want::Anything)?;
        self.presence(&source)?;
        if fits(inner(&source.ty), inner(&self.goal.ty)) {
            self.length(&source);
            return Some(Rule::Copy(source));
        }
        let (from, to) = (inner(&source.ty), inner(&self.goal.ty));
        let message = format!("{} cannot be copied to {}", type_name(from), type_name(to));
        self.findings.add("E-MAP-TYPE", source.span, message).help(convert::advice(from, to));
        None
    }

    fn constant(&mut self) -> Option<Rule> {
        if let Some(cell) = self.cells.source {
            self.findings.add("E-RULE", cell.span, "a constant has no source").help("empty the source cell");
            return None;
        }
        self.literal("const").map(Rule::Const)
    }

    fn default(&mut self) -> Option<Rule> {
        let source = self.source(Want::Anything)?;
        let (from, to) = (inner(&source.ty), inner(&self.goal.ty));
        if !fits(from, to) {
            let message = format!("{} cannot be copied to {}", type_name(from), type_name(to));
            let help = "make the source an expression of the target's type, with `.or(…)`, and use the rule `expr`";
            self.findings.add("E-MAP-TYPE", source.span, message).help(help);
            return None;
        }
        if !matches!(source.ty, Type::Optional(_)) {
            let span = self.rule_span();
            self.findings
                .add("W-DEFAULT", span, "the default is never used, because the source is always there")
                .help("empty the rule cell");
            return Some(Rule::Copy(source));
        }
        let default = self.literal("default")?;
        Some(Rule::Default { source, default })
    }

    /// The value behind `const` or `default`, typed as the target.
    fn literal(&mut self, word: &str) -> Option<Expr> {
        let to = inner(&self.goal.ty).clone();
        let quoted = self.rest.len() >= 2 && self.rest.starts_with(['"', '\'']) && self.rest.ends_with(['"', '\'']);
        let number = matches!(to, Type::Integer | Type::Decimal | Type::Bool);
        if self.rest.is_empty() || (!quoted && !number) {
            self.bad_rule(format!("`{word}` needs a value in quotes"), format!("write `{word} \"EUR\"`"));
            return None;
        }
        let bare = if quoted { &self.rest[1..self.rest.len() - 1] } else { self.rest };
        let text = if number { bare } else { self.rest };
        match expr::check(text, self.rest_span(number && quoted), self.scope, Want::Type(&to)) {
            Ok(expr) => {
                if let Err(message) = check_scalar(bare, self.goal.field) {
                    let span = self.rule_span();
                    self.findings.add("E-VALUE", span, message);
                    return None;
                }
                Some(expr)
            }
            Err(problems) => {
                self.findings.problems(problems);
                None
            }
        }
    }

    fn expression(&mut self) -> Option<Rule> {
        let ty = self.goal.ty.clone();
        self.source(Want::Type(&ty)).map(Rule::Expr)
    }

    fn each(&mut self) -> Option<Rule> {
        let source = self.source(Want::List)?;
        let item = match &self.goal.ty {
            Type::List(item) => item,
            _ => return None,
        };
        if !matches!(**item, Type::Record(_)) {
            self.bad_rule("`each` fills a list of records", "copy a list of single values as it is");
            return None;
        }
        Some(Rule::Each { source, item: self.goal.item.to_owned() })
    }

    fn lookup(&mut self) -> Option<Rule> {
        let source = self.source(Want::Anything)?;
        let name = self.rest;
        let Some(table) = self.goal.lookups.get(name) else {
            let names = self.goal.lookups.keys().copied();
            let help = match did_you_mean(name, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add a heading `## Lookup: {name}` with its table"),
            };
            self.bad_rule(format!("there is no lookup table `{}`", shown(name)), help);
            return None;
        };
        let table = table.as_ref()?;
        self.presence(&source)?;
        if let Err(message) = convert::check_lookup(&source.ty, table, self.goal.field) {
            self.bad_rule(message, "complete the lookup table, or add a row `*` for every other value");
            return None;
        }
        Some(Rule::Lookup { source, table: table.name.clone() })
    }

    fn concat(&mut self) -> Option<Rule> {
        let separator = self.quoted("concat")?;
        let Some(cell) = self.cells.source else {
            self.bad_rule("`concat` needs sources", "name them in the source cell, with commas between");
            return None;
        };
        let mut parts = Vec::new();
        for (text, span) in convert::split_sources(cell) {
            match expr::check(text, span, self.scope, Want::Type(&Type::Text)) {
                Ok(part) => parts.push(part),
                Err(problems) => self.findings.problems(problems),
            }
        }
        if *inner(&self.goal.ty) != Type::Text {
            self.not_text("concat");
            return None;
        }
        Some(Rule::Concat { parts, separator })
    }

    /// The text in quotes behind the rule's word.
    fn quoted(&mut self, word: &str) -> Option<String> {
        let inside = self.rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if inside.is_none() {
            self.bad_rule(format!("`{word}` needs a separator in quotes"), format!("write `{word} \", \"`"));
        }
        inside.map(str::to_owned)
    }

    fn not_text(&mut self, word: &str) {
        let message = format!("`{word}` makes a text, the target is {}", type_name(inner(&self.goal.ty)));
        let span = self.rule_span();
        self.findings.add("E-MAP-TYPE", span, message);
    }

    /// Rules with one scalar source and one result.
    fn conversion(&mut self, word: &str) -> Option<Rule> {
        let conversion = match convert::parse(word, self.rest) {
            Ok(Some(conversion)) => conversion,
            Ok(None) => {
                let help = match did_you_mean(word, WORDS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the rules are {}; an empty cell copies", WORDS.join(", ")),
                };
                self.bad_rule(format!("there is no rule `{}`", shown(word)), help);
                return None;
            }
            Err(help) => {
                self.bad_rule(format!("the rule `{word}` cannot be read"), help);
                return None;
            }
        };
        let source = self.source(Want::Anything)?;
        self.presence(&source)?;
        let from = inner(&source.ty);
        if !conversion.takes(from) {
            let message = format!("`{word}` takes {}, the source is {}", conversion.input(), type_name(from));
            self.findings.add("E-MAP-TYPE", source.span, message).help(convert::advice(from, inner(&self.goal.ty)));
            return None;
        }
        let result = conversion.result();
        if result != *inner(&self.goal.ty) {
            let message =
                format!("`{word}` makes {}, the target is {}", type_name(&result), type_name(inner(&self.goal.ty)));
            let span = self.rule_span();
            self.findings.add("E-MAP-TYPE", span, message).help(convert::advice(from, inner(&self.goal.ty)));
            return None;
        }
        if !matches!(conversion, Conversion::Truncate(_)) {
            self.length(&source);
        }
        Some(conversion.into_rule(source))
    }

    /// Warns when the source's text may be longer than the target takes.
    fn length(&mut self, source: &Expr) {
        let Some(most) = convert::max_length(&self.goal.field.constraints) else { return };
        let Some(longest) = convert::longest(self.scope, source) else { return };
        if longest > most {
            let message = format!(
                "the source holds up to {longest} characters, `{}` takes {most}",
                shown(&self.cells.target.text)
            );
            self.findings
                .add("W-LENGTH", source.span, message)
                .help(format!("longer texts become mapping errors; use `truncate {most}` if the rest may go"));
        }
    }
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => inner,
        other => other,
    }
}
