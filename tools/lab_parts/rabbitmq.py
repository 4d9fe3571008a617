"""RabbitMQ with its own Erlang name server, cookie and folders. One vhost a region."""

import base64
import hashlib
import json
import os
import socket

from .process import Service
from .settings import Lab


def prepare(lab: Lab) -> None:
    """Configuration and definitions; the broker imports these at each start."""
    home = lab.folder("rabbitmq")
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{lab.ports['rabbitmq']}\n"
        f"load_definitions = {home / 'definitions.json'}\n"
        "loopback_users = none\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        # The default refuses to take messages below 50 MB of free disk, and counts memory of the whole machine.
        "vm_memory_high_watermark.absolute = 1GB\n")
    (home / "enabled_plugins").write_text("[].\n")
    (home / "env.conf").write_text("")
    (home / "advanced.config").write_text("[].\n")
    cookie = home / ".erlang.cookie"
    if not cookie.exists():
        cookie.write_text(lab.secret("erlang"))
        cookie.chmod(0o400)
    vhosts = [region.name for region in lab.regions]
    (home / "definitions.json").write_text(json.dumps({
        "users": [{"name": "lab", "password_hash": _hash(lab.secret("rabbitmq")), "tags": ["administrator"],
                   "hashing_algorithm": "rabbit_password_hashing_sha256"}],
        "vhosts": [{"name": name} for name in vhosts],
        "permissions": [{"user": "lab", "vhost": name, "configure": ".*", "write": ".*", "read": ".*"}
                        for name in vhosts],
        # Nobody has to listen to notifications: without a bound they would pile up.
        "policies": [{"vhost": name, "name": "bounded", "pattern": "^(versioned_)?notifications\\.",
                      "apply-to": "queues", "definition": {"max-length": 5000}, "priority": 0} for name in vhosts],
    }))


def _hash(password: str) -> str:
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def services(lab: Lab) -> list[Service]:
    """The name server first: one that Erlang starts by itself would leave our session and listen everywhere."""
    home = lab.dir / "rabbitmq"
    epmd = {"ERL_EPMD_PORT": str(lab.ports["epmd"]), "ERL_EPMD_ADDRESS": "127.0.0.1", "HOME": str(home)}
    port = lab.ports["rabbitmq"]
    return [
        Service("epmd", ["/usr/bin/epmd"], env=epmd, port=lab.ports["epmd"]),
        Service(
            # The script behind Debian's wrapper, which insists on the folders of the system's own broker.
            "rabbitmq", ["/usr/lib/rabbitmq/bin/rabbitmq-server"], port=port, needs=("epmd",),
            ready=lambda: _greets(port),
            env=epmd | {
                "RABBITMQ_NODENAME": f"lab-{lab.tag}@localhost",
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_NODE_PORT": str(port),
                "RABBITMQ_DIST_PORT": str(lab.ports["rabbitmq-dist"]),
                "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
                "RABBITMQ_LOG_BASE": str(home / "log"),
                "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
                "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
                "RABBITMQ_CONF_ENV_FILE": str(home / "env.conf"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
                "RABBITMQ_PID_FILE": str(home / "rabbitmq.pid"),
                # Schedulers that do not spin while idle: this machine has other work.
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                    "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
            }),
    ]


def _greets(port: int) -> bool:
    # Listening comes before the import of the definitions is surely over: ask for the AMQP greeting.
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as peer:
            peer.settimeout(1)
            peer.sendall(b"AMQP\0\0\x09\x01")
            return peer.recv(1) == b"\x01"
    except OSError:
        return False


def url(lab: Lab, region: str) -> str:
    """The oslo.messaging transport of a region."""
    return f"rabbit://lab:{lab.secret('rabbitmq')}@127.0.0.1:{lab.ports['rabbitmq']}/{region}"


def facts(lab: Lab) -> dict:
    """How tests reach it."""
    return {"host": "127.0.0.1", "port": lab.ports["rabbitmq"], "user": "lab",
            "password": lab.secret("rabbitmq"), "vhosts": {r.name: r.name for r in lab.regions}}
