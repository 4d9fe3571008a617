"""MariaDB with a datadir, socket and configuration of its own."""

import json
import os
import shutil
from pathlib import Path

from .process import Service, run
from .settings import Lab

CONFIG = """\
[mariadbd]
datadir = {data}
socket = {socket}
pid-file = {run}/mariadbd.pid
tmpdir = {tmp}
bind-address = 127.0.0.1
port = {port}
skip-name-resolve
skip-log-bin
character-set-server = utf8mb4
max_connections = 1000
max_allowed_packet = 64M
performance_schema = off
innodb_buffer_pool_size = 256M
innodb_log_file_size = 128M
# The data is dear to nobody: survive a killed process, not a power cut.
innodb_flush_log_at_trx_commit = 2
innodb_flush_method = fsync
innodb_doublewrite = 0
innodb_stats_persistent = 0
# Root may read every file; the mysql user may not enter a checkout in a home folder.
user = {user}
"""


def socket(lab: Lab) -> Path:
    """The UNIX socket: in the lab, unless that path is longer than a socket's may be."""
    inside = lab.path("mariadb", "mariadb.sock")
    return inside if len(str(inside)) < 100 else Path(f"/tmp/nova-cascade-lab-{lab.tag}.sock")


def prepare(lab: Lab) -> None:
    """Configuration, and a data folder on the first time."""
    data = lab.dir / "mariadb" / "data"
    user = "root" if os.geteuid() == 0 else str(os.environ.get("USER") or os.geteuid())
    config = lab.path("mariadb", "my.cnf")
    config.write_text(CONFIG.format(
        data=data, socket=socket(lab), run=lab.folder("run"), tmp=lab.folder("tmp"), user=user,
        port=lab.ports["mariadb"]))
    # Read by every start: sets the password the first time, changes nothing later.
    password = lab.secret("mariadb")
    init = lab.path("mariadb", "init.sql")
    init.touch(0o600)
    init.write_text("".join(
        f"CREATE USER IF NOT EXISTS 'root'@'{host}';\n"  # init files have one statement a line
        f"ALTER USER 'root'@'{host}' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO 'root'@'{host}' WITH GRANT OPTION;\n" for host in ("localhost", "127.0.0.1")))
    if not (data / "mysql").is_dir():
        fresh = lab.dir / "mariadb" / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # --no-defaults: nothing of /etc/mysql is read.
        run(lab, ["mariadb-install-db", "--no-defaults", f"--datadir={fresh}", f"--user={user}", "--skip-test-db",
                  "--auth-root-authentication-method=normal", "--innodb-log-file-size=128M"],
            lab.path("log", "mariadb.log"))
        fresh.rename(data)


def service(lab: Lab) -> Service:
    """The server as a process."""
    home = lab.dir / "mariadb"
    return Service(
        # A new table waits for the disk several times, and every test of the service makes all of its tables.
        "mariadb", ["/usr/bin/eatmydata", "/usr/sbin/mariadbd",
                    f"--defaults-file={home / 'my.cnf'}", f"--init-file={home / 'init.sql'}"],
        port=lab.ports["mariadb"])


def sql(lab: Lab, statements: str, database: str = "") -> str:
    """Run SQL as root; rows come back tab-separated without a header."""
    return run(lab, [*_client(lab, "mariadb"), "--batch", "--skip-column-names", *([database] if database else [])],
               lab.path("log", "mariadb-client.log"), input=statements, MYSQL_PWD=lab.secret("mariadb"))


def create(lab: Lab, *names: str) -> None:
    """Empty databases, if missing. OpenStack wants the three-byte character set."""
    sql(lab, "".join(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb3;\n" for name in names))


def clone(lab: Lab, source: str, target: str) -> None:
    """Copy one database into another that is made new."""
    log = lab.path("log", "mariadb-client.log")
    dump = run(lab, [*_client(lab, "mariadb-dump"), "--single-transaction", "--skip-comments", source], log,
               MYSQL_PWD=lab.secret("mariadb"))
    sql(lab, f"DROP DATABASE IF EXISTS {target}; CREATE DATABASE {target} CHARACTER SET utf8mb3;\n")
    sql(lab, "SET unique_checks=0, foreign_key_checks=0;\n" + dump, target)


def _client(lab: Lab, program: str) -> list[str]:
    return [f"/usr/bin/{program}", "--no-defaults", "-uroot", f"--socket={socket(lab)}"]


def url(lab: Lab, database: str) -> str:
    """The SQLAlchemy address of a database."""
    return f"mysql+pymysql://root:{lab.secret('mariadb')}@127.0.0.1:{lab.ports['mariadb']}/{database}"


def facts(lab: Lab) -> dict:
    """How tests reach it."""
    return {"host": "127.0.0.1", "port": lab.ports["mariadb"], "socket": str(socket(lab)),
            "user": "root", "password": lab.secret("mariadb"),
            "url": f"mysql://root:{lab.secret('mariadb')}@127.0.0.1:{lab.ports['mariadb']}/"}


def write_facts(lab: Lab) -> Path:
    """mariadb.json, for `up --only mariadb`."""
    file = lab.path("mariadb.json")
    file.touch(0o600)
    file.write_text(json.dumps(facts(lab), indent=2) + "\n")
    return file
