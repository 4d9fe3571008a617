//! Dying right behind a transaction: the thread that commits it goes no further before the process has ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// What the service says of each transaction that it commits.
const TARGET: &str = "nova_cascade::db::committed";

/// Hears of every transaction of one process, and springs at one.
#[derive(Clone, Default)]
pub struct Trap(Arc<Inner>);

#[derive(Default)]
struct Inner {
    seen: Mutex<Vec<String>>,
    target: Mutex<Option<String>>,
    sprung: AtomicBool,
    caught: Notify,
    over: Mutex<bool>,
    ended: Condvar,
}

impl Trap {
    /// For the threads of a process: each calls it once.
    pub fn listen(&self) {
        let layer = tracing_subscriber::registry().with(self.clone());
        // For as long as the thread lives.
        std::mem::forget(tracing::subscriber::set_default(layer));
    }

    /// Springs when this transaction has been committed for the first time from now on.
    pub fn set(&self, transaction: &str) {
        *self.0.target.lock().unwrap() = Some(transaction.to_owned());
    }

    /// Returns when it has sprung.
    pub async fn caught(&self) {
        let caught = self.0.caught.notified();
        if !self.0.sprung.load(Ordering::SeqCst) {
            caught.await;
        }
    }

    /// The process has ended: what is left on the thread that was caught is dropped, and with it the connections that a
    /// kernel would close.
    pub fn release(&self) {
        *self.0.over.lock().unwrap() = true;
        self.0.ended.notify_all();
    }

    /// All transactions so far, in their order.
    pub fn seen(&self) -> Vec<String> {
        self.0.seen.lock().unwrap().clone()
    }
}

impl<S: Subscriber> Layer<S> for Trap {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut name = Name::default();
        event.record(&mut name);
        self.0.seen.lock().unwrap().push(name.0.clone());
        let mut target = self.0.target.lock().unwrap();
        if target.as_deref() == Some(&*name.0) {
            *target = None;
            drop(target);
            self.0.sprung.store(true, Ordering::SeqCst);
            self.0.caught.notify_waiters();
            self.0.caught.notify_one();
            let over = self.0.over.lock().unwrap();
            drop(self.0.ended.wait_while(over, |over| !*over).unwrap());
            std::panic::resume_unwind(Box::new("killed"));
        }
    }
}

#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "transaction" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
