"""What has to be installed: Debian's servers, and one venv with everything from PyPI at locked versions."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import run
from .settings import PARTS, Lab, LabError
from .tasks import say

# A file each package brings -> the package. These two of MariaDB bring no service that starts by itself.
DEBIAN = {
    "/usr/sbin/mariadbd": "mariadb-server-core",
    "/usr/bin/mariadb-dump": "mariadb-client",
    "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server",
    "/usr/bin/memcached": "memcached",
    "/usr/bin/eatmydata": "eatmydata",
}
UV = "uv==0.13.9"


def missing_debian(only: tuple[str, ...] = ()) -> list[str]:
    """Debian packages still to install; `only` narrows to some."""
    wanted = {file: name for file, name in DEBIAN.items() if not only or name in only}
    missing = sorted({name for file, name in wanted.items() if not Path(file).exists()})
    if not only:
        try:
            import ensurepip  # noqa: F401  Debian splits it off; `python3 -m venv` needs it
        except ImportError:
            missing.insert(0, "python3-venv")
    return missing


@contextlib.contextmanager
def _no_autostart():
    """Debian starts a service when it installs it; its own switch against that is a policy-rc.d, here for the
    length of one install, and only where the machine has none."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def install_debian(lab: Lab, names: list[str]) -> None:
    """apt-get install, with the downloads kept in the lab's folder."""
    if not names:
        return
    if os.geteuid() != 0:
        raise LabError(f"needs these packages: run as root, or first: apt-get install {' '.join(names)}")
    if not shutil.which("apt-get"):
        raise LabError(f"no apt-get here: install {', '.join(names)} by hand, then again")
    say(f"apt: installing {' '.join(names)}")
    log = lab.path("log", "apt.log")
    archives = lab.folder("cache", "apt")
    lab.folder("cache", "apt", "partial")
    apt = ["apt-get", "-qq", "-o", f"Dir::Cache::archives={archives}", "-o", "DPkg::Lock::Timeout=120",
           "-o", "APT::Sandbox::User=root", "-o", "APT::Keep-Downloaded-Packages=true"]
    with _no_autostart():
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        install = [*apt, "install", "-y", "--no-install-recommends", *names]
        try:
            run(lab, install, log, **env)
        except LabError:  # package lists missing or old
            run(lab, [*apt, "update"], log, **env)
            run(lab, install, log, **env)


def install_python(lab: Lab) -> None:
    """The venv, exactly as locked. A copy of the lock inside it says that it is complete."""
    lock = PARTS / "requirements.txt"
    stamp = lab.venv / "installed.txt"
    if not (stamp.exists() and stamp.read_text() == lock.read_text()):
        log = lab.path("log", "pip.log")
        say(f"pip: installing {len(lock.read_text().splitlines())} locked packages from PyPI (log: {log})")
        try:
            _with_uv(lab, lock, log)
        except LabError as error:
            say(f"uv did not do it ({str(error).splitlines()[0]}), trying pip")
            _with_pip(lab, lock, log)
        stamp.write_text(lock.read_text())
    _install_ours(lab)


def _with_uv(lab: Lab, lock: Path, log: Path) -> None:
    boot = lab.dir / "uv"
    if not (boot / "bin" / "uv").exists():
        run(lab, [sys.executable, "-m", "venv", str(boot)], log)
        run(lab, [str(boot / "bin" / "pip"), "install", "--disable-pip-version-check",
                  "--cache-dir", str(lab.folder("cache", "pip")), UV], log, **_callers_home())
    index = subprocess.run([str(boot / "bin" / "pip"), "config", "get", "global.index-url"],
                           capture_output=True, text=True).stdout.strip()
    env = {"UV_CACHE_DIR": str(lab.folder("cache", "uv")), "UV_SYSTEM_CERTS": "true", "UV_LINK_MODE": "hardlink",
           "UV_PYTHON_DOWNLOADS": "never"}
    if index := os.environ.get("PIP_INDEX_URL") or index:
        env["UV_DEFAULT_INDEX"] = index
    uv = str(boot / "bin" / "uv")
    run(lab, [uv, "venv", "--clear", "--python", sys.executable, str(lab.venv)], log, **env)
    run(lab, [uv, "pip", "install", "--no-deps", "--python", str(lab.bin / "python"), "-r", str(lock)], log, **env)


def _with_pip(lab: Lab, lock: Path, log: Path) -> None:
    run(lab, [sys.executable, "-m", "venv", "--clear", str(lab.venv)], log)
    run(lab, [str(lab.bin / "pip"), "install", "--no-deps", "--cache-dir", str(lab.folder("cache", "pip")),
              "-r", str(lock)], log, **_callers_home())


def _callers_home() -> dict[str, str]:
    # The caller's pip settings (a mirror, say) hold.
    return {"HOME": os.environ.get("HOME") or "/"}


def _install_ours(lab: Lab) -> None:
    """Our hypervisor and our Neutron driver go where Nova and Neutron look for such things."""
    site = next((lab.venv / "lib").glob("python3*/site-packages"))
    inside = PARTS / "inside"
    shutil.copyfile(inside / "nova_lab.py", site / "nova" / "virt" / "nova_lab.py")
    shutil.copyfile(inside / "neutron_lab.py", site / "neutron_lab.py")
    info = site / "neutron_lab-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: neutron-lab\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[neutron.ml2.mechanism_drivers]\nlab = neutron_lab:LabMechanism\n")
