//! Mapping tables become functions, one for the message and one for each list it fills; lookup tables become matches.
//!
//! In: a mapping of an interface. Out: [`FunctionPlan`]s. Never knows: steps, operations.

use std::{cell::RefCell, collections::BTreeMap};

use catalog::model::{Expr, FieldType, Interface, Lookup, Mapping, MappingRow, RecordRef, Rule, Sensitivity, Type};

use super::{
    FunctionPlan,
    literal::{Leaf, Literal, Piece, Slot},
    types::{Here, Types, bare, is_copy, nested, record_fields, record_of, value_type},
};
use crate::{
    names,
    rust_expr::{AS_STR, Code, Form, Local, Locals, Printer, Recodes, free_names, variant},
};

/// What a mapping became.
#[derive(Debug, Clone)]
pub(crate) struct Mapped {
    /// Name of the function.
    pub(crate) function: String,
    /// It returns a `Result`.
    pub(crate) fallible: bool,
}

/// Plans the mappings of one interface.
pub(crate) struct Mapper<'a> {
    pub(crate) types: &'a Types<'a>,
    pub(crate) here: &'a Here,
    pub(crate) interface: &'a Interface,
    /// Functions planned so far, in the order they are printed.
    functions: RefCell<Vec<FunctionPlan>>,
    /// Mappings planned so far, by name: several steps may use one.
    mapped: RefCell<BTreeMap<String, Mapped>>,
    lookups: RefCell<BTreeMap<String, FunctionPlan>>,
    /// Codes that functions of each lookup table take.
    lookup_codes: RefCell<BTreeMap<String, Vec<(RecordRef, String)>>>,
    pub(crate) recodes: Recodes,
}

/// The rows of one record, message or list item.
struct Table<'a, 'b> {
    mapper: &'a Mapper<'b>,
    rows: &'a [&'a MappingRow],
    locals: &'a Locals,
    /// Name of the function that is being written.
    function: String,
}

impl<'a> Mapper<'a> {
    pub(crate) fn new(types: &'a Types<'a>, here: &'a Here, interface: &'a Interface) -> Self {
        Self {
            types,
            here,
            interface,
            functions: RefCell::default(),
            mapped: RefCell::default(),
            lookups: RefCell::default(),
            lookup_codes: RefCell::default(),
            recodes: Recodes::default(),
        }
    }

    /// Everything that was planned: mappings first, then lookups.
    pub(crate) fn into_functions(self) -> Vec<FunctionPlan> {
        let mut functions = self.functions.into_inner();
        functions.extend(self.lookups.into_inner().into_values());
        functions.extend(self.recodes.into_functions());
        functions
    }

    /// Plans a mapping table.
    pub(crate) fn mapping(&self, mapping: &Mapping) -> Mapped {
        if let Some(mapped) = self.mapped.borrow().get(&mapping.name) {
            return mapped.clone();
        }
        let function = function_name(mapping);
        let record = record_of(&mapping.target);
        let place = self.functions.borrow().len();
        let rows: Vec<&MappingRow> = mapping.rows.iter().collect();
        let mut locals = Locals::default();
        for (name, ty) in &mapping.sources {
            bind_parameter(&mut locals, name, ty);
        }
        let table = Table { mapper: self, rows: &rows, locals: &locals, function: function.clone() };
        let body = table.print(&record, 0);
        let parameters =
            mapping.sources.iter().map(|(name, ty)| (names::snake(name), self.here.borrowed(ty))).collect();
        let doc = format!("Mapping: {} (line {}).", mapping.name, mapping.span.line);
        let returns = self.here.owned(&Type::Record(record));
        let plan = FunctionPlan::new(doc, &function, parameters, &returns, body.clone());
        self.functions.borrow_mut().insert(place, plan);
        let mapped = Mapped { function, fallible: body.fallible };
        self.mapped.borrow_mut().insert(mapping.name.clone(), mapped.clone());
        mapped
    }

    /// Plans a lookup table from one type to another.
    fn lookup(&self, table: &Lookup, from: &Type, wanted: &Type) -> LookedUp {
        let mut function = format!("lookup_{}", names::snake(&table.name).trim_end_matches('_'));
        if let Type::Code { field, .. } = wanted {
            function.push_str("_as_");
            function.push_str(names::snake(field).trim_end_matches('_'));
        }
        let closed = closed_values(table, from);
        let fails = table.otherwise.is_none() && closed.is_none();
        let value = |words: &str| match wanted {
            Type::Code { .. } => variant(wanted, words, self.here),
            _ => format!("{words:?}"),
        };
        let wrap = |value: String| if fails { format!("Ok({value})") } else { value };
        let arms: Vec<String> = match closed {
            Some(pairs) => {
                pairs.iter().map(|(code, to)| format!("{} => {},", variant(from, code, self.here), value(to))).collect()
            }
            None => {
                let entries = table.entries.iter().map(|(from, to)| format!("{from:?} => {},", wrap(value(to))));
                let rest = match &table.otherwise {
                    Some(otherwise) => format!("_ => {},", value(otherwise)),
                    None => format!("_ => Err(convert::lookup_missing({:?})),", table.name),
                };
                entries.chain([rest]).collect()
            }
        };
        let takes_code = closed_values(table, from).is_some();
        if takes_code && let Type::Code { declared, field, .. } = from {
            function.push_str(&self.distinction(table, declared, field));
        }
        let plain =
            if matches!(wanted, Type::Code { .. }) { self.here.owned(wanted) } else { "&'static str".to_owned() };
        let plan = FunctionPlan {
            doc: vec![format!("Lookup: {} (line {}).", table.name, table.span.line)],
            name: function.clone(),
            parameters: format!("from: {}", if takes_code { self.here.owned(from) } else { "&str".to_owned() }),
            returns: if fails { format!("Result<{plain}, convert::Reason>") } else { plain },
            body: format!("match from {{ {} }}", arms.join(" ")),
        };
        self.lookups.borrow_mut().insert(function.clone(), plan);
        LookedUp { function, takes_code, fails }
    }

    /// What tells functions of one table apart that take different codes; nothing for the first.
    fn distinction(&self, table: &Lookup, declared: &RecordRef, field: &str) -> String {
        let mut codes = self.lookup_codes.borrow_mut();
        let known = codes.entry(table.name.clone()).or_default();
        let key = (declared.clone(), field.to_owned());
        let index = known.iter().position(|known| *known == key).unwrap_or_else(|| {
            known.push(key);
            known.len() - 1
        });
        if index == 0 { String::new() } else { format!("_{}", index + 1) }
    }
}

/// A lookup function.
struct LookedUp {
    function: String,
    takes_code: bool,
    fails: bool,
}

/// What each value of a code becomes, if the table says it for all of them: then the compiler proves that none is missing.
fn closed_values<'t>(table: &'t Lookup, from: &'t Type) -> Option<Vec<(&'t str, &'t str)>> {
    let Type::Code { values, .. } = from else { return None };
    let find = |value: &String| {
        table.entries.iter().find(|(from, _)| from == value).map(|(_, to)| to).or(table.otherwise.as_ref())
    };
    values.iter().map(|value| Some((value.as_str(), find(value)?.as_str()))).collect()
}

impl Table<'_, '_> {
    /// The struct literal of the record whose rows have `depth` names behind them.
    fn print(&self, record: &RecordRef, depth: usize) -> Piece {
        let Some(message) = self.mapper.types.message(&record.message) else {
            return Piece { text: String::new(), fallible: false };
        };
        let mut fields = message.fields.as_slice();
        let mut around = Sensitivity::Public;
        for name in &record.path {
            let Some(field) = fields.iter().find(|field| &field.name == name) else { break };
            around = if field.sensitive == Sensitivity::Public { around } else { field.sensitive };
            fields = record_fields(&field.ty).unwrap_or_default();
        }
        let heads: Vec<&MappingRow> = self.rows.iter().copied().filter(|row| self.is_head(row, depth)).collect();
        let leaves: Vec<Leaf<'_>> = heads
            .iter()
            .map(|row| Leaf {
                path: row.target.iter().map(|name| name.trim_end_matches("[]")).collect(),
                note: note(row),
                value: Box::new(|slot| self.row(row, slot)),
            })
            .collect();
        let leaves: Vec<&Leaf<'_>> = leaves.iter().collect();
        Literal { here: self.mapper.here, record, fields, around }.print(&leaves, depth)
    }

    /// Rows of list items belong to the row that fills the list.
    fn is_head(&self, row: &MappingRow, depth: usize) -> bool {
        let names = row.target.get(depth..).unwrap_or_default();
        names.iter().rev().skip(1).all(|name| !name.ends_with("[]"))
    }

    fn row(&self, row: &MappingRow, slot: &Slot<'_>) -> Piece {
        let printer = Printer {
            types: self.mapper.types,
            here: self.mapper.here,
            locals: self.locals,
            recodes: &self.mapper.recodes,
            subject: &row.target_text,
            line: row.span.line,
        };
        let wanted = value_type(&slot.field.ty, slot.record, &slot.field.name);
        let code = match &row.rule {
            Rule::Each { source, item } => return self.each(&printer, row, (source, item), slot),
            Rule::Copy(source) | Rule::Const(source) | Rule::Expr(source) => {
                printer.coerced(printer.code(source), &wanted)
            }
            Rule::Default { source, default } => {
                let (source, default) = (printer.code(source), printer.code(default));
                let fallible = source.fallible || default.fallible;
                printer.coerced(Code { fallible, ..source.or(&default) }, &wanted)
            }
            Rule::Concat { parts, separator } => concat(&printer, parts, separator),
            rule => self.converted(&printer, rule, &wanted),
        };
        Piece { text: code.stored(slot.target), fallible: code.fallible }
    }

    /// A rule with one source and one conversion.
    fn converted(&self, printer: &Printer<'_>, rule: &Rule, wanted: &Type) -> Code {
        let Some(source) = source(rule) else { return Code::value_of(String::new(), wanted.clone()) };
        let source = printer.code(source);
        if !matches!(source.ty, Type::Optional(_)) {
            let call = self.call(rule, &source, wanted);
            let text = if call.fails { printer.located(&call.text) } else { call.text };
            return Code { fallible: call.fails || source.fallible, form: call.form, ..Code::value_of(text, call.ty) };
        }
        let form = if is_copy(&source.ty) { Form::Value } else { Form::Reference };
        let value = Code { form, ..Code::value_of("value".to_owned(), bare(&source.ty).clone()) };
        let call = self.call(rule, &value, wanted);
        let owned = Code { form: call.form, ..Code::value_of(call.text.clone(), call.ty.clone()) };
        let body = if call.fails { call.text } else { owned.owned().text };
        let view = source.viewed();
        let mapped = match (view.strip_suffix(AS_STR), body.strip_suffix("(value)")) {
            // A closure takes `&String` for `&str`, a function's name does not.
            (Some(view), _) => format!("{view}.map(|value| {body})"),
            (None, Some(function)) if !function.contains('(') => format!("{view}.map({function})"),
            (None, _) => format!("{view}.map(|value| {body})"),
        };
        let text = if call.fails { printer.located(&format!("{mapped}.transpose()")) } else { mapped };
        let fallible = call.fails || source.fallible;
        Code {
            fallible,
            form: if call.fails { call.form } else { Form::Value },
            ..Code::value_of(text, Type::Optional(Box::new(call.ty)))
        }
    }

    /// The conversion of a value that is there.
    fn call(&self, rule: &Rule, value: &Code, wanted: &Type) -> Call {
        let text = || value.as_text().borrowed().text;
        let certain = |text: String, ty: Type| Call { text, fails: false, form: Form::Value, ty };
        let uncertain = |text: String, ty: Type| Call { fails: true, ..certain(text, ty) };
        match rule {
            Rule::Lookup { table, .. } => self.looked_up(table, value, wanted),
            Rule::ToText(_) => {
                let Code { text, form, ty, .. } = value.as_text();
                Call { text, fails: false, form, ty }
            }
            Rule::ToInteger(_) => uncertain(format!("convert::to_integer({})", text()), Type::Integer),
            Rule::ToDecimal(_) if *bare(&value.ty) == Type::Integer => {
                certain(format!("Decimal::from({})", value.copied().text), Type::Decimal)
            }
            Rule::ToDecimal(_) => uncertain(format!("convert::to_decimal({})", text()), Type::Decimal),
            Rule::ToDate { zone, .. } => {
                uncertain(format!("convert::date_in({}, {zone:?})", value.copied().text), Type::Date)
            }
            Rule::FormatDate { pattern, .. } => {
                uncertain(format!("convert::format_date({}, {pattern:?})", value.copied().text), Type::Text)
            }
            Rule::ParseDate { pattern, .. } => {
                let function = match wanted {
                    Type::Time => "parse_time",
                    Type::Instant => "parse_instant",
                    _ => "parse_date",
                };
                uncertain(format!("convert::{function}({}, {pattern:?})", text()), wanted.clone())
            }
            Rule::Trim(_) => certain(format!("convert::trim({})", text()), Type::Text),
            Rule::Upper(_) => certain(format!("convert::upper({})", text()), Type::Text),
            Rule::Lower(_) => certain(format!("convert::lower({})", text()), Type::Text),
            Rule::PadLeft { width, with, .. } => {
                certain(format!("convert::pad_left({}, {width}, {with:?})", text()), Type::Text)
            }
            Rule::Truncate { length, .. } => certain(format!("convert::truncate({}, {length})", text()), Type::Text),
            Rule::Split { separator, index, .. } => {
                uncertain(format!("convert::split({}, {separator:?}, {index})", text()), Type::Text)
            }
            Rule::Round { scale, .. } => {
                certain(format!("convert::round({}, {scale})", value.copied().text), Type::Decimal)
            }
            _ => certain(value.owned().text, value.ty.clone()),
        }
    }

    fn looked_up(&self, table: &str, value: &Code, wanted: &Type) -> Call {
        let Some(lookup) = self.mapper.interface.lookups.iter().find(|lookup| lookup.name == table) else {
            return Call { text: String::new(), fails: false, form: Form::Value, ty: wanted.clone() };
        };
        let LookedUp { function, takes_code, fails } = self.mapper.lookup(lookup, bare(&value.ty), wanted);
        let from = match bare(&value.ty) {
            Type::Code { .. } if takes_code => value.copied().text,
            Type::Code { .. } => value.displayed(),
            _ => value.borrowed().text,
        };
        let is_text = !matches!(wanted, Type::Code { .. });
        Call {
            text: format!("{function}({from})"),
            fails,
            form: if is_text { Form::Reference } else { Form::Value },
            ty: if is_text { Type::Text } else { wanted.clone() },
        }
    }

    /// A list filled item by item: a function of its own.
    fn each(&self, printer: &Printer<'_>, row: &MappingRow, (source, item): (&Expr, &str), slot: &Slot<'_>) -> Piece {
        let list = printer.code(source);
        let Type::List(item_type) = bare(&list.ty).clone() else {
            return Piece { text: String::new(), fallible: false };
        };
        let FieldType::List(_) = slot.field.ty else { return Piece { text: String::new(), fallible: false } };
        let mut locals = self.locals.clone();
        bind_parameter(&mut locals, item, &item_type);
        let depth = row.target.len();
        let rows: Vec<&MappingRow> = self
            .rows
            .iter()
            .copied()
            .filter(|inner| inner.target.len() > depth && inner.target.starts_with(&row.target))
            .collect();
        let function = format!("{}_{}", self.function, names::snake(&slot.field.name).trim_end_matches('_'));
        let record = nested(slot.record, &slot.field.name);
        let place = self.mapper.functions.borrow().len();
        let table = Table { mapper: self.mapper, rows: &rows, locals: &locals, function: function.clone() };
        let body = table.print(&record, depth);
        let (parameters, arguments) = self.parameters(&rows, (item, &item_type));
        let doc = format!("`{}` of [`{}`] (line {}).", row.target_text, self.function, row.span.line);
        let returns = self.mapper.here.owned(&Type::Record(record));
        let plan = FunctionPlan::new(doc, &function, parameters, &returns, body.clone());
        self.mapper.functions.borrow_mut().insert(place, plan);
        let direct = arguments.len() == 1 && matches!(*item_type, Type::Record(_));
        let call =
            if direct { function } else { format!("|{}| {function}({})", names::snake(item), arguments.join(", ")) };
        let collect = if body.fallible { "collect::<Result<_, _>>()?" } else { "collect()" };
        Piece { text: format!("{}.map({call}).{collect}", list.iterated()), fallible: body.fallible || list.fallible }
    }

    /// What the function of a list item takes, and what it is called with: the item, and every source its rows use.
    fn parameters(
        &self,
        rows: &[&MappingRow],
        (item, item_type): (&str, &Type),
    ) -> (Vec<(String, String)>, Vec<String>) {
        let name = names::snake(item);
        let passed = if is_copy(item_type) { format!("*{name}") } else { name.clone() };
        let mut parameters = vec![(name, self.mapper.here.borrowed(item_type))];
        let mut arguments = vec![passed];
        let mut used: Vec<String> = rows.iter().flat_map(|row| row.rule.sources()).flat_map(free_names).collect();
        used.sort();
        used.dedup();
        for (name, local) in
            used.iter().filter(|name| *name != item).filter_map(|name| Some((name, self.locals.get(name)?)))
        {
            parameters.push((names::snake(name), self.mapper.here.borrowed(&local.ty)));
            arguments.push(local.rust.clone());
        }
        (parameters, arguments)
    }
}

/// Name of the function that a mapping table becomes.
pub(crate) fn function_name(mapping: &Mapping) -> String {
    format!("map_{}", names::snake(&mapping.name).trim_end_matches('_'))
}

/// The note of a row, with its line.
fn note(row: &MappingRow) -> String {
    if row.note.is_empty() { String::new() } else { format!("{} (line {})", row.note, row.span.line) }
}

/// A printed conversion.
struct Call {
    text: String,
    /// It returns `Result<_, Reason>`.
    fails: bool,
    form: Form,
    ty: Type,
}

fn concat(printer: &Printer<'_>, parts: &[Expr], separator: &str) -> Code {
    let codes: Vec<Code> = parts.iter().map(|part| printer.code(part)).collect();
    let texts: Vec<String> = codes.iter().map(|code| code.as_text().borrowed().text).collect();
    let fallible = codes.iter().any(|code| code.fallible);
    Code { fallible, ..Code::value_of(format!("convert::concat(&[{}], {separator:?})", texts.join(", ")), Type::Text) }
}

/// The source of a rule with one source and one conversion.
fn source(rule: &Rule) -> Option<&Expr> {
    match rule.sources().as_slice() {
        [source] => Some(source),
        _ => None,
    }
}

/// A parameter of a function: borrowed, or copied.
pub(crate) fn bind_parameter(locals: &mut Locals, name: &str, ty: &Type) {
    let form = if is_copy(ty) { Form::Value } else { Form::Reference };
    locals.bind(name, Local { rust: names::snake(name), ty: ty.clone(), form, sensitive: false });
}
