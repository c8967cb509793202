//! In: workbook queries and page requests. Out: handles, row counts and pages of positional text values.
//! Never knows: tokens, HTTP headers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::failed;
use crate::common::text::find;
use crate::common::web::Answer;
use crate::samples;

const COLUMNS: [&str; 6] = ["Material", "Plant", "StartDate", "FinishDate", "Quantity", "Unit"];
/// Rows of a page when the caller does not say.
const DEFAULT_PAGE: usize = 5000;
/// Assumption: how long a query handle lives, virtual milliseconds.
const HANDLE_LIFETIME_MS: i64 = 600_000;

type Rows = Vec<Vec<String>>;

/// The worksheets of one public workbook, and the queries that are open on them.
#[derive(Debug, Default)]
pub(super) struct Workbooks {
    pub(super) worksheets: BTreeMap<String, Rows>,
    handles: BTreeMap<String, Handle>,
    opened: u64,
    /// Rows that appear at the top before the next page after the first is read.
    pub(super) growth: usize,
}

#[derive(Debug)]
struct Handle {
    worksheet: String,
    expires_at: i64,
}

impl Workbooks {
    /// `PlannedOrders_PF` with 5,200 rows (two pages) and `PlannedOrders_WP` with 40.
    pub(super) fn fixtures() -> Self {
        let mut workbooks = Workbooks::default();
        workbooks.worksheets.insert("PlannedOrders_PF".to_owned(), samples::planned_orders(5200));
        workbooks.worksheets.insert("PlannedOrders_WP".to_owned(), samples::planned_orders(40));
        workbooks
    }

    pub(super) fn expire_handles(&mut self) {
        self.handles.clear();
    }

    /// Opens a query on each worksheet asked for. Handles start with `#`, which belongs to no URL.
    pub(super) fn open(&mut self, body: &[u8], now_ms: i64) -> Answer {
        let Ok(query) = serde_json::from_slice::<Value>(body) else { return failed(400, "the body is not JSON") };
        let workbook = &query["WorkbookParameters"]["Workbook"];
        for (value, name) in [
            (&query["Scenario"]["Name"], "Scenario.Name"),
            (&query["Scenario"]["Scope"], "Scenario.Scope"),
            (&workbook["Name"], "WorkbookParameters.Workbook.Name"),
            (&workbook["Scope"], "WorkbookParameters.Workbook.Scope"),
            (&query["WorkbookParameters"]["SiteGroup"], "WorkbookParameters.SiteGroup"),
        ] {
            if value.as_str().is_none_or(str::is_empty) {
                return failed(400, &format!("{name} is required"));
            }
        }
        if query["Scenario"]["Name"] != samples::SCENARIO || query["Scenario"]["Scope"] != "Public" {
            return failed(404, "no such scenario in this scope");
        }
        if workbook["Name"] != samples::WORKBOOK || workbook["Scope"] != "Public" {
            return failed(404, "no such workbook in this scope");
        }
        let Some(names) = query["WorkbookParameters"]["WorksheetNames"].as_array().filter(|names| !names.is_empty())
        else {
            return failed(400, "WorkbookParameters.WorksheetNames is required");
        };
        let mut opened = Vec::new();
        for name in names.iter().map(|name| name.as_str().unwrap_or_default()) {
            let Some(rows) = self.worksheets.get(name) else {
                return failed(400, &format!("the workbook has no worksheet {name}"));
            };
            let total = rows.len();
            opened.push(self.handle(name, total, now_ms));
        }
        Answer::json(200, &json!({ "Success": true, "Worksheets": opened }))
    }

    fn handle(&mut self, worksheet: &str, total: usize, now_ms: i64) -> Value {
        self.opened += 1;
        let id = format!("{:08}", 4_711_000 + self.opened);
        let handle = Handle { worksheet: worksheet.to_owned(), expires_at: now_ms + HANDLE_LIFETIME_MS };
        self.handles.insert(id.clone(), handle);
        let columns: Vec<Value> = COLUMNS
            .iter()
            .enumerate()
            .map(|(n, name)| json!({ "Id": format!("C{n}"), "Name": name, "DataType": "String" }))
            .collect();
        json!({
            "Name": worksheet, "QueryHandle": { "QueryID": format!("#{id}"), "Worksheet": { "Name": worksheet } },
            "TotalRowCount": total, "Columns": columns, "Rows": [],
        })
    }

    /// One page of rows.
    pub(super) fn page(&mut self, query: &[(String, String)], now_ms: i64) -> Answer {
        let get = |name: &str| find(query, name).unwrap_or_default();
        if get("queryId").starts_with('#') {
            return failed(400, "queryId is the handle without its first character");
        }
        let Some(handle) = self.handles.get(get("queryId")).filter(|handle| now_ms < handle.expires_at) else {
            return failed(400, "this query is not open any more; open the workbook again");
        };
        if get("Scope") != "Public" || get("workbookName") != samples::WORKBOOK {
            return failed(404, "no such workbook in this scope");
        }
        if get("worksheetName") != handle.worksheet {
            return failed(400, "the handle belongs to another worksheet");
        }
        let number = |name: &str, default: usize| if get(name).is_empty() { Ok(default) } else { get(name).parse() };
        let (Ok(start), Ok(size)) = (number("startRow", 0), number("pageSize", DEFAULT_PAGE)) else {
            return failed(400, "startRow and pageSize are numbers");
        };
        let Some(rows) = self.worksheets.get_mut(&handle.worksheet) else {
            return failed(400, "the worksheet is gone");
        };
        if start > 0 && self.growth > 0 {
            rows.splice(0..0, samples::planned_orders(self.growth));
            self.growth = 0;
        }
        let page: Vec<Value> = rows.iter().skip(start).take(size).map(|values| json!({ "Values": values })).collect();
        Answer::json(200, &json!({ "Rows": page }))
    }
}
