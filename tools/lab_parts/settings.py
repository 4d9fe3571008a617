"""Where one lab lives, which ports it has and which secrets: all that two labs must not share."""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from .ports import PortTable
from .regions import REGIONS

REPO = Path(__file__).resolve().parents[2]
PARTS = Path(__file__).resolve().parent
# In the environment of every process we start: how `down` finds all of them, and only them.
MARK = "NOVA_CASCADE_LAB"


class LabError(Exception):
    """Something the person at the terminal has to know; its text says what to do."""


@dataclass
class Lab:
    """One lab: a folder, a port table, the secrets. Nothing here touches the disk but `load`."""

    dir: Path
    ports: PortTable
    secrets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Lab":
        """The lab that LAB_DIR (default `<repo>/.lab`) and LAB_PORT_BASE name."""
        folder = Path(os.environ.get("LAB_DIR") or REPO / ".lab").absolute()
        return cls(folder, PortTable.load(folder))

    @property
    def venv(self) -> Path:
        return self.dir / "venv"

    @property
    def bin(self) -> Path:
        return self.venv / "bin"

    def path(self, *parts: str) -> Path:
        """A path in the lab's folder; its parent exists afterwards."""
        path = self.dir.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def folder(self, *parts: str) -> Path:
        """A folder in the lab's folder, made if missing."""
        path = self.dir.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def tag(self) -> str:
        """A short name for this folder, for what is named machine-wide (Erlang nodes, long sockets)."""
        return hashlib.sha256(str(self.dir).encode()).hexdigest()[:8]

    def secret(self, name: str) -> str:
        """A password, made once and kept in secrets.json."""
        file = self.path("secrets.json")
        if not self.secrets and file.exists():
            self.secrets = json.loads(file.read_text())
        if name not in self.secrets:
            self.secrets[name] = secrets.token_hex(12)
            fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w") as out:
                json.dump(self.secrets, out, indent=1)
        return self.secrets[name]

    def make_secrets(self) -> None:
        """Make every secret now, before threads ask for them at once."""
        for name in ("mariadb", "rabbitmq", "erlang", "admin", "demo", "alt", "reader", "cascade", "service"):
            self.secret(name)

    def url(self, port_name: str) -> str:
        """The plain HTTP address of one of our ports."""
        return f"http://127.0.0.1:{self.ports[port_name]}"

    @property
    def keystone_url(self) -> str:
        return self.url("keystone") + "/v3"

    @property
    def top_url(self) -> str:
        """Where nova-cascade itself will listen; the lab only registers it."""
        return self.url("top") + "/v2.1"

    def child_env(self, **extra: str) -> dict[str, str]:
        """The whole environment of a process of ours: built from nothing, so that no setting of the caller's
        shell (OS_*, HOME, PYTHON*) leaks in. Proxy and certificate settings do pass."""
        keep = {k: v for k, v in os.environ.items()
                if k.upper().endswith("_PROXY") or k.startswith(("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA"))}
        home = self.folder("home")
        return keep | {
            "PATH": f"{self.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "LANG": "C.UTF-8",
            "TMPDIR": str(self.folder("tmp")), "PYTHONUNBUFFERED": "1", MARK: str(self.dir),
        } | extra

    @property
    def regions(self):
        return REGIONS
