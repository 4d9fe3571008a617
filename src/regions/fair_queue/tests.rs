use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

const LONG: Duration = Duration::from_hours(1);

type Asking = Pin<Box<dyn Future<Output = Result<Permit, Refused>>>>;

fn ask(queue: &Arc<FairQueue>, key: &str) -> Asking {
    let (queue, key) = (queue.clone(), key.to_owned());
    // A task that polls many of them at once would find some not ready that are (tokio's cooperative budget).
    Box::pin(tokio::task::unconstrained(async move { queue.acquire(&key, LONG).await }))
}

fn poll(asking: &mut Asking) -> Poll<Result<Permit, Refused>> {
    asking.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn at_once(queue: &Arc<FairQueue>, key: &str) -> Option<Permit> {
    match poll(&mut ask(queue, key)) {
        Poll::Ready(permit) => permit.ok(),
        Poll::Pending => None,
    }
}

/// What always holds between two calls.
fn check(queue: &FairQueue, permits: usize, places: usize) {
    let state = queue.lock();
    let held: usize = state.keys.values().map(|key| key.held).sum();
    let waiting: usize = state.keys.values().map(|key| key.waiting.len()).sum();
    assert_eq!((state.free + held, state.places_free + waiting), (permits, places));
    let mut in_round: Vec<&str> = state.round.iter().map(AsRef::as_ref).collect();
    let with_waiters: Vec<_> = state.keys.iter().filter(|(_, key)| !key.waiting.is_empty()).collect();
    let mut expected: Vec<&str> = with_waiters.iter().map(|(name, _)| name.as_ref()).collect();
    in_round.sort_unstable();
    expected.sort_unstable();
    assert_eq!(in_round, expected);
    let served = with_waiters.iter().all(|(_, key)| key.held >= 2 * state.free);
    assert!(served, "one waits who could be served: {state:?}");
    assert!(state.keys.values().all(|key| key.held > 0 || !key.waiting.is_empty()), "a key is kept for nothing");
}

#[tokio::test]
async fn whatever_happens_no_permit_is_lost() {
    for seed in 0..60 {
        let mut random = StdRng::seed_from_u64(seed);
        let (permits, places) = (random.random_range(1..12), random.random_range(0..20));
        let queue = Arc::new(FairQueue::new(permits, places));
        let (mut waiting, mut held): (Vec<Asking>, Vec<Permit>) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            let some = |length: usize, random: &mut StdRng| (length > 0).then(|| random.random_range(0..length));
            match random.random_range(0..6) {
                0..3 => waiting.push(ask(&queue, ["a", "b", "c", "d"][random.random_range(0..4)])),
                3 => drop(some(waiting.len(), &mut random).map(|index| waiting.swap_remove(index))),
                _ => drop(some(held.len(), &mut random).map(|index| held.swap_remove(index))),
            }
            waiting.retain_mut(|asking| match poll(asking) {
                Poll::Pending => true,
                Poll::Ready(Ok(permit)) => {
                    held.push(permit);
                    false
                }
                Poll::Ready(Err(refused)) => {
                    assert_eq!(refused, Refused::Full);
                    false
                }
            });
            check(&queue, permits, places);
        }
        waiting.clear();
        held.clear();
        check(&queue, permits, places);
        assert!(queue.lock().keys.is_empty());
    }
}

#[tokio::test]
async fn greedy_keys_leave_something_for_the_next() {
    let queue = Arc::new(FairQueue::new(64, 10_000));
    let mut held = Vec::new();
    for (key, share) in [("a", 43), ("b", 14), ("c", 5)] {
        let before = held.len();
        held.extend(std::iter::from_fn(|| at_once(&queue, key)));
        assert_eq!(held.len() - before, share, "{key}");
    }
    // Once all of them ask all the time, their shares become equal: two sevenths each, and one is free.
    let mut waiting: Vec<Asking> = Vec::new();
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..600 {
        waiting.extend(["a", "b", "c"].map(|key| ask(&queue, key)));
        waiting.retain_mut(|asking| match poll(asking) {
            Poll::Pending => true,
            Poll::Ready(permit) => {
                held.push(permit.expect("a place in the queue"));
                false
            }
        });
        drop(held.swap_remove(random.random_range(0..held.len())));
    }
    let state = queue.lock();
    assert!((7..=10).contains(&state.free), "{}", state.free);
    for key in ["a", "b", "c"] {
        assert!((14..=24).contains(&state.keys[key].held), "{key}: {}", state.keys[key].held);
    }
}

#[tokio::test]
async fn one_who_holds_nothing_is_served_within_one_round() {
    let queue = Arc::new(FairQueue::new(4, 10_000));
    let names: Vec<String> = (0..20).map(|number| format!("greedy {number}")).collect();
    let (mut waiting, mut held): (Vec<Asking>, Vec<Permit>) = (Vec::new(), Vec::new());
    let keep_up = |waiting: &mut Vec<Asking>, held: &mut Vec<Permit>| {
        waiting.extend(names.iter().map(|name| ask(&queue, name)));
        waiting.retain_mut(|asking| match poll(asking) {
            Poll::Pending => true,
            Poll::Ready(permit) => {
                held.extend(permit);
                false
            }
        });
    };
    for _ in 0..50 {
        keep_up(&mut waiting, &mut held);
    }
    let mut quiet = ask(&queue, "quiet");
    let mut releases = 0;
    let permit = loop {
        if let Poll::Ready(permit) = poll(&mut quiet) {
            break permit;
        }
        assert!(releases <= names.len(), "not served after {releases} releases");
        drop(held.remove(0));
        releases += 1;
        keep_up(&mut waiting, &mut held);
    };
    assert!(permit.is_ok() && releases > 0, "{permit:?} after {releases}");
}

#[tokio::test]
async fn the_queue_is_bounded_for_each_and_for_all() {
    let queue = Arc::new(FairQueue::new(1, 8));
    let _held = at_once(&queue, "holder").expect("a permit");
    let mut waiting = Vec::new();
    for (key, places) in [("a", 6), ("b", 2), ("c", 0)] {
        for number in 0..8 {
            let mut asking = ask(&queue, key);
            let refused = matches!(poll(&mut asking), Poll::Ready(Err(Refused::Full)));
            assert_eq!(refused, number >= places, "{key} {number}");
            if !refused {
                waiting.push(asking);
            }
        }
    }
    check(&queue, 1, 8);
}

#[tokio::test]
async fn a_wait_ends_in_time() {
    let queue = Arc::new(FairQueue::new(1, 8));
    let held = at_once(&queue, "a").expect("a permit");
    assert_eq!(queue.acquire("b", Duration::from_millis(20)).await.err(), Some(Refused::Late));
    check(&queue, 1, 8);
    drop(held);
    assert!(queue.acquire("b", LONG).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_at_any_time_leave_nothing_behind() {
    let queue = Arc::new(FairQueue::new(3, 64));
    let each = (0..2_000_u64).map(|number| {
        let queue = queue.clone();
        tokio::spawn(async move {
            let mut random = StdRng::seed_from_u64(number);
            let key = ["a", "b", "c", "d", "e"][random.random_range(0..5)];
            let patience = Duration::from_micros(random.random_range(0..3_000));
            let given_up_after = Duration::from_micros(random.random_range(0..3_000));
            let work = async {
                let permit = queue.acquire(key, patience).await;
                tokio::time::sleep(Duration::from_micros(random.random_range(0..200))).await;
                drop(permit);
            };
            let _ = tokio::time::timeout(given_up_after, work).await;
        })
    });
    for task in each.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    check(&queue, 3, 64);
    assert!(queue.lock().keys.is_empty());
}
