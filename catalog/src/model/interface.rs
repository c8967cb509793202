//! One interface: a line between two systems.
//!
//! In: nothing. Out: [`Interface`] and the small facts its document states about identity, people and life cycle.
//! Never knows: how any of it was written down.

use super::{CustomFunction, ErrorPolicy, Lookup, Mapping, Message, Span, Step, Trigger};

/// One interface document, checked. Everything a page, a generator or a proof may want to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Interface {
    /// Path of the document relative to the project root, with `/`.
    pub path: String,
    /// The whole text of the document, LF line ends.
    pub text: String,
    /// `<Domain>-<Source>-<Target>-<Object>-V<n>`.
    pub smart_id: SmartId,
    /// Former tracking codes, e.g. `ISINT01`.
    pub legacy_ids: Vec<String>,
    /// One line for lists and page heads.
    pub title: String,
    /// Life cycle.
    pub status: Status,
    /// Business domain in words, e.g. `Procurement Data`.
    pub domain: String,
    /// Business objects that it carries, each once: as the document names them, else the one that the Smart ID names.
    pub objects: Vec<String>,
    /// Higher-level process, e.g. `PRC-S4-SF-O2C-V1`.
    pub process: Option<String>,
    /// Integration style in the field's own terms.
    pub style: Style,
    /// How much, how often.
    pub volume: Option<Volume>,
    /// How often data flows, in words, when the trigger alone does not say it (`batch of SAP SRM7`).
    pub frequency: Option<String>,
    /// Name of the source system (a [`super::System::name`]).
    pub source: String,
    /// Name of the target system (a [`super::System::name`]).
    pub target: String,
    /// Who answers for it.
    pub owners: Owners,
    /// What was agreed.
    pub sla: Sla,
    /// How long messages are kept.
    pub retention: Retention,
    /// What starts it.
    pub trigger: Trigger,
    /// What it does, in order.
    pub flow: Vec<Step>,
    /// What happens when it fails.
    pub errors: ErrorPolicy,
    /// Messages declared in this document (mapping targets, trigger messages without a system of their own).
    pub messages: Vec<Message>,
    /// Mapping tables of this document.
    pub mappings: Vec<Mapping>,
    /// Value mapping tables of this document.
    pub lookups: Vec<Lookup>,
    /// Functions that the user writes in Rust.
    pub custom: Vec<CustomFunction>,
    /// Worked examples: shown on the page, replayed as tests.
    pub examples: Vec<Example>,
    /// Prose sections in document order (reserved headings excluded).
    pub sections: Vec<Section>,
    /// Life-cycle entries, oldest first as written.
    pub history: Vec<Change>,
    /// Interfaces that belong together.
    pub related: Vec<Related>,
    /// Integration flows, API proxies, queues, repositories.
    pub artefacts: Vec<Artefact>,
    /// Security model per component (the hops between source and target).
    pub components: Vec<Component>,
    /// How it is watched.
    pub monitoring: Monitoring,
    /// Contract digest: 12 hex digits over the normalised facts apart from prose.
    pub digest: String,
    /// Names of every system that takes part, source and target first.
    pub systems: Vec<String>,
}

/// The identity of an interface, split into its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmartId {
    /// As written.
    pub text: String,
    /// First token.
    pub domain: String,
    /// Second token, code of the source system.
    pub source: String,
    /// Third token, code of the target system.
    pub target: String,
    /// Everything between; hyphens allowed.
    pub object: String,
    /// The number behind the last `V`.
    pub version: u32,
}

impl SmartId {
    /// The object part as people write it: `PURCHASE-ORDER` becomes `Purchase order`.
    #[must_use]
    pub fn object_name(&self) -> String {
        let words = self.object.replace(['-', '_'], " ").to_lowercase();
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// What two spellings of one business object have in common: letters and digits, in lower case, single spaces between.
#[must_use]
pub fn object_key(name: &str) -> String {
    let words = name.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Life cycle of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are the field's own")]
pub enum Status {
    Draft,
    Active,
    Deprecated,
    Retired,
}

/// Integration style, ISA-M words with the ones that architects add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are the field's own")]
pub enum Style {
    Application,
    EventDriven,
    ApiManaged,
    FileTransfer,
    DataReplication,
    B2b,
}

/// Expected volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Messages a day, if stated.
    pub per_day: Option<u64>,
    /// Messages a minute at peak, if stated.
    pub per_minute: Option<u64>,
    /// Where it stands.
    pub span: Span,
}

/// Who answers for the interface. Names of teams, never of people's private data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Business owner.
    pub business: Option<String>,
    /// Technical owner.
    pub technical: Option<String>,
    /// Whom to call at night.
    pub support: Option<String>,
}

/// Service level that was agreed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sla {
    /// 95th percentile of the time from accept to the end, in milliseconds.
    pub latency_p95_ms: Option<u64>,
    /// Average response time, in milliseconds.
    pub latency_avg_ms: Option<u64>,
    /// Availability in per cent, as written (`99.99`).
    pub availability: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// How long messages are kept after their end, in whole days. What is absent, the environment says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Their content; then only the record is left.
    pub body_days: Option<u32>,
    /// Everything about those that did not end as dead letters.
    pub record_days: Option<u32>,
    /// Everything about dead letters.
    pub dead_letter_days: Option<u32>,
}

/// A worked example: one heading `Example: …` with fenced blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Text after `Example:`.
    pub title: String,
    /// The blocks in order.
    pub blocks: Vec<ExampleBlock>,
    /// Prose between the blocks, Markdown.
    pub prose: String,
    /// The heading.
    pub span: Span,
}

/// One fenced block of an example: ```` ```json event ````.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleBlock {
    /// `json`, `xml`, `csv`.
    pub format: String,
    /// The name in the flow it stands for: `event`, or what a step binds with `as`, or `reply`.
    pub binding: String,
    /// The text.
    pub text: String,
    /// The text's place.
    pub span: Span,
}

/// A prose section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Heading text.
    pub heading: String,
    /// 2 for `##` and so on.
    pub level: u8,
    /// Markdown of the body, sub-sections of deeper level included.
    pub markdown: String,
    /// The heading's place.
    pub span: Span,
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// ISO date.
    pub date: String,
    /// Document revision.
    pub version: u32,
    /// What changed, in words.
    pub change: String,
    /// Where it stands.
    pub span: Span,
}

/// Another interface that belongs to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Its Smart ID.
    pub smart_id: String,
    /// Why (`before`, `after`, `replaces`, `same object`…), free words.
    pub relation: String,
}

/// A technical artefact outside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// `API proxy`, `Integration flow`, `Queue`, `Git repository`…
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Link, if any.
    pub url: Option<String>,
}

/// One hop of the security model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// System or middleware.
    pub name: String,
    /// How the hop authenticates, in words (derived from trigger and systems where possible).
    pub authentication: String,
    /// Transport security.
    pub transport: String,
    /// Authorisation.
    pub authorization: String,
    /// Anything else.
    pub notes: String,
}

/// How the interface is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Monitoring {
    /// Tools, e.g. `Grafana`.
    pub tools: Vec<String>,
    /// Dashboard link.
    pub dashboard: Option<String>,
    /// Runbook link outside the page.
    pub runbook: Option<String>,
    /// Where errors are logged.
    pub logging: Vec<String>,
}
