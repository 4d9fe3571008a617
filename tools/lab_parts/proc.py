"""What /proc says of processes: enough to tell ours from another that got the same pid."""

import os
from pathlib import Path


def pids() -> list[int]:
    """Every process there is."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: int) -> list[str]:
    # The command may hold spaces and brackets: count from the last one.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def started(pid: int) -> int | None:
    """The start time of a live process (ticks since boot), None if it is gone or a zombie."""
    try:
        cells = _stat(pid)
    except OSError:
        return None
    return None if cells[0] in "ZX" else int(cells[19])


def session(pid: int) -> int | None:
    """The session a process belongs to; each service of ours leads one."""
    try:
        return int(_stat(pid)[3])
    except OSError:
        return None


def command(pid: int) -> str:
    """The command line, arguments joined by spaces."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "?"


def environment(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty if we may not look."""
    try:
        pairs = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def open_files(pid: int) -> list[str]:
    """Where its file descriptors point to."""
    try:
        folder = f"/proc/{pid}/fd"
        return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]
    except OSError:
        return []
