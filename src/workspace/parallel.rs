//! The same work on many things, on all processors. Order is kept.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Texts: fewer are not worth a thread.
pub const WORTH: usize = 8;

/// What `work` makes of each of `things`; a thread is worth it for `worth` of them. Whoever is done takes
/// the next one, since things differ in size.
pub fn map<T: Sync, R: Send>(things: &[T], worth: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(things.len() / worth.max(1));
    if threads < 2 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::with_capacity(things.len() / threads + 1);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(number) else {
                return done;
            };
            done.push((number, work(thing)));
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(some)).collect();
        let mut done = some();
        for other in others {
            match other.join() {
                Ok(results) => done.extend(results),
                // A defect in a rule's reading is the same defect on one processor.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    all.sort_unstable_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn every_thing_is_taken_once_and_order_is_kept() {
        let things: Vec<u32> = (0..1000).collect();
        for worth in [1, 8, 2000] {
            assert_eq!(map(&things, worth, |it| *it), things, "{worth}");
        }
        assert!(map(&[] as &[u32], 1, |it| *it).is_empty());
    }
}
