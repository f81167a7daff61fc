"""What somebody wrote now, apart from what they quote and sign with. Nothing is lost: the original is kept.

Italian and English, as Outlook, Gmail, Thunderbird, Apple Mail, Zimbra and telephones write. In doubt nothing is
folded: an answer written between the lines of a quotation, a forwarded mail, a text that would be empty without it.
To add a style: a line in `_HEADINGS`, `_LABELS`, `_TELEPHONES` or `_NOTICES`.
"""

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"^\s?>")
_WROTE = re.compile(r"(ha scritto|wrote|scrive|ha scritto quanto segue)\s*:\s*$", re.IGNORECASE)
_WROTE_BEGINS = re.compile(r"^\W{0,3}(Il|In data|Il giorno|On|At|Da|From)\b", re.IGNORECASE)
_HEADINGS = re.compile(
    r"^\W*(messaggio originale|original message|messaggio originario|messaggio originale inviato)\W*$", re.IGNORECASE
)
_FORWARDED = re.compile(
    r"^\W*(messaggio inoltrato|forwarded message|inizio (del )?messaggio inoltrato|begin forwarded message"
    r"|inizio messaggio inoltrato)\W*$", re.IGNORECASE
)  # fmt: skip
_FORWARD_SUBJECT = re.compile(r"^\s*(i|fw|fwd|inoltr\w*)\s*:", re.IGNORECASE)
_LABELS = re.compile(
    r"^\W{0,3}(da|from|mittente|inviato|sent|data|date|a|to|cc|oggetto|subject|priorit\S+|importance)\W{0,2}:",
    re.IGNORECASE,
)
_SENDER = re.compile(r"^\W{0,3}(da|from|mittente)\W{0,2}:", re.IGNORECASE)
_RULE = re.compile(r"^[_-]{10,}\s*$")
_DELIMITER = re.compile(r"^--\s{0,3}$")
_TELEPHONES = re.compile(
    r"^\W{0,3}(inviato da(l|lla|l mio|lla mia)?\b|sent from (my|outlook|mail|yahoo)|scarica outlook|ottieni outlook"
    r"|get outlook|sent via|inviata? con)", re.IGNORECASE
)  # fmt: skip
_NOTICES = re.compile(
    r"^\W{0,5}(avviso di riservatezza|riservatezza\b|(questo|il presente) messaggio.{0,60}(destinat|riservat)"
    r"|le informazioni contenute|ai sensi d.{0,80}(2016/679|196/2003|gdpr)"
    r"|this (e-?mail|message).{0,60}(intended|confiden)|confidentiality notice"
    r"|prima di stampare|please consider the environment)", re.IGNORECASE
)  # fmt: skip
_LONGEST_SIGNATURE = 40
_LONGEST_HEADING = 3


@dataclass(frozen=True)
class Reply:
    """said: what is new. folded: what it quotes and is signed with."""

    said: str
    folded: str


def folded_reply(text: str, subject: str) -> Reply:
    """The new words of an answer."""
    lines = text.split("\n")
    if _FORWARD_SUBJECT.match(subject) or any(_FORWARDED.match(line) for line in lines):
        return folded_signature(text)
    keep = _without_quotations(lines)
    said = folded_signature("\n".join(line for line, kept in zip(lines, keep, strict=True) if kept))
    if not said.said.strip():
        return Reply(text.strip(), "")
    away = "\n".join(line for line, kept in zip(lines, keep, strict=True) if not kept)
    return Reply(said.said, "\n".join(part for part in (said.folded, away.strip()) if part))


def folded_signature(text: str) -> Reply:
    """The words of a mail that answers nothing: only its signature goes."""
    lines = text.split("\n")
    at = _signature_at(lines)
    said = "\n".join(lines[:at]).strip()
    return Reply(said, "\n".join(lines[at:]).strip()) if said else Reply(text.strip(), "")


def _without_quotations(lines: list[str]) -> list[bool]:
    """Which lines stay."""
    keep = [True] * len(lines)
    quoted = [bool(_QUOTED.match(line)) for line in lines]
    if _answers_between(lines, quoted):
        return keep
    for at, line in enumerate(lines):
        heading = _heading_length(lines, at)
        if heading and not any(quoted[at : at + heading]):
            rest = at + heading
            marked = next((quoted[i] for i in range(rest, len(lines)) if lines[i].strip()), False)
            # Quotations with marks end where the marks do; without, nothing tells where they end.
            end = rest if marked else len(lines)
            keep[at:end] = [False] * (end - at)
            if not marked:
                return keep
        elif quoted[at] or (not line.strip() and at and not keep[at - 1]):
            keep[at] = False
    return keep


def _answers_between(lines: list[str], quoted: list[bool]) -> bool:
    """Whether there are new words between two quotations."""
    if True not in quoted:
        return False
    at, last = quoted.index(True), len(quoted) - 1 - quoted[::-1].index(True)
    while at < last:
        heading = 0 if quoted[at] else _heading_length(lines, at)
        if lines[at].strip() and not quoted[at] and not heading:
            return True
        at += heading or 1
    return False


def _heading_length(lines: list[str], at: int) -> int:
    """How many lines the heading of a quotation has that begins here; 0 if none does."""
    line = lines[at].strip()
    if _HEADINGS.match(line):
        return 1 + _labels(lines, at + 1)
    if _RULE.match(line):
        labels = _labels(lines, at + 1)
        return 1 + labels if labels >= 3 else 0
    if _SENDER.match(line):
        labels = _labels(lines, at)
        if labels >= 3:
            return labels
    if _WROTE_BEGINS.match(line):
        told = ""
        for length in range(1, _LONGEST_HEADING + 1):
            told = f"{told} {lines[at + length - 1].strip()}" if at + length <= len(lines) else told
            if _WROTE.search(told):
                # A date or an address, or it is a sentence of the text.
                return length if re.search(r"\d|@", told) else 0
    return 0


def _labels(lines: list[str], at: int) -> int:
    """How many lines from here are labels such as `Oggetto:`; blank lines among them count."""
    last = at
    for i in range(at, min(at + 12, len(lines))):
        if _LABELS.match(lines[i].strip()):
            last = i + 1
        elif lines[i].strip() and i > last:
            break
    return last - at


def _signature_at(lines: list[str]) -> int:
    """Where the signature begins; the number of lines if there is none."""
    found = len(lines)
    for at in range(len(lines) - 1, max(-1, len(lines) - 1 - _LONGEST_SIGNATURE), -1):
        line = lines[at].rstrip("\n")
        above = found < len(lines) and not any(rest.strip() for rest in lines[at + 1 : found])
        if any(sign.match(line) for sign in (_DELIMITER, _TELEPHONES, _NOTICES)) or (above and _RULE.match(line)):
            found = at
    return found
