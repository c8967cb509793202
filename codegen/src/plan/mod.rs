//! Every decision about generated code, made once.
//!
//! In: a checked catalog. Out: [`Plan`]: crates, modules, names, types, bodies, in the order they are printed; or the
//! names that collide. Never knows: templates, files, the disk.

mod conditions;
mod flow;
mod interface;
mod literal;
mod mapping;
mod policy;
mod problems;
mod records;
mod system;
pub(crate) mod types;
mod uses;

use std::collections::BTreeMap;

use catalog::{
    Catalog,
    diagnostic::Diagnostic,
    model::{Interface, Span},
};
use serde::Serialize;

pub use flow::examples::ExamplePlan;
pub use interface::{AdmitPlan, CustomPlan, DescriptorPlan, InputPlan, InterfacePlan};
pub(crate) use literal::Piece;
pub(crate) use policy::number;
pub(crate) use problems::Problems;
pub(crate) use records::prose;
pub use records::{EnumPlan, FieldPlan, RecordPlan, VariantPlan};
pub use system::{BodyPlan, OperationPlan, ProbePlan, SystemPlan};

use crate::names::{self, Scope, Written};
use system::UsedSystems;
use types::Types;

/// Most interfaces in one crate: more take memory to compile, and time after each edit.
const LARGEST_CRATE: usize = 60;

/// What is going to be generated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Contract digest of the catalog.
    pub digest: String,
    /// Every document with the digest of its text.
    pub documents: BTreeMap<String, String>,
    /// One crate a domain, or several where a domain is large.
    pub crates: Vec<CratePlan>,
}

/// A generated crate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CratePlan {
    /// Folder below `generated/`.
    pub folder: String,
    /// Package name.
    pub package: String,
    /// Library name.
    pub library: String,
    /// The domain as Smart IDs spell it.
    pub domain: String,
    /// Interfaces, sorted by Smart ID.
    pub interfaces: Vec<InterfacePlan>,
    /// Systems they use, sorted by module.
    pub systems: Vec<SystemPlan>,
}

/// A function of a module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionPlan {
    /// Lines of the doc comment.
    pub doc: Vec<String>,
    /// Name.
    pub name: String,
    /// Parameters with their types.
    pub parameters: String,
    /// Result type.
    pub returns: String,
    /// Body.
    pub body: String,
}

/// A name with a text of Rust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldText {
    /// Name.
    pub name: String,
    /// Text.
    pub value: String,
}

/// Decides everything about the code of a catalog.
///
/// # Errors
/// Names that would be the same in Rust, all of them, each with both places.
pub fn plan(catalog: &Catalog) -> Result<Plan, Vec<Diagnostic>> {
    let types = Types::new(catalog);
    let mut problems = Problems::default();
    check_modules(catalog, &mut problems);
    let crates = groups(catalog.interfaces())
        .into_iter()
        .map(|(folder, interfaces)| plan_crate(&types, folder, &interfaces, &mut problems))
        .collect();
    let documents = catalog
        .interfaces()
        .iter()
        .map(|interface| (&interface.path, &interface.text))
        .chain(catalog.systems().iter().map(|system| (&system.path, &system.text)))
        .map(|(path, text)| (path.clone(), crate::digest::of(text)))
        .collect();
    problems.into_result(Plan { digest: catalog.digest().to_owned(), documents, crates })
}

impl FunctionPlan {
    /// A function over `piece`, which returns a `Result` if the piece may fail.
    pub(crate) fn new(doc: String, name: &str, parameters: Vec<(String, String)>, returns: &str, piece: Piece) -> Self {
        let parameters: Vec<String> = parameters.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let (returns, body) = if piece.fallible {
            (format!("Result<{returns}, MappingError>"), format!("Ok({})", piece.text))
        } else {
            (returns.to_owned(), piece.text)
        };
        Self { doc: vec![doc], name: name.to_owned(), parameters: parameters.join(", "), returns, body }
    }
}

/// Interfaces by the folder of their crate: one a domain, numbered parts where a domain is large.
fn groups(interfaces: &[Interface]) -> Vec<(String, Vec<&Interface>)> {
    let mut domains: BTreeMap<String, Vec<&Interface>> = BTreeMap::new();
    for interface in interfaces {
        domains.entry(folder_name(&interface.smart_id.domain)).or_default().push(interface);
    }
    let mut groups = Vec::new();
    for (folder, interfaces) in domains {
        let parts: Vec<&[&Interface]> = interfaces.chunks(LARGEST_CRATE).collect();
        let alone = parts.len() == 1;
        for (index, part) in parts.into_iter().enumerate() {
            let name = if alone { folder.clone() } else { format!("{folder}_part_{}", index + 1) };
            groups.push((name, part.to_vec()));
        }
    }
    groups
}

/// `service` is the crate that registers all the others.
fn folder_name(domain: &str) -> String {
    let name = names::snake(domain);
    if name == "service" { name + "_domain" } else { name }
}

fn plan_crate(types: &Types<'_>, folder: String, interfaces: &[&Interface], problems: &mut Problems) -> CratePlan {
    let mut used = UsedSystems::new();
    let planned: Vec<InterfacePlan> =
        interfaces.iter().map(|interface| interface::plan(types, interface, &mut used, problems)).collect();
    let mut systems: Vec<SystemPlan> =
        used.iter().filter_map(|(name, used)| Some(system::plan(types, types.system(name)?, used, problems))).collect();
    systems.sort_by(|a, b| a.module.cmp(&b.module));
    CratePlan {
        package: format!("generated-{}", names::kebab(&folder)),
        library: format!("generated_{}", folder.trim_end_matches('_')),
        domain: interfaces.first().map(|interface| interface.smart_id.domain.clone()).unwrap_or_default(),
        folder,
        interfaces: planned,
        systems,
    }
}

/// Modules of interfaces and systems must differ; so must the folders of domains.
fn check_modules(catalog: &Catalog, problems: &mut Problems) {
    let whole =
        |text: &str, path: &str| Written { text: text.to_owned(), path: path.to_owned(), span: Span::default() };
    let mut modules = Scope::new("modules of interfaces");
    let mut folders: BTreeMap<String, &Interface> = BTreeMap::new();
    for interface in catalog.interfaces() {
        let id = &interface.smart_id;
        problems.note(modules.claim(&names::snake(&id.text), whole(&id.text, &interface.path)));
        let first = folders.entry(folder_name(&id.domain)).or_insert(interface);
        if first.smart_id.domain != id.domain {
            let mut scope = Scope::new("domains");
            problems.note(scope.claim(&folder_name(&id.domain), whole(&first.smart_id.domain, &first.path)));
            problems.note(scope.claim(&folder_name(&id.domain), whole(&id.domain, &interface.path)));
        }
    }
    let mut systems = Scope::new("modules of systems");
    for system in catalog.systems() {
        problems.note(systems.claim(&types::system_module(&system.name), whole(&system.name, &system.path)));
    }
}
