"""The catalogue of channels: how a message reaches a person beside the page.

To add one: a file with a class that has the two members of `Channel` (see `letter.py`), and one entry here. Its
code becomes a part of delivery ids and of people's preferences, so it is never changed.
"""

from services.chassis.settings import Settings
from services.notify.channels.email import Email
from services.notify.channels.letter import Channel
from services.notify.texts import Texts

CHANNELS: dict[str, type[Channel]] = {"email": Email}


def open_channels(settings: Settings, texts: Texts) -> dict[str, Channel]:
    """Every channel, ready to be used."""
    return {code: channel(settings, texts) for code, channel in CHANNELS.items()}
