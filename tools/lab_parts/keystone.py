"""Keystone, one for all regions."""

import base64
import os

from . import ini, mariadb
from .process import Service, run
from .rest import up
from .settings import Lab


def prepare(lab: Lab) -> None:
    """Configuration and keys."""
    ini.write(lab.path("etc", "keystone", "keystone.conf"), {
        "DEFAULT": {"use_stderr": True,
                    "public_endpoint": lab.url("keystone")},
        "database": ini.database(mariadb.url(lab, "keystone")),
        # Longer than the longest test.
        "token": {"provider": "fernet", "expiration": 14400},
        "fernet_tokens": {"key_repository": _keys(lab, "fernet")},
        "fernet_receipts": {"key_repository": _keys(lab, "fernet")},
        "credential": {"key_repository": _keys(lab, "credential")},
        "cache": {"enabled": True, "backend": "dogpile.cache.pymemcache",
                  "memcache_servers": f"127.0.0.1:{lab.ports['memcached']}"},
        # The cheapest hash allowed: these passwords guard nothing, and clients log in all the time.
        "identity": {"password_hash_rounds": 4},
    })


def _keys(lab: Lab, name: str):
    """A Fernet key repository, as `keystone-manage fernet_setup` would make it (which takes 3 s of imports)."""
    folder = lab.folder("etc", "keystone", name)
    folder.chmod(0o700)
    for index in ("0", "1"):
        key = folder / index
        if not key.exists():
            key.touch(0o600)
            key.write_text(base64.urlsafe_b64encode(os.urandom(32)).decode())
    return folder


def migrate(lab: Lab) -> None:
    """Tables, then the first user, the standard roles and the identity endpoint of the first region."""
    mariadb.create(lab, "keystone")
    manage = [str(lab.bin / "keystone-manage"), "--config-file", str(lab.dir / "etc/keystone/keystone.conf")]
    log = lab.path("log", "keystone-manage.log")
    run(lab, [*manage, "db_sync"], log)
    run(lab, [*manage, "bootstrap", "--bootstrap-region-id", lab.regions[0].name,
              *(f"--bootstrap-{kind}-url={lab.keystone_url}" for kind in ("public", "internal", "admin"))],
        log, OS_BOOTSTRAP_PASSWORD=lab.secret("admin"))


def service(lab: Lab) -> Service:
    """The API."""
    port = lab.ports["keystone"]
    return Service("keystone", ini.wsgi(lab, port, "keystone.wsgi.api"), port=port,
                   env={"OS_KEYSTONE_CONFIG_FILES": str(lab.dir / "etc/keystone/keystone.conf")},
                   needs=("mariadb", "memcached"), ready=lambda: up(lab.keystone_url))
