"""Structured logs: JSON lines with static event names, ids as fields, no personal data.

`log = structlog.get_logger()` anywhere; shared context (service, correlation) is bound once.
"""

import logging
import sys
import time

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
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format='{"level":"%(levelname)s","event":"%(name)s"}')
    for name in ("aiokafka", "faststream", "pymongo"):
        logging.getLogger(name).addFilter(_Throttle())
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "faststream" else logging.ERROR)
