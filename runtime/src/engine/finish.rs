//! Work that is finished whoever hangs up.
//!
//! In: a future that must not be dropped half-way. Out: the same, polled in place; when whoever waits for it lets go, the rest
//! becomes a task. Never knows: what the work is.
//!
//! A task from the beginning would do as well, at the price of two hand-overs between threads for each piece of work; hardly
//! anybody hangs up.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

/// A future that goes on when it is dropped.
pub(super) struct Finished<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    rest: Option<Pin<Box<F>>>,
    begun: bool,
}

/// Finishes `work` in any case, once it has been polled.
pub(super) fn finished<F>(work: F) -> Finished<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    Finished { rest: Some(Box::pin(work)), begun: false }
}

impl<F> Future for Finished<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.begun = true;
        // Out of the way while it is polled: what panics has no rest.
        let Some(mut rest) = self.rest.take() else { return Poll::Pending };
        let polled = rest.as_mut().poll(context);
        if polled.is_pending() {
            self.rest = Some(rest);
        }
        polled
    }
}

impl<F> Drop for Finished<F>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn drop(&mut self) {
        // Without a runtime the process is at its end, and the next start finds what the journal has.
        if let (Some(rest), true, Ok(runtime)) = (self.rest.take(), self.begun, Handle::try_current()) {
            drop(runtime.spawn(rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };

    use futures_util::future::poll_immediate;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_is_finished_and_what_was_not_is_not() {
        for begin in [true, false] {
            let done = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&done);
            let mut work = Box::pin(finished(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                seen.store(true, Ordering::Release);
            }));
            if begin {
                assert_eq!(poll_immediate(&mut work).await, None);
            }
            drop(work);
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(done.load(Ordering::Acquire), begin);
        }
        assert_eq!(finished(async { 1 }).await, 1);
    }
}
