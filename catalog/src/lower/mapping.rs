//! `Mapping: Name` tables become [`Mapping`]s, once a flow has said what their sources are.
//!
//! In: the table, target message, sources, lookups. Out: [`Mapping`]. Never knows: which step asked.

use super::rule::{self, Cells, Goal};
use super::table::{self, Columns};
use crate::expr::{Records, Scope, type_of};
use crate::fields::{Text, columns, did_you_mean, shown};
use crate::findings::Findings;
use crate::markdown::{Cell, Part, Row};
use crate::model::{Field, FieldType, Lookup, Mapping, MappingRow, MessageRef, RecordRef, Rule, Type};
use crate::symbols::View;
use std::collections::{BTreeSet, HashMap};

/// Name of the item in rows below an `each` row.
const ITEM: &str = "item";

/// What a mapping is lowered with.
pub(crate) struct Request<'a> {
    pub(crate) part: &'a Part,
    pub(crate) name: &'a str,
    /// Names that the map step gives, with their types.
    pub(crate) sources: &'a [(String, Type)],
    /// Lookup tables of the document; `None` where broken.
    pub(crate) lookups: &'a HashMap<&'a str, Option<Lookup>>,
    /// Text of the document.
    pub(crate) text: &'a str,
}

/// Lowers a mapping table. `None` when its target is unknown; otherwise rows with mistakes are left out and reported.
pub(crate) fn mapping(request: &Request<'_>, view: &View<'_>, findings: &mut Findings) -> Option<Mapping> {
    let (part, name) = (request.part, request.name);
    let target = view.expect_message(Text { text: name, span: part.span }, findings)?;
    let columns = table::read(part, columns::MAPPING, findings)?;
    let fields = view.fields(&target)?;
    let mut scope = view.scope();
    for (name, ty) in request.sources {
        scope.bind(name.clone(), ty.clone());
    }
    let root = RecordRef { message: target.clone(), path: Vec::new() };
    let mut reader = Reader {
        request,
        fields,
        root,
        filled: BTreeSet::new(),
        scopes: HashMap::new(),
        rows: Vec::new(),
        misplaced: false,
        findings,
    };
    for row in &columns.table.rows {
        if reader.findings.full() {
            break;
        }
        reader.row(&columns, row, &scope);
    }
    // A misspelt target would be reported a second time as missing.
    if !reader.misplaced {
        reader.missing(&target);
    }
    let rows = reader.rows;
    let description = part.around_tables(request.text);
    Some(Mapping {
        name: name.to_owned(),
        target,
        sources: request.sources.to_vec(),
        rows,
        description,
        span: part.span,
    })
}

struct Reader<'a, 'v, 'f> {
    request: &'a Request<'a>,
    fields: &'v [Field],
    root: RecordRef,
    /// Target paths that a row names, mistaken rows included.
    filled: BTreeSet<String>,
    /// Scope below each `each` row; `None` where the row is broken.
    scopes: HashMap<String, Option<Scope<'v>>>,
    rows: Vec<MappingRow>,
    /// A row has no target that exists.
    misplaced: bool,
    findings: &'f mut Findings,
}

impl<'v> Reader<'_, 'v, '_> {
    fn row(&mut self, columns: &Columns<'_>, row: &Row, scope: &Scope<'v>) {
        let Some(cell) = columns.cell(row, "Target field") else {
            self.misplaced = true;
            self.findings
                .add("E-MAP-TARGET", row.span, "the row has no target field")
                .help("name a field of the target, or remove the row");
            return;
        };
        let Some((field, record)) = self.target(cell) else {
            self.misplaced = true;
            return;
        };
        if !self.filled.insert(cell.text.clone()) {
            self.findings.add("E-MAP-TARGET", cell.span, format!("`{}` is filled twice", shown(&cell.text)));
            return;
        }
        let above = cell.text.trim_end_matches("[]").rfind("[].").map(|at| &cell.text[..at + 2]);
        let scope = match above {
            None => Some(scope.clone()),
            Some(prefix) => match self.scopes.get(prefix) {
                Some(scope) => scope.clone(),
                None => {
                    let message = format!("no row before this one fills `{prefix}`");
                    self.findings
                        .add("E-MAP-TARGET", cell.span, message)
                        .help(format!("add a row `| {prefix} | <list> | each | |` above"));
                    None
                }
            },
        };
        let each = cell.text.ends_with("[]");
        let rule = scope.as_ref().and_then(|scope| self.rule(columns, row, scope, (cell, field, &record)));
        if each {
            let below = rule.as_ref().and_then(|rule| item_scope(scope.as_ref()?, rule));
            self.scopes.insert(cell.text.clone(), below);
        }
        let Some(rule) = rule else { return };
        self.rows.push(MappingRow {
            target: cell.text.split('.').map(str::to_owned).collect(),
            target_text: cell.text.clone(),
            source_text: columns.text(row, "Source").to_owned(),
            rule_text: columns.text(row, "Rule").to_owned(),
            note: columns.text(row, "Note").to_owned(),
            rule,
            span: row.span,
        });
    }

    fn rule(
        &mut self,
        columns: &Columns<'_>,
        row: &Row,
        scope: &Scope<'v>,
        (cell, field, record): (&Cell, &Field, &RecordRef),
    ) -> Option<Rule> {
        let goal = Goal {
            field,
            ty: type_of(record, field),
            each: cell.text.ends_with("[]"),
            lookups: self.request.lookups,
            item: ITEM,
        };
        let cells = Cells { target: cell, source: columns.cell(row, "Source"), rule: columns.cell(row, "Rule") };
        rule::rule(&cells, &goal, scope, self.findings)
    }

    /// The field that a target path names, and the record that declares it.
    fn target(&mut self, cell: &Cell) -> Option<(&'v Field, RecordRef)> {
        let mut fields = self.fields;
        let mut record = self.root.clone();
        let levels: Vec<&str> = cell.text.split('.').collect();
        for (index, level) in levels.iter().enumerate() {
            let name = level.strip_suffix("[]").unwrap_or(level);
            let Some(field) = fields.iter().find(|field| field.name == name) else {
                self.unknown(cell, name, fields);
                return None;
            };
            let list = matches!(field.ty, FieldType::List(_));
            let last = index + 1 == levels.len();
            let brackets = level.ends_with("[]");
            if (brackets && !list) || (!brackets && list && !last) {
                let message = format!("`{}` is {} list", levels[..=index].join("."), if list { "a" } else { "no" });
                let help = if list { format!("write `{name}[]`") } else { format!("write `{name}`") };
                self.findings.add("E-MAP-TARGET", cell.span, message).help(help);
                return None;
            }
            if last {
                return Some((field, record));
            }
            let Some(inner) = fields_of(&field.ty) else {
                let message = format!("`{}` is no record", levels[..=index].join("."));
                self.findings.add("E-MAP-TARGET", cell.span, message);
                return None;
            };
            fields = inner;
            record.path.push(field.name.clone());
        }
        None
    }

    fn unknown(&mut self, cell: &Cell, name: &str, fields: &[Field]) {
        let message = format!("{} has no field `{}`", self.root.message.name, shown(&cell.text));
        let known = fields.iter().map(|field| field.name.as_str());
        let close = did_you_mean(name, known.clone());
        let names: Vec<_> = known.take(12).collect();
        let diagnostic = self.findings.add("E-MAP-TARGET", cell.span, message);
        match close {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic.help(format!("the fields here are {}", names.join(", "))),
        };
    }

    fn missing(&mut self, target: &MessageRef) {
        let mut gaps = Vec::new();
        gather(self.fields, "", &self.filled, &mut gaps);
        if !gaps.is_empty() {
            let message = format!("the mapping fills {} only in part: {} missing", target.name, gaps.join(", "));
            self.findings
                .add("E-MAP-MISSING", self.request.part.span, message)
                .help("required fields need a row each; use `const` or `default` where no source fits");
        }
    }
}

/// The names below an `each` row.
fn item_scope<'v>(scope: &Scope<'v>, rule: &Rule) -> Option<Scope<'v>> {
    let Rule::Each { source, item } = rule else { return None };
    let Type::List(of) = &source.ty else { return None };
    let mut below = scope.clone();
    below.bind(item.clone(), (**of).clone());
    Some(below)
}

fn fields_of(ty: &FieldType) -> Option<&[Field]> {
    match ty {
        FieldType::Record(fields) => Some(fields),
        FieldType::List(item) => fields_of(item),
        _ => None,
    }
}

fn gather(fields: &[Field], prefix: &str, filled: &BTreeSet<String>, gaps: &mut Vec<String>) {
    for field in fields {
        let path = format!("{prefix}{}", field.name);
        if filled.contains(&path) {
            continue;
        }
        let list = matches!(field.ty, FieldType::List(_));
        let (below, entered) = if list {
            (format!("{path}[]."), filled.contains(&format!("{path}[]")))
        } else {
            let below = format!("{path}.");
            let entered = filled.range(below.clone()..).next().is_some_and(|first| first.starts_with(&below));
            (below, entered)
        };
        match fields_of(&field.ty) {
            Some(inner) if entered => gather(inner, &below, filled, gaps),
            _ if field.required => gaps.push(format!("`{path}`")),
            _ => {}
        }
    }
}
