"""What is asked: for each kind of question who asks, and many addresses, so that no answer is a remembered one."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.bench.intake.documents import BODIES, THEMES

Document = dict[str, Any]
_EACH = 200
COMMON = (
    "richiesta",
    "comune",
    "parere",
    "autorizzazione",
    "termini",
    "norma",
    "delibera",
    "area",
    "modello",
    "ufficio",
)
"""Words that stand in a tenth of all texts or more."""
SUBJECTS = ("amianto", "fotovoltaico", "bonifica", "rifiuti", "gara", "fibra", "discarica", "permesso", "VIA", "terre")
ACCENTED = ("criticità", "perché", "più", "città", "attività", "idoneità", "conformità", "agibilità", "già", "può")


@dataclass(frozen=True)
class Kind:
    """Who asks (a role of `Town.keys`), and the query strings."""

    who: str
    queries: list[str]


def kinds(seed: int, some: Sequence[Document], cursors: Sequence[str]) -> dict[str, Kind]:
    """Every kind of question. some: stored documents, from all times. cursors: of far places in the list of all."""
    chance = random.Random(seed)
    asked = [chance.choice(some) for _ in range(_EACH)]
    return {
        **_lists(asked, chance, cursors),
        **_combined(asked, chance),
        **_texts(asked, chance),
    }


_PROVINCES = tuple(sorted({body.province for body in BODIES}))
_STATUSES = ("closed", "resolved", "waiting", "triage", "withdrawn", "assigned", "submitted", "in_progress", "merged")
_EVERY = {"theme": THEMES, "province": _PROVINCES, "status": _STATUSES, "kind": ("technical", "legal")}


def _asking(asked: list[Document], chance: random.Random) -> Callable[..., Kind]:
    def of(query: str, who: str = "coordinator", **named: Sequence[str]) -> Kind:
        return Kind(who, [query.format(**{name: chance.choice(few) for name, few in named.items()}) for _ in asked])

    return of


def _lists(asked: list[Document], chance: random.Random, cursors: Sequence[str]) -> dict[str, Kind]:
    of = _asking(asked, chance)
    days = [document["submitted_at"].date().isoformat() for document in asked]
    return {
        "list.newest": of("limit=50"),
        "list.oldest": of("sort=oldest"),
        "list.deep": of("cursor={cursor}", cursor=cursors),
        "list.own": of("limit=50", "official"),
        "list.own_large": of("limit=50", "official_large"),
        "list.expert": of("limit=50", "expert"),
        "list.status": of("status={status}", **_EVERY),
        "list.under_way": of("status=submitted&status=triage&status=assigned&status=in_progress&status=waiting"),
        "list.theme": of("theme={theme}", **_EVERY),
        "list.procedure": Kind("coordinator", [f"procedure={d['procedure'] or 'paur'}" for d in asked]),
        "list.province": of("province={province}", **_EVERY),
        "list.body": Kind("coordinator", [f"body={d['body']}" for d in asked]),
        "list.kind": of("kind={kind}", **_EVERY),
        "list.assigned": of("assigned={yes}", yes=("true", "false")),
        "list.days": Kind("coordinator", [f"from={day}&to={day}" for day in days]),
    }


def _combined(asked: list[Document], chance: random.Random) -> dict[str, Kind]:
    of = _asking(asked, chance)
    return {
        "list.theme_province": of("theme={theme}&province={province}", **_EVERY),
        "list.status_body": Kind("coordinator", [f"status={chance.choice(_STATUSES)}&body={d['body']}" for d in asked]),
        "list.theme_procedure": Kind("coordinator", [
            f"theme={chance.choice(THEMES)}&procedure={d['procedure'] or 'paur'}" for d in asked]),
        "list.theme_province_status": of("theme={theme}&province={province}&status={status}", **_EVERY),
        "list.kind_assigned_status": of("kind={kind}&assigned=false&status={status}", **_EVERY),
        "list.status_own_large": of("status={status}&theme={theme}", "official_large", **_EVERY),
        "list.oldest_three": of("theme={theme}&kind={kind}&province={province}&sort=oldest", **_EVERY),
        "page.newest": of("", "coordinator"),
        "page.status": of("status={status}", **_EVERY),
        "page.text": of("q={word}", word=SUBJECTS),
    }  # fmt: skip


def _texts(asked: list[Document], chance: random.Random) -> dict[str, Kind]:
    def of(query: str, *words: Sequence[str], who: str = "coordinator") -> Kind:
        return Kind(who, [query.format(*(quote(chance.choice(few)) for few in words)) for _ in asked])

    rare = [document["title"].rsplit(" ", 1)[1] for document in asked]
    bodies = [document["body_name"] for document in asked]
    return {
        "text.rare": of("q={}", rare),
        "text.common": of("q={}", COMMON),
        "text.accents": of("q={}", ACCENTED),
        "text.two_common": of("q={}%20{}", COMMON, COMMON),
        "text.two": of("q={}%20{}", SUBJECTS, COMMON),
        "text.two_subjects": of("q={}%20{}", SUBJECTS, SUBJECTS),
        "text.rare_and_common": of("q={}%20{}", rare, COMMON),
        "text.body_and_subject": of("q={}%20{}", bodies, SUBJECTS),
        "text.word_theme": of("q={}&theme={}", SUBJECTS, THEMES),
        "text.common_status": of("q={}&status={}", COMMON, ("waiting", "triage", "resolved", "closed")),
        "text.word_own": of("q={}", SUBJECTS, who="official"),
        "text.common_own": of("q={}", COMMON, who="official_large"),
        "text.number": Kind("coordinator", [f"q={document['number']}" for document in asked]),
        "text.protocol": Kind("coordinator", [f"q={quote(document['protocol']['number'])}" for document in asked]),
        "text.nothing": of("q={}zzqx", rare),
        "text.stop_words": of("q={}%20{}", ("il", "della", "con"), ("per", "gli", "un")),
        "text.long": of("q={}", [" ".join(chance.sample(COMMON + SUBJECTS, 18))[:200] for _ in range(20)]),
        "text.oldest": of("q={}&sort=oldest", COMMON),
    }  # fmt: skip
