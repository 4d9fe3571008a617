"""All services of the lab, and what names the command line knows for them."""

from . import glance, keystone, mariadb, neutron, nova, placement, rabbitmq
from .process import Service
from .settings import Lab, LabError


def all_services(lab: Lab) -> list[Service]:
    """Every service, those first that others need."""
    memcached = Service("memcached", ["/usr/bin/memcached", "-u", "root", "-l", "127.0.0.1", "-U", "0", "-m", "64",
                                      "-p", str(lab.ports["memcached"])], port=lab.ports["memcached"])
    services = [mariadb.service(lab), *rabbitmq.services(lab), memcached, keystone.service(lab)]
    for region in lab.regions:
        for part in (placement, nova, neutron, glance):
            services += part.services(lab, region)
    return services


def select(lab: Lab, name: str) -> list[Service]:
    """One service (`RegionOne/nova-api`), or a group: a region (`RegionOne`), a project in it (`RegionOne/nova`),
    or `all`."""
    services = all_services(lab)
    exact = [s for s in services if s.name == name]
    group = [s for s in services if name == "all" or s.name.startswith((name + "/", name + "-"))]
    if not (exact or group):
        raise LabError(f"no service {name!r}; there are: {', '.join(s.name for s in services)}; "
                       "and groups: " + ", ".join(f"{r.name}, {r.name}/nova, {r.name}/neutron" for r in lab.regions))
    return exact or group
