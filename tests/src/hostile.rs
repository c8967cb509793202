//! Documents that want to do harm: too deep, too long, too many, not text, not even files.
//!
//! In: nothing. Out: [`Case`]s, each to be laid over the tutorial's project, with the code of the diagnostic that should
//! end it. Never knows: how documents are read.

use std::{fs, os::unix::fs::symlink, process::Command};

use crate::copies::Copy;

/// Enough to break a parser that calls itself, little enough to fit into a document.
const DEEP: usize = 100_000;
/// Rows, keys and steps of a document that is far too big for people.
const MANY: usize = 10_000;
/// As long as an expression may be.
const LONG: usize = 4_000;

const INTERFACE: &str = "spec/interfaces/LOGISTICS-SHOP-WMS-PICKORDER-V1.md";
const SYSTEM: &str = "spec/systems/warehouse.md";
const ENVIRONMENT: &str = "spec/environments/local.toml";

/// One hostile document.
#[derive(Debug)]
pub struct Case {
    /// What is wrong with it.
    pub name: &'static str,
    /// Code of the diagnostic that people should see.
    pub code: &'static str,
    path: &'static str,
    harm: Harm,
}

#[derive(Debug)]
enum Harm {
    /// Something else stands where the document was.
    Bytes(Vec<u8>),
    /// A text of the document is replaced.
    Edit(&'static str, String),
    /// A text is added at the document's end.
    Tail(String),
    /// Copies of the document stand beside it.
    Copies(usize),
    /// The document is a link to something.
    Link(&'static str),
    /// The document is a folder.
    Folder,
    /// The document is a pipe that nobody writes into.
    Pipe,
}

impl Case {
    /// Lays the document over a project.
    ///
    /// # Panics
    /// When the tutorial's documents no longer say what is to be replaced.
    pub fn lay_over(&self, project: &Copy) {
        let path = project.root().join(self.path);
        match &self.harm {
            Harm::Bytes(bytes) => project.write(self.path, bytes),
            Harm::Edit(before, after) => project.edit(self.path, before, after),
            Harm::Tail(text) => project.write(self.path, project.read(self.path) + text),
            Harm::Copies(count) => {
                let text = project.read(self.path);
                (0..*count)
                    .for_each(|number| project.write(&self.path.replace(".md", &format!("-{number}.md")), &text));
            }
            Harm::Link(target) => {
                project.remove(self.path);
                symlink(target, path).expect("a writable folder");
            }
            Harm::Folder => {
                project.remove(self.path);
                fs::create_dir(path).expect("a writable folder");
            }
            Harm::Pipe => {
                project.remove(self.path);
                let made = Command::new("mkfifo").arg(path).status().expect("mkfifo runs");
                assert!(made.success());
            }
        }
    }
}

/// All of them.
#[must_use]
pub fn cases() -> Vec<Case> {
    let families = [not_text, not_files, yaml, markdown, tables, flows, meanings, environments];
    families.into_iter().flat_map(|family| family()).collect()
}

type Cases = Vec<Case>;

fn case(name: &'static str, code: &'static str, path: &'static str, harm: Harm) -> Case {
    Case { name, code, path, harm }
}

/// Replaces the line of the interface's head that begins so.
fn head(line: &'static str, by: impl Into<String>) -> Harm {
    Harm::Edit(line, by.into())
}

fn not_text() -> Cases {
    let wide: Vec<u8> = "---\nsmart_id: X\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        case("50 MB", "E-TOO-LONG", INTERFACE, Harm::Bytes(b"x ".repeat(25_000_000))),
        case("nothing at all", "E-FRONT-MATTER", INTERFACE, Harm::Bytes(Vec::new())),
        case("invalid UTF-8", "E-ENCODING", INTERFACE, Harm::Bytes(b"---\ntitle: \xC3\x28\xFF\n---\n".to_vec())),
        case("UTF-16", "E-ENCODING", INTERFACE, Harm::Bytes([b"\xFF\xFE".to_vec(), wide].concat())),
        case("a NUL", "E-ENCODING", INTERFACE, head("title: Paid", "title: \0Paid")),
        case("an escape sequence for terminals", "E-ENCODING", INTERFACE, head("title: Paid", "title: \x1b[2JPaid")),
    ]
}

fn not_files() -> Cases {
    vec![
        case("a link to endless zeros", "E-UNREADABLE", INTERFACE, Harm::Link("/dev/zero")),
        case("a link to itself", "E-UNREADABLE", SYSTEM, Harm::Link("warehouse.md")),
        case("a folder", "E-UNREADABLE", INTERFACE, Harm::Folder),
        case("a pipe", "E-UNREADABLE", ENVIRONMENT, Harm::Pipe),
    ]
}

fn yaml() -> Cases {
    let laughs: String = (1..30).map(|n| format!("l{n}: &l{n} [{}]\n", format!("*l{}, ", n - 1).repeat(10))).collect();
    let blocks: String = (0..1_000).map(|depth| " ".repeat(depth) + "a:\n").collect();
    let keys: String = (0..MANY).map(|n| format!("key_{n}: 1\n")).collect();
    let twice = "process: PRC\n".repeat(MANY);
    let domain = "domain: Logistics\n";
    let with = |text: String| head(domain, domain.to_owned() + &text);
    vec![
        case("aliases that explode", "E-YAML", INTERFACE, with(format!("l0: &l0 ha\n{laughs}"))),
        case("lists in lists", "E-DEPTH", INTERFACE, with(format!("related: {}\n", "[".repeat(DEEP)))),
        case("mappings in mappings", "E-DEPTH", INTERFACE, with(format!("related: {}\n", "{a: ".repeat(DEEP)))),
        case("blocks in blocks", "E-DEPTH", INTERFACE, with(blocks)),
        case("a tag", "E-YAML", INTERFACE, with("process: !!python/object:os.system x\n".to_owned())),
        case("ten thousand unknown keys", "E-UNKNOWN-KEY", INTERFACE, with(keys)),
        case("ten thousand equal keys", "E-DUPLICATE-KEY", INTERFACE, with(twice)),
        case(
            "a head without end",
            "E-FRONT-MATTER",
            INTERFACE,
            Harm::Bytes([b"---\n".to_vec(), b"smart_id: A-B-C-D-V1\n".repeat(MANY)].concat()),
        ),
    ]
}

fn markdown() -> Cases {
    let nothing = |text: String| Harm::Edit("## Summary\n", text);
    vec![
        case("quotes in quotes", "E-SUMMARY", INTERFACE, nothing("> ".repeat(DEEP) + "x\n")),
        case("lists in lists of prose", "E-SUMMARY", INTERFACE, nothing("- ".repeat(DEEP) + "x\n")),
        case("open brackets", "E-SUMMARY", INTERFACE, nothing("[".repeat(DEEP) + "\n" + &"![".repeat(DEEP))),
        case("emphasis without end", "E-SUMMARY", INTERFACE, nothing("*a _b ".repeat(DEEP) + "\n")),
        case("a fence without end", "E-UNKNOWN-MAPPING", INTERFACE, nothing("`".repeat(DEEP) + "json\n")),
        case("HTML without end", "E-SUMMARY", INTERFACE, nothing("<a href=".repeat(DEEP) + "\n")),
        case(
            "ten thousand equal headings",
            "E-HEADING",
            INTERFACE,
            Harm::Tail("\n## Mapping: PickOrder\n".repeat(MANY)),
        ),
        case("an example too deep", "E-EXAMPLE", INTERFACE, example(&"[".repeat(DEEP))),
        case(
            "an example with a number of a billion digits",
            "E-EXAMPLE",
            INTERFACE,
            example("{\"orderNumber\": 1e999999999}"),
        ),
    ]
}

fn example(json: &str) -> Harm {
    Harm::Tail(format!("\n## Example: hostile\n\n```json event\n{json}\n```\n"))
}

fn tables() -> Cases {
    let rows = |row: &dyn Fn(usize) -> String| (0..MANY).map(row).collect::<String>();
    let fields = rows(&|n| format!("| field_{n} | text | yes | | | |\n"));
    let targets = rows(&|n| format!("| priorty{n} | event.orderNumber | | |\n"));
    let places = rows(&|n| format!("| A{} | B |\n", n % 7));
    let last = "| lines[].quantity | integer | yes | >= 1 | | |\n";
    let field = |text: String| Harm::Edit(last, last.to_owned() + &text);
    let mapped = "| lines[].quantity | item.pieces | | |\n";
    vec![
        case("ten thousand fields", "E-MAP-MISSING", SYSTEM, field(fields)),
        case(
            "ten thousand unknown targets",
            "E-MAP-TARGET",
            INTERFACE,
            Harm::Edit(mapped, mapped.to_owned() + &targets),
        ),
        case(
            "a table of equal rows",
            "E-LOOKUP",
            INTERFACE,
            Harm::Tail(format!("\n## Lookup: Places\n\n| From | To |\n|---|---|\n{places}")),
        ),
        case("ten thousand columns", "E-TABLE", SYSTEM, field(format!("| x {}\n", "| text ".repeat(MANY)))),
        case(
            "a list of lists of lists",
            "E-FIELD-TYPE",
            SYSTEM,
            field(format!("| x | {}text | yes | | | |\n", "list of ".repeat(MANY))),
        ),
        case(
            "a decimal of a billion digits",
            "E-FIELD-TYPE",
            SYSTEM,
            field("| x | decimal(999999999,3) | yes | | | |\n".to_owned()),
        ),
        case(
            "a field in fields in fields",
            "E-MESSAGE",
            SYSTEM,
            field(format!("| a{} | text | yes | | | |\n", ".a".repeat(MANY))),
        ),
        case(
            "a pattern that explodes",
            "E-CONSTRAINT",
            SYSTEM,
            field("| x | text | yes | pattern /((a{999}){999}){999}/ | | |\n".to_owned()),
        ),
    ]
}

fn flows() -> Cases {
    let flow = "flow:\n";
    let deep: String = (0..400)
        .map(|depth| format!("{0}  - when: event.express.or(false)\n{0}    then:\n", "    ".repeat(depth)))
        .collect();
    let steps = "  - fetch: Nowhere.nothing\n    as: x\n".repeat(MANY);
    let condition = |text: String| head(flow, format!("{flow}  - when: {text}\n    then:\n      - discard: no\n"));
    let lets = |text: String| head(flow, format!("{flow}  - let: {text}\n    as: x\n"));
    let shapes = [
        ("a sum too long to read", "E-LIMIT", "1 + ".repeat(DEEP) + "1 == 1"),
        ("parentheses in parentheses", "E-LIMIT", "(".repeat(LONG)),
        ("not not not", "E-LIMIT", format!("\"{}true\"", "!".repeat(LONG))),
        ("a choice in a choice", "E-LIMIT", "true ? ".repeat(LONG / 7)),
        ("a sum of a thousand", "E-LIMIT", "1 + ".repeat(LONG / 4) + "1 == 1"),
        ("a path of two thousand", "E-LIMIT", "event".to_owned() + &".a".repeat(LONG / 2)),
        ("a number of four thousand digits", "E-EXPR", "9".repeat(LONG) + " == 1"),
    ];
    let mut cases = vec![
        case("conditions in conditions", "E-DEPTH", INTERFACE, head(flow, flow.to_owned() + &deep)),
        case("ten thousand steps", "E-UNKNOWN-SYSTEM", INTERFACE, head(flow, flow.to_owned() + &steps)),
        case("a template in a template", "E-TEMPLATE", INTERFACE, lets("${".repeat(DEEP))),
    ];
    cases.extend(shapes.map(|(name, code, text)| case(name, code, INTERFACE, condition(text))));
    cases
}

fn meanings() -> Cases {
    let smart_id = "smart_id: LOGISTICS-SHOP-WMS-PICKORDER-V1";
    let retry = "retry: 3 attempts every 5s";
    let nines = "9".repeat(40);
    let path: String = (0..MANY).map(|n| format!("/{{p{n}}}")).collect();
    let word = "x".repeat(DEEP);
    vec![
        case(
            "a system that is part of itself",
            "E-REFERENCE-CYCLE",
            SYSTEM,
            Harm::Edit("auth: none", "auth: none\npart_of: Warehouse".to_owned()),
        ),
        case("a Smart ID that climbs", "E-SMART-ID", INTERFACE, head(smart_id, "smart_id: ../../../../tmp/A-B-C-V1")),
        case(
            "a Smart ID of a hundred thousand letters",
            "E-SMART-ID",
            INTERFACE,
            head(smart_id, format!("smart_id: {word}")),
        ),
        case("a thousand equal interfaces", "E-DUPLICATE-ID", INTERFACE, Harm::Copies(1_000)),
        case(
            "more retries than can be counted",
            "E-RETRY",
            INTERFACE,
            head(retry, format!("retry: {nines}x every {nines}d")),
        ),
        case(
            "retries until the end of time",
            "E-RETRY",
            INTERFACE,
            head(retry, "retry: 4000000000x every 5s, exponential backoff"),
        ),
        case(
            "ten thousand parameters",
            "E-PATH",
            INTERFACE,
            head("http: POST /shop/paid-orders", format!("http: POST {path}")),
        ),
        case(
            "a word to compare with all others",
            "E-UNKNOWN-SYSTEM",
            INTERFACE,
            head("target: Warehouse", format!("target: {word}")),
        ),
    ]
}

fn environments() -> Cases {
    let deep = format!("[{}]\n", vec!["a"; MANY].join("."));
    let lists = format!("x = {}\n", "[".repeat(DEEP));
    let tables = format!("x = {}\n", "{a=".repeat(DEEP));
    vec![
        case("tables in tables of TOML", "E-TOML", ENVIRONMENT, Harm::Tail(deep)),
        case("lists in lists of TOML", "E-TOML", ENVIRONMENT, Harm::Edit("[listen]\n", lists + "[listen]\n")),
        case(
            "inline tables in inline tables of TOML",
            "E-TOML",
            ENVIRONMENT,
            Harm::Edit("[listen]\n", tables + "[listen]\n"),
        ),
    ]
}
