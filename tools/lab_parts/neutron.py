"""One region's Neutron: API and RPC server, no agents; ports bind through our mechanism driver."""

from . import ini, mariadb, rabbitmq
from .process import Service, run
from .regions import Region
from .rest import up
from .settings import Lab


def prepare(lab: Lab, region: Region) -> None:
    """neutron.conf, ML2 included."""
    login = ini.credentials(lab, "neutron", region.name)
    ini.write(lab.path("etc", region.name, "neutron", "neutron.conf"), {
        "DEFAULT": {
            "core_plugin": "ml2",
            # Without `trunk`: it refuses to load where no agent driver is.
            "service_plugins": "segments,router",
            "transport_url": rabbitmq.url(lab, region.name), "host": f"{region.short}-network",
            "api_paste_config": lab.venv / "etc/neutron/api-paste.ini", "auth_strategy": "keystone",
            "state_path": lab.folder("state", region.name, "neutron"), "use_stderr": True,
            "notify_nova_on_port_status_changes": True, "notify_nova_on_port_data_changes": True,
            "rpc_workers": 1, "rpc_state_report_workers": 0, "dhcp_agents_per_network": 1,
        },
        "database": ini.database(mariadb.url(lab, f"{region.short}_neutron")),
        "keystone_authtoken": ini.keystone_authtoken(lab, "neutron", region.name),
        "nova": login | {"endpoint_type": "internal"},
        "placement": login | {"endpoint_type": "internal"},
        "ml2": {"type_drivers": "vxlan", "tenant_network_types": "vxlan", "mechanism_drivers": "lab",
                "extension_drivers": "port_security"},
        "ml2_type_vxlan": {"vni_ranges": "1:16000"},
        "quotas": {f"quota_{name}": -1 for name in (
            "network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule")},
        "oslo_concurrency": ini.lock_path(lab, region.name, "neutron"),
        "oslo_messaging_notifications": {"driver": "messagingv2", "topics": "notifications"},
    })


def migrate(lab: Lab, region: Region) -> None:
    """Tables."""
    mariadb.create(lab, f"{region.short}_neutron")
    run(lab, [str(lab.bin / "neutron-db-manage"), "--config-file", _config(lab, region), "upgrade", "heads"],
        lab.path("log", region.name, "neutron-manage.log"))


def _config(lab: Lab, region: Region) -> str:
    return str(lab.dir / "etc" / region.name / "neutron/neutron.conf")


def services(lab: Lab, region: Region) -> list[Service]:
    """The processes."""
    port = lab.ports[f"{region.name}/neutron"]
    infra = ("mariadb", "rabbitmq", "memcached")
    folder = str(lab.dir / "etc" / region.name / "neutron")
    return [
        Service(f"{region.name}/neutron-api", ini.wsgi(lab, port, "neutron.wsgi.api"), port=port, needs=infra,
                env={"OS_NEUTRON_CONFIG_DIR": folder, "OS_NEUTRON_CONFIG_FILES": "neutron.conf"},
                ready=lambda: up(f"http://127.0.0.1:{port}/")),
        Service(f"{region.name}/neutron-rpc", [str(lab.bin / "neutron-rpc-server"), "--config-file",
                                               _config(lab, region)], needs=infra),
    ]
