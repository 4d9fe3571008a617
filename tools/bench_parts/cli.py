"""The command line."""

import argparse
import os
import sys

from . import lag, lab, pairs, simulated

HELP = """\
Measures the top beside what it stands on, in one run and taking turns, so that both meet the same load. Prints medians,
their ratio and the spread; passes no judgement.

  tools/bench boot-sim    a boot through the top beside one sent to the region itself; simulated region of fixed latency
  tools/bench read-sim    a list of 1000 settled servers and a show on the top, beside a bare HTTP server that sends the
                          same bytes (hyper, in the same process)
  tools/bench boot-lab    as boot-sim, with real servers in RegionOne of the lab; they are deleted again
  tools/bench lag         from a change asked of RegionOne itself until its own show tells of it, and until the lists of
                          two tops do: one hears Nova's notifications, the other only polls
  tools/bench all         one after the other

The simulated ones need nothing but cargo. The others need the lab (tools/lab up) and the binary (cargo build --profile
quick; CASCADE_BIN names another one); they run tops of their own, on free ports and with databases of their own, so
tools/top may be up or down. Figures of profile `quick` are worse than those of a release: --profile release."""

# Of each: what runs it, and how many samples are taken without -n.
BENCHES = {"boot-sim": (simulated.boot, 200), "read-sim": (simulated.read, 200), "boot-lab": (pairs.boot, 200),
           "lag": (lag.run, 40)}


def main() -> None:
    """Entry of tools/bench."""
    parser = argparse.ArgumentParser("bench", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", choices=[*BENCHES, "all"], metavar="BENCH", help="one of those above")
    parser.add_argument("-n", type=int, metavar="N",
                        help="pairs, or changes (default " + ", ".join(f"{k}: {n}" for k, (_, n) in BENCHES.items()) + ")")
    parser.add_argument("--latency-ms", type=int, default=20,
                        help="boot-sim: time each answer of the simulated region takes (default 20)")
    parser.add_argument("--profile", default="quick", help="cargo profile of the simulated ones (default quick)")
    args = parser.parse_args()
    if args.n is not None and args.n < 2:
        parser.error("-n must be at least 2: one sample has no spread")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start", flush=True)
    chosen, asked = list(BENCHES) if args.bench == "all" else [args.bench], args.n
    try:
        for name in chosen:
            bench, usual = BENCHES[name]
            args.n = asked or usual
            bench(args)
    except lab.BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
