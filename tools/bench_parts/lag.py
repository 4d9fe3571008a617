"""How long after a change in a region its own document shows it, and the lists of tops above it."""

import contextlib
import random
import threading
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Iterator

from . import stats
from .lab import REGION, Api, BenchError, body_of, facts, token, top, wait

NAME = "bench-lag"
PATIENCE = 30.0
TOPS = {"notifications": True, "polling": False}


def run(args: Namespace) -> None:
    """Renames, stops and starts, in turn a server of each top."""
    lab = facts()
    behind: dict[str, list[float]] = {name: [] for name in TOPS}
    shown = {"region": "shown by the region itself"} | {name: f"shown by the top, {name}" for name in TOPS}
    kinds: dict[str, dict[str, list[float]]] = defaultdict(lambda: {row: [] for row in shown.values()})
    with contextlib.ExitStack() as stack:
        user = token(lab)
        region = Api(lab["regions"][REGION]["compute_url"], user)
        tops, paths = {}, {}
        for name, notifications in TOPS.items():
            tops[name] = Api(stack.enter_context(top(lab, notifications)), user)
            paths[name] = stack.enter_context(_server(lab, tops[name], region, f"{NAME}-{name}"))
        progress = stats.Progress("lag", args.n)
        for number in range(args.n):
            for kind, method, under, body, field, value in _changes(f"{NAME}-{number}"):
                for name in random.sample(list(TOPS), len(TOPS)):
                    # Not in step with anything's period.
                    time.sleep(random.uniform(1, 4))
                    begun = time.perf_counter()
                    status = region.ask(method, paths[name] + under, body)[0]
                    if status not in (200, 202):
                        raise BenchError(f"{kind}: {status}")
                    below, above = _watch(region, tops[name], paths[name], lambda server: server[field] == value)
                    kinds[kind][shown["region"]].append(below - begun)
                    kinds[kind][shown[name]].append(above - begun)
                    behind[name].append(above - below)
            progress.at(number + 1)
    for kind, series in kinds.items():
        stats.table(f"lag: {kind} in {REGION}, from the request", series)
    stats.table("lag: all changes, the top behind the region's own answers (below 0: asked sooner)", behind)


def _changes(name: str) -> list[tuple]:
    """What is asked of the region, and what then is shown."""
    return [("rename", "PUT", "", {"server": {"name": name}}, "name", name),
            ("stop", "POST", "/action", {"os-stop": None}, "status", "SHUTOFF"),
            ("start", "POST", "/action", {"os-start": None}, "status", "ACTIVE")]


@contextlib.contextmanager
def _server(lab: dict, above: Api, region: Api, name: str) -> Iterator[str]:
    """A server booted through a top, settled; gone afterwards."""
    created, _ = above.must(202, "POST", "/servers", body_of(lab, name, REGION))
    path = f"/servers/{created['server']['id']}"
    try:
        wait(f"{path} ACTIVE", 120, lambda: above.must(200, "GET", path)[0]["server"]["status"] == "ACTIVE")
        yield path
    finally:
        region.ask("DELETE", path)


def _watch(region: Api, above: Api, path: str, shows: Callable[[dict], bool]) -> tuple[float, float]:
    """When the region's document and the top's list first show it. Each is asked again 20 ms after its last answer."""
    seen: dict[str, float] = {}
    asks = {"below": lambda: [region.must(200, "GET", path)[0]["server"]],
            "above": lambda: above.must(200, "GET", "/servers/detail")[0]["servers"]}

    def watch(side: str) -> None:
        end = time.perf_counter() + PATIENCE
        while side not in seen and time.perf_counter() < end:
            if any(path.endswith(server["id"]) and shows(server) for server in asks[side]()):
                seen[side] = time.perf_counter()
            time.sleep(0.02)

    threads = [threading.Thread(target=watch, args=[side]) for side in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(seen) < len(asks):
        raise BenchError(f"{path}: not shown within {PATIENCE:.0f} s; seen only: {', '.join(seen) or 'nowhere'}")
    return seen["below"], seen["above"]
