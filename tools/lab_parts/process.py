"""Services of the lab as processes: start, stop, is it ours, does it answer."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import ports, proc
from .settings import MARK, Lab, LabError


@dataclass
class Service:
    """One process (with its children) of the lab. `name` is `keystone` or `RegionOne/nova-api`."""

    name: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    port: int | None = None
    needs: tuple[str, ...] = ()  # services that must answer before this one starts
    ready: Callable[[], bool] | None = None  # default: its port accepts, or without one: it runs
    patience: float = 90.0
    tidy: Callable[[], None] | None = None  # called before a start, when surely not running

    def log(self, lab: Lab) -> Path:
        return lab.path("log", f"{self.name}.log")

    def _record(self, lab: Lab) -> Path:
        return lab.path("run", self.name.replace("/", "+") + ".json")

    def pid(self, lab: Lab) -> int | None:
        """Our live process, or None. A pid alone proves nothing: its start time must match what we wrote."""
        try:
            kept = json.loads(self._record(lab).read_text())
        except (OSError, ValueError):
            return None
        return kept["pid"] if proc.started(kept["pid"]) == kept["started"] else None

    def answering(self) -> bool:
        """Ready for use? To be asked of a running service."""
        if self.ready:
            return self.ready()
        return self.port is None or ports.answers(self.port)

    def start(self, lab: Lab) -> None:
        """Start it in a session of its own, so that it outlives this shell."""
        if self.pid(lab):
            return
        if self.port and (left := leftover(lab, self.port)):
            end([left], False, 5)
        if self.port and ports.answers(self.port):
            raise LabError(f"{self.name}: port {self.port} is taken by {ports.owner(self.port)}: "
                           "end that, or choose other ports with LAB_PORT_BASE")
        if self.tidy:
            self.tidy()
        with open(self.log(lab), "ab") as log:
            child = subprocess.Popen(
                self.argv, env=lab.child_env(**self.env), cwd=lab.folder("run"), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._record(lab).write_text(json.dumps({"pid": child.pid, "started": proc.started(child.pid)}))

    def wait_ready(self, lab: Lab) -> None:
        """Until it answers; an error with the end of its log if it dies or takes too long."""
        deadline = time.monotonic() + self.patience
        while True:
            alive = self.pid(lab)
            if alive and self.answering():
                return
            if not alive or time.monotonic() > deadline:
                what = "does not answer" if alive else "ended right after its start"
                raise LabError(f"{self.name} {what}; the end of {self.log(lab)}:\n{tail(self.log(lab))}")
            time.sleep(0.1)

    def stop(self, lab: Lab, kill: bool = False, grace: float = 10.0) -> bool:
        """End it and its children: SIGTERM, then SIGKILL after `grace` (at once with `kill`). Was it running?"""
        pid = self.pid(lab)
        if pid:
            members = [p for p in proc.pids() if proc.session(p) == pid]
            end([pid], kill, grace)
            end(members, True, 0)
        self._record(lab).unlink(missing_ok=True)
        return bool(pid)


def end(group: list[int], kill: bool, grace: float) -> None:
    """End processes and wait until they are gone."""
    alive = {pid: proc.started(pid) for pid in group}

    def left() -> list[int]:
        return [pid for pid, since in alive.items() if since and proc.started(pid) == since]

    for sig, wait in ((signal.SIGKILL, 5.0),) if kill else ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for pid in left():
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + wait
        while left() and time.monotonic() < deadline:
            time.sleep(0.05)
        if not left():
            return


def strays(lab: Lab) -> list[int]:
    """Every process that carries this lab's mark, whoever its parent is now."""
    return [pid for pid in proc.pids()
            if pid != os.getpid() and proc.started(pid) and proc.environment(pid).get(MARK) == str(lab.dir)]


def leftover(lab: Lab, port: int) -> int | None:
    """A process of this lab on a port of ours that no record knows: RabbitMQ, say, replaces an epmd that died."""
    pid = ports.owner_pid(port)
    return pid if pid and proc.environment(pid).get(MARK) == str(lab.dir) else None


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log, indented."""
    try:
        with open(log, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16384))
            text = file.read().decode(errors="replace")
    except OSError:
        return "    (no log)"
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


def run(lab: Lab, argv: list[str], log: Path, input: str | None = None, **env: str) -> str:
    """Run a command to its end and return its standard output; its error output goes to `log`."""
    source = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
    with open(log, "ab") as err:
        try:
            done = subprocess.run(argv, env=lab.child_env(**env), cwd=lab.folder("run"), text=True,
                                  stdout=subprocess.PIPE, stderr=err, **source)
        except OSError as error:
            raise LabError(f"cannot run {argv[0]}: {error.strerror}; `tools/lab up` installs what is missing")
    if done.returncode:
        raise LabError(f"`{' '.join(argv)[:160]}` failed ({done.returncode}); the end of {log}:\n"
                       f"{tail(log)}\n{done.stdout[-2000:]}")
    return done.stdout
