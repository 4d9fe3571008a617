"""Judges answers by the schemas that the installed Nova carries of every answer. Runs inside the lab's environment.

Reads one JSON object a line: `method`, `path` (behind the API's version), `version` (the microversion answered at, null
without one; "2.0" for the compatible API), `request` (the body sent), `status`, `body`. Writes one a line: `route` (as Nova writes it, with the action's key; null where Nova has
none), `kind` (`schema`, `fault` or `none`: what it was judged by) and `wrong` (null, or what is wrong with it).
"""

import json
import re
import sys
from urllib.parse import unquote

from jsonschema.exceptions import best_match
from nova.api.openstack import ProjectMapper, wsgi
from nova.api.openstack.api_version_request import APIVersionRequest
from nova.api.openstack.compute import routes
from nova.api.validation import validators

# What answers before Nova's own code does, in forms of its own: the token's check and the limit of a body's size.
BEFORE_NOVA = (401, 413)


def handlers(factory, action):
    """The functions behind a route by the action's key; the key is None where the route has one function.

    The controllers stay classes: their instances want a message bus.
    """
    main, others = factory.args
    if hasattr(main, action):
        return {None: getattr(main, action)}
    found = {key: getattr(cls, name) for cls in (main, *others) for key, name in cls.wsgi_actions.items()}
    return found if action == "action" else {None: found[action]}


def router():
    """Nova's routes; what a match calls its controller is the key of its functions."""
    mapper, functions = ProjectMapper(), {}
    for path, methods in routes.ROUTE_LIST:
        if isinstance(methods, str):
            continue
        for method, (factory, action) in methods.items():
            name = f"{method} {path or '/'}"
            functions[name] = handlers(factory, action)
            mapper.create_route(path, method, name, action)
    return mapper, functions


def schema_of(handler, version):
    """The schema at a microversion; "2.0" is the compatible API, which knows only what it was first given."""
    wanted = APIVersionRequest(version)
    for schema, low, high in handler.response_body_schemas._schemas:
        if version == "2.0" and (low.is_null() or low.get_string() in ("2.0", "2.1")):
            return schema
        if version != "2.0" and wanted.matches(low, high):
            return schema
    return None


def fault(answer):
    """What is wrong with a fault document."""
    document = json.loads(answer["body"])
    name = wsgi.Fault._fault_names.get(answer["status"], "computeFault")
    if list(document) != [name]:
        return f"a fault called {list(document)}, not {name}"
    inner = document[name]
    if inner.get("code") != answer["status"] or not isinstance(inner.get("message"), str):
        return f"a fault without its code or message: {inner}"
    return None


def against_schema(handler, answer):
    schema = schema_of(handler, answer["version"] or "2.1")
    if schema is None:
        return f"answered {answer['status']} at {answer['version']}, where Nova has nothing"
    body = json.loads(answer["body"]) if answer["body"] else None
    error = best_match(validators._SchemaValidator(schema).validator.iter_errors(body))
    return error and f"{error.json_path}: {error.message}"


def judge(mapper, functions, answer):
    """(route, kind, wrong)"""
    path = re.sub("/+", "/", unquote(answer["path"])) or "/"
    match = mapper.match(path, {"REQUEST_METHOD": answer["method"]})
    if match is None:
        # In front of Nova's router: version documents for every method, and oslo.middleware's answers to OPTIONS.
        found = answer["status"] < 300 and path != "/" and answer["method"] != "OPTIONS"
        return None, "none", f"answered {answer['status']} where Nova has no route" if found else None
    route = match["controller"]
    by_key = functions[route]
    key = None
    if None not in by_key:
        try:
            key = next(iter(json.loads(answer["request"] or "null") or {}), None)
        except ValueError:
            pass
        route += f" {key}" if key in by_key else ""
    if answer["status"] in BEFORE_NOVA:
        return route, "none", None
    if answer["status"] >= 400:
        return route, "fault", fault(answer)
    if key not in by_key:
        return route, "none", f"answered {answer['status']} to the action {key!r}, which Nova does not have"
    return route, "schema", against_schema(by_key[key], answer)


def main():
    mapper, functions = router()
    for line in sys.stdin:
        answer = json.loads(line)
        try:
            route, kind, wrong = judge(mapper, functions, answer)
        except ValueError as error:
            route, kind, wrong = None, "none", f"no JSON: {error}"
        print(json.dumps({"route": route, "kind": kind, "wrong": wrong}), flush=True)


main()
