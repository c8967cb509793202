//! Types of operators.
//!
//! In: untyped sides. Out: typed operations. Never knows: grammar, methods.

use super::check::Checker;
use super::tree::{Node, NodeKind, Range};
use super::{constant, fits, literal, print, words};
use crate::model::{BinaryOp, Expr, ExprKind, Literal, Type, UnaryOp};
use crate::problem::Problem;

impl Checker<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Node, at: Range, hint: Option<&Type>) -> Option<Expr> {
        let operand = match op {
            UnaryOp::Not => self.condition(operand)?,
            UnaryOp::Negate => self.value(operand, hint)?,
        };
        if op == UnaryOp::Negate && !is_number(&operand.ty) {
            let message =
                format!("`{}` is {}; only a number can be negative", print::brief(&operand), words::a(&operand.ty));
            self.report(Problem::new("E-TYPE", operand.span, message));
            return None;
        }
        if op == UnaryOp::Not {
            self.refuse_fixed(&operand);
        }
        let ty = operand.ty.clone();
        Some(Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, ty, span: self.span(at) })
    }

    pub(super) fn binary(&mut self, op: BinaryOp, sides: [&Node; 2], at: Range, hint: Option<&Type>) -> Option<Expr> {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logical(op, sides, at),
            BinaryOp::In => self.membership(sides, at),
            _ if literal::is_arithmetic(op) => self.arithmetic(op, sides, at, hint),
            _ => self.comparison(op, sides, at),
        }
    }

    /// `a ? b : c`: what the question shows to be set is known in its branches.
    pub(super) fn conditional(
        &mut self,
        condition: &Node,
        branches: [&Node; 2],
        at: Range,
        hint: Option<&Type>,
    ) -> Option<Expr> {
        let condition = self.condition(condition);
        if let Some(condition) = &condition {
            self.refuse_fixed(condition);
        }
        let hint = hint.cloned().or_else(|| self.firm_type(branches));
        let before = self.scope.mark();
        let mut branch = |node: &Node, holds: bool| {
            if let Some(condition) = &condition {
                if holds { self.scope.assume(condition) } else { self.scope.assume_not(condition) }
            }
            let typed = self.value(node, hint.as_ref());
            self.scope.reset(before);
            typed
        };
        let [then, otherwise] = branches;
        let (then, otherwise) = (branch(then, true), branch(otherwise, false));
        let (condition, then, otherwise) = (condition?, then?, otherwise?);
        if then.ty != otherwise.ty {
            let message = format!("one branch is {}, the other {}", words::a(&then.ty), words::a(&otherwise.ty));
            let problem = Problem::new("E-TYPE", self.span(at), message);
            self.report(convert_help(problem, &then, &otherwise));
            return None;
        }
        let ty = then.ty.clone();
        let [condition, then, otherwise] = [condition, then, otherwise].map(Box::new);
        Some(Expr { kind: ExprKind::Conditional { condition, then, otherwise }, ty, span: self.span(at) })
    }

    /// `&&`, `||`: the right side may use what the left one has shown.
    fn logical(&mut self, op: BinaryOp, [left, right]: [&Node; 2], at: Range) -> Option<Expr> {
        let left = self.condition(left);
        let before = self.scope.mark();
        if let Some(left) = &left {
            self.refuse_fixed(left);
            if op == BinaryOp::And { self.scope.assume(left) } else { self.scope.assume_not(left) }
        }
        let right = self.condition(right);
        self.scope.reset(before);
        let (left, right) = (left?, right?);
        self.refuse_fixed(&right);
        if let Some(problem) = constant::chain(op, &left, &right) {
            self.report(problem);
        }
        Some(self.join(op, left, right, (Type::Bool, at)))
    }

    fn comparison(&mut self, op: BinaryOp, sides: [&Node; 2], at: Range) -> Option<Expr> {
        if sides.iter().all(|side| literal::is_flexible(side)) {
            let message = "two fixed values are compared, so the result never changes";
            self.report(Problem::new("E-CONSTANT", self.span(at), message).help("compare a field with a value"));
            return None;
        }
        let (left, right) = self.sides(sides, None)?;
        if !comparable(&left.ty, &right.ty) {
            let problem = Problem::new("E-TYPE", self.span(at), incomparable(&left, &right));
            self.report(self.unlike(problem, &left, &right));
            return None;
        }
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if let Some(help) = unordered(&left.ty, equality) {
            let message = format!("`{}` has no meaning between {} values", print::sign(op), super::type_name(&left.ty));
            self.report(Problem::new("E-TYPE", self.span(at), message).help(help));
            return None;
        }
        if print::erase(&left) == print::erase(&right) {
            let message = format!("`{}` is compared with itself", print::brief(&left));
            self.report(Problem::new("E-CONSTANT", self.span(at), message));
        }
        Some(self.join(op, left, right, (Type::Bool, at)))
    }

    fn arithmetic(&mut self, op: BinaryOp, sides: [&Node; 2], at: Range, hint: Option<&Type>) -> Option<Expr> {
        let (left, right) = self.sides(sides, hint)?;
        let span = self.span(at);
        let text = left.ty == Type::Text && right.ty == Type::Text && op == BinaryOp::Add;
        let numbers = is_number(&left.ty) && left.ty == right.ty;
        if !text && !numbers {
            let [a, b] = [&left, &right].map(|side| words::a(&side.ty));
            let problem = Problem::new("E-TYPE", span, format!("`{}` between {a} and {b}", print::sign(op)));
            let joins = op == BinaryOp::Add || (is_number(&left.ty) && is_number(&right.ty));
            self.report(if joins {
                convert_help(problem, &left, &right)
            } else {
                problem.help("only numbers can be reckoned with")
            });
            return None;
        }
        if op == BinaryOp::Remainder && left.ty == Type::Decimal {
            self.report(Problem::new("E-TYPE", span, "`%` is for whole numbers").help("decimals have no remainder"));
            return None;
        }
        if matches!(op, BinaryOp::Divide | BinaryOp::Remainder) && is_zero(&right) {
            let message = format!("`{}` is divided by zero", print::brief(&left));
            self.report(Problem::new("E-DIVISION", right.span, message));
            return None;
        }
        let ty = left.ty.clone();
        Some(self.join(op, left, right, (ty, at)))
    }

    /// `x in ['A', 'B']`, `x in list`.
    fn membership(&mut self, [left, right]: [&Node; 2], at: Range) -> Option<Expr> {
        let firm = match &right.kind {
            NodeKind::List(items) if literal::is_flexible(left) => {
                items.iter().find(|item| !literal::is_flexible(item)).and_then(|item| self.quietly(item))
            }
            NodeKind::List(_) => None,
            _ => self.quietly(right).and_then(|ty| match ty {
                Type::List(item) => Some(*item),
                _ => None,
            }),
        };
        let left = self.value(left, firm.as_ref());
        let hint = left.as_ref().map(|left| Type::List(Box::new(left.ty.clone())));
        let right = self.value(right, hint.as_ref());
        let (left, right) = (left?, right?);
        let problem = match &right.ty {
            Type::List(item) if comparable(&left.ty, item) => None,
            Type::List(item) => {
                let message = format!("{} is never among {} values", words::a(&left.ty), super::type_name(item));
                Some(Problem::new("E-TYPE", self.span(at), message))
            }
            Type::Text if left.ty == Type::Text => {
                let meant = format!("{}.contains({})", print::brief(&right), print::brief(&left));
                let problem = Problem::new("E-TYPE", right.span, "`in` needs a list, and this is a text");
                Some(problem.help(format!("write `{meant}`")))
            }
            ty => {
                let message = format!("`in` needs a list, and this is {}", words::a(ty));
                Some(Problem::new("E-TYPE", right.span, message).help("write `x in ['A', 'B']`"))
            }
        };
        if let Some(problem) = problem {
            self.report(problem);
            return None;
        }
        if let Some(problem) = constant::membership(&left, &right, self.span(at)) {
            self.report(problem);
        }
        Some(self.join(BinaryOp::In, left, right, (Type::Bool, at)))
    }

    /// Both sides; the one made of literals takes its type from the other.
    fn sides(&mut self, [left, right]: [&Node; 2], hint: Option<&Type>) -> Option<(Expr, Expr)> {
        if literal::is_flexible(left) && !literal::is_flexible(right) {
            let right = self.value(right, hint);
            let hint = right.as_ref().map(|right| right.ty.clone());
            let left = self.value(left, hint.as_ref());
            return Some((left?, right?));
        }
        let left = self.value(left, hint);
        let hint = left.as_ref().map(|left| left.ty.clone());
        let right = self.value(right, hint.as_ref());
        Some((left?, right?))
    }

    /// The type of the branch that is not made of literals.
    fn firm_type(&mut self, nodes: [&Node; 2]) -> Option<Type> {
        let firm = nodes.into_iter().find(|node| !literal::is_flexible(node))?;
        self.quietly(firm).map(|ty| literal::inner(&ty).clone())
    }

    /// The type of a node, without reporting its problems: it is checked again.
    fn quietly(&mut self, node: &Node) -> Option<Type> {
        let before = self.problems.len();
        let ty = self.node(node, None).map(|expr| expr.ty);
        self.problems.truncate(before);
        ty
    }

    /// `true && x`: a fixed condition.
    fn refuse_fixed(&mut self, expr: &Expr) {
        if let ExprKind::Literal(Literal::Bool(value)) = expr.kind {
            let message = format!("this part of the condition is always {value}");
            self.report(Problem::new("E-CONSTANT", expr.span, message).help("leave it out"));
        }
    }

    fn join(&self, op: BinaryOp, left: Expr, right: Expr, (ty, at): (Type, Range)) -> Expr {
        let [left, right] = [left, right].map(Box::new);
        Expr { kind: ExprKind::Binary { op, left, right }, ty, span: self.span(at) }
    }

    /// What to do about two sides of different types.
    fn unlike(&self, problem: Problem, left: &Expr, right: &Expr) -> Problem {
        for (literal, other) in [(left, right), (right, left)] {
            if let Some((why, meant)) = literal::rewritten(literal, &other.ty) {
                let problem = Problem { span: literal.span, ..problem };
                return self.fixed(problem.help(format!("{why}: `{meant}`")), meant);
            }
        }
        let fraction = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::Decimal(_)));
        if fraction(left) || fraction(right) {
            return problem.help("a whole number never equals a fraction");
        }
        convert_help(problem, left, right)
    }
}

/// Same type; codes only when the same field declares them.
fn comparable(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Code { .. }, Type::Code { .. }) => left == right,
        _ => fits(left, right),
    }
}

fn incomparable(left: &Expr, right: &Expr) -> String {
    let [a, b] = [left, right].map(print::brief);
    match (&left.ty, &right.ty) {
        (Type::Code { .. }, Type::Code { .. }) => format!("`{a}` and `{b}` are codes of different fields"),
        (left, right) => {
            format!("`{a}` is {} and `{b}` is {}; they cannot be compared", words::a(left), words::a(right))
        }
    }
}

/// Why a type has no order, or no equality.
fn unordered(ty: &Type, equality: bool) -> Option<&'static str> {
    match ty {
        Type::Record(_) => Some("compare their fields"),
        Type::List(_) => Some("compare their items with `all` or `exists`"),
        Type::Code { .. } if !equality => Some("the values of a code have no order: use `==` or `in`"),
        Type::Bool if !equality => Some("a condition stands alone, or with `!` before it"),
        _ => None,
    }
}

/// A way from one type to the other, if the language has one.
fn convert_help(problem: Problem, left: &Expr, right: &Expr) -> Problem {
    let scalar = |ty: &Type| !matches!(ty, Type::Record(_) | Type::List(_));
    let text = |expr: &Expr| match expr.ty {
        Type::Text => print::brief(expr),
        _ => literal::rewritten(expr, &Type::Text)
            .map_or_else(|| format!("text({})", print::brief(expr)), |(_, text)| text),
    };
    let codes = matches!((&left.ty, &right.ty), (Type::Code { .. }, Type::Code { .. }));
    if is_number(&left.ty) && is_number(&right.ty) {
        return problem
            .help("nothing is converted silently: let a mapping row with the rule `decimal` or `integer` do it");
    }
    let one_text = left.ty == Type::Text || right.ty == Type::Text;
    if (codes || one_text) && scalar(&left.ty) && scalar(&right.ty) {
        return problem.help(format!("nothing is converted silently: use `{}` and `{}`", text(left), text(right)));
    }
    problem
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal)
}

fn is_zero(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => *value == 0,
        ExprKind::Literal(Literal::Decimal(text)) => {
            rust_decimal::Decimal::from_str_exact(text).is_ok_and(|value| value.is_zero())
        }
        _ => false,
    }
}
