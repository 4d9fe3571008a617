"""What a run shows, held against what passes below."""

import re

from .runner import Outcome, Results


def judge(results: Results, chosen: list[str] | None, exceptions: list[tuple[re.Pattern, str]]) -> int:
    """Prints the verdict, ending in `N passed, N failed` as tools/test counts them; the exit code."""
    if chosen is None:
        failed = sorted(name for name, outcome in results.items() if outcome.word == "FAILED")
        report("does not pass", failed, results)
        passed = sum(outcome.word == "ok" for outcome in results.values())
        return summary(passed, len(failed))
    excused = {name: why for name in chosen for pattern, why in exceptions if pattern.search(name)}
    passed = [name for name in chosen if outcome(results, name).word == "ok"]
    missing = [name for name in chosen if name not in passed and name not in excused]
    stale = [name for name in passed if name in excused]
    waiting = [name for name in chosen if name in excused and name not in stale]
    for why in sorted({excused[name] for name in waiting}):
        print(f"not held to: {sum(excused[name] == why for name in waiting)} tests: {why}")
    report("passes on a region and not here", missing, results)
    report("is listed in tests/parity/exceptions.txt and passes", stale, results)
    return summary(len(passed) - len(stale), len(missing) + len(stale))


def outcome(results: Results, name: str) -> Outcome:
    """Of a test, or of the class that could not be set up for it."""
    return results.get(name) or results.get(name.rsplit(".", 1)[0]) or Outcome("not run")


def report(what: str, names: list[str], results: Results) -> None:
    for name in names:
        ended = outcome(results, name)
        print(f"{what}: {name} ({ended.word}{': ' + ended.why if ended.why else ''})")


def summary(passed: int, failed: int) -> int:
    # In the words of cargo test, which tools/test adds up.
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed; 0 ignored;")
    return 1 if failed else 0
