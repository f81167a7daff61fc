"""What differs between installations: everything comes from the environment, prefix `AFFIANCA_`."""

from pathlib import Path

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ADDRESS = r"(\[[0-9a-fA-F:]+\]|[^\s,:/\[\]]+)(:\d{1,5})?"


class Settings(BaseSettings):
    """One installation runs one programme; the same variables are read by every service."""

    model_config = SettingsConfigDict(env_prefix="AFFIANCA_", extra="ignore", frozen=True)

    prefix: str = Field(default="affianca", pattern=r"^[a-z][a-z0-9-]{0,30}$")
    """Prefix of topics, databases and consumer groups."""
    source: str = "urn:affianca:local"
    programme: str = "1000 Esperti"
    public_url: str = "http://127.0.0.1:8000"

    mongo_url: str = "mongodb://127.0.0.1:27017/?replicaSet=rs0"
    mongo_threads: int = 8
    """Threads of the driver: more concurrency than cores pays, because each waits for the disk."""

    kafka: str = Field(default="127.0.0.1:9092", pattern=rf"^{_ADDRESS}(,{_ADDRESS})*$")
    # The defaults are those measured on Apache Kafka 4 (docs/kafka.md); the local stack sets its broker's own.
    kafka_idempotence: bool = True
    """Off for the embedded broker, which has no idempotent producer."""
    kafka_session_timeout_ms: int = 6_000
    """How long a dead process keeps its partitions; less is refused by Apache Kafka as it is delivered."""
    kafka_request_timeout_ms: int = 10_000
    """How long an answer is waited for: a broker whose machine has gone says nothing. A consumer waits longer than
    its session in any case, because joining a group may take that long."""
    kafka_replication: int = 1
    kafka_fetch_wait_ms: int = 500
    """How long a fetch waits for data. Apache Kafka answers as soon as there are some; shorter only costs."""
    kafka_linger_ms: int = 0
    """The relay hands over batches as they are; waiting for more only costs time."""
    kafka_batch_bytes: int = 65_536
    """Largest batch of one partition: one is under way at a time, so small ones are many round trips."""
    kafka_retention_days: int = 30
    inbox_days: int = 60
    resend_days: int = 7
    history_delay_seconds: float = Field(default=15.0, ge=0)
    """How old an event must be before `/api/<service>/events` tells it to who reads on from there: longer than
    MongoDB's `transactionLifetimeLimitSeconds` (5 here) and the difference of the processes' clocks together."""

    routing_rules: str = ""
    """Another file of rules for matching than the one in `services/routing`."""

    phases: str = ""
    """Another file of the programme's phases than `services/intake/programme.json`; read at the start of intake."""

    secret_key: SecretStr = SecretStr("")
    admin_key: SecretStr = SecretStr("")
    """API key of the first secretariat account: it creates everybody else."""
    service_key: SecretStr = SecretStr("")
    """API key of the service accounts, with which services fetch names and texts from their owner."""
    oidc_issuer: str = ""
    oidc_client_id: str = "affianca"
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_audience: str = "affianca"

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 1025
    smtp_connections: int = Field(default=4, ge=1, le=50)
    """How many connections to the mail server are open at once, at most."""
    mail_from: str = "assistenza@affianca.example"
    mail_listen_host: str = "127.0.0.1"
    mail_listen_port: int = 0
    """Port of the inbound mail listener of intake; 0 turns it off."""

    intake_url: str = "http://127.0.0.1:8000"
    routing_url: str = "http://127.0.0.1:8000"
    notify_url: str = "http://127.0.0.1:8000"
    reporting_url: str = "http://127.0.0.1:8000"
    """Where the services reach each other, behind the front or directly."""
    assets: Path = Path(".local/assets/node_modules")
    listen_host: str = "127.0.0.1"
    listen_port: int = 8000
    rate_limit: str = "1200/minute"
    """Requests of one person or address to one service process."""
    rate_limit_front_end: str = "120000/minute"
    """Requests of one API key to one service process: a front-end speaks for many people."""
    largest_body: int = 1_000_000
    """Bytes of a request's body; attachments have their own limit."""
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _claims_outlive_messages(self) -> "Settings":
        if self.inbox_days <= self.kafka_retention_days or self.inbox_days <= self.resend_days:
            raise ValueError("AFFIANCA_INBOX_DAYS must exceed the days that Kafka keeps and that relays send again")
        return self

    def url_of(self, service: str) -> str:
        """The address of a service, without a slash at the end."""
        return str(getattr(self, f"{service}_url")).rstrip("/")

    def database(self, service: str) -> str:
        """The name of a service's own database."""
        return f"{self.prefix}_{service}"

    def group(self, service: str) -> str:
        """The consumer group of a service."""
        return f"{self.prefix}.{service}"
