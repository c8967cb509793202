//! A site that is made again holds what it would hold if it were made for the first time, whatever changed in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tieline_site::{History, Manual, Options, Report, Revision, Revisions, emit, rebuild};

use crate::projects;

const ORDER: &str = "spec/interfaces/SALES-SF-ERP-ORDER-CREATE-V1.md";
const CHANGE: &str = "spec/interfaces/SALES-SF-ERP-ORDER-CHANGE-V1.md";
const READ: &str = "spec/interfaces/SALES-ERP-SF-CUSTOMER-READ-V1.md";
const CUSTOMER: &str = "spec/interfaces/SALES-ERP-SF-CUSTOMER-CHANGE-V1.md";
const REPORT: &str = "spec/interfaces/PROC-11VMS-SRM7-ACTIVITY-REPORT-V1.md";
const REPLY: &str = "spec/interfaces/SALES-SF-ERP-PAYMENT-STATUS-V1.md";
const NEW: &str = "spec/interfaces/SALES-ERP-SF-PARTNER-READ-V1.md";

/// Documents and the site that is made of them again and again.
struct Again {
    folder: tempfile::TempDir,
    options: Options,
}

impl Again {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        projects::copy(&projects::reference_root().join("spec"), &folder.path().join("spec"));
        Self { folder, options: Options::default() }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn edit(&self, path: &str, before: &str, after: &str) {
        let path = self.root().join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(before), "{}: {before}", path.display());
        fs::write(path, text.replacen(before, after, 1)).unwrap();
    }

    /// Makes it again, and compares the folder with a site made anew.
    fn make(&self, what: &str) -> Report {
        let (catalog, diagnostics) = projects::open(self.root());
        let site = self.root().join("site");
        let report = rebuild(&catalog, &diagnostics, &self.options, (&site, "this program")).unwrap();
        let wanted: BTreeMap<String, Vec<u8>> = emit(&catalog, &diagnostics, &self.options).into_iter().collect();
        let mut found = BTreeMap::new();
        collect(&site, "", &mut found);
        let differs = wanted.iter().filter(|(path, bytes)| found.get(*path) != Some(*bytes)).map(|it| it.0);
        assert_eq!(differs.collect::<Vec<_>>(), Vec::<&String>::new(), "{what}: files that are not as they should be");
        assert_eq!(found.len(), wanted.len(), "{what}: files that should be gone");
        report
    }
}

fn collect(folder: &Path, before: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else if !name.starts_with('.') {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn after_every_kind_of_edit_of_a_document_it_is_as_if_made_anew() {
    let again = Again::new();
    again.make("the first time");
    let system = "spec/systems/sap-erp.md";
    let edits: [(&str, &dyn Fn()); 23] = [
        ("a title", &|| again.edit(ORDER, "title: New order from", "title: An order from")),
        ("a title that others show as related", &|| again.edit(READ, "title: ", "title: How ")),
        ("a relation that only the other side states", &|| {
            let one = "related:\n  - { smart_id: SALES-ERP-SF-CUSTOMER-CHANGE-V1, relation: same object }\n";
            again.edit(READ, one, "");
        }),
        ("the title on that side", &|| again.edit(CUSTOMER, "title: ", "title: When ")),
        ("the title that it names", &|| again.edit(READ, "title: How ", "title: Why ")),
        ("an owner of others", &|| again.edit(REPORT, "business: Procurement Team", "business: Sales Team")),
        ("a domain of others", &|| again.edit(REPORT, "domain: Procurement Data", "domain: Sales")),
        ("an object of others", &|| again.edit(REPORT, "[Activity report, ", "[Customer, ")),
        ("a rule of a field", &|| again.edit(REPORT, "| truncate 40 |", "| truncate 30 |")),
        ("a renamed owner", &|| again.edit(ORDER, "technical: Integration Team", "technical: Line Team")),
        ("another domain", &|| again.edit(ORDER, "domain: Sales", "domain: Orders")),
        ("a status", &|| again.edit(CHANGE, "status: active", "status: retired")),
        ("a contract", &|| again.edit(ORDER, "retry: 3x every 30s", "retry: 4x every 30s")),
        ("an open point", &|| again.edit(ORDER, "frequency: each time", "frequency: TBD each time")),
        ("a business object", &|| again.edit(ORDER, "[Sales order]", "[Sales order, Quotation]")),
        ("a related interface", &|| again.edit(REPORT, "relation: before", "relation: long before")),
        ("a former name", &|| again.edit(ORDER, "title:", "legacy_ids: [OLD-7]\ntitle:")),
        ("a date of its history", &|| again.edit(REPORT, "2025-12-28", "2025-12-29")),
        ("a new interface", &|| {
            fs::copy(again.root().join(READ), again.root().join(NEW)).unwrap();
            again.edit(NEW, "SALES-ERP-SF-CUSTOMER-READ-V1", "SALES-ERP-SF-PARTNER-READ-V1");
            again.edit(NEW, "request: GET /api/v1/customers", "request: GET /api/v1/partners");
        }),
        ("an interface less", &|| fs::remove_file(again.root().join(NEW)).unwrap()),
        ("words of a system", &|| again.edit(system, "title: ", "title: Our ")),
        ("an alias of a system", &|| again.edit("spec/systems/wp2.md", "[SAP WP2]", "[SAP WP2, Second plant]")),
        ("an environment", &|| again.edit("spec/environments/local.toml", "[alerts.Email]", "[alerts.Post]")),
    ];
    for (what, edit) in edits {
        edit();
        again.make(what);
    }
}

#[test]
fn what_is_not_a_document_counts_too() {
    let mut again = Again::new();
    again.make("the first time");
    let manual = Manual { path: "docs/rules.md".to_owned(), featured: true, markdown: "# Rules\n".to_owned() };
    again.options.manual.push(manual);
    again.make("a page of the manual");
    again.options.name = "Lines".to_owned();
    again.make("another name");
    let text = fs::read_to_string(again.root().join(REPLY)).unwrap();
    let known = |first: &str| {
        let revision = |commit: &str, text: String| Revision {
            commit: commit.repeat(4),
            date: "2026-01-05".to_owned(),
            subject: first.to_owned(),
            text,
        };
        let list =
            vec![revision("aaaa1111bb", text.replace("title: ", "title: Once ")), revision("bbbb2222cc", text.clone())];
        History::Known(BTreeMap::from([(REPLY.to_owned(), Revisions { list, older: 0 })]), String::new())
    };
    again.options.history = known("Created");
    again.make("revisions");
    again.options.history = known("Written");
    again.make("another subject of a revision");
    again.edit(REPLY, "title: ", "title: Now ");
    again.make("an edit that is not recorded");
}

#[test]
fn what_cannot_have_changed_is_left_alone_and_what_was_touched_is_mended() {
    let again = Again::new();
    again.make("the first time");
    let page = again.root().join("site/interfaces/supplychain-maestro-ecc-plannedorder-v1/index.html");
    let bytes = fs::read(&page).unwrap();
    let written = fs::metadata(&page).unwrap().modified().unwrap();
    // As long as the page, and as old: nobody sees that it is another one unless the page is made.
    fs::write(&page, vec![b'x'; bytes.len()]).unwrap();
    fs::File::options().write(true).open(&page).unwrap().set_modified(written).unwrap();
    again.edit(ORDER, "title: New order from", "title: An order from");
    let (catalog, diagnostics) = projects::open(again.root());
    let make =
        || rebuild(&catalog, &diagnostics, &again.options, (&again.root().join("site"), "this program")).unwrap();
    assert!(make().written > 0);
    assert!(fs::read(&page).unwrap() != bytes, "the page of another interface was not made again");
    fs::write(&page, b"touched").unwrap();
    fs::remove_file(again.root().join("site/systems/index.html")).unwrap();
    assert_eq!(make().written, 2);
    assert_eq!(fs::read(&page).unwrap(), bytes);
    again.make("touched and mended");
    fs::write(again.root().join("site/.tieline-made"), "tieline made 1\nnonsense").unwrap();
    assert_eq!(again.make("nothing is remembered").written, 0);
}
