"""The lists under tests/parity. A `#` begins a comment."""

import re
from pathlib import Path

from .runner import Results

FOLDER = Path("tests/parity")


def read(name: str) -> list[str]:
    """The lines of a list."""
    lines = (line.split("#", 1)[0].strip() for line in (FOLDER / name).read_text().splitlines())
    return [line for line in lines if line]


def baseline() -> list[str]:
    """Tests that pass on a bare region."""
    return read("region-pass.txt")


def select(names: list[str] | None, patterns: list[str]) -> list[str] | None:
    """Those that a pattern matches; none: whatever tempest has."""
    if names is None:
        return None
    return [name for name in names if any(re.search(pattern, name) for pattern in patterns)]


def exceptions() -> list[tuple[re.Pattern, str]]:
    """Tests that cannot pass on top, and why."""
    pairs = (line.split(" | ", 1) for line in read("exceptions.txt"))
    return [(re.compile(pattern.strip()), reason.strip()) for pattern, reason in pairs]


def record(results: Results) -> None:
    """Keeps what passed on a region."""
    head = "# tempest.api.compute on a bare region of the lab: `tools/parity --target RegionOne --record`.\n"
    names = sorted(name for name, outcome in results.items() if outcome.word == "ok")
    (FOLDER / "region-pass.txt").write_text(head + "\n".join(names) + "\n")
