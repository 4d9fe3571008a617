//! What regions have told, remembered for a while: used at once while it is fresh, used and asked for again in the
//! background while it is usable, waited for otherwise. Of each question one is under way at a time, for all who ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::time::{Duration, Instant};

use moka::future::Cache;
use tokio::sync::watch;

/// How good a remembered answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Good {
    /// As good as a new one.
    Fresh,
    /// Good enough, and it is time for a new one.
    Usable,
    /// Too old.
    Stale,
}

impl Good {
    /// By the age of an answer.
    #[must_use]
    pub fn of(at: Instant, fresh: Duration, usable: Duration) -> Self {
        match at.elapsed() {
            age if age < fresh => Self::Fresh,
            age if age < usable => Self::Usable,
            _ => Self::Stale,
        }
    }
}

/// An answer and when it came.
#[derive(Clone, Debug)]
pub struct Told<V> {
    /// The answer.
    pub value: V,
    /// When it came.
    pub at: Instant,
}

/// Answers by question.
pub struct Memory<V> {
    slots: Cache<String, Arc<Slot<V>>>,
}

struct Slot<V> {
    told: watch::Sender<Option<Told<V>>>,
    asking: AtomicBool,
}

/// Ends a question, also one that panics.
struct Asking<V>(Arc<Slot<V>>);

impl<V> Drop for Asking<V> {
    fn drop(&mut self) {
        self.0.asking.store(false, Release);
    }
}

impl<V: Clone + Send + Sync + 'static> Memory<V> {
    /// At most so many answers; one that nobody asks for is forgotten after a while.
    #[must_use]
    pub fn new(entries_max: u64, idle: Duration) -> Self {
        Self { slots: Cache::builder().max_capacity(entries_max).time_to_idle(idle).build() }
    }

    /// The answer to a question: the remembered one where `judge` finds it good, else the one that `ask` gives within
    /// `wait`. A question goes on after the wait: its answer serves the next who asks.
    pub async fn get<F>(
        &self,
        question: &str,
        wait: Duration,
        judge: impl Fn(&Told<V>) -> Good,
        ask: impl FnOnce() -> F,
    ) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let slot = self.slots.get_with_by_ref(question, async { Arc::new(Slot::new()) }).await;
        let begun = Instant::now();
        let known = slot.told.borrow().clone();
        let good = known.as_ref().map_or(Good::Stale, judge);
        if good != Good::Fresh && !slot.asking.swap(true, AcqRel) {
            let (asking, answer) = (Asking(slot.clone()), ask());
            tokio::spawn(async move {
                let told = Told { value: answer.await, at: Instant::now() };
                let slot = asking.0.clone();
                // First this: one who finds the question under way counts on an answer that is still to come.
                drop(asking);
                slot.tell(told);
            });
        }
        if good != Good::Stale {
            return known.map(|told| told.value);
        }
        let mut told = slot.told.subscribe();
        let newer = told.wait_for(|told| told.as_ref().is_some_and(|told| told.at >= begun));
        match tokio::time::timeout(wait, newer).await {
            Ok(Ok(told)) => told.as_ref().map(|told| told.value.clone()),
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

impl<V> Slot<V> {
    fn new() -> Self {
        Self { told: watch::Sender::new(None), asking: AtomicBool::new(false) }
    }

    fn tell(&self, new: Told<V>) {
        self.told.send_if_modified(|known| {
            let newer = known.as_ref().is_none_or(|known| known.at <= new.at);
            if newer {
                *known = Some(new);
            }
            newer
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    struct Asked(Arc<AtomicU32>, Memory<u32>);

    impl Asked {
        fn new() -> Self {
            Self(Arc::default(), Memory::new(10, LONG))
        }

        /// Each answer is the number of times that the question was put.
        async fn get(&self, good: Good) -> Option<u32> {
            let count = self.0.clone();
            self.1.get("q", LONG, |_| good, || async move { count.fetch_add(1, SeqCst) + 1 }).await
        }

        async fn until(&self, count: u32) {
            while self.get(Good::Fresh).await != Some(count) {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn what_is_fresh_is_not_asked_for_and_what_is_stale_is_waited_for() {
        let asked = Asked::new();
        assert_eq!(asked.get(Good::Stale).await, Some(1));
        assert_eq!(asked.get(Good::Fresh).await, Some(1));
        assert_eq!(asked.get(Good::Stale).await, Some(2));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_who_comes_as_an_answer_is_given_gets_the_next() {
        let asked = Asked::new();
        for number in 1..=20_000 {
            assert_eq!(asked.get(Good::Stale).await, Some(number));
        }
    }

    #[tokio::test]
    async fn what_is_usable_is_given_at_once_and_asked_for_behind() {
        let asked = Asked::new();
        assert_eq!(asked.get(Good::Stale).await, Some(1));
        assert_eq!(asked.get(Good::Usable).await, Some(1));
        asked.until(2).await;
    }

    #[tokio::test]
    async fn many_who_ask_put_one_question() {
        let memory = Arc::new(Memory::<u32>::new(10, LONG));
        let (count, open) = (Arc::new(AtomicU32::new(0)), Arc::new(tokio::sync::Notify::new()));
        let each = (0..20).map(|_| {
            let (memory, count, open) = (memory.clone(), count.clone(), open.clone());
            async move {
                let ask = || async move {
                    open.notified().await;
                    count.fetch_add(1, SeqCst)
                };
                memory.get("q", LONG, |_| Good::Stale, ask).await
            }
        });
        let release = async {
            tokio::task::yield_now().await;
            open.notify_one();
        };
        let (answers, ()) = tokio::join!(futures_util::future::join_all(each), release);
        assert!(answers.iter().all(|answer| *answer == Some(0)));
        assert_eq!(count.load(SeqCst), 1);
    }

    #[tokio::test]
    async fn a_question_that_takes_long_serves_the_next_and_one_that_panics_is_put_again() {
        let memory = Memory::<u32>::new(10, LONG);
        let (open, wait) = tokio::sync::oneshot::channel::<()>();
        let slow = || async move {
            let _ = wait.await;
            7
        };
        assert_eq!(memory.get("q", Duration::ZERO, |_| Good::Stale, slow).await, None);
        let _ = open.send(());
        let never = || async { 0 };
        while memory.get("q", Duration::ZERO, |_| Good::Fresh, never).await != Some(7) {
            tokio::task::yield_now().await;
        }
        let panics = || async { std::panic::resume_unwind(Box::new("a bug")) };
        assert_eq!(memory.get("p", Duration::ZERO, |_| Good::Stale, panics).await, None);
        while memory.get("p", Duration::ZERO, |_| Good::Fresh, || async { 3 }).await != Some(3) {
            tokio::task::yield_now().await;
        }
    }
}
