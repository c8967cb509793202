//! The landscape: who talks to whom, as matrices and lists.
//!
//! In: interfaces. Out: [`Matrix`], [`LandscapePage`]. Never knows: drawing; a matrix is a table.

use std::collections::BTreeMap;

use askama::Template;
use catalog::model::Interface;

use super::context::{Context, Shell};
use crate::html::Html;
use crate::routes::{At, slug};
use crate::words;

/// Sources down, targets across.
#[derive(Debug)]
pub(crate) struct Matrix {
    pub(crate) title: String,
    pub(crate) columns: Vec<Html>,
    pub(crate) rows: Vec<MatrixRow>,
    /// What was left out, in words; empty if nothing was.
    pub(crate) more: String,
}

/// One source.
#[derive(Debug)]
pub(crate) struct MatrixRow {
    pub(crate) head: Html,
    pub(crate) cells: Vec<MatrixCell>,
}

/// Interfaces from one system to another.
#[derive(Debug)]
pub(crate) struct MatrixCell {
    /// `s0` to `s4`: how many.
    pub(crate) class: &'static str,
    pub(crate) count: usize,
    pub(crate) href: String,
    /// `11VMS to SAP SRM7: 1 interface`.
    pub(crate) name: String,
}

/// One line of the lists under the matrix.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) source: Html,
    pub(crate) target: Html,
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) smart_id: String,
}

/// Lines of one domain.
#[derive(Debug)]
pub(crate) struct DomainLines {
    pub(crate) id: String,
    pub(crate) name: Html,
    pub(crate) count: String,
    pub(crate) lines: Vec<Line>,
}

/// The page.
#[derive(Template)]
#[template(path = "landscape.html")]
pub(crate) struct LandscapePage {
    shell: Shell,
    intro: String,
    matrices: Vec<Matrix>,
    domains: Vec<DomainLines>,
}

/// More systems than this in one matrix are split by domain.
const WIDE: usize = 40;

impl LandscapePage {
    /// Its path.
    pub(crate) const PATH: &'static str = "landscape/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let all: Vec<&Interface> = context.catalog.interfaces().iter().collect();
        let matrices = if ends(&all).len() <= WIDE {
            vec![matrix(context, &at, &all, "All domains", usize::MAX)]
        } else {
            by_domain(&all).map(|(domain, own)| matrix(context, &at, &own, domain, usize::MAX)).collect()
        };
        let intro =
            format!("{} between {}.", words::count(all.len(), "interface"), words::count(ends(&all).len(), "system"));
        let domains = by_domain(&all).map(|(domain, own)| domain_lines(context, &at, domain, &own)).collect();
        let shell = context.shell(&at, "landscape", "Landscape").about(&intro);
        Self { shell, intro, matrices, domains }
    }
}

/// The matrix of these interfaces; beyond `most` systems the busiest are shown and the rest is counted.
pub(crate) fn matrix(context: &Context<'_>, at: &At, interfaces: &[&Interface], title: &str, most: usize) -> Matrix {
    let mut counts: BTreeMap<(&str, &str), Vec<&Interface>> = BTreeMap::new();
    for interface in interfaces {
        counts.entry((&interface.source, &interface.target)).or_default().push(interface);
    }
    let mut busiest: Vec<(&str, usize)> = ends(interfaces).into_iter().collect();
    busiest.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let left_out = busiest.len().saturating_sub(most);
    busiest.truncate(most);
    let mut shown: Vec<&str> = busiest.into_iter().map(|(name, _)| name).collect();
    shown.sort_unstable();
    let sources: Vec<&str> = shown.iter().copied().filter(|name| counts.keys().any(|key| key.0 == *name)).collect();
    let targets: Vec<&str> = shown.iter().copied().filter(|name| counts.keys().any(|key| key.1 == *name)).collect();
    let rows = sources
        .iter()
        .map(|source| MatrixRow {
            head: context.system_link(at, source),
            cells: targets
                .iter()
                .map(|target| cell(context, at, (source, target), counts.get(&(*source, *target))))
                .collect(),
        })
        .collect();
    Matrix {
        title: title.to_owned(),
        columns: targets.iter().map(|name| context.system_link(at, name)).collect(),
        rows,
        more: if left_out == 0 { String::new() } else { format!("{} more", words::count(left_out, "system")) },
    }
}

fn cell(context: &Context<'_>, at: &At, (source, target): (&str, &str), found: Option<&Vec<&Interface>>) -> MatrixCell {
    let interfaces = found.map_or(&[][..], Vec::as_slice);
    let href = match interfaces {
        [] => String::new(),
        [only] => context.routes.interface(&only.smart_id.text).map(|path| at.to(&path)).unwrap_or_default(),
        _ => at.to(&format!("interfaces/index.html?source={}&target={}", slug(source), slug(target))),
    };
    MatrixCell {
        class: match interfaces.len() {
            0 => "s0",
            1 => "s1",
            2..=3 => "s2",
            4..=7 => "s3",
            _ => "s4",
        },
        count: interfaces.len(),
        href,
        name: format!("{source} to {target}: {}", words::count(interfaces.len(), "interface")),
    }
}

/// Every system that is an end, with the number of lines that end there.
fn ends<'a>(interfaces: &[&'a Interface]) -> BTreeMap<&'a str, usize> {
    let mut ends = BTreeMap::new();
    for interface in interfaces {
        *ends.entry(interface.source.as_str()).or_default() += 1;
        *ends.entry(interface.target.as_str()).or_default() += 1;
    }
    ends
}

fn by_domain<'a>(interfaces: &[&'a Interface]) -> impl Iterator<Item = (&'a str, Vec<&'a Interface>)> {
    let mut domains: BTreeMap<&str, Vec<&Interface>> = BTreeMap::new();
    for interface in interfaces {
        domains.entry(&interface.domain).or_default().push(interface);
    }
    domains.into_iter()
}

fn domain_lines(context: &Context<'_>, at: &At, domain: &str, interfaces: &[&Interface]) -> DomainLines {
    let lines = interfaces.iter().map(|interface| Line {
        source: context.system_link(at, &interface.source),
        target: context.system_link(at, &interface.target),
        href: context.routes.interface(&interface.smart_id.text).map(|path| at.to(&path)).unwrap_or_default(),
        title: interface.title.clone(),
        smart_id: interface.smart_id.text.clone(),
    });
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_by(|a, b| {
        (a.source.to_string(), a.target.to_string()).cmp(&(b.source.to_string(), b.target.to_string()))
    });
    DomainLines {
        id: format!("domain-{}", slug(domain)),
        name: match context.routes.domain(domain) {
            Some(path) => Html::new().link(&at.to(&path), domain),
            None => Html::of(domain),
        },
        count: words::count(lines.len(), "interface"),
        lines,
    }
}
