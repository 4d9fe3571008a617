"""The lab's facts, requests to its services, and tops of our own over it."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

REPO = Path(__file__).resolve().parents[2]
LAB = Path(os.environ.get("LAB_DIR") or REPO / ".lab")
BINARY = Path(os.environ.get("CASCADE_BIN") or REPO / "target/quick/nova-cascade")
REGION = "RegionOne"


class BenchError(Exception):
    """What to tell instead of a trace."""


def facts() -> dict:
    """lab.json."""
    try:
        return json.loads((LAB / "lab.json").read_text())
    except OSError as error:
        raise BenchError(f"{error}; this needs the lab: tools/lab up")


class Api:
    """A service at a URL; a connection a request, as command-line clients have it."""

    def __init__(self, url: str, token: str = ""):
        parts = urlsplit(url)
        self._base, self._address = parts.path, (parts.hostname, parts.port)
        self._headers = {"X-Auth-Token": token, "Content-Type": "application/json",
                         "OpenStack-API-Version": "compute 2.96"}

    def send(self, method: str, path: str, body: object = None) -> tuple[http.client.HTTPResponse, bytes, float]:
        """The answer, its body and the seconds from connecting to the last byte."""
        data = json.dumps(body) if body is not None else None
        begun = time.perf_counter()
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        try:
            connection.request(method, self._base + path, data, self._headers)
            answer = connection.getresponse()
            return answer, answer.read(), time.perf_counter() - begun
        except (OSError, http.client.HTTPException) as error:
            raise BenchError(f"{method} {path}: {error}")
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict, float]:
        """Status, document and seconds."""
        answer, text, took = self.send(method, path, body)
        return answer.status, json.loads(text) if text.startswith(b"{") else {}, took

    def must(self, expected: int, method: str, path: str, body: object = None) -> tuple[dict, float]:
        """The same where only one status will do."""
        status, document, took = self.ask(method, path, body)
        if status != expected:
            raise BenchError(f"{method} {path}: {status} {document}")
        return document, took


def token(lab: dict, user: str = "demo") -> str:
    """A user's token."""
    who = lab["users"][user]
    name = {"name": user, "domain": {"id": "default"}, "password": who["password"]}
    scope = {"project": {"name": who["project"], "domain": {"id": "default"}}}
    answer, text, _ = Api(lab["keystone_url"]).send("POST", "/auth/tokens", {"auth": {
        "identity": {"methods": ["password"], "password": {"user": name}}, "scope": scope}})
    if answer.status != 201:
        raise BenchError(f"no token for {user}: {text.decode(errors='replace')}")
    return answer.getheader("X-Subject-Token")


def body_of(lab: dict, name: str, zone: str | None = None) -> dict:
    """A boot without a network: what is measured is Nova, and what stands on it."""
    server = {"name": name, "imageRef": lab["regions"][REGION]["images"]["cirros"], "flavorRef": "1",
              "networks": "none"}
    return {"server": server | ({"availability_zone": zone} if zone else {})}


def wait(what: str, seconds: float, holds: Callable[[], bool], pause: float = 0.2) -> None:
    """Until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise BenchError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def top(lab: dict, notifications: bool) -> Iterator[str]:
    """A top of our own over the lab, in sync with it; its compute URL."""
    if not os.access(BINARY, os.X_OK):
        raise BenchError(f"{BINARY} is missing; run: cargo build --profile quick, or set CASCADE_BIN")
    with tempfile.TemporaryDirectory(prefix="nova-cascade-bench-") as home:
        port, config = _free_port(), Path(home) / "top.toml"
        config.touch(0o600)
        config.write_text(_config(lab, port, home, notifications))

        def cli(*arguments: str) -> None:
            subprocess.run([BINARY, "--config", config, *arguments], check=True, stdout=subprocess.DEVNULL)

        cli("db", "migrate")
        cli("flavor", "import", REGION)
        network = lab["regions"][REGION]["networks"]["lab-net"]
        cli("map", "network", network, REGION, network)
        with open(Path(home) / "log", "wb") as log:
            process = subprocess.Popen([BINARY, "--config", config, "serve"], stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/v2.1"
            api = Api(url, token(lab))
            wait("the top serves", 20, lambda: _answers(api))
            # Known once the region has been asked.
            wait("the region's zones on top", 30, lambda: _zones(api))
            yield url
        finally:
            process.terminate()
            process.wait()


def _answers(api: Api) -> bool:
    try:
        return api.ask("GET", "/servers")[0] == 200
    except BenchError:
        return False


def _zones(api: Api) -> bool:
    zones = api.must(200, "GET", "/os-availability-zone")[0]["availabilityZoneInfo"]
    return any(zone["zoneName"].startswith(REGION) for zone in zones)


def _config(lab: dict, port: int, home: str, notifications: bool) -> str:
    rabbit = lab["rabbitmq"]
    # JSON's strings are TOML's.
    quoted = json.dumps
    broker = f"amqp://{rabbit['user']}:{rabbit['password']}@{rabbit['host']}:{rabbit['port']}/{rabbit['vhosts'][REGION]}"
    listen = f"[[notifications]]\nregion = {quoted(REGION)}\nurl = {quoted(broker)}\n" if notifications else ""
    return (f"[listen]\naddress = \"127.0.0.1:{port}\"\n"
            f"[keystone]\nurl = {quoted(lab['keystone_url'])}\npassword = {quoted(lab['users']['cascade']['password'])}\n"
            f"[database]\nurl = {quoted(f'sqlite://{home}/top.db')}\n"
            f"[region]\ntop_names = [{quoted(lab['top_region'])}]\n{listen}")
