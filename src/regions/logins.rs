//! What is remembered of the service account's logins, so that an identity service that does not answer, or refuses the
//! account, is asked once for all who wait, and a region that refuses every token brings about no login each time.

use std::time::{Duration, Instant};

use super::CallError;

/// A region that refuses a token younger than this refuses the next one as well.
const YOUNG: Duration = Duration::from_secs(5);

/// Behind the lock that makes logins one at a time.
#[derive(Debug, Default)]
pub(super) struct Logins {
    succeeded_at: Option<Instant>,
    failed: Option<(Instant, CallError)>,
}

impl Logins {
    /// How the login ended that was under way while its caller waited for the lock since `began`, if it failed.
    pub fn failed_since(&self, began: Instant) -> Result<(), CallError> {
        match &self.failed {
            Some((at, error)) if *at >= began => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Whether the token in use is so new that another one is no better.
    pub fn is_young(&self) -> bool {
        self.succeeded_at.is_some_and(|at| at.elapsed() < YOUNG)
    }

    /// Notes how a login ended.
    pub fn note<T>(&mut self, result: &Result<T, CallError>) {
        match result {
            Ok(_) => self.succeeded_at = Some(Instant::now()),
            Err(error) => self.failed = Some((Instant::now(), error.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sent;
    use super::*;

    #[test]
    fn those_who_waited_for_a_login_share_its_failure() {
        let mut logins = Logins::default();
        let waited = Instant::now();
        assert!(logins.failed_since(waited).is_ok() && !logins.is_young());
        logins.note::<()>(&Err(CallError::new("identity service", Sent::No, "no answer")));
        assert!(logins.failed_since(waited).is_err());
        std::thread::sleep(Duration::from_millis(1));
        assert!(logins.failed_since(Instant::now()).is_ok(), "one who comes later tries again");
        logins.note(&Ok(()));
        assert!(logins.is_young());
    }
}
