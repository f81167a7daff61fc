"""Structured logs: JSON lines with static event names, ids as fields, no personal data.

`log = structlog.get_logger()` anywhere; shared context (service, correlation) is bound once.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

import structlog


class _Throttle(logging.Filter):
    """At most one line per logger, level and second: aiokafka writes 4,000 in 15 s when a broker is away."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key, now = (record.name, record.levelno), time.monotonic()
        if now - self._last.get(key, -1.0) < 1.0:
            return False
        self._last[key] = now
        return True


class _Line(logging.Formatter):
    """The libraries' lines in the form of ours."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        line = {"event": "library", "logger": record.name, "level": record.levelname.lower(), "timestamp": at}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


def configure_logs(level: str = "INFO") -> None:
    """Sets up structlog and the standard library's loggers of the libraries we use. Call once per process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    # On the handler: a filter of a logger is not asked about the lines of the loggers below it.
    handler.addFilter(_Throttle())
    # No message and no traceback: libraries put keys and values into them.
    handler.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("aiokafka", "pymongo"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("faststream").setLevel(logging.CRITICAL)
