//! Types of functions and methods.
//!
//! In: calls. Out: typed calls. Never knows: operators, grammar.

use super::check::Checker;
use super::tree::{Node, NodeKind, Range, Word};
use super::words::{self, Method};
use super::{fits, literal, print};
use crate::model::{Builtin, Expr, ExprKind, Literal, Type};
use crate::problem::Problem;

/// Largest compiled pattern, in bytes: a pattern is data of a stranger.
const PATTERN_LIMIT: usize = 1 << 20;

impl Checker<'_> {
    pub(super) fn call(&mut self, receiver: Option<&Node>, name: &Word, arguments: &[Node], at: Range) -> Option<Expr> {
        if let Some(list) = receiver.filter(|_| words::QUANTIFIERS.contains(&name.text.as_str())) {
            return self.quantifier(list, name, arguments, at);
        }
        let Some(method) = words::find(&name.text) else {
            let problem = self.unknown_method(receiver, name, arguments);
            self.report(problem);
            return None;
        };
        let all: Vec<&Node> = receiver.into_iter().chain(arguments).collect();
        let written_well = receiver.is_some() || method.function;
        if !written_well || all.len() != method.arguments + 1 {
            let message = format!("`{}` is not called like this", name.text);
            let problem = Problem::new("E-METHOD", self.span(at), message);
            self.report(problem.help(format!("write `{}`", method.usage)));
            return None;
        }
        self.builtin(method, &all, name, at)
    }

    fn builtin(&mut self, method: &Method, nodes: &[&Node], name: &Word, at: Range) -> Option<Expr> {
        match method.builtin {
            Builtin::IsSet | Builtin::Or => return self.optional_method(method.builtin, nodes, at),
            Builtin::Size | Builtin::Text => {}
            _ => return self.text_method(method, nodes, name, at),
        }
        let argument = self.value(nodes.first()?, None)?;
        let (ty, fine) = match method.builtin {
            Builtin::Size => (Type::Integer, matches!(argument.ty, Type::Text | Type::List(_))),
            _ => (Type::Text, !matches!(argument.ty, Type::Record(_) | Type::List(_))),
        };
        if !fine {
            let wanted = if method.builtin == Builtin::Size { "a text or a list" } else { "a single value" };
            self.wrong_receiver(&argument, name, wanted);
            return None;
        }
        Some(self.called(method.builtin, vec![argument], ty, at))
    }

    /// `x.isSet()`, `x.or(default)`.
    fn optional_method(&mut self, builtin: Builtin, nodes: &[&Node], at: Range) -> Option<Expr> {
        let receiver = self.node(nodes.first()?, None)?;
        let Type::Optional(inner) = receiver.ty.clone() else {
            let text = print::brief(&receiver);
            let known = matches!(receiver.kind, ExprKind::Call { function: Builtin::Known, .. });
            let why = if known { "is known to be set here" } else { "is required, so always set" };
            let so = if builtin == Builtin::IsSet { "asking says nothing" } else { "the default is never used" };
            let problem = Problem::new("E-CONSTANT", self.span(at), format!("`{text}` {why}: {so}"));
            let problem = match builtin {
                Builtin::Or => self.fixed(problem.help(format!("write `{text}`")), print::expr(&receiver)),
                _ => problem.help("leave it out"),
            };
            self.report(problem);
            return None;
        };
        if builtin == Builtin::IsSet {
            return Some(self.called(builtin, vec![receiver], Type::Bool, at));
        }
        let default = self.node(nodes.get(1)?, Some(&inner))?;
        if !fits(literal::inner(&default.ty), &inner) {
            let message = format!("the default is {}, the value {}", words::a(&default.ty), words::a(&inner));
            let problem = Problem::new("E-TYPE", default.span, message);
            self.report(match literal::example(&inner) {
                Some(example) => problem.help(format!("a default of the same type, e.g. `{example}`")),
                None => problem,
            });
            return None;
        }
        let ty = if matches!(default.ty, Type::Optional(_)) { receiver.ty.clone() } else { *inner };
        Some(self.called(builtin, vec![receiver, default], ty, at))
    }

    /// Everything that works on a text.
    fn text_method(&mut self, method: &Method, nodes: &[&Node], name: &Word, at: Range) -> Option<Expr> {
        let (receiver, rest) = nodes.split_first()?;
        let receiver = self.value(receiver, None);
        let wanted = if method.builtin == Builtin::Skip { Type::Integer } else { Type::Text };
        let rest: Vec<Option<Expr>> = rest.iter().map(|node| self.argument(node, method, &wanted)).collect();
        let receiver = receiver?;
        if receiver.ty != Type::Text {
            self.wrong_receiver(&receiver, name, "a text");
            return None;
        }
        let mut arguments = vec![receiver];
        arguments.extend(rest.into_iter().collect::<Option<Vec<_>>>()?);
        let ty = match method.builtin {
            Builtin::StartsWith | Builtin::EndsWith | Builtin::Contains | Builtin::Matches => Type::Bool,
            _ => Type::Text,
        };
        Some(self.called(method.builtin, arguments, ty, at))
    }

    fn argument(&mut self, node: &Node, method: &Method, wanted: &Type) -> Option<Expr> {
        let expr = self.value(node, Some(wanted))?;
        if expr.ty != *wanted {
            let message = format!("`{}` takes {}, and this is {}", method.name, words::a(wanted), words::a(&expr.ty));
            self.report(Problem::new("E-TYPE", expr.span, message).help(format!("write `{}`", method.usage)));
            return None;
        }
        if method.builtin == Builtin::Matches {
            return self.pattern(expr);
        }
        if let ExprKind::Literal(Literal::Integer(..=-1)) = expr.kind {
            self.report(Problem::new("E-VALUE", expr.span, "a number of characters is never negative"));
            return None;
        }
        Some(expr)
    }

    /// A pattern is compiled when the catalog is checked, so that it cannot fail later.
    fn pattern(&mut self, expr: Expr) -> Option<Expr> {
        let ExprKind::Literal(Literal::Text(pattern)) = &expr.kind else {
            let problem = Problem::new("E-REGEX", expr.span, "a pattern is a fixed text");
            self.report(problem.help("write `text.matches(r'^[0-9]+$')`"));
            return None;
        };
        match regex::RegexBuilder::new(pattern).size_limit(PATTERN_LIMIT).build() {
            Ok(_) => Some(expr),
            Err(error) => {
                let reason = error.to_string();
                let reason =
                    reason.lines().last().unwrap_or_default().trim_start_matches("error: ").trim_end_matches('.');
                let problem = Problem::new("E-REGEX", expr.span, format!("the pattern is not understood: {reason}"));
                self.report(problem.help("patterns are regular expressions without look-around and back-references"));
                None
            }
        }
    }

    /// `list.all(x, …)`, `list.exists(x, …)`.
    fn quantifier(&mut self, list: &Node, name: &Word, arguments: &[Node], at: Range) -> Option<Expr> {
        let list = self.value(list, None);
        let [Node { kind: NodeKind::Name(item), range, .. }, condition] = arguments else {
            let problem =
                Problem::new("E-METHOD", self.span(at), format!("`{}` needs a name and a condition", name.text));
            self.report(problem.help(format!("write `list.{}(item, item.quantity > 0)`", name.text)));
            return None;
        };
        let list = list?;
        let Type::List(ty) = &list.ty else {
            self.wrong_receiver(&list, name, "a list");
            return None;
        };
        if self.scope.lookup(item).is_some() {
            let message = format!("`{item}` is bound already; here it would hide the other one");
            self.report(Problem::new("E-NAME", self.span(*range), message).help("choose another name for the item"));
            return None;
        }
        let before = self.scope.mark();
        self.scope.bind(item.clone(), ty.as_ref().clone());
        let condition = self.condition(condition);
        self.scope.reset(before);
        let kind = ExprKind::Quantifier {
            all: name.text == "all",
            list: Box::new(list),
            item: item.clone(),
            condition: Box::new(condition?),
        };
        Some(Expr { kind, ty: Type::Bool, span: self.span(at) })
    }

    fn unknown_method(&self, receiver: Option<&Node>, name: &Word, arguments: &[Node]) -> Problem {
        let problem = Problem::new("E-METHOD", self.span(name.range), format!("there is no `{}()`", name.text));
        // `has(report.title)` is how CEL asks.
        if let (None, "has", [asked]) = (receiver, name.text.as_str(), arguments) {
            return problem.help(format!("write `{}.isSet()`", print::node(asked)));
        }
        if words::QUANTIFIERS.contains(&name.text.as_str()) {
            return problem.help(format!("write `list.{}(item, item.quantity > 0)`", name.text));
        }
        match words::meant(&name.text) {
            Some(meant) => self.fixed(problem.help(format!("did you mean `{meant}`?")), meant),
            None => {
                let names = words::METHODS.iter().map(|method| method.name).chain(words::QUANTIFIERS);
                let names = crate::nearest::list(names, usize::MAX);
                problem.help(format!("there is {names}; what they cannot do is done by a `custom:` step"))
            }
        }
    }

    fn wrong_receiver(&mut self, receiver: &Expr, name: &Word, wanted: &str) {
        let text = print::brief(receiver);
        let whole = print::expr(receiver);
        let message = format!("`{}` needs {wanted}, and `{text}` is {}", name.text, words::a(&receiver.ty));
        let problem = Problem::new("E-METHOD", receiver.span, message);
        let single = !matches!(receiver.ty, Type::Record(_) | Type::List(_));
        self.report(match &receiver.ty {
            Type::List(_) if name.text == "contains" => problem.help(format!("write `… in {text}`")),
            _ if single && wanted == "a text" => {
                let help = format!("write `text({text}).{}(…)`", name.text);
                self.fixed(problem.help(help), format!("text({whole})"))
            }
            _ => problem,
        });
    }

    fn called(&self, function: Builtin, arguments: Vec<Expr>, ty: Type, at: Range) -> Expr {
        Expr { kind: ExprKind::Call { function, arguments }, ty, span: self.span(at) }
    }
}
