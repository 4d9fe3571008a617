"""The command line."""

import argparse
import os
import shlex
import subprocess
import sys

from . import identity, up as order
from .catalog import all_services, select
from .settings import Lab, LabError
from .tasks import say

HELP = """\
A real OpenStack on this machine, in two regions: one Keystone, and for each region Nova (two computes on a fake
hypervisor), Placement, Neutron and Glance, with MariaDB, RabbitMQ and memcached under them.

  tools/lab up                          install what is missing, make or start everything (again: only what is not up)
  tools/lab up --only mariadb           only MariaDB; how to reach it is in .lab/mariadb.json
  tools/lab status                      a table of the services; exit code 1 if one is down
  eval "$(tools/lab env RegionOne)"     then: openstack server create --image cirros --flavor m1.tiny \\
                                               --network lab-net --wait first
  tools/lab env --user admin            users: demo, alt (another project), reader (in demo), admin, cascade
  tools/lab logs RegionOne/nova-api -f  its log
  tools/lab stop RegionTwo/nova         one region's Nova down; also RegionTwo, or one service: RegionTwo/nova-api
  tools/lab stop --kill RegionOne/nova-compute-1      as a crash would
  tools/lab start RegionTwo/nova        and up again
  tools/lab down                        stop everything, keep databases and downloads (--purge: keep only downloads)

Everything is kept in one folder (LAB_DIR, default .lab in the checkout) and listens on 127.0.0.1 only, on ports from
LAB_PORT_BASE (default 21000) on. Ids, ports and passwords are in lab.json in that folder."""


def main() -> None:
    """Entry of tools/lab."""
    args = _parser().parse_args()
    try:
        sys.exit(args.call(Lab.load(), args))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("lab: interrupted; `tools/lab up` goes on from here, `tools/lab down` stops what runs", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("lab", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, call, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(call=call)
        return command

    add("up", _up, "install what is missing and start everything").add_argument(
        "--only", choices=["mariadb"], help="start this alone, without the OpenStack")
    add("down", _down, "stop everything").add_argument(
        "--purge", action="store_true", help="also remove all data; downloads and venv stay")
    add("status", _status, "a table of the services; exit code 1 if one is down")
    env = add("env", _env, "export lines for eval: the venv's PATH and OS_* variables")
    env.add_argument("region", nargs="?", metavar="REGION", help="sets OS_REGION_NAME; without: unsets it")
    env.add_argument("--user", choices=sorted(identity.USERS), default="demo")
    logs = add("logs", _logs, "the end of a service's log")
    logs.add_argument("service", metavar="SERVICE")
    logs.add_argument("-n", "--lines", type=int, default=50)
    logs.add_argument("-f", "--follow", action="store_true")
    for name, call, text in (("start", _start, "start services"), ("stop", _stop, "stop services"),
                             ("restart", _restart, "stop and start services")):
        command = add(name, call, text + ": RegionOne/nova-api, or groups: RegionOne/nova, RegionOne, all")
        command.add_argument("service", nargs="+", metavar="SERVICE")
        if name != "start":
            command.add_argument("--kill", action="store_true", help="SIGKILL at once, as a crash would")
    return parser


def _up(lab: Lab, args) -> None:
    with order.alone(lab):
        file = order.up_mariadb(lab) if args.only else order.up(lab)
    say(f"up; all about it: {file}")
    if not args.only:
        say('next: eval "$(tools/lab env RegionOne)"; openstack server list')


def _down(lab: Lab, args) -> None:
    with order.alone(lab):
        order.down(lab, args.purge)
    say("down")


def _status(lab: Lab, args) -> int:
    bad = 0
    width = max(len(s.name) for s in all_services(lab))
    print(f"{'SERVICE':{width}}  {'PID':>7}  {'PORT':>5}  STATE")
    for service in all_services(lab):
        pid = service.pid(lab)
        state = "down" if not pid else "up" if service.answering() else "not answering"
        bad += state != "up"
        print(f"{service.name:{width}}  {pid or '-':>7}  {service.port or '-':>5}  {state}")
    return 1 if bad else 0


def _env(lab: Lab, args) -> None:
    known = [*(r.name for r in lab.regions), identity.TOP_REGION]
    if args.region and args.region not in known:
        raise LabError(f"no region {args.region!r}; there are: {', '.join(known)}")
    project, _ = identity.USERS[args.user]
    path = ":".join([str(lab.bin), *(p for p in os.environ.get("PATH", "/usr/bin:/bin").split(":")
                                     if p != str(lab.bin))])
    values = {
        "PATH": path, "OS_AUTH_URL": lab.keystone_url, "OS_USERNAME": args.user,
        "OS_PASSWORD": lab.secret(args.user), "OS_PROJECT_NAME": project, "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default", "OS_IDENTITY_API_VERSION": "3"}
    if args.region:
        values["OS_REGION_NAME"] = args.region
    else:  # `openstack --os-region-name X` fails where the variable is set
        print("unset OS_REGION_NAME")
    for name, value in values.items():
        print(f"export {name}={shlex.quote(value)}")


def _logs(lab: Lab, args) -> int:
    files = [str(service.log(lab)) for service in select(lab, args.service)]
    return subprocess.call(["tail", f"-n{args.lines}", *(["-F"] if args.follow else []), *files])


def _chosen(lab: Lab, args) -> list:
    return list({s.name: s for name in args.service for s in select(lab, name)}.values())


def _start(lab: Lab, args) -> None:
    with order.alone(lab):
        order.start(lab, _chosen(lab, args))


def _stop(lab: Lab, args) -> None:
    with order.alone(lab):
        order.stop(lab, _chosen(lab, args), args.kill)


def _restart(lab: Lab, args) -> None:
    with order.alone(lab):
        order.stop(lab, _chosen(lab, args), args.kill)
        order.start(lab, _chosen(lab, args))
