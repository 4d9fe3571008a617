//! The host name that Nova gives a server: asked for, or made of its name (nova/compute/api.py,
//! `_populate_instance_names`; nova/utils.py, `sanitize_hostname`).

/// dnsmasq's limit, the lowest of all.
const LENGTH_MAX: usize = 63;

/// The host name of server `id` called `name`.
#[must_use]
pub fn of_name(name: &str, id: &str) -> String {
    let latin_1 = name.chars().filter(|&c| u32::from(c) <= 0xff).take(LENGTH_MAX);
    let dashed = latin_1.map(|c| if matches!(c, ' ' | '_' | '.') { '-' } else { c });
    let kept: String = dashed.filter(|&c| c.is_alphanumeric() || c == '-').collect();
    match kept.to_lowercase().trim_matches('-') {
        "" => format!("Server-{id}"),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::of_name;

    #[test]
    fn names_become_host_names_as_novas() {
        let long = "x".repeat(70);
        for (name, host) in [
            ("web", "web"),
            ("Web_1.example org", "web-1-example-org"),
            ("Zoë \"2\" 漢", "zoë-2"),
            ("--a--", "a"),
            ("漢", "Server-7"),
            ("...", "Server-7"),
            (&long, &long[..63]),
        ] {
            assert_eq!(of_name(name, "7"), host, "{name}");
        }
    }
}
