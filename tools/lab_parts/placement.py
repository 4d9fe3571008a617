"""One region's Placement."""

from . import ini, mariadb
from .process import Service, run
from .regions import Region
from .rest import up
from .settings import Lab


def prepare(lab: Lab, region: Region) -> None:
    """placement.conf."""
    ini.write(lab.path("etc", region.name, "placement", "placement.conf"), {
        "DEFAULT": {"use_stderr": True},
        "api": {"auth_strategy": "keystone"},
        "placement_database": ini.database(mariadb.url(lab, f"{region.short}_placement")),
        "keystone_authtoken": ini.keystone_authtoken(lab, "placement", region.name),
    })


def migrate(lab: Lab, region: Region) -> None:
    """Tables."""
    mariadb.create(lab, f"{region.short}_placement")
    run(lab, [str(lab.bin / "placement-manage"), "--config-file",
              str(lab.dir / "etc" / region.name / "placement/placement.conf"), "db", "sync"],
        lab.path("log", region.name, "placement-manage.log"))


def services(lab: Lab, region: Region) -> list[Service]:
    """The API."""
    port = lab.ports[f"{region.name}/placement"]
    return [Service(f"{region.name}/placement", ini.wsgi(lab, port, "placement.wsgi.api"), port=port,
                    env={"OS_PLACEMENT_CONFIG_DIR": str(lab.dir / "etc" / region.name / "placement")},
                    needs=("mariadb", "memcached"), ready=lambda: up(f"http://127.0.0.1:{port}/"))]
