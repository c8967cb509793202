//! One kind of work on many things, by all processors.
//!
//! In: things, and what is done to each. Out: what became of each, in their order. Never knows: documents.

use std::num::NonZero;
use std::{panic, thread};

/// Fewer things than this are done before other threads have begun.
const FEW: usize = 32;

/// Does it to every thing; the order of the results is that of the things, whoever is faster.
pub(crate) fn spread<Thing: Send, Result: Send>(
    things: Vec<Thing>,
    work: impl Fn(Thing) -> Result + Sync,
) -> Vec<Result> {
    let threads = if things.len() < FEW { 1 } else { thread::available_parallelism().map_or(1, NonZero::get) };
    if threads == 1 {
        return things.into_iter().map(work).collect();
    }
    let (size, work) = (things.len().div_ceil(threads), &work);
    let mut things = things.into_iter();
    let mut shares: Vec<Vec<Thing>> = (0..threads).map(|_| things.by_ref().take(size).collect()).collect();
    let own = if shares.is_empty() { Vec::new() } else { shares.remove(0) };
    let through = move |share: Vec<Thing>| share.into_iter().map(work).collect::<Vec<Result>>();
    thread::scope(|scope| {
        let others: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || through(share))).collect();
        let mut results = through(own);
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_things() {
        for count in [0, 1, FEW, FEW + 1, 1000] {
            assert_eq!(spread((0..count).collect(), |it| it * 2), (0..count).map(|it| it * 2).collect::<Vec<_>>());
        }
    }
}
