//! The same work on many things, on all processors. Order is kept.

use std::num::NonZero;
use std::thread;

/// Fewer things than this are not worth a thread.
const WORTH: usize = 8;

/// What `work` makes of each of `things`.
pub(super) fn map<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let each = things.len().div_ceil(processors).max(WORTH);
    if things.len() <= each {
        return things.iter().map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let parts = things
            .chunks(each)
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()));
        let parts: Vec<_> = parts.collect();
        let mut done = Vec::with_capacity(things.len());
        for part in parts {
            match part.join() {
                Ok(results) => done.extend(results),
                // A defect in a rule's reading is the same defect on one processor.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}
