"""What an address says that cannot narrow a list is left out, and the page says so: it may be old, or typed."""

from collections.abc import Mapping

from services.chassis.i18n import N_, Translator
from services.chassis.pages import Notice

_LONGEST = 60


def unused(said: Mapping[str, str], words: Translator) -> list[Notice]:
    """The sentence about these parts of the address, if there are any."""
    if not said:
        return []
    parts = ", ".join(f"{name}={value}"[:_LONGEST] for name, value in said.items())
    text = N_("This part of the address does not narrow the list, because nothing has such a value: {parts}")
    return [Notice("warning", words(text, parts=parts))]
