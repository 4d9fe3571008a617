//! What still fits, and the words where it does not.

use std::collections::BTreeMap;

/// Whose sums.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The project; "" for what a user has whatever the project.
    pub project_id: &'a str,
    /// The user; "": the project as a whole.
    pub user_id: &'a str,
    /// The user's alone count: no sum over the project is kept.
    pub user_only: bool,
}

impl<'a> Account<'a> {
    /// Of a user in a project; what they use counts for both.
    #[must_use]
    pub fn new(project_id: &'a str, user_id: &'a str) -> Self {
        Self { project_id, user_id, user_only: false }
    }

    /// Of a user, under the limits of a project.
    #[must_use]
    pub fn of_user(project_id: &'a str, user_id: &'a str) -> Self {
        Self { project_id, user_id, user_only: true }
    }

    /// Keys of its sums (project id, user id), in the order in which they are locked.
    pub(in crate::db) fn sums(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let project = (!self.user_only).then_some((self.project_id, ""));
        let user = (if self.user_only { "" } else { self.project_id }, self.user_id);
        project.into_iter().chain((!self.user_id.is_empty()).then_some(user))
    }
}

/// Sums and limits of an account, by resource: of the project and of the user.
#[derive(Clone, Debug, Default)]
pub struct Headroom(BTreeMap<&'static str, Vec<(i64, i64)>>);

/// Resources of which there is too little: Nova's `TooManyInstances`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over(Vec<OverOne>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct OverOne {
    resource: &'static str,
    requested: i64,
    used: i64,
    limit: i64,
}

impl Headroom {
    pub(in crate::db) fn add(&mut self, resource: &'static str, in_use: i64, limit: i64) {
        self.0.entry(resource).or_default().push((in_use, limit));
    }

    /// What is in use: of the project, or of the user where one is named.
    #[must_use]
    pub fn in_use(&self, resource: &str, user_id: &str) -> i64 {
        let sums = self.0.get(resource);
        let sum = sums.and_then(|sums| if user_id.is_empty() { sums.first() } else { sums.last() });
        sum.map_or(0, |(in_use, _)| *in_use)
    }

    /// How many more fit; none: any number.
    fn left(&self, resource: &str) -> Option<i64> {
        let sums = self.0.get(resource).into_iter().flatten();
        sums.filter(|(_, limit)| *limit >= 0).map(|(in_use, limit)| (limit - in_use).max(0)).min()
    }

    /// How many of `wanted` fit, each of which takes these amounts.
    #[must_use]
    pub fn fit(&self, amounts: &[(&'static str, i64)], wanted: i64) -> i64 {
        let of = |(resource, amount): &(&'static str, i64)| {
            self.left(resource).filter(|_| *amount > 0).map(|left| left / amount)
        };
        amounts.iter().filter_map(of).min().unwrap_or(wanted).min(wanted)
    }

    /// Lets so many pass, each of which takes these amounts.
    ///
    /// # Errors
    /// What there is too little of.
    pub fn check(&self, amounts: &[(&'static str, i64)], count: i64) -> Result<(), Over> {
        let mut over = Vec::new();
        for (resource, amount) in amounts {
            let requested = amount * count;
            let sums = self.0.get(resource).into_iter().flatten();
            let full = sums.filter(|(in_use, limit)| *limit >= 0 && requested > 0 && in_use + requested > *limit);
            if let Some((used, limit)) = full.max_by_key(|(in_use, limit)| in_use - limit) {
                over.push(OverOne { resource, requested, used: *used, limit: *limit });
            }
        }
        over.sort_by_key(|one| one.resource);
        if over.is_empty() { Ok(()) } else { Err(Over(over)) }
    }
}

impl Over {
    /// Nova's words (`nova/exception.py`, `TooManyInstances`); `instances`: how many were asked for, as `1` or `2-5`.
    #[must_use]
    pub fn message(&self, instances: Option<&str>) -> String {
        let join = |of: &dyn Fn(&OverOne) -> String| self.0.iter().map(of).collect::<Vec<_>>().join(", ");
        let names = join(&|one| one.resource.to_owned());
        let requested = join(&|one| match instances.filter(|_| one.resource == super::resource::INSTANCES) {
            Some(text) => text.to_owned(),
            None => one.requested.to_string(),
        });
        let used = join(&|one| one.used.to_string());
        let limits = join(&|one| one.limit.to_string());
        format!("Quota exceeded for {names}: Requested {requested}, but already used {used} of {limits} {names}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headroom(cores: (i64, i64), instances: (i64, i64)) -> Headroom {
        let mut headroom = Headroom::default();
        headroom.add("instances", instances.0, instances.1);
        headroom.add("cores", cores.0, cores.1);
        headroom
    }

    #[test]
    fn what_does_not_fit_is_told_in_novas_words() {
        let amounts = [("instances", 1), ("cores", 4)];
        let full = headroom((18, 20), (10, 10));
        assert_eq!(full.fit(&amounts, 3), 0);
        let over = full.check(&amounts, 1).expect_err("too much");
        let words = "Quota exceeded for cores, instances: Requested 4, 1-2, but already used 18, 10 of 20, 10 cores, \
                     instances";
        assert_eq!(over.message(Some("1-2")), words);
        let open = headroom((0, -1), (9, 10));
        assert_eq!(open.fit(&amounts, 3), 1);
        assert!(open.check(&amounts, 1).is_ok() && open.check(&amounts, 2).is_err());
        assert_eq!(headroom((0, -1), (0, -1)).fit(&amounts, 3), 3);
        // What is over already refuses more, not less.
        assert!(headroom((0, -1), (12, 10)).check(&[("instances", 0), ("cores", 1)], 1).is_ok());
    }
}
