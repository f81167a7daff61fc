"""What becomes of an answer to a request that is over: thanks are thanks, anything else wants somebody to act."""

import re
from datetime import datetime, timedelta
from typing import Literal

from services.intake.domain.texts import folded, stem, stems
from services.intake.domain.transitions import ENDED, Status

Course = Literal["message", "reopen", "follow"]
"""message: kept, and the expert is told. reopen: taken up again. follow: a new request that goes on from it."""

_WORDS = """
grazie mille tante ringraziamo ringrazio ringraziamenti gentile gentilissimo gentilissima gentilissimi cortese
cortesia disponibilita aiuto supporto assistenza risposta celere rapida veloce chiara chiaro esaustiva esauriente
preziosa prezioso utile utilissimo perfetto perfetta ottimo ottima bene benissimo ok okay va confermo confermiamo
ricevuto ricevuta ricevuti risolto risolta chiarito chiarissimo tutto saluti saluto cordiali cordialmente cordialita
distinti buongiorno buonasera buona buon giornata serata lavoro fine settimana salve presto ancora molto davvero
sentitamente infinite vostra vostro sua suo lei voi dottore dottoressa dott dottssa ing arch geom avv piena
"""
_COURTESY = frozenset(map(stem, _WORDS.split()))
_DOUBT = re.compile(r"\?|\b(non|ma|pero|pero'|manca|mancano|invece|tuttavia|purtroppo|no)\b")
"""One of these words, and it may be no thanks at all."""
_NAMED = re.compile(r"(?<=[,\n])[ \t]*[A-ZÀ-Ý][\w'’.]*(?:[ \t]+[A-ZÀ-Ý][\w'’.]*){0,4}[ \t]*$")
"""A signature: up to five words with a capital after the last comma or on a line of their own."""
_MOST_WORDS = 25


def only_thanks(said: str) -> bool:
    """Whether a text says nothing but thanks and greetings, perhaps signed: then it asks for nothing."""
    if _DOUBT.search(folded(said)):
        return False
    words = stems(_NAMED.sub("", said.strip()))
    return bool(words) and len(words) <= _MOST_WORDS and _COURTESY.issuperset(words)


def course(status: Status, ended_at: datetime, said: str, now: datetime, within: timedelta) -> Course:
    """What becomes of something that the requester answers. ended_at: when the request ended."""
    if status not in ENDED or only_thanks(said):
        return "message"
    # What was withdrawn cannot be taken up again.
    return "reopen" if status != "withdrawn" and now - ended_at <= within else "follow"
