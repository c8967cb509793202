//! A small evaluator over checked expressions: the plainest reading of the model's promises.

use super::value::Value;
use rust_decimal::Decimal;
use tieline_catalog::model::{BinaryOp, Builtin, Expr, ExprKind, Literal, Type, UnaryOp};

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    Overflow,
    DivisionByZero,
    NoSuchItem,
}

type Names = Vec<(String, Value)>;

/// The value of an expression. A panic here means that the checker let through what has no meaning.
pub(super) fn evaluate(expr: &Expr, names: &mut Names) -> Result<Value, Failed> {
    let value = match &expr.kind {
        ExprKind::Literal(literal) => self::literal(literal, &expr.ty),
        ExprKind::Name(name) => names.iter().rev().find(|(bound, _)| bound == name).unwrap().1.clone(),
        ExprKind::Field { record, name } => match evaluate(record, names)? {
            Value::Record(fields) => fields.into_iter().find(|(field, _)| field == name).unwrap().1,
            Value::Absent => Value::Absent,
            other => panic!("a field of {other:?}"),
        },
        ExprKind::Index { list, index } => {
            let items = list_of(evaluate(list, names)?);
            let at = usize::try_from(integer_of(evaluate(index, names)?)).map_err(|_| Failed::NoSuchItem)?;
            items.get(at).cloned().ok_or(Failed::NoSuchItem)?
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => Value::Bool(!bool_of(evaluate(operand, names)?)),
        ExprKind::Unary { op: UnaryOp::Negate, operand } => match evaluate(operand, names)? {
            Value::Integer(value) => Value::Integer(value.checked_neg().ok_or(Failed::Overflow)?),
            Value::Decimal(value) => Value::Decimal(-value),
            other => panic!("minus {other:?}"),
        },
        ExprKind::Binary { op, left, right } => binary(*op, left, right, names)?,
        ExprKind::Conditional { condition, then, otherwise } => {
            let branch = if bool_of(evaluate(condition, names)?) { then } else { otherwise };
            evaluate(branch, names)?
        }
        ExprKind::List(items) => {
            Value::List(items.iter().map(|item| evaluate(item, names)).collect::<Result<Vec<_>, _>>()?)
        }
        ExprKind::Call { function, arguments } => {
            let values = arguments.iter().map(|argument| evaluate(argument, names)).collect::<Result<Vec<_>, _>>()?;
            call(*function, &values)
        }
        ExprKind::Quantifier { all, list, item, condition } => {
            let items = list_of(evaluate(list, names)?);
            let mut result = *all;
            for value in items {
                names.push((item.clone(), value));
                let holds = evaluate(condition, names);
                names.pop();
                if bool_of(holds?) != *all {
                    result = !*all;
                    break;
                }
            }
            Value::Bool(result)
        }
    };
    assert!(has_type(&value, &expr.ty), "{value:?} is no {:?}", expr.ty);
    Ok(value)
}

/// The promise of the checker: every node has the type it says.
fn has_type(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (value, Type::Optional(inner)) => *value == Value::Absent || has_type(value, inner),
        (Value::Text(text), Type::Code { values, .. }) => values.contains(text),
        (Value::List(items), Type::List(inner)) => items.iter().all(|item| has_type(item, inner)),
        (value, ty) => matches!(
            (value, ty),
            (Value::Text(_), Type::Text)
                | (Value::Integer(_), Type::Integer)
                | (Value::Decimal(_), Type::Decimal)
                | (Value::Bool(_), Type::Bool)
                | (Value::Record(_), Type::Record(_))
        ),
    }
}

fn literal(literal: &Literal, ty: &Type) -> Value {
    match literal {
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::Integer(value) => {
            assert_eq!(*ty, Type::Integer);
            Value::Integer(*value)
        }
        Literal::Decimal(text) => Value::Decimal(text.parse().unwrap()),
        Literal::Bool(value) => Value::Bool(*value),
    }
}

fn binary(op: BinaryOp, left: &Expr, right: &Expr, names: &mut Names) -> Result<Value, Failed> {
    let a = evaluate(left, names)?;
    if op == BinaryOp::And || op == BinaryOp::Or {
        let decided = bool_of(a) == (op == BinaryOp::Or);
        return if decided { Ok(Value::Bool(op == BinaryOp::Or)) } else { evaluate(right, names) };
    }
    let b = evaluate(right, names)?;
    if op == BinaryOp::In {
        return Ok(Value::Bool(list_of(b).contains(&a)));
    }
    match op {
        BinaryOp::Equal => return Ok(Value::Bool(a == b)),
        BinaryOp::NotEqual => return Ok(Value::Bool(a != b)),
        _ => {}
    }
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => match op {
            BinaryOp::Add => a.checked_add(b).ok_or(Failed::Overflow).map(Value::Integer),
            BinaryOp::Subtract => a.checked_sub(b).ok_or(Failed::Overflow).map(Value::Integer),
            BinaryOp::Multiply => a.checked_mul(b).ok_or(Failed::Overflow).map(Value::Integer),
            BinaryOp::Divide | BinaryOp::Remainder if b == 0 => Err(Failed::DivisionByZero),
            BinaryOp::Divide => a.checked_div(b).ok_or(Failed::Overflow).map(Value::Integer),
            BinaryOp::Remainder => a.checked_rem(b).ok_or(Failed::Overflow).map(Value::Integer),
            _ => Ok(Value::Bool(ordered(op, &a, &b))),
        },
        (Value::Decimal(a), Value::Decimal(b)) => decimal(op, a, b),
        (Value::Text(a), Value::Text(b)) if op == BinaryOp::Add => Ok(Value::Text(a + &b)),
        (Value::Text(a), Value::Text(b)) => Ok(Value::Bool(ordered(op, &a, &b))),
        (a, b) => panic!("{op:?} between {a:?} and {b:?}"),
    }
}

fn decimal(op: BinaryOp, a: Decimal, b: Decimal) -> Result<Value, Failed> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        _ => return Ok(Value::Bool(ordered(op, &a, &b))),
    };
    result.ok_or(Failed::Overflow).map(Value::Decimal)
}

fn ordered<T: PartialOrd>(op: BinaryOp, a: &T, b: &T) -> bool {
    match op {
        BinaryOp::Less => a < b,
        BinaryOp::LessOrEqual => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterOrEqual => a >= b,
        other => panic!("{other:?} is no order"),
    }
}

fn call(function: Builtin, values: &[Value]) -> Value {
    let text = |at: usize| match &values[at] {
        Value::Text(text) => text.as_str(),
        other => panic!("{function:?} of {other:?}"),
    };
    let length = |length: usize| Value::Integer(i64::try_from(length).unwrap());
    match function {
        Builtin::Size => match &values[0] {
            Value::List(items) => length(items.len()),
            _ => length(text(0).chars().count()),
        },
        Builtin::StartsWith => Value::Bool(text(0).starts_with(text(1))),
        Builtin::EndsWith => Value::Bool(text(0).ends_with(text(1))),
        Builtin::Contains => Value::Bool(text(0).contains(text(1))),
        Builtin::Matches => Value::Bool(regex::Regex::new(text(1)).unwrap().is_match(text(0))),
        Builtin::IsSet => Value::Bool(values[0] != Value::Absent),
        Builtin::Or if values[0] == Value::Absent => values[1].clone(),
        Builtin::Or => values[0].clone(),
        Builtin::Known => {
            assert_ne!(values[0], Value::Absent, "known to be set, and is not");
            values[0].clone()
        }
        Builtin::Text => match &values[0] {
            Value::Integer(value) => Value::Text(value.to_string()),
            _ => Value::Text(text(0).to_owned()),
        },
        Builtin::Lower => Value::Text(text(0).to_lowercase()),
        Builtin::Upper => Value::Text(text(0).to_uppercase()),
        Builtin::Trim => Value::Text(text(0).trim().to_owned()),
        Builtin::Skip => {
            let count = usize::try_from(integer_of(values[1].clone())).unwrap();
            Value::Text(text(0).chars().skip(count).collect())
        }
    }
}

fn bool_of(value: Value) -> bool {
    match value {
        Value::Bool(value) => value,
        other => panic!("{other:?} is no bool"),
    }
}

fn integer_of(value: Value) -> i64 {
    match value {
        Value::Integer(value) => value,
        other => panic!("{other:?} is no integer"),
    }
}

fn list_of(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items,
        other => panic!("{other:?} is no list"),
    }
}
