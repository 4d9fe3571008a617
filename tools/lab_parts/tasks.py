"""A few dozen steps with dependencies, run in threads, with progress lines that carry the elapsed seconds."""

import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Callable

_begun = time.monotonic()
_lock = threading.Lock()


def say(text: str) -> None:
    """One progress line on standard error."""
    with _lock:
        print(f"[{time.monotonic() - _begun:6.1f}s] {text}", file=sys.stderr, flush=True)


class Plan:
    """Steps by name. A step starts when all it needs is done; the first failure starts no further ones."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {}

    def add(self, name: str, step: Callable[[], object], *needs: str) -> str:
        """Add a step; needs that are not in the plan when it runs count as done."""
        self.steps[name] = (step, needs)
        return name

    def run(self, heartbeat: float = 5.0) -> None:
        """Run all; while nothing ends, say every few seconds what is under way."""
        done: set[str] = set()
        running: dict[Future, tuple[str, float]] = {}
        waiting = dict(self.steps)
        failure: BaseException | None = None
        with ThreadPoolExecutor(max_workers=max(4, len(waiting))) as pool:
            while waiting or running:
                for name, (step, needs) in list(waiting.items()):
                    if failure is None and all(n in done or n not in self.steps for n in needs):
                        del waiting[name]
                        running[pool.submit(step)] = (name, time.monotonic())
                if not running:
                    break
                finished, _ = wait(running, timeout=heartbeat, return_when=FIRST_COMPLETED)
                if not finished and failure is None:
                    slow = [f"{name} ({time.monotonic() - since:.0f}s)" for name, since in running.values()]
                    say("... " + ", ".join(slow[:6]) + (f" and {len(slow) - 6} more" if len(slow) > 6 else ""))
                for future in finished:
                    name, since = running.pop(future)
                    if error := future.exception():
                        say(f"{name}: failed" + (f"; waiting for: {', '.join(n for n, _ in running.values())}"
                                                 if running else ""))
                        failure = failure or error
                        continue
                    done.add(name)
                    if (took := time.monotonic() - since) > 0.3:
                        say(f"{name}: done in {took:.1f}s")
        if failure:
            raise failure
        if waiting:
            raise RuntimeError(f"steps wait for each other: {', '.join(waiting)}")
