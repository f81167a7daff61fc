"""Runs a tool against the local stack: `python -m deploy.local.against deploy.tools.dead_letters list`.

Gives it the AFFIANCA_* variables that the services of the stack have, with the ports that the running one uses.
A restore wants the services stopped, and with them MongoDB is: back-ups may then start it alone, for their time.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local import configuration
from deploy.local.identities import Secrets
from deploy.local.mongod import Mongod
from deploy.local.places import LOCAL, Ports
from deploy.local.problems import Problem
from deploy.local.running import Lock

ALONE = ("deploy.tools.backup",)
"""Tools that need the database only."""


def ports_of(access: Path) -> Ports:
    """The ports of the stack that wrote this file; the usual ones when there is none."""
    if not access.exists():
        return Ports()
    told = json.loads(access.read_text())
    return Ports(
        app=_port(told["url"]),
        mail=_port(told["mail_url"]),
        oidc=_port(told["login_url"]),
        smtp_in=told["smtp"]["port"],
        mongodb=_port(told["mongodb"]),
        kafka=_port("//" + told["kafka"]),
    )


def _port(address: str) -> int:
    port = urlsplit(address).port
    if port is None:
        raise Problem(f"{address} names no port.")
    return port


def run(tool: str, arguments: list[str], local: Path = LOCAL) -> None:
    """Runs the tool's `main`; a `Problem` when it needs a stack that does not run."""
    running = Lock(local).holder() is not None
    if not running and tool not in ALONE:
        raise Problem("Affianca is not running. Start it: make up")
    ports = ports_of(local / "access.json") if running else Ports()
    assets = local / "assets" / "node_modules"
    chosen = configuration.variables(ports, Secrets(local / "secrets.json"), assets, os.environ)
    configuration.apply(chosen, os.environ)
    sys.argv = [tool, *arguments]
    main = importlib.import_module(tool).main
    if running:
        main()
        return
    if not (local / "mongodb").is_dir() and "restore" not in arguments:
        raise Problem("There is nothing to back up yet: Affianca was never started here.")
    ports.check_free()
    server = Mongod(local / "mongodb", ports.mongodb, local / "logs" / "mongodb.log")
    try:
        server.wait_ready()
        main()
    finally:
        server.stop()


if __name__ == "__main__":
    if len(sys.argv) < 2 or not sys.argv[1].startswith("deploy.tools."):
        sys.exit("Name a tool, for instance: python -m deploy.local.against deploy.tools.dead_letters list")
    try:
        run(sys.argv[1], sys.argv[2:])
    except Problem as problem:
        sys.exit(str(problem))
