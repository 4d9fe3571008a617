"""How the two regions differ, as data. Real regions differ in everything that nobody agreed on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flavor:
    """A flavor as this region has it."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int


@dataclass(frozen=True)
class Host:
    """What one fake hypervisor claims to have."""

    vcpus: int
    memory_mb: int
    disk_gb: int


@dataclass(frozen=True)
class Region:
    """One OpenStack: its name below, and all that is its own."""

    name: str
    short: str
    cell_uuid: str
    host: Host
    zones: tuple[str, str]  # one for each of the two computes
    flavors: tuple[Flavor, ...]
    images: tuple[tuple[str, str], ...]  # (id, name)
    networks: tuple[tuple[str, str], ...]  # (name, cidr)

    @property
    def hosts(self) -> tuple[str, str]:
        return f"{self.short}-compute-1", f"{self.short}-compute-2"


CIRROS = ("c1a05000-0000-4000-8000-000000000001", "cirros")
CIRROS_TWO = ("c1a05000-0000-4000-8000-000000000003", "cirros-2")

REGIONS = (
    Region(
        name="RegionOne", short="one", cell_uuid="0e110000-0000-4000-8000-000000000001",
        host=Host(vcpus=256, memory_mb=524288, disk_gb=20000),
        zones=("nova-a", "nova-b"),
        flavors=(
            Flavor("1", "m1.tiny", 1, 512, 1),
            Flavor("2", "m1.small", 1, 2048, 20),
            Flavor("3", "m1.medium", 2, 4096, 40),  # only here
            Flavor("42", "m1.nano", 1, 128, 1),  # id 42 is something else in RegionTwo
            Flavor("f0000000-0000-4000-8000-000000000001", "only-one.large", 4, 8192, 80),
        ),
        images=(CIRROS, CIRROS_TWO, ("c1a05000-0000-4000-8000-000000000002", "only-one")),
        networks=(("lab-net", "10.101.0.0/16"),),
    ),
    Region(
        name="RegionTwo", short="two", cell_uuid="0e110000-0000-4000-8000-000000000002",
        host=Host(vcpus=64, memory_mb=131072, disk_gb=4000),
        zones=("east", "west"),
        flavors=(
            Flavor("f0000000-0000-4000-8000-000000000011", "m1.tiny", 1, 512, 1),  # same name, another id
            Flavor("2", "m1.small", 1, 2048, 20),  # the same in both
            Flavor("42", "c1.huge", 16, 16384, 10),  # same id, another thing
            Flavor("f0000000-0000-4000-8000-000000000012", "only-two.large", 4, 8192, 60),
        ),
        images=(CIRROS, CIRROS_TWO),
        networks=(("lab-net", "10.102.0.0/16"), ("net-two-only", "10.112.0.0/16")),
    ),
)
