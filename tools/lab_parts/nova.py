"""One region's Nova: API, conductor, scheduler and two computes on the lab's hypervisor."""

import shutil

from . import ini, mariadb, rabbitmq
from .process import Service, run
from .regions import Region
from .rest import up
from .settings import Lab


def prepare(lab: Lab, region: Region) -> None:
    """nova.conf for the control services, and one without a database for each compute."""
    etc = lab.folder("etc", region.name, "nova")
    shutil.copyfile(lab.venv / "etc/nova/api-paste.ini", etc / "api-paste.ini")
    ini.write(etc / "nova.conf", _common(lab, region) | {
        "DEFAULT": _default(lab, region, f"{region.short}-controller"),
        "api": {"auth_strategy": "keystone"},
        "api_database": ini.database(mariadb.url(lab, f"{region.short}_nova_api")),
        "database": ini.database(mariadb.url(lab, f"{region.short}_nova")),
        # A new host is found within five seconds, without a nova-manage call.
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 5, "max_attempts": 3},
        # Nova's own choice, and what the scheduler hints same_host and different_host need.
        "filter_scheduler": {"enabled_filters": ",".join(f"{name}Filter" for name in (
            "Compute", "ComputeCapabilities", "ImageProperties", "ServerGroupAntiAffinity", "ServerGroupAffinity",
            "SameHost", "DifferentHost"))},
        "conductor": {"workers": 1},
        # Only nova-cascade says how much a project may have.
        "quota": {name: -1 for name in (
            "instances", "cores", "ram", "metadata_items", "injected_files", "injected_file_content_bytes",
            "injected_file_path_length", "key_pairs", "server_groups", "server_group_members")},
    })
    for index, host in enumerate(region.hosts, 1):
        # A folder of its own: Nova reads the node's identity beside its configuration and in its state.
        ini.write(lab.path("etc", region.name, f"nova-compute-{index}", "nova.conf"), _common(lab, region) | {
            "DEFAULT": _default(lab, region, host) | {"compute_driver": "nova_lab.LabDriver"}})


def _default(lab: Lab, region: Region, host: str) -> dict[str, object]:
    state = lab.folder("state", region.name, host)
    return {
        "transport_url": rabbitmq.url(lab, region.name), "host": host, "my_ip": "127.0.0.1", "state_path": state,
        "instances_path": lab.folder("state", region.name, host, "instances"), "use_stderr": True,
        # The first run of periodic tasks, host discovery among them, is else put off by up to a minute.
        "allow_resize_to_same_host": True, "periodic_fuzzy_delay": 0,
        # Exact, so that tests can fill a region.
        "cpu_allocation_ratio": 1.0, "ram_allocation_ratio": 1.0, "disk_allocation_ratio": 1.0,
        "reserved_host_memory_mb": 0,
        # No agent will tell that a port is plugged.
        "vif_plugging_is_fatal": False, "vif_plugging_timeout": 0,
    }


def _common(lab: Lab, region: Region) -> ini.Sections:
    login = ini.credentials(lab, "nova", region.name)
    return {
        "keystone_authtoken": ini.keystone_authtoken(lab, "nova", region.name),
        "service_user": ini.credentials(lab, "nova") | {"send_service_user_token": True},
        "placement": login, "neutron": login,
        "glance": {"region_name": region.name, "valid_interfaces": "internal"},
        "keystone": login,
        "cinder": {"os_region_name": region.name},
        "notifications": {"notification_format": "versioned", "notify_on_state_change": "vm_and_task_state"},
        "oslo_messaging_notifications": {"driver": "messagingv2", "topics": "versioned_notifications"},
        "oslo_concurrency": ini.lock_path(lab, region.name, "nova"),
        "vnc": {"enabled": True, "novncproxy_base_url": f"http://127.0.0.1:6080/{region.short}/vnc_auto.html"},
    }


def migrate(lab: Lab, region: Region, which: str) -> None:
    """The tables of `nova_api` or of `nova` (a cell's; cell0 has the same, so it is cloned)."""
    mariadb.create(lab, f"{region.short}_nova_api", f"{region.short}_nova")
    manage = [str(lab.bin / "nova-manage"), "--config-file", str(lab.dir / "etc" / region.name / "nova/nova.conf")]
    log = lab.path("log", region.name, "nova-manage.log")
    run(lab, [*manage, *(("api_db", "sync") if which == "nova_api" else ("db", "sync", "--local_cell"))], log)


def map_cells(lab: Lab, region: Region) -> None:
    """What `nova-manage cell_v2 map_cell0` and `create_cell` write, without their eight seconds of imports."""
    rows = (("00000000-0000-0000-0000-000000000000", "cell0", "none:///", f"{region.short}_nova_cell0"),
            (region.cell_uuid, "cell1", rabbitmq.url(lab, region.name), f"{region.short}_nova"))
    mariadb.sql(lab, "".join(
        "INSERT INTO cell_mappings (created_at, uuid, name, transport_url, database_connection, disabled) "
        f"SELECT now(), '{uuid}', '{name}', '{transport}', '{mariadb.url(lab, database)}', 0 FROM DUAL "
        f"WHERE NOT EXISTS (SELECT 1 FROM cell_mappings WHERE uuid = '{uuid}');\n"
        for uuid, name, transport, database in rows), f"{region.short}_nova_api")


def services(lab: Lab, region: Region) -> list[Service]:
    """The processes."""
    name, port = region.name, lab.ports[f"{region.name}/nova"]
    etc = lab.dir / "etc" / name
    infra = ("mariadb", "rabbitmq", "memcached")
    # All but the API log in to Keystone while they start; a conductor that cannot stays up and serves nobody.
    late = (*infra, "keystone", f"{name}/placement")

    def plain(program: str, called: str, folder: str, needs: tuple[str, ...], **env: str) -> Service:
        return Service(f"{name}/{called}", [str(lab.bin / program), "--config-file", str(etc / folder / "nova.conf")],
                       env=env, needs=needs)

    api = Service(f"{name}/nova-api", ini.wsgi(lab, port, "nova.wsgi.osapi_compute"), port=port,
                  env={"OS_NOVA_CONFIG_DIR": str(etc / "nova")}, needs=infra,
                  ready=lambda: up(f"http://127.0.0.1:{port}/"))
    size = {"LAB_HOST_VCPUS": str(region.host.vcpus), "LAB_HOST_MEMORY_MB": str(region.host.memory_mb),
            "LAB_HOST_DISK_GB": str(region.host.disk_gb)}
    return [api, plain("nova-conductor", "nova-conductor", "nova", late),
            plain("nova-scheduler", "nova-scheduler", "nova", late),
            *(plain("nova-compute", f"nova-compute-{n}", f"nova-compute-{n}", late, **size) for n in (1, 2))]
