//! Extra specs from 2.86 on (`nova/api/validation/extra_specs/`: validators.py, base.py).

use std::sync::LazyLock;

use regex::Regex;

use super::table::{SPECS, TRAITS};
use crate::api::python;
use crate::error::{ApiResult, Fault};
use crate::query::boolean;

/// What a value can be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Any,
    /// In any of the spellings of oslo.utils.
    Bool,
    /// From and to.
    Int(i128, i128),
    OneOf(&'static [&'static str]),
    /// What an expression matches whole.
    Like(&'static str),
}

/// The table, compiled.
struct Table {
    specs: Vec<(Regex, Value)>,
    namespaces: Vec<Regex>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let standard = format!("({})", TRAITS.split_whitespace().collect::<Vec<_>>().join("|"));
    let names = SPECS.map(|(name, value)| (name.replace("<standard>", &standard), value));
    let namespaces = names.iter().filter_map(|(name, _)| name.split_once(':')).filter_map(|(space, _)| whole(space));
    Table {
        namespaces: namespaces.collect(),
        specs: names.iter().filter_map(|(name, value)| Some((whole(name)?, *value))).collect(),
    }
});

/// An expression that matches nothing but whole text.
fn whole(expression: &str) -> Option<Regex> {
    Regex::new(&format!(r"\A(?:{expression})\z")).ok()
}

/// Holds one against the table.
///
/// # Errors
/// 400 in Nova's words.
pub(super) fn validate(name: &str, value: &str) -> ApiResult<()> {
    if let Some((_, kind)) = TABLE.specs.iter().find(|(known, _)| known.is_match(name)) {
        return kind.wrong(value).map_or(Ok(()), |reason| Err(failed(&reason)));
    }
    let unknown = name.split_once(':').is_some_and(|(space, _)| TABLE.namespaces.iter().any(|s| s.is_match(space)));
    if unknown {
        return Err(failed(&format!("extra spec '{name}' does not appear to be a valid extra spec")));
    }
    Ok(())
}

fn failed(reason: &str) -> Fault {
    Fault::bad_request(format!("Validation failed; {reason}."))
}

impl Value {
    fn wrong(self, value: &str) -> Option<String> {
        match self {
            Self::Bool if boolean(value).is_none() => Some(format!("'{value}' is not a valid boolean-like value")),
            Self::Int(least, most) => match python::int(value) {
                None => Some(format!("'{value}' is not a valid integer value")),
                Some(n) if n > most => Some(format!("'{n}' is greater than the max value of '{most}'")),
                Some(n) if n < least => Some(format!("'{n}' is less than the min value of '{least}'")),
                Some(_) => None,
            },
            Self::OneOf(known) if !known.contains(&value) => {
                Some(format!("'{value}' is not one of: {}", known.join(", ")))
            }
            Self::Like(expression) if !whole(expression).is_some_and(|regex| regex.is_match(value)) => {
                Some(format!("'{value}' is not of the format '{expression}'"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_compiles() {
        assert_eq!(TABLE.specs.len(), SPECS.len());
        let with_namespace = SPECS.iter().filter(|(name, _)| name.contains(':')).count();
        assert_eq!(TABLE.namespaces.len(), with_namespace);
        for (_, value) in SPECS {
            assert!(!matches!(value, Value::Like(expression) if whole(expression).is_none()));
        }
        assert!(TRAITS.split_whitespace().count() > 300);
    }

    #[test]
    fn what_nova_knows_is_let_pass() {
        for (name, value) in [
            ("hw:cpu_policy", "dedicated"),
            ("hw:cpu_cores", " 1_0 "),
            ("hw:boot_menu", "Yes"),
            ("hw:numa_cpus.0", "1,2"),
            ("hw:cpu_realtime_mask", "^0-1"),
            ("hw:mem_page_size", "1GB"),
            ("hw:pmem", "a,b,"),
            ("trait:CUSTOM_A", "required"),
            ("trait1:HW_CPU_X86_AVX", "forbidden"),
            ("resources:VCPU", "-2"),
            ("resources_a-1:CUSTOM_X", "2"),
            ("capabilities:cpu_info:features:x", "<in> avx"),
            ("capabilities:vcpus", ">= 4"),
            ("aggregate_instance_extra_specs:a:b", "c"),
            ("pci_passthrough:alias", "a:1, b:2"),
            ("quota:vif_reservation", "-1"),
            ("quota:disk_total_iops_sec", "5"),
            ("foo:bar", "baz"),
            ("hw", "x"),
            ("anything", "x"),
        ] {
            assert!(validate(name, value).is_ok(), "{name}={value}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_refused_in_its_words() {
        let unknown = |name: &str| format!("extra spec '{name}' does not appear to be a valid extra spec");
        for (name, value, reason) in [
            ("hw:foo", "x", unknown("hw:foo")),
            ("hw:numa_cpus.x", "1", unknown("hw:numa_cpus.x")),
            ("trait:HW_NOPE", "required", unknown("trait:HW_NOPE")),
            ("resources:NOPE", "1", unknown("resources:NOPE")),
            ("capabilities:nope", "x", unknown("capabilities:nope")),
            ("aggregate_instance_extra_specs:", "b", unknown("aggregate_instance_extra_specs:")),
            ("hw:cpu_policy", "x", "'x' is not one of: dedicated, shared, mixed".into()),
            ("hw:cpu_cores", "x", "'x' is not a valid integer value".into()),
            ("hw:cpu_cores", "-03", "'-3' is less than the min value of '1'".into()),
            ("hw:redirected_usb_ports", "16", "'16' is greater than the max value of '15'".into()),
            ("hw:boot_menu", "maybe", "'maybe' is not a valid boolean-like value".into()),
            ("pci_passthrough:alias", "a", r"'a' is not of the format '[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*'".into()),
        ] {
            let fault = validate(name, value).expect_err(name);
            assert_eq!(fault.message, format!("Validation failed; {reason}."));
        }
    }
}
