"""Tempest, installed as locked and configured from the lab's own facts."""

import configparser
import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

LAB = Path(os.environ["LAB_DIR"])
LOCK = Path(__file__).parent / "requirements.txt"
VENV = LAB / "tempest"

FEATURES = {
    "cold_migration": True, "resize": True, "suspend": True, "pause": True, "snapshot": True, "rescue": True,
    "shelve": True, "interface_attach": True, "vnc_console": True, "console_output": True, "live_migration": False,
}


class SetupError(Exception):
    """For the person who called."""


@dataclass
class Tempest:
    """An installed tempest and its configuration."""

    bin: Path
    workspace: Path


def tempest(target: str) -> Tempest:
    """Installs (once) and configures for a target."""
    facts = json.loads((LAB / "lab.json").read_text())
    region = facts["top_region"] if target == "top" else target
    if target != "top" and target not in facts["regions"]:
        raise SetupError(f"no region {target} in the lab; there are {', '.join(facts['regions'])}")
    if target == "top" and not answers(facts["top_url"]):
        raise SetupError("the top does not answer: tools/top up")
    install()
    workspace = LAB / "parity" / target
    (workspace / "etc").mkdir(parents=True, exist_ok=True)
    with (workspace / "etc" / "tempest.conf").open("w") as file:
        os.fchmod(file.fileno(), 0o600)  # the admin's password
        config(facts, region, workspace).write(file)
    (workspace / ".stestr.conf").write_text(
        f"[DEFAULT]\ntest_path={site()}/tempest/test_discover\ntop_dir={site()}\ngroup_regex=([^\\.]*\\.)*\n")
    return Tempest(VENV / "bin", workspace)


def answers(url: str) -> bool:
    """Something speaks HTTP there."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def site() -> Path:
    return next((VENV / "lib").glob("python3*/site-packages"))


def install() -> None:
    """The venv, exactly as locked; a copy of the lock inside it says that it is complete."""
    stamp = VENV / "installed.txt"
    if stamp.exists() and stamp.read_text() == LOCK.read_text():
        return
    print(f"installing {len(LOCK.read_text().splitlines())} packages of tempest", flush=True)
    uv = LAB / "uv" / "bin" / "uv"
    env = {**os.environ, "UV_CACHE_DIR": str(LAB / "cache" / "uv"), "UV_SYSTEM_CERTS": "true"}
    python = str(LAB / "venv" / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", python, VENV],
        [uv, "pip", "install", "--quiet", "--no-deps", "--python", VENV / "bin" / "python", "-r", LOCK],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        if done.returncode:
            raise SetupError(f"{command[1]} failed: {done.stderr.strip()}")
    stamp.write_text(LOCK.read_text())


def config(facts: dict, region: str, workspace: Path) -> configparser.ConfigParser:
    """tempest.conf: what the lab has, and no more."""
    below = facts["regions"].get(region, facts["regions"]["RegionOne"])
    image, other = below["images"]["cirros"], below["images"]["cirros-2"]
    admin = facts["users"]["admin"]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict({
        "DEFAULT": {"log_file": "tempest.log", "log_dir": str(workspace), "use_stderr": False},
        "oslo_concurrency": {"lock_path": str(workspace / "locks")},
        "auth": {
            "use_dynamic_credentials": True, "admin_username": "admin", "admin_password": admin["password"],
            "admin_project_name": admin["project"], "admin_domain_name": "Default", "tempest_roles": "member",
        },
        "identity": {
            "uri_v3": facts["keystone_url"], "auth_version": "v3", "region": region, "v3_endpoint_type": "public",
        },
        "compute": {
            "region": region, "flavor_ref": below["flavors"]["m1.tiny"], "flavor_ref_alt": below["flavors"]["m1.small"],
            "image_ref": image, "image_ref_alt": other, "min_compute_nodes": 2, "build_interval": 1,
            "build_timeout": 120, "min_microversion": "2.1", "max_microversion": "latest",
            "fixed_network_name": "lab-net",
        },
        "compute-feature-enabled": FEATURES | {"scheduler_enabled_filters": "all"},
        "image": {"region": region},
        "network": {"region": region, "project_networks_reachable": False},
        "network-feature-enabled": {"floating_ips": False},
        "placement": {"region": region},
        "service_available": {"cinder": False, "swift": False, "horizon": False, "neutron": True, "glance": True,
                              "nova": True},
        "validation": {"run_validation": False},
    })
    return parser
