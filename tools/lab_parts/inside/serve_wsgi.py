"""Runs one WSGI application under uWSGI: `python serve_wsgi.py PORT MODULE`. Exists because the applications read
sys.argv as their own, and would choke on uWSGI's."""

import sys

port, module = sys.argv[1:3]
with open("/proc/sys/net/core/somaxconn") as file:
    backlog = min(1024, int(file.read()))

import pyuwsgi  # noqa: E402

# One process of eight threads is enough here; lazy-apps because the applications start threads while loading.
# uWSGI ends every connection after its answer, and has to be told to say so.
arguments = [
    "--http-socket", f"127.0.0.1:{port}", "--module", f"{module}:application", "--master", "--processes", "1",
    "--threads", "8", "--enable-threads", "--lazy-apps", "--need-app", "--buffer-size", "65535", "--die-on-term",
    "--add-header", "Connection: close", "--listen", str(backlog), "--worker-reload-mercy", "5",
    "--disable-logging", "--log-date", "--procname", f"lab {module} :{port}",
]
sys.argv[1:] = []
pyuwsgi.run(arguments)
