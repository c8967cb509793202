//! What stands on each page: plain structures, all decisions taken.
//!
//! In: catalog and diagnostics. Out: one structure a page, which is also its template. Never knows: files, styles.

mod codes;
mod context;
mod document;
mod fields;
mod groups;
mod home;
mod interface;
mod landscape;
mod list;
mod manual;
mod objects;
mod operate;
pub(crate) mod paths;
mod people;
mod programs;
mod reasons;
pub(crate) mod revisions;
mod system;

pub(crate) use codes::{CodePage, CodesPage, path as code_path};
pub(crate) use context::{Context, operations, walk};
pub(crate) use document::{DocumentPage, Source as DocumentSource};
pub(crate) use fields::{FieldPage, FieldsPage};
pub(crate) use groups::{Group, GroupPage, GroupsPage};
pub(crate) use home::HomePage;
pub(crate) use interface::{InterfacePage, wire};
pub(crate) use landscape::LandscapePage;
pub(crate) use list::{ListPage, protocols};
pub(crate) use manual::{ManualIndex, ManualPage};
pub(crate) use objects::{ObjectPage, ObjectsPage};
pub(crate) use operate::OperatePage;
pub(crate) use paths::{PathsPage, ReachPage};
pub(crate) use people::{ChangesPage, HealthPage, ShortPage, changes};
pub(crate) use programs::ProgramsPage;
pub(crate) use reasons::ReasonsPage;
pub(crate) use revisions::{DiffPage, RevisionPage};
pub(crate) use system::{SystemPage, SystemsPage, speaks_http};
