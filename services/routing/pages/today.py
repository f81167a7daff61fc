"""What the pages of an expert's day are made with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import Translator, language_of
from services.chassis.settings import Settings
from services.routing.pages.shown import Shown
from services.routing.store.day import Days
from services.routing.talks import Talks
from services.routing.worklog import Worklog


@dataclass(frozen=True)
class Today:
    """Questions, use cases, words and the time."""

    shown: Shown
    days: Days
    talks: Talks
    worklog: Worklog
    executor: Executor
    now: Callable[[], datetime]
    settings: Settings

    def words(self, request: Request, caller: Caller) -> Translator:
        """Texts in the reader's language."""
        return self.shown.pages.translations.translator(language_of(request, caller))
