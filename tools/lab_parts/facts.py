"""lab.json: everything that tests and people need to know of a running lab."""

import json
from pathlib import Path

from . import identity, mariadb, rabbitmq
from .catalog import all_services
from .regions import Region
from .rest import Session
from .settings import Lab


def write(lab: Lab) -> Path:
    """Ask the running lab and write it down."""
    file = lab.path("lab.json")
    file.touch(0o600)
    admin = Session(lab)
    base = lab.keystone_url
    projects = {p["name"]: p["id"] for p in admin("GET", f"{base}/projects")["projects"]}
    users = {u["name"]: u["id"] for u in admin("GET", f"{base}/users")["users"]}
    file.write_text(json.dumps({
        "dir": str(lab.dir),
        "venv": str(lab.venv),
        "ports": lab.ports.table,
        "keystone_url": base,
        "top_url": lab.top_url,
        "top_port": lab.ports["top"],
        "top_region": identity.TOP_REGION,
        "regions": {region.name: _region(lab, region, admin) for region in lab.regions},
        "users": {name: {"id": users[name], "password": lab.secret(name), "project": project,
                         "project_id": projects[project], "roles": list(roles)}
                  for name, (project, roles) in identity.USERS.items()},
        "projects": projects,
        "domain_id": "default",
        "mariadb": mariadb.facts(lab),
        "rabbitmq": rabbitmq.facts(lab),
        "memcached": {"host": "127.0.0.1", "port": lab.ports["memcached"]},
        "services": [service.name for service in all_services(lab)],
        "log_dir": str(lab.dir / "log"),
    }, indent=2) + "\n")
    return file


def _region(lab: Lab, region: Region, admin: Session) -> dict:
    urls = {service: lab.url(f"{region.name}/{service}") for service in ("nova", "neutron", "glance", "placement")}
    networks = admin("GET", f"{urls['neutron']}/v2.0/networks")["networks"]
    subnets = admin("GET", f"{urls['neutron']}/v2.0/subnets")["subnets"]
    flavors = admin("GET", f"{urls['nova']}/v2.1/flavors")["flavors"]
    seeded = {name for name, _ in region.networks}
    networks = [n for n in networks if n["shared"] and n["name"] in seeded]
    shown = {n["id"] for n in networks}
    return {
        "compute_url": urls["nova"] + "/v2.1",
        "network_url": urls["neutron"],
        "image_url": urls["glance"],
        "placement_url": urls["placement"],
        "identity_url": lab.keystone_url,
        "networks": {n["name"]: n["id"] for n in networks},
        "subnets": {s["name"]: s["id"] for s in subnets if s["network_id"] in shown},
        "images": {name: image for image, name in region.images},
        "flavors": {f["name"]: f["id"] for f in flavors if f["id"] in {own.id for own in region.flavors}},
        "availability_zones": list(region.zones),
        "hosts": dict(zip(region.hosts, region.zones)),
        "host_capacity": {"vcpus": region.host.vcpus, "memory_mb": region.host.memory_mb,
                          "disk_gb": region.host.disk_gb},
        "services": [s.name for s in all_services(lab) if s.name.startswith(region.name + "/")],
        "cell_uuid": region.cell_uuid,
        "cell_db": mariadb.url(lab, f"{region.short}_nova"),
        "cell0_db": mariadb.url(lab, f"{region.short}_nova_cell0"),
        "api_db": mariadb.url(lab, f"{region.short}_nova_api"),
        "transport_url": rabbitmq.url(lab, region.name),
        "notification_topic": "versioned_notifications",
    }
