"""Texts of messages: one template for each, read as plain text and as simple HTML, in the recipient's language.

A template fills the blocks of `templates/mail/frame.txt`: what happened, what to do now, why the reader gets it.
Paragraphs are parted by blank lines; a paragraph that is an address alone becomes a link. What people wrote goes
through the filter `quoted`. A value that is missing is an error, never an empty place.
"""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.chassis.i18n import LANGUAGES, Language, Translations, Translator
from services.notify.messages import ABOUT_PRACTICES, MESSAGES
from services.notify.messages.words import APPOINTMENT, METRICS, OUTCOMES, PRACTICE, REASONS, WAYS

_WIDTH = 76
_LONGEST_QUOTE = 4_000


@dataclass(frozen=True)
class Rendered:
    """A message ready to be sent."""

    title: str
    plain: str
    html: str


class Texts:
    """The texts of this service; `folder` holds `templates/mail` and `locale`."""

    def __init__(self, folder: Path) -> None:
        self._translations = Translations(folder)
        loader = FileSystemLoader(folder / "templates")
        self._environments = {
            language: _environment(loader, self._translations.translator(language)) for language in LANGUAGES
        }

    def title(self, message: str, language: Language) -> str:
        """What a message is called in lists and subjects."""
        return self._translations.translator(language)(MESSAGES[message].title)

    def about(self, message: str, number: str, language: Language) -> str:
        """What stands for the subject of a message: the number of a request, the code of a body, else a word."""
        return self._translations.translator(language)(PRACTICE) if message in ABOUT_PRACTICES else number

    def appointment(self, number: str, language: Language) -> str:
        """What a talk is called in a calendar."""
        return self._translations.translator(language)(APPOINTMENT, number=number)

    def mail(self, message: str, language: Language, values: dict[str, Any]) -> Rendered:
        """The message for one reader."""
        plain = self._environments[language].get_template(f"mail/{message}.txt").render(values)
        title = self.title(message, language)
        # The whole text is escaped for HTML: there is no markup in a template, so one reading does for both forms.
        return Rendered(title, _folded(plain), _page(html.escape(plain), title, language))


def _environment(loader: FileSystemLoader, translator: Translator) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=False,  # noqa: S701 (these are plain texts)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(_=translator.gettext, ngettext=translator.ngettext)
    titles = {code: message.title for code, message in MESSAGES.items()}
    environment.globals.update(metrics=METRICS, reasons=REASONS, outcomes=OUTCOMES, ways=WAYS, titles=titles)
    environment.filters.update(date=translator.date, datetime=translator.datetime)
    environment.filters.update(until=translator.until, quoted=quoted)
    return environment


def quoted(text: str) -> str:
    """What somebody wrote, each line marked, so that it cannot pass for our own words."""
    short = text.strip()[:_LONGEST_QUOTE]
    lines = [line.rstrip() for line in short.splitlines()] + (["[...]"] if len(text.strip()) > len(short) else [])
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _paragraphs(text: str) -> list[str]:
    return [part.strip("\n") for part in text.split("\n\n") if part.strip()]


def _folded(text: str) -> str:
    parts = []
    for part in _paragraphs(text):
        if part.startswith((">", "http")):
            parts.append(part)
        else:
            parts.append(_wrapped(part))
    return "\n\n".join(parts) + "\n"


def _wrapped(part: str) -> str:
    """Lines of at most `_WIDTH` columns; a longer word has a line of its own. A third of the price of `textwrap`."""
    lines, line = [], ""
    for word in part.replace("\n", " ").split(" "):
        if line and len(line) + len(word) >= _WIDTH:
            lines.append(line)
            line = word
        elif word:
            line = f"{line} {word}" if line else word
    return "\n".join((*lines, line))


def _page(marked: str, title: str, language: Language) -> str:
    """HTML of a text whose values are escaped already."""
    body = "\n".join(map(_marked_up, _paragraphs(marked)))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _marked_up(part: str) -> str:
    if part.startswith("&gt;"):
        lines = [line.removeprefix("&gt;").strip() for line in part.splitlines()]
        return f"<blockquote>{'<br>'.join(lines)}</blockquote>"
    if part.startswith(("http://", "https://")) and not any(sign.isspace() for sign in part):
        return f'<p><a href="{part}">{part}</a></p>'
    return f"<p>{' '.join(part.split())}</p>"
