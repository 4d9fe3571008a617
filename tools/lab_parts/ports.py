"""The one table of ports, all on 127.0.0.1, all derived from LAB_PORT_BASE."""

import json
import os
import socket
from pathlib import Path

from . import proc
from .regions import REGIONS

DEFAULT_BASE = 21000

SHARED = {"keystone": 0, "mariadb": 1, "rabbitmq": 2, "rabbitmq-dist": 3, "epmd": 4, "memcached": 5, "top": 9}
PER_REGION = {"nova": 0, "placement": 1, "neutron": 2, "glance": 3}
REGION_STEP = 10


class PortTable:
    """name -> port; a region's are called `RegionOne/nova` and so on."""

    def __init__(self, base: int):
        self.base = base
        self.table = {name: base + offset for name, offset in SHARED.items()}
        for index, region in enumerate(REGIONS):
            for name, offset in PER_REGION.items():
                self.table[f"{region.name}/{name}"] = base + REGION_STEP * (index + 1) + offset

    @classmethod
    def load(cls, folder: Path) -> "PortTable":
        """LAB_PORT_BASE, else the base this lab was made with (endpoints in its databases carry it), else ours."""
        kept = folder / "port-base.json"
        made_with = json.loads(kept.read_text()) if kept.exists() else None
        asked = os.environ.get("LAB_PORT_BASE")
        base = int(asked or made_with or DEFAULT_BASE)
        if made_with and base != made_with:
            from .settings import LabError
            raise LabError(f"this lab was made with LAB_PORT_BASE={made_with}, its catalog says so: use that, "
                           f"or remove {folder} (after `lab down`), or choose another LAB_DIR")
        return cls(base)

    def keep(self, folder: Path) -> None:
        """Remember the base for later calls without the variable."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "port-base.json").write_text(str(self.base))

    def __getitem__(self, name: str) -> int:
        return self.table[name]


def answers(port: int, timeout: float = 0.5) -> bool:
    """Does something accept connections there?"""
    try:
        socket.create_connection(("127.0.0.1", port), timeout).close()
        return True
    except OSError:
        return False


def owner_pid(port: int) -> int | None:
    """Who listens on a TCP port, as far as this user may see."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            cells = line.split()
            if cells[3] == "0A" and int(cells[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{cells[9]}]")
    if not inodes:
        return None
    return next((pid for pid in proc.pids() if inodes.intersection(proc.open_files(pid))), None)


def owner(port: int) -> str:
    """The same in words: `pid 12 (nginx: master)`."""
    pid = owner_pid(port)
    return f"pid {pid} ({proc.command(pid)[:160]})" if pid else "a process that this user may not see"
