"""Configuration files from dictionaries, and the sections every OpenStack service shares."""

from pathlib import Path

from .settings import Lab

Sections = dict[str, dict[str, object]]


def write(path: Path, sections: Sections) -> Path:
    """Write an oslo.config file; a list becomes one line a value."""
    lines = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                lines.append(f"{name} = {str(one).lower() if isinstance(one, bool) else one}")
        lines.append("")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_text("\n".join(lines))
    return path


def database(url: str) -> dict[str, object]:
    """Small pools: some twenty processes share one MariaDB."""
    return {"connection": url, "max_pool_size": 5, "max_overflow": 30, "connection_recycle_time": 600}


def credentials(lab: Lab, user: str, region: str | None = None) -> dict[str, object]:
    """How a service logs in to Keystone, and in which region it looks for the others."""
    login: dict[str, object] = {
        "auth_type": "password", "auth_url": lab.keystone_url, "username": user,
        "password": lab.secret("service"), "project_name": "service", "user_domain_name": "Default",
        "project_domain_name": "Default"}
    return login | ({"region_name": region, "valid_interfaces": "internal"} if region else {})


def keystone_authtoken(lab: Lab, user: str, region: str) -> dict[str, object]:
    """Token validation. The role of a service token is required, else Neutron refuses what Nova does for a user."""
    return credentials(lab, user) | {
        "region_name": region, "www_authenticate_uri": lab.keystone_url, "interface": "internal",
        "memcached_servers": f"127.0.0.1:{lab.ports['memcached']}",
        "service_token_roles": "service", "service_token_roles_required": True}


def lock_path(lab: Lab, region: str, service: str) -> dict[str, object]:
    """[oslo_concurrency]"""
    return {"lock_path": lab.folder("state", region, service, "locks")}


def wsgi(lab: Lab, port: int, module: str) -> list[str]:
    """The command that serves a WSGI module."""
    from .settings import PARTS
    # -P: the folder of the script holds modules meant for elsewhere.
    return [str(lab.bin / "python"), "-P", str(PARTS / "inside" / "serve_wsgi.py"), str(port), module]
