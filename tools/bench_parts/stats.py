"""Medians, spread and ratios."""

import statistics
import sys
import time


def quantile(samples: list[float], share: float) -> float:
    """The value that `share` of the samples do not pass, between the two nearest ones."""
    ordered = sorted(samples)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _row(name: str, samples: list[float]) -> str:
    values = [statistics.median(samples), *(quantile(samples, share) for share in (0.1, 0.9, 0.99)), max(samples)]
    return f"  {name:44}{len(samples):5}" + "".join(f"{value * 1000:10.1f}" for value in values)


def table(title: str, series: dict[str, list[float]]) -> None:
    """Milliseconds of each series (given in seconds)."""
    print(f"\n{title}\n  {'ms':44}{'n':>5}{'median':>10}{'p10':>10}{'p90':>10}{'p99':>10}{'max':>10}")
    for name, samples in series.items():
        print(_row(name, samples) if samples else f"  {name:44}    0  no samples")


def beside(base: str, other: str, series: dict[str, list[float]]) -> None:
    """How two series that were taken in turn compare: pair by pair, so that a load that both met cancels out."""
    pairs = list(zip(series[base], series[other]))
    added = [after - before for before, after in pairs]
    ratios = [after / before for before, after in pairs]
    print(_row(f"added by {other}, pair by pair", added))
    low, middle, high = (quantile(ratios, share) for share in (0.1, 0.5, 0.9))
    print(f"  ratio {other} : {base}, pair by pair: median {middle:.2f}, p10 {low:.2f}, p90 {high:.2f}", flush=True)


class Progress:
    """Says every few seconds how far it is."""

    def __init__(self, what: str, total: int):
        self.what, self.total, self.told = what, total, time.monotonic()
        print(f"{what}: {total} to do", file=sys.stderr, flush=True)

    def at(self, done: int) -> None:
        """So many are done."""
        if time.monotonic() - self.told > 5:
            self.told = time.monotonic()
            print(f"{self.what}: {done} of {self.total}", file=sys.stderr, flush=True)
