"""Security advisories: RustSec's database, from wherever it can be had. cargo-deny holds Cargo.lock against it."""

import hashlib
import os
import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .cargo_deny import CargoDeny
from .settings import TOOLS, DenyError

UPSTREAM = "https://github.com/rustsec/advisory-db"
BRANCH = "main"
OLD = timedelta(days=30)
# A clone that the operator keeps, as a path or a URL.
VARIABLE = "CASCADE_ADVISORY_DB"


def check(tool: CargoDeny, config: Path) -> bool:
    """Prints what it did, in lines that begin with `advisories:`. False on a hit; True also where no database can be
    had, which it says."""
    source = find()
    if not source:
        print(f"advisories: NOT checked: {UPSTREAM} cannot be reached, and neither {VARIABLE} nor Cargo's folder has a "
              "clone of it", flush=True)
        return True
    folder = TOOLS / "advisory-dbs" / hashlib.sha256(source.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    rules = folder.with_suffix(".toml")
    rules.write_text(with_folder(config.read_text(), folder))
    good = tool.check(rules, ["advisories"], **fetched_from(source))
    newest = last_commit(folder)
    if newest is None:
        raise DenyError(f"the advisories of {source} cannot be read")
    age = datetime.now(timezone.utc) - newest
    print(f"advisories: {'no hit' if good else 'FAILED'}; the database at {source} is {age.days} days old ({newest:%F})",
          flush=True)
    if age > OLD:
        print(f"advisories: WARNING: older than {OLD.days} days: what was found since is not checked", flush=True)
    return good


def find() -> str | None:
    """The first source that answers."""
    if named := os.environ.get(VARIABLE):
        source = url(named)
        if not answers(source):
            raise DenyError(f"{VARIABLE} = {named} is no git repository with a branch {BRANCH}")
        return source
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    clones = [home / "advisory-db", *sorted(home.glob("advisory-dbs/*/"))]
    candidates = [UPSTREAM, *(url(str(clone)) for clone in clones if (clone / ".git").exists())]
    return next((source for source in candidates if answers(source)), None)


def url(place: str) -> str:
    """A path as git's URL."""
    return place if "://" in place else Path(place).absolute().as_uri()


def answers(source: str) -> bool:
    """It has the branch, and says so soon."""
    if not shutil.which("git"):
        return False
    env = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(["git", "ls-remote", source, f"refs/heads/{BRANCH}"], timeout=15, capture_output=True,
                              stdin=subprocess.DEVNULL, env=env)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


def with_folder(rules: str, folder: Path) -> str:
    """deny.toml, with a folder of our own for this source's clone: two sources never mix."""
    changed, count = re.subn(r"(?m)^\[advisories\]$", f'[advisories]\ndb-urls = ["{UPSTREAM}"]\ndb-path = "{folder}"',
                             rules)
    if count != 1:
        raise DenyError("deny.toml has no section [advisories]")
    return changed


def fetched_from(source: str) -> dict[str, str]:
    """git's environment that leads the upstream's URL to the source: cargo-deny takes no paths."""
    if source == UPSTREAM:
        return {}
    taken = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    return {"GIT_CONFIG_COUNT": str(taken + 1), f"GIT_CONFIG_KEY_{taken}": f"url.{source}.insteadOf",
            f"GIT_CONFIG_VALUE_{taken}": UPSTREAM}


def last_commit(folder: Path) -> datetime | None:
    """Of the clone that cargo-deny made."""
    for clone in folder.glob("*/.git"):
        done = subprocess.run(["git", "-C", str(clone.parent), "log", "-1", "--format=%cI"], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip():
            return datetime.fromisoformat(done.stdout.strip())
    return None
