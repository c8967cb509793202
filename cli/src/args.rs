//! The command line as it was typed.
//!
//! In: nothing. Out: [`Arguments`]. Never knows: what a command does.

pub(crate) mod operate;
pub(crate) mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Integration catalog, code generator and runtime: the page is the program.
#[derive(Debug, Parser)]
#[command(
    name = "tieline",
    version,
    after_help = "\
Examples:
  tieline demo                     see the whole line work, with partner systems beside it
  tieline check                    are the documents valid, and is generated/ fresh?
  tieline build                    documents -> generated/ and the website
  tieline run --environment local  build, compile and serve
  tieline dev                      the website, anew with each change of a document
  tieline serve                    the website, with what is running
  tieline diff main                what changed since, in business words
  tieline explain E-RETRY          what a code means and what to do
  tieline messages --state dead    what a running service could not deliver
  tieline replay ID --dry-run      what sending it again would send

Exit codes: 0 fine · 1 the documents have errors, or a service declined · 4 generated output is stale · 2 the tool failed"
)]
pub(crate) struct Arguments {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Only on a terminal, and never when NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "made once, from what was typed")]
pub(crate) enum Command {
    /// Check the documents and that generated code is fresh.
    Check(Check),
    /// Turn the documents into generated code and the website.
    Build(Build),
    /// Say what changed between two versions of the documents, in business words.
    Diff(Diff),
    /// Say what a diagnostic code means, or what an answer of a partner means to an interface.
    Explain(Explain),
    /// Build, compile and serve an environment.
    Run(Run),
    /// Check, repair, export or import the store of an environment whose service does not run.
    Store(Store),
    /// Serve the website, with what is running and the operator's pages where a service is named.
    Serve(serve::Serve),
    /// Show the website while documents are being written: pages load anew with each change.
    Dev(serve::Dev),
    /// Show everything at work: service, partner systems, failures, website.
    Demo(Demo),
    #[command(flatten)]
    Operate(operate::Operate),
    /// Write the language reference (docs/reference.md) from the field help of the language.
    #[command(hide = true)]
    Reference(Reference),
    /// Print a completion script for a shell.
    #[command(after_help = "Example: tieline completions bash > /etc/bash_completion.d/tieline")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Where the project is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Project folder: the one that holds `spec/`. Found upwards from the current folder if not given.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) catalog: Option<PathBuf>,
    /// Folder of the generated crates, relative to the project.
    #[arg(long, value_name = "FOLDER", default_value = "generated")]
    pub(crate) generated: PathBuf,
}

/// How problems are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: excerpt, reason, way out.
    Text,
    /// One JSON array.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow annotations of GitHub.
    Github,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline check
  tieline check --format sarif > tieline.sarif
  tieline check --deny warnings

Exit codes: 0 fine · 1 the documents have errors · 4 generated output is stale · 2 the tool failed")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How problems are reported.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// What counts as an error besides errors.
    #[arg(long, value_enum)]
    pub(crate) deny: Option<Deny>,
    /// Show remarks too (text only; the other formats always hold everything).
    #[arg(long)]
    pub(crate) all: bool,
}

/// What counts as an error besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings too.
    Warnings,
}

/// Arguments of `build`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline build
  tieline build --site public
  tieline build --only site

Files that did not change are left alone. A generated file that somebody edited by hand is never overwritten.")]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Folder of the website, relative to the project.
    #[arg(long, value_name = "FOLDER", default_value = "target/site")]
    pub(crate) site: PathBuf,
    /// Build only this part.
    #[arg(long, value_enum)]
    pub(crate) only: Option<Part>,
}

/// A part of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The generated crates.
    Generated,
    /// The website.
    Site,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline diff                          the working documents against the last commit
  tieline diff v1.4                     against a tag
  tieline diff main feature --format markdown
  tieline diff ../other/project         against the documents of another folder
  tieline diff main --deny breaking     for a gate: exit code 1 if somebody at the other end has to act

Weights: breaking, somebody at the other end has to act · behavioural, it runs differently · editorial, words for people
Exit codes: 0 fine · 1 something is as heavy as --deny says · 2 the tool failed")]
pub(crate) struct Diff {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Version before: a revision in git, or a folder that holds `spec/`.
    #[arg(default_value = "HEAD")]
    pub(crate) before: String,
    /// Version after; without it, the documents as they are now.
    pub(crate) after: Option<String>,
    /// Only this interface, system or environment.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// How differences are listed.
    #[arg(long, value_enum, default_value_t = Listing::Text)]
    pub(crate) format: Listing,
    /// Exit with 1 if a difference is as heavy as this, or heavier.
    #[arg(long, value_enum, value_name = "WEIGHT")]
    pub(crate) deny: Option<Threshold>,
}

/// How differences are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    /// For people, by document.
    Text,
    /// One JSON array, with the texts before and after.
    Json,
    /// For a comment on a change request.
    Markdown,
}

/// The weight of a difference that is too heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Threshold {
    /// Somebody at the other end has to act.
    Breaking,
    /// It runs differently.
    Behavioural,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline explain                                              all codes
  tieline explain E-RETRY                                      what a code means and what to do
  tieline explain SALES-SF-ERP-ORDER-CREATE-V1                 its timetable, and what answers mean to it
  tieline explain SALES-SF-ERP-ORDER-CREATE-V1 409             what a status means, operation by operation
  tieline explain PROC-11VMS-SRM7-ACTIVITY-REPORT-V1 ME 006    what a message of a BAPI means")]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) place: Place,
    /// A code, or the Smart ID (or a legacy ID) of an interface; without it, all codes are listed.
    pub(crate) subject: Option<String>,
    /// What a partner answered: an HTTP status, class and number of a BAPI message, or a code of an error body.
    pub(crate) answer: Vec<String>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline run
  tieline run --environment acceptance --release")]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Environment to serve: a file of spec/environments by its name, or a path.
    #[arg(long, short, default_value = "local", value_name = "NAME")]
    pub(crate) environment: String,
    /// Compile with optimisation.
    #[arg(long)]
    pub(crate) release: bool,
}

/// Arguments of `store`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline store check --environment production
  tieline store repair --environment production
  tieline store export --environment production --to backup.jsonl
  tieline store import --environment other --from backup.jsonl

The program that knows the store is the generated service: it is compiled if it is not there yet. Where there is only
the program, `service store …` does the same.")]
pub(crate) struct Store {
    /// What to do.
    #[arg(value_enum)]
    pub(crate) verb: StoreVerb,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Environment whose store it is: a file of spec/environments by its name, or a path.
    #[arg(long, short, default_value = "local", value_name = "NAME")]
    pub(crate) environment: String,
    /// File to write (export); standard output if absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// File to read (import).
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// One JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Compile with optimisation.
    #[arg(long)]
    pub(crate) release: bool,
}

/// What `store` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreVerb {
    /// Read and open everything, and name what is wrong.
    Check,
    /// Make indexes anew, and put aside what cannot be read.
    Repair,
    /// Write everything as JSON, an object a line, in clear.
    Export,
    /// Read an export into an empty or existing store.
    Import,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline demo                 keeps running: open the address it prints, Ctrl-C ends it
  tieline demo --once          plays every scene, compares promised with observed, exits 0 only if all are equal
  tieline demo --once --json   the same, one JSON object a line: scene, promised, observed, ok
  tieline demo --once --scene 'stays down'")]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Play every scene once and exit.
    #[arg(long)]
    pub(crate) once: bool,
    /// One JSON object a line instead of a table (with --once).
    #[arg(long, requires = "once")]
    pub(crate) json: bool,
    /// Only scenes whose name contains this (with --once).
    #[arg(long, requires = "once", value_name = "WORDS")]
    pub(crate) scene: Option<String>,
    /// How many times faster than the wall clock waiting goes.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) speed: u32,
    /// Seed of the partner systems.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
}

/// Arguments of `reference`.
#[derive(Debug, Args)]
pub(crate) struct Reference {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Only say whether the file is fresh.
    #[arg(long)]
    pub(crate) check: bool,
}
