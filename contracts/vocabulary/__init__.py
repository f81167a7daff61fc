"""The shared vocabulary: themes, procedures, bodies, provinces and holidays as data, with loaders.

Standard library only. Each table is read once, at its first use, and never changes while the process runs.
To add a theme or a procedure: edit the source and run `python -m deploy.tools.vocabulary`; no code changes.
`ATTRIBUTION.md` beside this file says where the data comes from and what must be printed with it.
"""

from contracts.vocabulary.public_holidays import Holiday, holiday_calendar, holidays
from contracts.vocabulary.subjects import Procedure, StatutoryTerm, Theme, procedure, procedures, theme, themes
from contracts.vocabulary.succession import ended_into, predecessors, successor
from contracts.vocabulary.suggestions import nearest
from contracts.vocabulary.territory import Body, Province, bodies, body, province, province_borders, provinces

__all__ = [
    "Body",
    "Holiday",
    "Procedure",
    "Province",
    "StatutoryTerm",
    "Theme",
    "bodies",
    "body",
    "ended_into",
    "holiday_calendar",
    "holidays",
    "nearest",
    "predecessors",
    "procedure",
    "procedures",
    "province",
    "province_borders",
    "provinces",
    "successor",
    "theme",
    "themes",
]
