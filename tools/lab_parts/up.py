"""`up` and `down`: the order of things."""

import fcntl
import shutil
from contextlib import contextmanager
from pathlib import Path

from . import facts, glance, identity, keystone, mariadb, neutron, nova, packages, placement, ports, rabbitmq, seed
from .catalog import all_services
from .process import Service, end, leftover, strays
from .settings import Lab, LabError
from .tasks import Plan, say


@contextmanager
def alone(lab: Lab):
    """One `up`, `down`, `start` or `stop` at a time in one lab."""
    with open(lab.path("lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another call of the lab to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_ports(lab: Lab, services: list[Service]) -> None:
    """Say at once, and all together, which ports are not free for us."""
    wanted = {s.port: s.name for s in services if s.port and not s.pid(lab)}
    if "rabbitmq" in wanted.values():
        wanted[lab.ports["rabbitmq-dist"]] = "rabbitmq's Erlang distribution"
    taken = [f"  {port} (for {name}) by {ports.owner(port)}" for port, name in sorted(wanted.items())
             if ports.answers(port) and not leftover(lab, port)]
    if taken:
        raise LabError("these ports are taken:\n" + "\n".join(taken) +
                       "\nend those processes, or choose other ports: LAB_PORT_BASE=23000 tools/lab up")


def add_start(plan: Plan, lab: Lab, service: Service, *needs: str) -> str:
    """A step that starts a service and waits for it."""
    def step() -> None:
        service.start(lab)
        service.wait_ready(lab)
    return plan.add(f"start {service.name}", step, *(f"start {n}" for n in service.needs), *needs)


def up_mariadb(lab: Lab) -> Path:
    """MariaDB alone."""
    server = mariadb.service(lab)
    check_ports(lab, [server])
    packages.install_debian(lab, packages.missing_debian(("mariadb-server-core", "mariadb-client", "eatmydata")))
    if not server.pid(lab):
        say("preparing MariaDB")
        mariadb.prepare(lab)
        say("starting MariaDB")
        server.start(lab)
    server.wait_ready(lab)
    return mariadb.write_facts(lab)


def up(lab: Lab) -> Path:
    """Everything. What is done already is not done again: installed, migrated, running."""
    check_ports(lab, all_services(lab))
    lab.make_secrets()
    migrated = lab.dir / "state" / "migrated"
    fresh = not migrated.exists()
    if fresh:  # databases are made anew: end who works on them, and the cache that remembers them
        stop(lab, [s for s in all_services(lab) if s.name in ("keystone", "memcached") or "/" in s.name])
        shutil.rmtree(lab.dir / "state", ignore_errors=True)
    missing = packages.missing_debian()
    if "python3-venv" in missing:  # the next step cannot begin without
        packages.install_debian(lab, ["python3-venv"])
        missing.remove("python3-venv")
    say("setting up" if fresh else "starting")

    plan = Plan()
    if missing:
        plan.add("apt", lambda: packages.install_debian(lab, missing))
    plan.add("venv", lambda: packages.install_python(lab))
    plan.add("configure", lambda: configure(lab), "venv")
    services = {s.name: s for s in all_services(lab)}
    running = services["mariadb"].pid(lab)
    plan.add("prepare mariadb", lambda: None if running else mariadb.prepare(lab), "apt")
    plan.add("prepare rabbitmq", lambda: rabbitmq.prepare(lab), "apt")

    # What the services of one region wait for before they start.
    ready: dict[str, tuple[str, ...]] = {name: ("configure",) for name in services}
    ready |= {"mariadb": ("prepare mariadb",), "epmd": ("prepare rabbitmq",), "memcached": ("apt",)}
    if fresh:
        add_migrations(plan, lab)
        plan.add("all databases", lambda: (lab.ports.keep(lab.dir), migrated.touch()),
                 *(name for name in plan.steps if name.startswith(("database ", "migrate "))))
        ready["keystone"] = ("migrate keystone",)
        for region in lab.regions:
            for name in services:
                if name.startswith(f"{region.name}/"):
                    part = name.split("/")[1].split("-")[0]
                    ready[name] = ("migrate keystone", f"database {region.name}/{part}")
    for service in services.values():
        add_start(plan, lab, service, *ready[service.name])

    plan.add("users and catalog", lambda: identity.seed(lab), "start keystone")
    for region in lab.regions:
        add_seeding(plan, lab, region)
    plan.run()
    mariadb.write_facts(lab)
    return facts.write(lab)


def configure(lab: Lab) -> None:
    """All configuration files; cheap, so written anew each time."""
    keystone.prepare(lab)
    for region in lab.regions:
        for part in (nova, neutron, glance, placement):
            part.prepare(lab, region)


def add_migrations(plan: Plan, lab: Lab) -> None:
    """Tables of Keystone and of the first region; the others' are copies: minutes of CPU less."""
    first, *others = lab.regions
    base = ("configure", plan.add("empty databases", lambda: _drop(lab), "start mariadb"))
    plan.add("migrate keystone", lambda: keystone.migrate(lab), *base)
    for which in ("nova_api", "nova"):
        plan.add(f"migrate {which}", lambda which=which: nova.migrate(lab, first, which), *base)
    for part in (placement, neutron, glance):
        name = part.__name__.rsplit(".", 1)[1]
        plan.add(f"migrate {name}", lambda part=part: part.migrate(lab, first), *base)
        plan.add(f"database {first.name}/{name}", lambda: None, f"migrate {name}")
        for region in others:
            plan.add(f"database {region.name}/{name}", lambda name=name, region=region: mariadb.clone(
                lab, f"{first.short}_{name}", f"{region.short}_{name}"), f"migrate {name}")
    for region in lab.regions:
        plan.add(f"database {region.name}/nova", lambda region=region: _nova_databases(lab, region),
                 "migrate nova_api", "migrate nova",
                 # Copied before anything writes into the first region's: after its own copy to cell0.
                 *(() if region is first else (f"copy {region.name}/nova",)))
        if region is not first:
            plan.add(f"copy {region.name}/nova", lambda region=region: [mariadb.clone(
                lab, f"{first.short}_{name}", f"{region.short}_{name}") for name in ("nova_api", "nova")],
                "migrate nova_api", "migrate nova")
            plan.steps[f"database {first.name}/nova"] = (
                plan.steps[f"database {first.name}/nova"][0],
                (*plan.steps[f"database {first.name}/nova"][1], f"copy {region.name}/nova"))


def _drop(lab: Lab) -> None:
    # What an interrupted first `up` left is worth nothing: its copies may be halves.
    names = ["keystone", *(f"{region.short}_{part}" for region in lab.regions for part in (
        "nova", "nova_api", "nova_cell0", "placement", "neutron", "glance"))]
    mariadb.sql(lab, "".join(f"DROP DATABASE IF EXISTS {name};\n" for name in names))


def _nova_databases(lab: Lab, region) -> None:
    mariadb.clone(lab, f"{region.short}_nova", f"{region.short}_nova_cell0")
    nova.map_cells(lab, region)


def add_seeding(plan: Plan, lab: Lab, region) -> None:
    """What a region is born with, as soon as its APIs answer."""
    name, users = region.name, "users and catalog"
    api = f"start {name}/nova-api"
    plan.add(f"images of {name}", lambda: seed.images(lab, region), users, f"start {name}/glance")
    plan.add(f"networks of {name}", lambda: seed.networks(lab, region), users, f"start {name}/neutron-api")
    plan.add(f"flavors of {name}", lambda: seed.flavors(lab, region), users, api)
    plan.add(f"computes of {name}", lambda: seed.zones(lab, region), users, api, f"start {name}/placement",
             *(f"start {name}/{s}" for s in ("nova-conductor", "nova-scheduler", "nova-compute-1", "nova-compute-2")))
    # These log in while they start.
    for late in ("nova-conductor", "nova-scheduler", "nova-compute-1", "nova-compute-2"):
        step, needs = plan.steps[f"start {name}/{late}"]
        plan.steps[f"start {name}/{late}"] = (step, (*needs, users))


def start(lab: Lab, services: list[Service]) -> None:
    """Start some services, in the order of what they need among themselves."""
    plan = Plan()
    for service in services:
        add_start(plan, lab, service)
    plan.run()


def stop(lab: Lab, services: list[Service], kill: bool = False) -> None:
    """Stop some services at once."""
    plan = Plan()
    for service in services:
        plan.add(f"stop {service.name}", lambda service=service: service.stop(lab, kill))
    plan.run()


def down(lab: Lab, purge: bool = False) -> None:
    """Stop everything: those that use others first. Afterwards no process with this lab's mark is left."""
    order = all_services(lab)
    infra = [s for s in order if s.name in ("mariadb", "rabbitmq", "memcached")]
    last = [s for s in order if s.name == "epmd"]
    stop(lab, [s for s in order if s not in infra and s not in last])
    stop(lab, infra)
    stop(lab, last)
    if left := strays(lab):
        say(f"ending {len(left)} left over: {', '.join(map(str, left))}")
        end(left, False, 3)
    if purge:
        for item in lab.dir.iterdir():
            if item.name not in ("venv", "uv", "cache", "lock"):
                shutil.rmtree(item) if item.is_dir() else item.unlink()
