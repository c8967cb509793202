//! What changed between two versions of the documents, in business words.
//!
//! In: two sets of documents. Out: [`Difference`]s, each with its [`Weight`] and its place on both sides. Never knows:
//! where versions come from, how differences are shown.
//!
//! Both sides are compared as parsed documents, not as catalogs: a version that the checks of today refuse can still be
//! compared. `facts` takes a document apart into items that have a name, `compare` finds the same item on the other
//! side, `sentence` says what the difference means to the people around the interface.

mod compare;
mod facts;
mod sentence;
mod steps;
#[cfg(test)]
mod tests;

use crate::document;
use crate::findings::Findings;
use crate::source::{Source, SourceKind, Sources};

/// How much a difference matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Words for people; nothing runs differently.
    Editorial,
    /// The interface behaves differently; nobody else has to act.
    Behavioural,
    /// Somebody at the other end has to act, or it stops working.
    Breaking,
}

impl Weight {
    /// The word for it, as shown and exported.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Editorial => "editorial",
            Self::Behavioural => "behavioural",
            Self::Breaking => "breaking",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Path of the document, as it is called after the change (before, if it is gone).
    pub path: String,
    /// Smart ID, or name of the system or environment.
    pub subject: String,
    /// What is different: `errors.retry`, `Message: Order › lines[].price`.
    pub place: String,
    /// How much it matters.
    pub weight: Weight,
    /// What it means.
    pub sentence: String,
    /// Text before; empty if it is new.
    pub before: String,
    /// Text after; empty if it is gone.
    pub after: String,
    /// Line before, counted from 1; 0 if it is new.
    pub line_before: u32,
    /// Line after, counted from 1; 0 if it is gone.
    pub line_after: u32,
}

/// Every difference between two versions, by document, the heaviest first.
#[must_use]
pub fn between(before: &Sources, after: &Sources) -> Vec<Difference> {
    let mut found = Vec::new();
    for old in before.iter().filter(|it| after.get(&it.path).is_none()) {
        found.push(whole(old, false));
    }
    for new in after.iter() {
        match before.get(&new.path) {
            None => found.push(whole(new, true)),
            Some(old) if old.text == new.text => {}
            Some(old) => found.extend(of_document(old, new)),
        }
    }
    found.sort_by(|a, b| (&a.path, b.weight).cmp(&(&b.path, a.weight)));
    found
}

fn of_document(old: &Source, new: &Source) -> Vec<Difference> {
    let (was, is) = (facts::of(&parsed(old)), facts::of(&parsed(new)));
    let subject = facts::subject(&is).or_else(|| facts::subject(&was)).unwrap_or_else(|| new.stem().to_owned());
    let changes = compare::compare(&was, &is);
    let differences = changes.into_iter().map(|change| {
        let (weight, sentence) = sentence::of(&change);
        Difference {
            path: new.path.clone(),
            subject: subject.clone(),
            place: change.place(),
            weight,
            sentence,
            before: change.before(),
            after: change.after(),
            line_before: change.line_before(),
            line_after: change.line_after(),
        }
    });
    differences.collect()
}

/// Mistakes of a version are another matter than its differences.
fn parsed(source: &Source) -> document::Document<'_> {
    document::parse(source, &mut Findings::new(&source.path))
}

/// A document that is new or gone.
fn whole(source: &Source, new: bool) -> Difference {
    let subject = facts::subject(&facts::of(&parsed(source))).unwrap_or_else(|| source.stem().to_owned());
    let what = match source.kind {
        SourceKind::Interface => "interface",
        SourceKind::System => "system",
        SourceKind::Environment => "environment",
        SourceKind::Settings => "file of settings",
    };
    let (weight, verb) = match (new, source.kind) {
        (true, SourceKind::Settings) => (Weight::Editorial, "is new"),
        (false, SourceKind::Settings) => (Weight::Editorial, "is gone"),
        (true, _) => (Weight::Behavioural, "is new"),
        (false, SourceKind::Environment) => (Weight::Behavioural, "is gone"),
        (false, _) => (Weight::Breaking, "is gone"),
    };
    Difference {
        path: source.path.clone(),
        place: String::new(),
        weight,
        sentence: format!("The {what} {subject} {verb}."),
        subject,
        before: String::new(),
        after: String::new(),
        line_before: u32::from(!new),
        line_after: u32::from(new),
    }
}
