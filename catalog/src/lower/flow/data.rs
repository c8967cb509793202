//! Steps that make values: `map`, `let`, `custom`.
//!
//! In: their keys. Out: [`StepKind`]s. Never knows: systems.

use super::Lowerer;
use crate::expr::{self, Scope, Want};
use crate::fields::{Record, Text, shown};
use crate::lower::types;
use crate::model::{
    Argument, Bound, CustomFunction, Expr, ExprKind, FieldType, StepKind, Template, TemplatePart, Type,
};
use crate::symbols::record;

const ROW: &str = "row";

impl<'a> Lowerer<'a, '_> {
    pub(super) fn map(&mut self, fields: &Record<'_>, scope: &mut Scope<'a>) -> Option<StepKind> {
        let mut sources = Vec::new();
        let mut inputs = Vec::new();
        let mut whole = true;
        for text in fields.texts("from") {
            let Some(expr) = self.expression(text, scope, Want::Anything) else {
                whole = false;
                continue;
            };
            if !matches!(expr.kind, ExprKind::Name(_)) {
                self.findings
                    .add("E-MAP-SOURCE", text.span, format!("`{}` is no bound name", shown(text.text)))
                    .help("name the whole value here; its fields are named in the rows of the table");
                whole = false;
                continue;
            }
            sources.push((text.text.to_owned(), expr.ty.clone()));
            inputs.push(argument(text, expr));
        }
        let each = match fields.text("each") {
            Some(text) => Some(self.expression(text, scope, Want::List)?),
            None => None,
        };
        if let Some(Type::List(item)) = each.as_ref().map(|each| &each.ty) {
            let name = fields.text("item").map_or(ROW, |text| text.text);
            sources.push((name.to_owned(), (**item).clone()));
        } else if let Some(text) = fields.text("item") {
            self.findings
                .add("E-MAP-SOURCE", text.span, "`item` names the item of `each`, which is not given")
                .help("leave it out, or add `each:`");
        }
        if whole && sources.is_empty() {
            self.findings
                .add("E-MAP-SOURCE", fields.place, "the map step has no source")
                .help("add `from:` with a bound name, or `each:` with a list");
            whole = false;
        }
        let name = fields.text("map")?;
        if !whole {
            return None;
        }
        let target = record(&self.mapping(name, &sources)?.target);
        let ty = if each.is_some() { Type::List(Box::new(target)) } else { target };
        let bind = fields.text("as")?;
        self.bind(bind, ty.clone(), scope);
        let bind = Bound { name: bind.text.to_owned(), ty };
        Some(StepKind::Map { mapping: name.text.to_owned(), inputs, each, bind })
    }

    pub(super) fn bind_value(&mut self, fields: &Record<'_>, scope: &mut Scope<'a>) -> Option<StepKind> {
        let text = fields.text("let")?;
        let value = match expr::template(text.text, text.span, scope, Want::Anything) {
            Ok(value) => value,
            Err(problems) => {
                self.findings.problems(problems);
                return None;
            }
        };
        let name = fields.text("as")?;
        self.bind(name, value.ty.clone(), scope);
        let bind = Bound { name: name.text.to_owned(), ty: value.ty.clone() };
        Some(StepKind::Let { value, bind })
    }

    pub(super) fn custom(&mut self, fields: &Record<'_>, scope: &mut Scope<'a>) -> Option<StepKind> {
        let function = fields.text("custom")?;
        let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !function.text.starts_with(|c: char| c.is_ascii_lowercase()) || !function.text.chars().all(snake) {
            self.findings
                .add("E-IDENTIFIER", function.span, format!("`{}` is no function name", shown(function.text)))
                .help("write it in lower case with underscores, like `pick_plant`");
        }
        let with = self.custom_arguments(fields, scope);
        let returns = match fields.text("returns") {
            Some(text) => Some(self.returned(text)?),
            None => None,
        };
        let parameters = with.iter().map(|argument| (argument.name.clone(), argument.value.ty.clone())).collect();
        let description = fields.string("description").unwrap_or_default();
        let name = function.text.to_owned();
        let declared = CustomFunction {
            name: name.clone(),
            parameters,
            returns: returns.clone(),
            description,
            span: fields.place,
        };
        self.declare(declared, function);
        let bind = match (fields.text("as"), returns) {
            (Some(text), Some(ty)) => {
                self.bind(text, ty.clone(), scope);
                Some(Bound { name: text.text.to_owned(), ty })
            }
            (Some(text), None) => {
                self.findings
                    .add("E-NO-RESPONSE", text.span, "the function returns nothing to keep")
                    .help("add `returns:` with a type");
                return None;
            }
            (None, _) => None,
        };
        Some(StepKind::Custom { function: name, with, bind })
    }

    /// The same function may be called twice, with the same types.
    fn declare(&mut self, declared: CustomFunction, text: Text<'_>) {
        let Some(known) = self.flow.custom.iter().find(|known| known.name == declared.name) else {
            self.flow.custom.push(declared);
            return;
        };
        if known.parameters != declared.parameters || known.returns != declared.returns {
            self.findings
                .add("E-CUSTOM", text.span, format!("`{}` is declared with other types before", declared.name))
                .help("give the second function a name of its own");
        }
    }

    fn custom_arguments(&mut self, fields: &Record<'_>, scope: &Scope<'_>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        for (entry, text) in fields.names("with") {
            match expr::template(text.text, text.span, scope, Want::Anything) {
                Ok(value) => arguments.push(Argument { name: entry.key.clone(), value, span: entry.key_span }),
                Err(problems) => {
                    self.flow.whole = false;
                    self.findings.problems(problems);
                }
            }
        }
        arguments
    }

    /// A simple type, or a message.
    fn returned(&mut self, text: Text<'_>) -> Option<Type> {
        let (list, name) = match text.text.strip_prefix("list of ") {
            Some(name) => (true, name.trim()),
            None => (false, text.text),
        };
        let simple = match types::field_type(name) {
            Ok((FieldType::Text, _)) => Some(Type::Text),
            Ok((FieldType::Integer, _)) => Some(Type::Integer),
            Ok((FieldType::Decimal(_), _)) => Some(Type::Decimal),
            Ok((FieldType::Bool, _)) => Some(Type::Bool),
            Ok((FieldType::Date, _)) => Some(Type::Date),
            Ok((FieldType::Time, _)) => Some(Type::Time),
            Ok((FieldType::Instant, _)) => Some(Type::Instant),
            _ => None,
        };
        let ty = match simple {
            Some(ty) => ty,
            None => record(&self.view.expect_message(Text { text: name, span: text.span }, self.findings)?),
        };
        Some(if list { Type::List(Box::new(ty)) } else { ty })
    }
}

fn argument(text: Text<'_>, expr: Expr) -> Argument {
    let (ty, span) = (expr.ty.clone(), text.span);
    let value = Template { parts: vec![TemplatePart::Expr(expr)], ty, span };
    Argument { name: text.text.to_owned(), value, span }
}
