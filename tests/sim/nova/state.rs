//! All servers of a region, with the orders that lists need.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use super::server::Server;

/// The region's servers. Changes go through [`State::change`], which keeps the orders true.
#[derive(Debug, Default)]
pub struct State {
    servers: HashMap<u64, Server>,
    numbers: HashMap<String, u64>,
    by_created: BTreeMap<(Reverse<i64>, String), u64>,
    by_updated: BTreeSet<(i64, u64)>,
    last: u64,
}

impl State {
    /// Adds a server and numbers it.
    pub fn insert(&mut self, mut server: Server) -> String {
        self.last += 1;
        server.seq = self.last;
        let id = server.id.clone();
        self.numbers.insert(id.clone(), server.seq);
        self.by_created.insert((Reverse(server.created), id.clone()), server.seq);
        self.by_updated.extend(server.updated.map(|updated| (updated, server.seq)));
        self.servers.insert(server.seq, server);
        id
    }

    /// A server by id, deleted or not.
    pub fn get(&self, id: &str) -> Option<&Server> {
        self.servers.get(self.numbers.get(id)?)
    }

    /// A server by number, to be rendered: a change made so is not indexed.
    pub fn at(&mut self, seq: u64) -> Option<&mut Server> {
        self.servers.get_mut(&seq)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Server> {
        self.servers.values()
    }

    /// Changes a server and its `updated`; what the change returns, if the server exists.
    pub fn change<T>(&mut self, id: &str, now: i64, change: impl FnOnce(&mut Server) -> T) -> Option<T> {
        self.alter(id, |server| {
            let result = change(server);
            server.updated = Some(now);
            result
        })
    }

    /// Changes a server without touching `updated`, unless the change itself does.
    pub fn alter<T>(&mut self, id: &str, change: impl FnOnce(&mut Server) -> T) -> Option<T> {
        let server = self.servers.get_mut(self.numbers.get(id)?)?;
        let (created, updated, seq) = (server.created, server.updated, server.seq);
        let result = change(server);
        server.rendered.clear();
        if server.created != created {
            self.by_created.remove(&(Reverse(created), server.id.clone()));
            self.by_created.insert((Reverse(server.created), server.id.clone()), seq);
        }
        if server.updated != updated {
            updated.map(|updated| self.by_updated.remove(&(updated, seq)));
            self.by_updated.extend(server.updated.map(|updated| (updated, seq)));
        }
        Some(result)
    }

    /// Forgets a server without leaving a trace in any list.
    pub fn purge(&mut self, id: &str) -> Option<Server> {
        let server = self.servers.remove(&self.numbers.remove(id)?)?;
        self.by_created.remove(&(Reverse(server.created), server.id.clone()));
        server.updated.map(|updated| self.by_updated.remove(&(updated, server.seq)));
        Some(server)
    }

    /// Newest first, behind `after` if given. Those of one second by id, as Nova merges its cells.
    pub fn newest_first(&self, after: Option<&Server>) -> impl Iterator<Item = &Server> {
        let start =
            after.map_or(Bound::Unbounded, |server| Bound::Excluded((Reverse(server.created), server.id.clone())));
        self.by_created.range((start, Bound::Unbounded)).filter_map(|(_, seq)| self.servers.get(seq))
    }

    /// Those updated within these seconds, both included.
    pub fn updated_within(&self, since: i64, before: i64) -> impl Iterator<Item = &Server> {
        self.by_updated.range((since, 0)..=(before, u64::MAX)).filter_map(|(_, seq)| self.servers.get(seq))
    }
}
