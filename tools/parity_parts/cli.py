"""The command line."""

import argparse
import sys
from pathlib import Path

from . import judge, lists, runner, setup

HELP = """\
Runs tempest.api.compute against one region and against the top, and tells which tests pass below and not on top.

  tools/parity                     the tests of servers that passed on a bare region, on the top
  tools/parity --chosen            one or two tests a behaviour, what tools/test runs
  tools/parity --all               all of tempest.api.compute
  tools/parity --target RegionOne  the same on a region; --record writes tests/parity/region-pass.txt anew
  tools/parity REGEX…              only tests whose names match one of these

Needs the lab (tools/lab up) and, for the top, tools/top up. tests/parity/exceptions.txt lists what cannot pass on top
and why; a test listed there that passes is a failure too. Results are in target/parity."""


def main() -> None:
    """Entry of tools/parity."""
    parser = argparse.ArgumentParser("parity", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="top", help="top (default), or a region of the lab")
    parser.add_argument("--chosen", action="store_true", help="the tests of tests/parity/chosen.txt")
    parser.add_argument("--all", action="store_true", help="everything that passed on a region")
    parser.add_argument("--record", action="store_true", help="with a region: keep what passes as the baseline")
    parser.add_argument("--concurrency", type=int, default=3, help="tests at once (default 3)")
    parser.add_argument("pattern", nargs="*", help="regular expressions on test names")
    args = parser.parse_args()
    if args.record and args.target == "top":
        parser.error("--record needs --target and a region")
    try:
        sys.exit(run(args))
    except setup.SetupError as error:
        print(f"parity: {error}", file=sys.stderr)
        sys.exit(1)


def run(args: argparse.Namespace) -> int:
    """Sets up, runs, judges; the exit code."""
    baseline = None if args.record else lists.baseline()
    chosen = lists.select(baseline, patterns(args))
    exceptions = lists.exceptions() if args.target == "top" else []
    tempest = setup.tempest(args.target)
    results = runner.run(tempest, chosen, args.concurrency, Path("target/parity") / args.target)
    if args.record:
        lists.record(results)
    return judge.judge(results, chosen, exceptions)


def patterns(args: argparse.Namespace) -> list[str]:
    """Which tests; one of these matches their names."""
    if args.pattern:
        return args.pattern
    if args.chosen:
        return lists.read("chosen.txt")
    return [""] if args.all else lists.read("scope.txt")


if __name__ == "__main__":
    main()
