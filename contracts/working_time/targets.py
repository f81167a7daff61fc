"""Within how much working time bodies are to be served: the one table that whoever shows or counts deadlines reads."""

from collections.abc import Mapping

_DAY = 8 * 60

SERVICE_TARGETS: Mapping[str, Mapping[str, int]] = {
    "acceptance": {"normal": 2 * _DAY, "high": _DAY // 2},
    "first_answer": {"normal": 5 * _DAY, "high": 2 * _DAY},
    "resolution": {"normal": 20 * _DAY, "high": 10 * _DAY},
}
"""Metric -> urgency -> working minutes."""
