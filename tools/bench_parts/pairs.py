"""Boots in the lab's RegionOne, in turn: to its own nova-api, and through a top."""

import time
from argparse import Namespace

from . import stats
from .lab import REGION, Api, body_of, facts, token, top, wait

NAME = "bench-boot"


def boot(args: Namespace) -> None:
    """Times the answer to POST /servers, and until the side it was sent to shows the server ACTIVE."""
    lab = facts()
    with top(lab, notifications=True) as url:
        user = token(lab)
        region = Api(lab["regions"][REGION]["compute_url"], user)
        sides = {"region": (region, body_of(lab, NAME)), "top": (Api(url, user), body_of(lab, NAME, REGION))}
        answered, active = {side: [] for side in sides}, {side: [] for side in sides}
        # What a first boot has to push and to look up is none of the matter.
        for api, body in sides.values():
            _one(api, region, body)
        progress = stats.Progress("boot-lab", args.n)
        for number in range(args.n):
            order = list(sides) if number % 2 else list(reversed(sides))
            for side in order:
                api, body = sides[side]
                first, second = _one(api, region, body)
                answered[side].append(first)
                active[side].append(second)
            progress.at(number + 1)
    stats.table("boot-lab: POST /servers answered", answered)
    stats.beside("region", "top", answered)
    stats.table("boot-lab: shown ACTIVE (asked for every 50 ms)", active)
    stats.beside("region", "top", active)


def _one(api: Api, region: Api, body: dict) -> tuple[float, float]:
    begun = time.perf_counter()
    created, answered = api.must(202, "POST", "/servers", body)
    path = f"/servers/{created['server']['id']}"
    try:
        wait(f"{path} ACTIVE", 120, lambda: api.must(200, "GET", path)[0]["server"]["status"] == "ACTIVE", 0.05)
        return answered, time.perf_counter() - begun
    finally:
        region.ask("DELETE", path)
        # Its end is the region's work: not while the next one is measured.
        wait(f"{path} gone", 120, lambda: region.ask("GET", path)[0] == 404)
