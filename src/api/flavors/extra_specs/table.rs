//! The extra specs that Nova itself reads (`nova/api/validation/extra_specs/`): names as expressions, and what their
//! values can be. Where a name's namespace is here, no other name of it is let pass.

use super::validate::Value::{self, Any, Bool, Int, Like, OneOf};

/// An integer of 0 or more, and of 1 or more.
const COUNT: Value = Int(0, i128::MAX);
const POSITIVE: Value = Int(1, i128::MAX);
const INT: Value = Int(i128::MIN, i128::MAX);

const MASK: Value = Like(r"\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*");

pub(super) const SPECS: [(&str, Value); 60] = [
    ("accel:device_profile", Any),
    ("aggregate_instance_extra_specs:.+", Any),
    (
        "capabilities:(id|uuid|service_id|host|vcpus|memory_mb|local_gb|vcpus_used|memory_mb_used|local_gb_used|\
         hypervisor_type|hypervisor_version|hypervisor_hostname|free_ram_mb|free_disk_gb|current_workload|running_vms|\
         disk_available_least|host_ip|mapped|cpu_allocation_ratio|ram_allocation_ratio|disk_allocation_ratio|\
         total_usable_ram_mb|total_usable_disk_gb|disk_mb_used|free_disk_mb|vcpus_total|num_instances|num_io_ops|\
         failed_builds|aggregates|cell_uuid|updated)",
        Any,
    ),
    (
        r"capabilities:(cpu_info|metrics|stats|numa_topology|supported_hv_specs|pci_device_pools|nodename|pci_stats|supported_instances|limits|instances)(:\w+)*",
        Any,
    ),
    ("group_policy", OneOf(&["isolate", "none"])),
    ("hide_hypervisor_id", Bool),
    ("hw:boot_menu", Bool),
    ("hw:cpu_cores", POSITIVE),
    ("hw:cpu_dedicated_mask", MASK),
    ("hw:cpu_max_cores", POSITIVE),
    ("hw:cpu_max_sockets", POSITIVE),
    ("hw:cpu_max_threads", POSITIVE),
    ("hw:cpu_policy", OneOf(&["dedicated", "shared", "mixed"])),
    ("hw:cpu_realtime", Bool),
    ("hw:cpu_realtime_mask", Like(r"(\^)?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*")),
    ("hw:cpu_sockets", POSITIVE),
    ("hw:cpu_thread_policy", OneOf(&["prefer", "isolate", "require"])),
    ("hw:cpu_threads", POSITIVE),
    ("hw:emulator_threads_policy", OneOf(&["isolate", "share"])),
    ("hw:ephemeral_encryption", Bool),
    ("hw:ephemeral_encryption_format", OneOf(&["plain", "luks", "luksv2"])),
    ("hw:hide_hypervisor_id", Bool),
    ("hw:locked_memory", Bool),
    ("hw:mem_encryption", Bool),
    ("hw:mem_encryption_model", OneOf(&["amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx"])),
    ("hw:mem_page_size", Like(r"(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)")),
    // Nova's expression has any character where the point is.
    (r"hw:numa_cpus.\d+", MASK),
    (r"hw:numa_mem.\d+", POSITIVE),
    ("hw:numa_nodes", POSITIVE),
    ("hw:pci_numa_affinity_policy", OneOf(&["required", "preferred", "legacy", "socket"])),
    ("hw:pmem", Like("([a-zA-Z0-9_]+(,)?)+")),
    ("hw:pmu", Bool),
    ("hw:redirected_usb_ports", Int(0, 15)),
    ("hw:serial_port_count", COUNT),
    ("hw:sound_model", OneOf(&["sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"])),
    ("hw:tpm_model", OneOf(&["tpm-tis", "tpm-crb"])),
    ("hw:tpm_secret_security", OneOf(&["user", "host", "deployment"])),
    ("hw:tpm_version", OneOf(&["1.2", "2.0"])),
    ("hw:usb_model", OneOf(&["none", "nec-xhci", "qemu-xhci"])),
    ("hw:vif_multiqueue_enabled", Bool),
    ("hw:viommu_model", OneOf(&["intel", "smmuv3", "virtio", "auto"])),
    ("hw:virtio_packed_ring", Bool),
    ("hw:watchdog_action", OneOf(&["none", "pause", "poweroff", "reset", "disabled"])),
    ("hw_rng:allowed", Bool),
    ("hw_rng:rate_(bytes|period)", COUNT),
    ("hw_video:ram_max_mb", COUNT),
    ("os:secure_boot", OneOf(&["disabled", "required"])),
    ("pci_passthrough:alias", Like(r"[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*")),
    ("quota:(cpu|memory|disk_io|vif)_(limit|shares_share)", COUNT),
    ("quota:(cpu|memory|disk_io|vif)_reservation", INT),
    ("quota:(cpu|memory|disk_io|vif)_shares_level", OneOf(&["custom", "high", "normal", "low"])),
    ("quota:cpu_(shares|period)", COUNT),
    ("quota:cpu_quota", INT),
    ("quota:disk_(read|write|total)_(bytes|iops)_sec", COUNT),
    ("quota:vif_(inbound|outbound)_(average|peak|burst)", COUNT),
    (
        "resources([a-zA-Z0-9_-]{1,64})?:(VCPU|MEMORY_MB|DISK_GB|PCI_DEVICE|SRIOV_NET_VF|NUMA_SOCKET|NUMA_CORE|\
         NUMA_THREAD|NUMA_MEMORY_MB|IPV4_ADDRESS|VGPU|VGPU_DISPLAY_HEAD|NET_BW_EGR_KILOBIT_PER_SEC|\
         NET_BW_IGR_KILOBIT_PER_SEC|PCPU|MEM_ENCRYPTION_CONTEXT|FPGA|PGPU|NET_PACKET_RATE_KILOPACKET_PER_SEC|\
         NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC|NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC|CUSTOM_[A-Z0-9_]+)",
        INT,
    ),
    ("trait([a-zA-Z0-9_-]{1,64})?:CUSTOM_[A-Z0-9_]+", OneOf(&REQUIRED)),
    // See `TRAITS`.
    ("trait([a-zA-Z0-9_-]{1,64})?:<standard>", OneOf(&REQUIRED)),
    ("vmware:hw_version", Any),
    ("vmware:storage_policy", Any),
];

const REQUIRED: [&str; 2] = ["required", "forbidden"];

/// The standard traits (os-traits), which stand for `<standard>` above: one a line.
pub(super) const TRAITS: &str = include_str!("traits.txt");
