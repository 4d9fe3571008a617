"""Over a simulated region: tests/api/bench.rs measures, this tells."""

import os
import subprocess
import sys
from argparse import Namespace
from collections import defaultdict
from pathlib import Path

from . import stats
from .lab import BenchError

REPO = Path(__file__).resolve().parents[2]


def _measure(test: str, args: Namespace) -> dict[str, list[float]]:
    """Runs one of the tests that are left out elsewhere; its samples by series, in seconds."""
    command = ["cargo", "test", "--locked", "--profile", args.profile, "--test", "api", "--",
               "--ignored", "--exact", f"bench::{test}", "--nocapture"]
    env = os.environ | {"BENCH_N": str(args.n), "BENCH_LATENCY_MS": str(args.latency_ms)}
    print(f"{test}: building and running (cargo's output follows)", file=sys.stderr, flush=True)
    series: dict[str, list[float]] = defaultdict(list)
    with subprocess.Popen(command, cwd=REPO, env=env, stdout=subprocess.PIPE, text=True) as run:
        progress = stats.Progress(test, args.n)
        for line in run.stdout:
            if line.startswith("sample\t"):
                _, name, seconds = line.rstrip("\n").split("\t")
                series[name].append(float(seconds))
                progress.at(len(series[name]))
    if run.returncode or not series:
        raise BenchError(f"cargo test bench::{test} failed")
    # The one that each is held against comes first, whichever was measured first.
    return dict(sorted(series.items(), key=lambda item: item[0].endswith("top")))


def boot(args: Namespace) -> None:
    """Boots, everything pushed before."""
    series = _measure("boot", args)
    stats.table(f"boot-sim: POST /servers answered, each answer of the region takes {args.latency_ms} ms "
                f"(profile {args.profile})", series)
    stats.beside("region", "top", series)


def read(args: Namespace) -> None:
    """Lists and shows of settled servers."""
    series = _measure("read", args)
    stats.table(f"read-sim: of 1000 settled servers, beside a bare hyper server sending the same bytes "
                f"(profile {args.profile})", series)
    for what in ("list of 1000", "show"):
        stats.beside(f"{what}, bytes alone", f"{what}, top", series)
