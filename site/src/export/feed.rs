//! The history of all interfaces as an Atom feed (RFC 4287).
//!
//! In: the catalog. Out: XML, latest change first. Never knows: the clock; a change happened on the day that its document says.

use std::fmt::Write;

use crate::html::escape_into;
use crate::routes::At;
use crate::view::{Context, changes};

/// Readers want news, not the archive.
const MOST: usize = 200;

/// The feed of all changes; links are relative to the feed unless the site knows its address.
pub(super) fn text(context: &Context<'_>) -> String {
    let lines = changes(context, &At::new("changes/feed.atom"));
    let updated = lines.iter().map(|line| line.date.as_str()).find(|date| is_date(date)).unwrap_or("1970-01-01");
    let base = context.options.address.as_deref().map(|base| format!("{base}changes/")).unwrap_or_default();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"{}>\n<id>urn:tieline:changes</id>\n<title>{}: changes</title>\n<updated>{updated}T00:00:00Z</updated>\n<author><name>{}</name></author>\n<link href=\"index.html\"/>\n<link rel=\"self\" href=\"feed.atom\"/>\n",
        if base.is_empty() { String::new() } else { format!(" xml:base=\"{}\"", xml(&base)) },
        xml(&context.options.name),
        xml(&context.options.name),
    );
    for line in lines.iter().filter(|line| is_date(&line.date)).take(MOST) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "<entry><id>urn:tieline:{}:{}</id><title>{}: {}</title><updated>{}T00:00:00Z</updated><link href=\"{}\"/><summary>{} ({})</summary></entry>",
            xml(&line.smart_id),
            xml(&line.id),
            xml(&line.smart_id),
            xml(&line.change),
            line.date,
            xml(&line.href),
            xml(&line.title),
            xml(&line.note),
        );
    }
    text.push_str("</feed>\n");
    text
}

/// Texts of documents, without characters that XML 1.0 does not know.
fn xml(text: &str) -> String {
    let allowed: String = text.chars().filter(|c| *c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    let mut out = String::with_capacity(allowed.len());
    escape_into(&mut out, &allowed);
    out
}

/// `2025-12-28`: what a document may call a date besides does not belong into a feed.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}
