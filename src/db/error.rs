//! What can go wrong in the database, and what may be tried again.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::error::Fault;

/// Result of a query or transaction.
pub type DbResult<T> = Result<T, DbError>;

/// An error of the database or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection in time, or none at all.
    #[error("database not reachable: {0}")]
    Unreachable(String),
    /// The URL, the file or the schema cannot be used; says what to do.
    #[error("database: {0}")]
    Setup(String),
    /// A query failed.
    #[error("database query: {0}")]
    Query(#[from] Diesel),
    /// A list took longer than this many milliseconds (`database.statement_timeout_ms`).
    #[error("a list took longer than {0} ms in the database")]
    Slow(u128),
    /// The lease of a region was lost while its rows were written.
    #[error("the lease {0} is held by another process")]
    LeaseLost(String),
}

impl DbError {
    /// True where the same transaction may succeed when run again: a deadlock, a Galera certification failure, a
    /// writer that held the `SQLite` file. diesel-async reports most of these as `Unknown`, so the text decides.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Query(Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Self::Query(Diesel::DatabaseError(_, info)) => {
                ["Deadlock found", "Lock wait timeout", "WSREP", "database is locked", "Record has changed since"]
                    .iter()
                    .any(|text| info.message().contains(text))
            }
            _ => false,
        }
    }

    /// True where a value does not fit its column: the same query never succeeds.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let Self::Query(Diesel::DatabaseError(_, info)) = self else { return false };
        ["Data too long", "Out of range", "Incorrect "].iter().any(|text| info.message().contains(text))
    }

    /// True where it is about the very row: others can be written.
    #[must_use]
    pub fn is_of_row(&self) -> bool {
        self.is_refusal() || self.is_duplicate()
    }

    /// True where the time for a list is over.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Slow(_) => true,
            Self::Query(Diesel::DatabaseError(_, info)) => info.message().contains("max_statement_time exceeded"),
            _ => false,
        }
    }

    /// True where a row with the same key was there already.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Query(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
            || matches!(self, Self::Query(Diesel::DatabaseError(_, info)) if info.message().contains("Duplicate entry"))
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unreachable(_) => {
                Self::unavailable("The database of the compute service is not reachable; try again.")
                    .with_detail(error.to_string())
            }
            _ if error.is_conflict() => Self::unavailable("The database of the compute service is busy; try again.")
                .with_detail(error.to_string()),
            // Not 400: the same list may be quick when the database is.
            _ if error.is_timeout() => Self::unavailable("The list takes too long; narrow it with other filters.")
                .with_detail(error.to_string()),
            _ => Self::internal(error.to_string()),
        }
    }
}
