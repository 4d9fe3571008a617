"""What a region is born with: images, networks, flavors, zones. Each function makes only what is missing."""

import time

from .regions import Region
from .rest import Refused, Session
from .settings import Lab, LabError

# Enough for every checksum and download. Nothing that looks like a partition table: Glance refuses such a raw image.
IMAGE = b"An image of the lab; no machine ever starts from it.\n" * 128


def images(lab: Lab, region: Region) -> None:
    """Public images under ids of our choice: the same id means the same image in every region."""
    admin, base = Session(lab), lab.url(f"{region.name}/glance") + "/v2/images"
    have = {i["id"]: i["status"] for i in admin("GET", f"{base}?limit=1000")["images"]}
    for image, name in region.images:
        if image not in have:
            admin("POST", base, {"id": image, "name": name, "visibility": "public", "disk_format": "raw",
                                 "container_format": "bare", "min_disk": 0, "min_ram": 0})
        if have.get(image) != "active":
            admin("PUT", f"{base}/{image}/file", data=IMAGE, headers={"Content-Type": "application/octet-stream"})


def networks(lab: Lab, region: Region) -> None:
    """Shared networks with a subnet each."""
    admin, base = Session(lab), lab.url(f"{region.name}/neutron") + "/v2.0"
    nets = {n["name"]: n for n in admin("GET", f"{base}/networks")["networks"] if n["shared"]}
    for name, cidr in region.networks:
        if name not in nets:
            nets[name] = admin("POST", f"{base}/networks", {"network": {"name": name, "shared": True}})["network"]
        if not nets[name]["subnets"]:
            admin("POST", f"{base}/subnets", {"subnet": {
                "network_id": nets[name]["id"], "name": f"{name}-subnet", "ip_version": 4, "cidr": cidr}})


def flavors(lab: Lab, region: Region) -> None:
    """Public flavors."""
    admin, base = Session(lab), lab.url(f"{region.name}/nova") + "/v2.1"
    have = {f["id"] for f in admin("GET", f"{base}/flavors?is_public=None")["flavors"]}
    for flavor in region.flavors:
        if flavor.id not in have:
            admin("POST", f"{base}/flavors", {"flavor": {
                "id": flavor.id, "name": flavor.name, "vcpus": flavor.vcpus, "ram": flavor.ram,
                "disk": flavor.disk}})


def zones(lab: Lab, region: Region) -> None:
    """Wait until both computes can be scheduled to, then an availability zone for each."""
    admin, base = Session(lab), lab.url(f"{region.name}/nova") + "/v2.1"
    _wait_hosts(lab, region, admin, base)
    have = {a["name"]: a for a in admin("GET", f"{base}/os-aggregates")["aggregates"]}
    for host, zone in zip(region.hosts, region.zones):
        if zone not in have:
            have[zone] = admin("POST", f"{base}/os-aggregates",
                               {"aggregate": {"name": zone, "availability_zone": zone}})["aggregate"]
        if host not in (have[zone].get("hosts") or []):
            _add_host(admin, f"{base}/os-aggregates/{have[zone]['id']}/action", host)


def _add_host(admin: Session, url: str, host: str) -> None:
    # Nova mirrors the aggregate in Placement, where the host's inventory may be a moment away.
    for attempt in range(20):
        try:
            admin("POST", url, {"add_host": {"host": host}})
            return
        except Refused as error:
            if error.code < 404 or attempt == 19:
                raise
            if "already" in str(error):
                return
            time.sleep(0.5)


def _wait_hosts(lab: Lab, region: Region, admin: Session, base: str) -> None:
    """Alive in Nova, mapped to the cell (os-hypervisors shows no others), with inventory in Placement."""
    deadline = time.monotonic() + 90
    while True:
        services = admin("GET", f"{base}/os-services?binary=nova-compute")["services"]
        hypervisors = admin("GET", f"{base}/os-hypervisors")["hypervisors"]
        missing = {
            "not up": set(region.hosts) - {s["host"] for s in services if s["state"] == "up"},
            "not mapped to the cell": set(region.hosts) - {h["hypervisor_hostname"] for h in hypervisors},
            "without inventory in Placement": set(region.hosts) - _stocked(lab, region, admin)}
        if not any(missing.values()):
            return
        if time.monotonic() > deadline:
            raise LabError(f"{region.name}, after 90 s: " + "; ".join(
                f"{', '.join(sorted(hosts))} {what}" for what, hosts in missing.items() if hosts) +
                f": read {lab.dir}/log/{region.name}/nova-compute-*.log and nova-scheduler.log")
        time.sleep(0.5)


def _stocked(lab: Lab, region: Region, admin: Session) -> set[str]:
    placement = lab.url(f"{region.name}/placement")
    return {p["name"] for p in admin("GET", f"{placement}/resource_providers")["resource_providers"]
            if admin("GET", f"{placement}/resource_providers/{p['uuid']}/inventories")["inventories"]}
