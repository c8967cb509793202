//! Which interfaces a file of the site was made of, noted while it is made.
//!
//! In: what whoever makes a file asks the catalog and its indexes for. Out: [`Reads`]. Never knows: files.
//!
//! A file is made on one thread from beginning to end, so what is noted lies with the thread: nothing that makes pages has to
//! hand it on, and none can forget to.

use std::cell::RefCell;

/// More interfaces than this are not told apart: a page of so many is made anew whatever changes.
const MOST: usize = 256;

/// Interfaces by their place in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Each once, sorted.
    These(Vec<u32>),
    /// All there are, or too many to tell.
    All,
}

thread_local! {
    static NOTED: RefCell<Option<Reads>> = const { RefCell::new(None) };
}

/// Does it, and says what it read.
pub(crate) fn noting<Result>(work: impl FnOnce() -> Result) -> (Result, Reads) {
    let before = NOTED.replace(Some(Reads::These(Vec::new())));
    let result = work();
    let noted = NOTED.replace(before).unwrap_or(Reads::All);
    let sorted = match noted {
        Reads::These(mut list) => {
            list.sort_unstable();
            list.dedup();
            if list.len() > MOST { Reads::All } else { Reads::These(list) }
        }
        Reads::All => Reads::All,
    };
    (result, sorted)
}

/// Does it without noting anything: what several files share is made by the first that asks for it, and each of them notes
/// for itself what it takes out.
pub(crate) fn quietly<Result>(work: impl FnOnce() -> Result) -> Result {
    let before = NOTED.replace(None);
    let result = work();
    NOTED.set(before);
    result
}

/// This interface was read.
pub(crate) fn note(place: u32) {
    NOTED.with_borrow_mut(|noted| {
        if let Some(Reads::These(list)) = noted
            && list.last() != Some(&place)
        {
            list.push(place);
        }
    });
}

/// All of them were.
pub(crate) fn note_all() {
    NOTED.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            *noted = Reads::All;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_noted_once_and_in_order() {
        let ((), reads) = noting(|| [3, 1, 3].into_iter().for_each(note));
        assert_eq!(reads, Reads::These(vec![1, 3]));
        let ((), reads) = noting(|| quietly(|| note(1)));
        assert_eq!(reads, Reads::These(Vec::new()));
        let ((), reads) = noting(|| {
            note_all();
            note(1);
        });
        assert_eq!(reads, Reads::All);
        let ((), reads) = noting(|| (0..1000).for_each(note));
        assert_eq!(reads, Reads::All);
    }
}
