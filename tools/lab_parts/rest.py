"""A JSON client of a few lines: the openstack command takes seconds to start, we need some sixty calls."""

import json
import urllib.error
import urllib.request

from .settings import Lab, LabError

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # never through a proxy


class Refused(LabError):
    """An answer of 400 and above; `code` is the status."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


def call(method: str, url: str, body: object = None, headers: dict[str, str] | None = None,
         data: bytes | None = None, timeout: float = 60) -> tuple[dict, dict[str, str]]:
    """One request; the JSON body (or {}) and the headers of its answer."""
    head = {"Accept": "application/json"} | (headers or {})
    if body is not None:
        data = json.dumps(body).encode()
        head.setdefault("Content-Type", "application/json")
    try:
        with _open(urllib.request.Request(url, data, head, method=method), timeout=timeout) as answer:
            text = answer.read()
            return (json.loads(text) if text else {}), dict(answer.headers)
    except urllib.error.HTTPError as error:
        raise Refused(error.code, f"{method} {url}: {error.code} {error.read()[:500].decode(errors='replace')}")
    except (OSError, ValueError) as error:
        raise LabError(f"{method} {url}: {error}")


def up(url: str) -> bool:
    """Does an API answer at all (an error of the client's making counts, one of the server's does not)?"""
    try:
        call("GET", url, timeout=20)
        return True
    except Refused as error:
        return error.code < 500
    except LabError:
        return False


class Session:
    """A user's token, and calls with it."""

    def __init__(self, lab: Lab, user: str = "admin", project: str = "admin"):
        answer, headers = call("POST", f"{lab.keystone_url}/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": user, "password": lab.secret(user), "domain": {"id": "default"}}}},
            "scope": {"project": {"name": project, "domain": {"id": "default"}}}}})
        self.token = {k.lower(): v for k, v in headers.items()}["x-subject-token"]
        self.body = answer["token"]

    def __call__(self, method: str, url: str, body: object = None, **more) -> dict:
        """One call; `microversion=` for Nova."""
        headers = {"X-Auth-Token": self.token} | more.pop("headers", {})
        if version := more.pop("microversion", None):
            headers["OpenStack-API-Version"] = f"compute {version}"
        return call(method, url, body, headers, **more)[0]
