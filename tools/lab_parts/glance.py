"""One region's Glance, on files."""

import shutil

from . import ini, mariadb
from .process import Service, run
from .regions import Region
from .rest import up
from .settings import Lab


def prepare(lab: Lab, region: Region) -> None:
    """glance-api.conf beside the paste file it wants."""
    etc = lab.folder("etc", region.name, "glance")
    shutil.copytree(lab.venv / "etc/glance", etc, dirs_exist_ok=True)
    state = lab.folder("state", region.name, "glance")
    ini.write(etc / "glance-api.conf", {
        "DEFAULT": {"use_stderr": True, "enabled_backends": "files:file", "bind_host": "127.0.0.1",
                    "node_staging_uri": f"file://{state}/staging", "image_cache_dir": f"{state}/cache",
                    "worker_self_reference_url": lab.url(f"{region.name}/glance")},
        "database": ini.database(mariadb.url(lab, f"{region.short}_glance")),
        "keystone_authtoken": ini.keystone_authtoken(lab, "glance", region.name),
        "paste_deploy": {"flavor": "keystone"},
        "glance_store": {"default_backend": "files"},
        "files": {"filesystem_store_datadir": lab.folder("state", region.name, "glance", "images")},
        "oslo_concurrency": ini.lock_path(lab, region.name, "glance"),
    })


def migrate(lab: Lab, region: Region) -> None:
    """Tables."""
    mariadb.create(lab, f"{region.short}_glance")
    run(lab, [str(lab.bin / "glance-manage"), "--config-file",
              str(lab.dir / "etc" / region.name / "glance/glance-api.conf"), "db_sync"],
        lab.path("log", region.name, "glance-manage.log"))


def services(lab: Lab, region: Region) -> list[Service]:
    """The API."""
    port = lab.ports[f"{region.name}/glance"]
    return [Service(f"{region.name}/glance", ini.wsgi(lab, port, "glance.wsgi.api"), port=port,
                    env={"OS_GLANCE_CONFIG_DIR": str(lab.dir / "etc" / region.name / "glance")},
                    needs=("mariadb", "memcached"), ready=lambda: up(f"http://127.0.0.1:{port}/versions"))]
