"""The environment variables that the local stack gives to the services: the same names as everywhere.

Variables of the caller's shell are ignored, except the harmless ones in `_KEPT`: a shell that is set up for a real
installation must never make `make up` write there.
"""

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from deploy.local.identities import Secrets
from deploy.local.places import HOST, Ports

_KEPT = (
    "AFFIANCA_LOG_LEVEL",
    "AFFIANCA_RATE_LIMIT",
    "AFFIANCA_PROGRAMME",
    "AFFIANCA_MAIL_FROM",
    "AFFIANCA_MONGOD",
    "AFFIANCA_TANSU",
)


def variables(ports: Ports, secrets: Secrets, assets: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """AFFIANCA_* for the services of the stack on `ports`."""
    url = f"http://{HOST}:{ports.app}"
    own = {
        "PREFIX": "affianca",
        "SOURCE": "urn:affianca:local",
        "PUBLIC_URL": url,
        "INTAKE_URL": url,
        "ROUTING_URL": url,
        "NOTIFY_URL": url,
        "REPORTING_URL": url,
        "MONGO_URL": f"mongodb://{HOST}:{ports.mongodb}/?replicaSet=rs0",
        "KAFKA": f"{HOST}:{ports.kafka}",
        # The embedded broker has no idempotent producer, joins groups as slowly as the session lasts, and does not
        # wake a waiting fetch.
        "KAFKA_IDEMPOTENCE": "false",
        "KAFKA_SESSION_TIMEOUT_MS": "1500",
        "KAFKA_FETCH_WAIT_MS": "80",
        "SECRET_KEY": secrets.derive("cookies and tokens"),
        "ADMIN_KEY": secrets.derive("api-key admin"),
        "SERVICE_KEY": secrets.derive("api-key service"),
        "OIDC_ISSUER": f"http://{HOST}:{ports.oidc}",
        "OIDC_CLIENT_ID": "affianca",
        "OIDC_CLIENT_SECRET": secrets.derive("oidc client"),
        "OIDC_AUDIENCE": "affianca",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(ports.smtp_out),
        "MAIL_LISTEN_HOST": HOST,
        "MAIL_LISTEN_PORT": str(ports.smtp_in),
        "ASSETS": str(assets),
        "LISTEN_HOST": HOST,
        "LISTEN_PORT": str(ports.app),
    }
    chosen = {f"AFFIANCA_{name}": value for name, value in own.items()}
    return {**chosen, **{name: environ[name] for name in _KEPT if name in environ}}


def apply(chosen: Mapping[str, str], environ: MutableMapping[str, str]) -> None:
    """Replaces every AFFIANCA_* variable of a process's environment by the chosen ones."""
    for name in [name for name in environ if name.startswith("AFFIANCA_")]:
        del environ[name]
    environ.update(chosen)
