"""A run of tempest, read as it goes."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

# "{2} tempest.api.compute….test_it [1.234567s] ... ok", also for a class: "{0} setUpClass (tempest.…) [..] ... FAILED"
LINE = re.compile(r"^\{\d+\} (?:(?P<hook>\w+) \((?P<class>[^)]+)\)|(?P<name>[^ \[(]+)[^ ]*)"
                  r"(?: \[[\d.]+s\])? \.\.\. (?P<word>ok|FAILED|SKIPPED)(?:: (?P<why>.*))?")


@dataclass
class Outcome:
    """How one test, or the setting up of a class, ended."""

    word: str
    why: str = ""


Results = dict[str, Outcome]


def run(tempest, chosen: list[str] | None, concurrency: int, folder: Path) -> Results:
    """Runs the chosen tests (none: all of tempest.api.compute); every 15 seconds a line says how far it is."""
    folder.mkdir(parents=True, exist_ok=True)
    include = folder / "include.txt"
    names = ["^" + re.escape(name) + r"(\[|$)" for name in chosen] if chosen is not None else [r"^tempest\.api\.compute"]
    include.write_text("\n".join(names) + "\n")
    command = [str(tempest.bin / "tempest"), "run", "--config-file", "etc/tempest.conf",
               "--include-list", str(include.resolve()), "--concurrency", str(concurrency)]
    env = {**os.environ, "PATH": f"{tempest.bin}:{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    results: Results = {}
    started = told = time.monotonic()
    with (folder / "output.txt").open("w") as output, subprocess.Popen(
            command, cwd=tempest.workspace, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True) as process:
        for line in process.stdout:
            output.write(line)
            output.flush()
            if found := LINE.match(line.strip()):
                name = found["class"] or found["name"]
                # A class that could not be set up stands for its tests.
                if not (found["hook"] and found["word"] == "ok"):
                    results[name] = Outcome(found["word"], found["why"] or "")
            if time.monotonic() - told > 15:
                told = time.monotonic()
                total = f" of {len(chosen)}" if chosen is not None else ""
                print(f"[{told - started:4.0f}s] {len(results)}{total} tests", flush=True)
    print(f"[{time.monotonic() - started:4.0f}s] {len(results)} tests; output in {folder}/output.txt", flush=True)
    return results
