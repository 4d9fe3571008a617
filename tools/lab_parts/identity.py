"""Projects, users, roles and the catalog in Keystone."""

from .rest import Refused, Session
from .settings import Lab

# user -> (its project, its roles there). `reader` may look at demo's things and change nothing.
USERS = {
    "admin": ("admin", ("admin",)),
    "demo": ("demo", ("member",)),
    "alt": ("alt", ("member",)),
    "reader": ("demo", ("reader",)),
    "cascade": ("service", ("admin", "service")),
}
SERVICE_USERS = ("nova", "neutron", "glance", "placement")
CATALOG = {"identity": "keystone", "compute": "nova", "placement": "placement", "network": "neutron",
           "image": "glance"}
TOP_REGION = "Cascade"


def endpoints(lab: Lab) -> dict[tuple[str, str], str]:
    """(region, service type) -> URL. The top region has only compute of its own; the rest is the first region's."""
    table = {}
    for region in lab.regions:
        for kind, service in CATALOG.items():
            table[region.name, kind] = (lab.keystone_url if kind == "identity" else
                                        lab.url(f"{region.name}/{service}") + ("/v2.1" if kind == "compute" else ""))
    first = lab.regions[0].name
    for kind in CATALOG:
        table[TOP_REGION, kind] = lab.top_url if kind == "compute" else table[first, kind]
    return table


def seed(lab: Lab) -> None:
    """Make what is missing; right again to call at any time."""
    admin = Session(lab)
    base = lab.keystone_url

    def listed(kind: str) -> dict[str, str]:
        return {item["name"]: item["id"] for item in admin("GET", f"{base}/{kind}")[kind]}

    def ensure(kind: str, have: dict[str, str], name: str, **fields) -> str:
        if name not in have:
            one = kind.removesuffix("s")
            have[name] = admin("POST", f"{base}/{kind}", {one: {"name": name} | fields})[one]["id"]
        return have[name]

    roles = listed("roles")
    projects, users, services = listed("projects"), listed("users"), listed("services")
    ensure("roles", roles, "service")
    for name in ("service", "demo", "alt"):
        ensure("projects", projects, name, domain_id="default")
    logins = {name: ("service", ("admin", "service"), "service") for name in SERVICE_USERS}
    logins |= {name: (project, granted, name) for name, (project, granted) in USERS.items()}
    for name, (project, granted, secret) in logins.items():
        user = ensure("users", users, name, domain_id="default", password=lab.secret(secret),
                      default_project_id=projects[project])
        for role in granted:
            admin("PUT", f"{base}/projects/{projects[project]}/users/{user}/roles/{roles[role]}")

    for region in (*(r.name for r in lab.regions), TOP_REGION):
        try:
            admin("GET", f"{base}/regions/{region}")
        except Refused as error:
            if error.code != 404:
                raise
            admin("POST", f"{base}/regions", {"region": {"id": region}})
    for kind, name in CATALOG.items():
        ensure("services", services, name, type=kind)
    known = {(e["region_id"], e["service_id"], e["interface"])
             for e in admin("GET", f"{base}/endpoints")["endpoints"]}
    for (region, kind), url in endpoints(lab).items():
        for interface in ("public", "internal", "admin"):
            if (region, services[CATALOG[kind]], interface) not in known:
                admin("POST", f"{base}/endpoints", {"endpoint": {
                    "region_id": region, "service_id": services[CATALOG[kind]], "interface": interface, "url": url}})
