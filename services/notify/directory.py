"""Names, addresses and texts, fetched from their owner at the moment a message is built.

In batches over one reused connection; kept in memory only, for ten minutes at most, and not more than some
thousands. When the owner does not answer, `Away` says so and the deliveries wait.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from services.chassis.errors import TransientError
from services.chassis.i18n import Language
from services.chassis.settings import Settings
from services.notify.channels.letter import Recipient

_KEPT_SECONDS = 600.0
_KEPT = 5_000
_AT_ONCE = 100
log = structlog.get_logger()


class Away(TransientError):
    """Intake does not answer, or not as agreed."""


@dataclass(frozen=True)
class RequestText:
    """What a request is called: its title, its body's code and name."""

    title: str
    body: str
    body_name: str


@dataclass(frozen=True)
class PracticeText:
    """What a good practice is called, and why it was returned to its author last."""

    title: str
    reason: str | None


def _language(item: dict[str, Any]) -> Language:
    return "en" if item.get("language") == "en" else "it"


class Memory:
    """A bounded memory that forgets after a while."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def get(self, key: str) -> Any:
        """What is remembered, else None."""
        entry = self._entries.get(key)
        return entry[1] if entry and time.monotonic() < entry[0] else None

    def put(self, key: str, value: Any) -> None:
        """Remembers; the oldest entry makes room."""
        self._entries.pop(key, None)
        self._entries[key] = (time.monotonic() + _KEPT_SECONDS, value)
        if len(self._entries) > _KEPT:
            self._entries.popitem(last=False)

    def forget(self, key: str) -> None:
        """Removes an entry, if there is one."""
        self._entries.pop(key, None)


class Directory:
    """Asks intake, as the service account."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(base_url=settings.intake_url, timeout=5.0)
        self._headers = {"X-API-Key": settings.service_key.get_secret_value()}
        self._memory = Memory()

    async def start(self) -> None:
        """Nothing is opened before the first question."""

    async def stop(self) -> None:
        """Closes the connection."""
        await self._client.aclose()

    async def persons(self, ids: Iterable[str], anew: Iterable[str] = ()) -> dict[str, Recipient]:
        """Those of the persons that intake knows. Raises Away. anew: of whom nothing that is remembered counts."""
        for id in anew:
            self._memory.forget(f"person:{id}")
        found: dict[str, Recipient] = {}
        for some in self._unknown("person", ids, found):
            answer = await self._ask("/api/persons", {"ids": ",".join(some)})
            for item in answer["items"]:
                email = item["email"] or ""
                usable = bool(email) and item.get("undeliverable_since") is None
                person = Recipient(item["id"], item["name"], email, _language(item), usable)
                if usable:  # A new address counts at once.
                    self._memory.put(f"person:{person.id}", person)
                found[person.id] = person
        return found

    async def texts(
        self, requests: Iterable[str], messages: Iterable[str]
    ) -> tuple[dict[str, RequestText], dict[str, str]]:
        """Titles of requests, and texts of messages, that intake has. Raises Away."""
        titles: dict[str, RequestText] = {}
        words: dict[str, str] = {}
        for some in self._unknown("request", requests, titles):
            for item in (await self._ask("/api/intake/texts", {"requests": ",".join(some)}))["requests"]:
                titles[item["id"]] = RequestText(item["title"], item["body"], item["body_name"])
                self._memory.put(f"request:{item['id']}", titles[item["id"]])
        for some in self._unknown("message", messages, words):
            for item in (await self._ask("/api/intake/texts", {"messages": ",".join(some)}))["messages"]:
                words[item["id"]] = item["text"]
                self._memory.put(f"message:{item['id']}", item["text"])
        return titles, words

    async def refusals(self, bodies: Iterable[str]) -> dict[str, str]:
        """Why the registrations of these bodies were refused last, by code; not remembered. Raises Away."""
        codes, found = sorted(set(bodies)), dict[str, str]()
        for start in range(0, len(codes), _AT_ONCE):
            some = ",".join(codes[start : start + _AT_ONCE])
            for item in (await self._ask("/api/intake/texts", {"bodies": some}))["bodies"]:
                found[item["code"]] = item["refusal"]
        return found

    async def practices(self, ids: Iterable[str]) -> dict[str, PracticeText]:
        """Good practices that intake has, as they are now; not remembered. Raises Away."""
        asked, found = sorted(set(ids)), dict[str, PracticeText]()
        for start in range(0, len(asked), _AT_ONCE):
            some = ",".join(asked[start : start + _AT_ONCE])
            for item in (await self._ask("/api/intake/texts", {"practices": some}))["practices"]:
                found[item["id"]] = PracticeText(item["title"], item["reason"])
        return found

    def _unknown(self, kind: str, ids: Iterable[str], found: dict[str, Any]) -> list[list[str]]:
        """Fills `found` from memory; returns the other ids in groups that fit into an address."""
        asked = []
        for id in sorted(set(ids)):
            known = self._memory.get(f"{kind}:{id}")
            if known is None:
                asked.append(id)
            else:
                found[id] = known
        return [asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE)]

    async def _ask(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        try:
            answer = await self._client.get(path, params=query, headers=self._headers)
            answer.raise_for_status()
            content: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("intake_not_answering", path=path, error=type(error).__name__)
            raise Away(path) from error
        return content
