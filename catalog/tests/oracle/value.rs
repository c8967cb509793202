//! Values of the record that expressions are evaluated over, for both sides.

use cel::extractors::This;
use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use tieline_catalog::model::{Field, FieldType, MessageRef, Owner, RecordRef, Sensitivity, Span};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// An optional that is not there.
    Absent,
    Text(String),
    Integer(i64),
    Decimal(Decimal),
    Bool(bool),
    List(Vec<Value>),
    Record(Vec<(&'static str, Value)>),
}

pub(super) struct Records(Vec<Field>);

impl tieline_catalog::expr::Records for Records {
    fn fields(&self, _: &MessageRef) -> Option<&[Field]> {
        Some(&self.0)
    }
}

pub(super) fn record() -> RecordRef {
    let owner = Owner::System("11VMS".to_owned());
    RecordRef { message: MessageRef { owner, name: "Report".to_owned() }, path: Vec::new() }
}

impl Records {
    pub(super) fn new() -> Self {
        let code = || FieldType::Code(["A", "B", "C"].map(str::to_owned).to_vec());
        let decimal = || FieldType::Decimal(None);
        let extra = vec![field("amount", decimal(), true), field("currency", FieldType::Text, false)];
        let line = vec![field("rate", decimal(), true), field("note", FieldType::Text, false)];
        Self(vec![
            field("id", FieldType::Text, true),
            field("title", FieldType::Text, false),
            field("year", FieldType::Integer, true),
            field("count", FieldType::Integer, true),
            field("amount", decimal(), true),
            field("rate", decimal(), false),
            field("status", code(), true),
            field("former", code(), false),
            field("closed", FieldType::Bool, true),
            field("extra", FieldType::Record(extra), false),
            field("overtime", FieldType::List(Box::new(FieldType::Record(line))), true),
            field("tags", FieldType::List(Box::new(FieldType::Text)), true),
        ])
    }
}

fn field(name: &str, ty: FieldType, required: bool) -> Field {
    let (name, constraints, description) = (name.to_owned(), Vec::new(), String::new());
    Field { name, ty, required, constraints, sensitive: Sensitivity::Public, description, span: Span::default() }
}

/// What the other implementation makes of the same text and values. Our methods that CEL does not have are given to it.
pub(super) fn cel(text: &str, report: &Value) -> Result<Value, String> {
    static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));
    // CEL's own `or` joins optionals, which are a type of their own there.
    let program = STANDARD.compile(&text.replace(".or(", ".orDefault(")).map_err(|error| format!("{error:?}"))?;
    let mut context = Context::with_env(STANDARD.clone());
    context.add_variable_from_value("report", to_cel(report));
    let added = [
        context.add_function("isSet", |This(value): This<cel::Value>| !matches!(value, cel::Value::Null)),
        context.add_function(
            "orDefault",
            |This(value): This<cel::Value>, default: cel::Value| -> Result<cel::Value, ExecutionError> {
                Ok(if matches!(value, cel::Value::Null) { default } else { value })
            },
        ),
        context.add_function("lower", |This(text): This<Arc<String>>| text.to_lowercase()),
        context.add_function("upper", |This(text): This<Arc<String>>| text.to_uppercase()),
        context.add_function("trim", |This(text): This<Arc<String>>| text.trim().to_owned()),
        context.add_function("skip", |This(text): This<Arc<String>>, count: i64| {
            text.chars().skip(usize::try_from(count).unwrap()).collect::<String>()
        }),
        context.add_function("text", |value: i64| value.to_string()),
    ];
    added.into_iter().collect::<Result<Vec<()>, _>>().map_err(|error| format!("{error:?}"))?;
    let result = program.execute(&context).map_err(|error| error.to_string())?;
    Ok(from_cel(&result))
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Absent => cel::Value::Null,
        Value::Text(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Integer(value) => cel::Value::Int(*value),
        // Generated decimals are quarters, which floats hold exactly.
        Value::Decimal(value) => cel::Value::Float(value.to_f64().unwrap()),
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::List(items) => cel::Value::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Record(fields) => {
            let key = |name: &str| Key::String(Arc::new(name.to_owned()));
            let map: HashMap<Key, cel::Value> = fields.iter().map(|(name, value)| (key(name), to_cel(value))).collect();
            cel::Value::Map(Map { map: Arc::new(map) })
        }
    }
}

fn from_cel(value: &cel::Value) -> Value {
    match value {
        cel::Value::String(text) => Value::Text(text.to_string()),
        cel::Value::Int(value) => Value::Integer(*value),
        cel::Value::Float(value) => Value::Decimal(Decimal::from_f64(*value).unwrap()),
        cel::Value::Bool(value) => Value::Bool(*value),
        _ => Value::Absent,
    }
}
