"""What the registry's index alone says of the locked dependencies: which are yanked, and which are old.

cargo reads the index, by its own settings (proxies, mirrors), into a folder of ours that begins empty: what is there is
as new as this run. cargo-deny looks for yanked crates too, but takes what cargo's usual folder knew some time ago.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Iterable, Iterator

from .settings import REPO, DenyError

OLD = timedelta(days=2 * 365)
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
DEADLINE_S = 60
# What cargo's home has of its settings.
SETTINGS = ("config.toml", "config", "credentials.toml", "credentials")

# The index's entries of a crate.
Entries = list[dict]


@dataclass
class Finding:
    """A locked dependency and what is to be said of it."""

    crate: str
    text: str


@dataclass
class Report:
    """Of all locked dependencies."""

    count: int
    yanked: list[Finding]
    old: list[Finding]
    unknown: list[str]


def check(config: Path) -> bool:
    """Prints the report, ending in lines that begin with `registry:`. False where a yanked version is locked and not
    excused; True also where the registry cannot be read, which it says."""
    locked = dependencies((REPO / "Cargo.lock").read_text())
    try:
        index = read_index(locked)
    except DenyError as error:
        print(f"registry: yanked and old dependencies NOT checked: {error}", flush=True)
        return True
    found = report(locked, index, excused(config.read_text()), datetime.now(timezone.utc))
    for finding in found.old:
        print(f"  old: {finding.crate} {finding.text}")
    for finding in found.yanked:
        print(f"  YANKED: {finding.crate} {finding.text}")
    print(f"registry: {'FAILED' if found.yanked else 'ok'}; of {found.count} locked dependencies {len(found.yanked)} are "
          f"yanked, {len(found.old)} are more than two years old", flush=True)
    if found.unknown:
        print(f"registry: WARNING: NOT checked: the index has no date of {', '.join(found.unknown)}", flush=True)
    return not found.yanked


def dependencies(lock: str) -> list[tuple[str, str]]:
    """Name and version of each locked crate of crates.io."""
    packages = tomllib.loads(lock).get("package", [])
    return [(p["name"], p["version"]) for p in packages if p.get("source") == CRATES_IO]


def excused(rules: str) -> set[str]:
    """`name@version` of each yanked crate that deny.toml ignores with a reason; `name` alone for all its versions."""
    ignored = tomllib.loads(rules).get("advisories", {}).get("ignore", [])
    return {entry["crate"] for entry in ignored if isinstance(entry, dict) and "crate" in entry and entry.get("reason")}


def report(locked: Iterable[tuple[str, str]], index: dict[str, Entries], excuses: set[str], now: datetime) -> Report:
    """Holds the lock against the index."""
    found = Report(0, [], [], [])
    for name, version in locked:
        found.count += 1
        crate, entries = f"{name} {version}", index.get(name.lower(), [])
        entry = next((entry for entry in entries if entry["vers"] == version), {})
        if entry.get("yanked") and not excuses & {name, f"{name}@{version}"}:
            found.yanked.append(Finding(crate, f"({newest(entries)})"))
        published = entry.get("pubtime")
        if not published:
            found.unknown.append(crate)
        elif now - (date := datetime.fromisoformat(published)) > OLD:
            found.old.append(Finding(crate, f"of {date:%F} ({newest(entries)})"))
    return found


def newest(entries: Entries) -> str:
    """In words, of those that are neither yanked nor marked as not ready."""
    ready = [entry for entry in entries if not entry.get("yanked") and "-" not in entry["vers"].partition("+")[0]]
    if not ready:
        return "there is no newer one"
    last = max(ready, key=lambda entry: [int(number) for number in re.findall(r"\d+", entry["vers"])[:3]])
    return f"newest: {last['vers']} of {last['pubtime'][:10]}" if last.get("pubtime") else f"newest: {last['vers']}"


def read_index(locked: Iterable[tuple[str, str]]) -> dict[str, Entries]:
    """The entries of each locked crate."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        copy_settings(home)
        refresh(home, [])
        index = entries_of(home)
        # A new resolution may want some crates no longer: cargo reads those when it is asked for them.
        if missing := [f"{name}@{version}" for name, version in locked if name.lower() not in index]:
            refresh(home, missing)
            index = entries_of(home)
        return index


def copy_settings(home: Path) -> None:
    ours = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for name in SETTINGS:
        if (ours / name).is_file():
            shutil.copy(ours / name, home / name)


def refresh(home: Path, crates: list[str]) -> None:
    """Makes cargo read the index; changes nothing else."""
    env = os.environ | {"CARGO_HOME": str(home), "CARGO_NET_RETRY": "1", "CARGO_HTTP_TIMEOUT": "15",
                        "CARGO_TERM_COLOR": "never"}
    command = ["cargo", "update", "--dry-run", "--quiet", *(part for crate in crates for part in ("--package", crate))]
    try:
        done = subprocess.run(command, cwd=REPO, env=env, timeout=DEADLINE_S, capture_output=True, text=True)
    except FileNotFoundError:
        raise DenyError("there is no cargo") from None
    except subprocess.TimeoutExpired:
        raise DenyError(f"the index could not be read in {DEADLINE_S} s") from None
    if done.returncode:
        reasons = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise DenyError(f"the index could not be read: {reasons[-1]}")


def entries_of(home: Path) -> dict[str, Entries]:
    """All crates that cargo has read: a file each, with the index's lines between zero bytes."""
    files = (path for path in home.glob("registry/index/*/.cache/**/*") if path.is_file())
    return {path.name: list(parse(path.read_bytes())) for path in files}


def parse(cached: bytes) -> Iterator[dict]:
    """The entries in one of cargo's files. Its head and the versions between differ from one cargo to another."""
    for part in cached.split(b"\0"):
        if part.startswith(b"{"):
            try:
                entry = json.loads(part)
            except ValueError:
                continue
            if "vers" in entry:
                yield entry
