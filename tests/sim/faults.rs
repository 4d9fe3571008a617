//! What goes wrong, and for which requests.

use std::sync::Mutex;
use std::time::Duration;

use http::Method;

/// The kinds of service a region has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    Keystone,
    Nova,
    Neutron,
    Glance,
    Placement,
    Cinder,
}

/// A way to go wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Answers with this status and the service's own form of fault, and does nothing.
    Answer(u16, &'static str),
    /// Answers with this status and this body, which need not be JSON, and does nothing.
    Garbage(u16, &'static str),
    /// Every object is unknown, as to an account that lost its role.
    NotFound,
    /// Closes the connection without reading the body.
    CloseBeforeBody,
    /// Reads the request, does nothing, closes the connection.
    CloseBeforeEffect,
    /// Does what was asked, closes the connection without an answer.
    CloseAfterEffect,
    /// Does what was asked, and answers with this status and the service's own form of fault.
    AnswerAfterEffect(u16, &'static str),
    /// Waits, then does what was asked, even when the client has gone meanwhile.
    DelayBefore(Duration),
    /// Does what was asked, then waits before it answers.
    DelayAfter(Duration),
    /// Never answers, never does anything.
    Hang,
    /// Does what was asked, never answers.
    HangAfter,
    /// Sends the head and half of the body, then closes the connection.
    Cut,
    /// Leaves this share of the servers (0 to 1) out of lists, always the same ones.
    HideServers(f64),
    /// This share of the servers (0 to 1) sits in a cell that is down: minimal records from 2.69, where Nova
    /// gives them, and silence or 500 elsewhere.
    DownCell(f64),
    /// Each page of a list of servers begins at its end.
    Reverse,
    /// Servers that are being built keep their BuildRequests beside their instances: lists have both.
    BuildRequests,
    /// Does what was asked, and a proxy compresses the answer whatever was asked for.
    Compress(Coding),
    /// Does what was asked, and a proxy compresses the answer by gzip where the request accepts that.
    CompressIfAccepted,
}

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Deflate,
    /// One that nobody asked for, called `br`.
    Unknown,
}

/// A fault and the requests that it meets.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    service: Option<Service>,
    method: Option<Method>,
    path: String,
    times: Option<usize>,
    skip: usize,
}

impl Fault {
    /// A fault that meets every request, for ever.
    pub fn new(kind: Kind) -> Self {
        Self { kind, service: None, method: None, path: String::new(), times: None, skip: 0 }
    }

    /// Only this service.
    pub fn on(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Only this method.
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.parse().ok();
        self
    }

    /// Only paths that begin so, as in `/v2.1/servers`.
    pub fn path(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.path);
        self
    }

    /// Only this many requests; then the fault is gone.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets this many matching requests pass first.
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    fn meets(&self, service: Service, method: &Method, path: &str) -> bool {
        self.service.is_none_or(|only| only == service)
            && self.method.as_ref().is_none_or(|only| only == method)
            && path.starts_with(&self.path)
            && self.times != Some(0)
    }
}

/// The share of the servers that a request does not see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lens {
    pub hidden: f64,
    pub down: f64,
    pub reversed: bool,
    pub requests: bool,
}

impl Lens {
    /// Whether the server with this number is left out of lists.
    pub fn hides(self, number: u64) -> bool {
        spread(number) < self.hidden
    }

    /// Whether the server with this number sits in the cell that is down.
    pub fn downs(self, number: u64) -> bool {
        spread(number) < self.down
    }
}

/// Spreads numbers evenly over 0 to 1, so that a share picks the same servers each time.
fn spread(number: u64) -> f64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    f64::from(u32::try_from(mixed).unwrap_or(0)) / f64::from(1u32 << 24)
}

/// The faults of a region, first come, first met.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault.
    pub fn push(&self, fault: Fault) {
        self.0.lock().unwrap().push(fault);
    }

    /// Heals what is for paths that begin with exactly this.
    pub fn heal(&self, prefix: &str) {
        self.0.lock().unwrap().retain(|fault| fault.path != prefix);
    }

    /// Heals everything.
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// What this request meets: every lens that matches, and the first fault of another kind. Uses it up.
    pub fn take(&self, service: Service, method: &Method, path: &str) -> (Lens, Option<Kind>) {
        let mut lens = Lens::default();
        let mut first = None;
        for fault in self.0.lock().unwrap().iter_mut().filter(|f| f.meets(service, method, path)) {
            let is_lens =
                matches!(fault.kind, Kind::HideServers(_) | Kind::DownCell(_) | Kind::Reverse | Kind::BuildRequests);
            if !is_lens && first.is_some() {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.times = fault.times.map(|left| left - 1);
            match &fault.kind {
                Kind::HideServers(share) => lens.hidden = *share,
                Kind::DownCell(share) => lens.down = *share,
                Kind::Reverse => lens.reversed = true,
                Kind::BuildRequests => lens.requests = true,
                kind => first = Some(kind.clone()),
            }
        }
        (lens, first)
    }
}
