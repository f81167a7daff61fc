"""Mails as they really look: `mails/*.eml`, with `%names%` to fill in."""

from datetime import datetime
from functools import cache
from pathlib import Path

from contracts.envelope import new_id
from contracts.mail_references import MailReference, message_id
from services.chassis.i18n import ROME

FOLDER = Path(__file__).parent / "mails"
TO = "assistenza@affianca.example"
SECRET = "a secret of the tests that signs what mails carry"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


@cache
def _content(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


def letter(name: str, sender: str = "anna@comune.example", **values: str) -> bytes:
    """The mail with this name. ours: the Message-ID of the mail of ours that it is about."""
    now = datetime.now(ROME)
    usual = {"sender": sender, "to": TO, "id": new_id(), "number": "2026-000123", "recipient": sender}
    usual |= {"ours": ours(), "day": f"{now:%d/%m/%Y}", "hour": f"{now:%H:%M:%S}"}
    filled = _content(name)
    for key, value in (usual | values).items():
        filled = filled.replace(f"%{key}%".encode(), value.encode())
    filled = filled.replace(b"%bare%", (usual | values)["ours"].strip("<>").encode())
    return filled.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def ours(number: str = "2026-000123", delivery: str | None = None) -> str:
    """The Message-ID of a mail that notify sent."""
    return message_id(SECRET, MailReference(delivery or new_id(), number), "affianca.example")
