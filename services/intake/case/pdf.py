"""The PDF of a case: PDF/A-2u, with title, language and an outline of its headings, in the fonts of the pages.

What the library cannot do is tag the parts of a page (PDF/UA): who needs that has the page itself, and the data in
the archive. Setting text costs about 13 us a character, in a thread; what is longer than `MOST` is cut and says so.
"""

import logging
import tempfile
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TextStyle, TTFFont
from fpdf.prefs import ViewerPreferences

from services.chassis.i18n import N_
from services.intake.case.telling import Entry, Told

MOST = 300_000
"""Characters of what people wrote."""
_FONTS = "bootstrap-italia/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-"
_FAMILY, _LINE = "Titillium", 5.2
_STYLES = {"": "regular", "B": "700"}
_ALIKE = {"→": "->", "←": "<-", "⇒": "=>", "☐": "[ ]", "☑": "[x]", "☒": "[x]", "✓": "v", "✔": "v", "\u2011": "-"}
_QUIET = (75, 85, 99)
for _name in ("fpdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.ERROR)


def pdf_of(told: Told, assets: Path, made_at: datetime) -> bytes:
    """The document; takes a while, so call it in a thread."""
    paper = _Paper(told, assets, made_at)
    try:
        return paper.whole()
    finally:
        paper.close()


class _Paper(FPDF):
    """One document while it is set."""

    def __init__(self, told: Told, assets: Path, made_at: datetime) -> None:
        super().__init__(format="A4", enforce_compliance="PDFA_2U")
        self._told, self._left = told, MOST
        for style, path in fonts(assets).items():
            self.add_font(_FAMILY, style, path)
        self._known = signs(assets)
        self.set_margins(20, 18, 20)
        self.set_auto_page_break(True, 20)
        self.set_title(self._shown(told.title))
        self.set_subject(self._shown(told.subtitle))
        self.set_lang(told.language)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_creation_date(made_at)
        self.set_section_title_styles(
            TextStyle(_FAMILY, "B", 15, t_margin=7, b_margin=3), TextStyle(_FAMILY, "B", 11, t_margin=4, b_margin=1)
        )

    def whole(self) -> bytes:
        """Sets everything, in the order in which it is read."""
        told, words = self._told, self._told.words
        self.add_page()
        self._write(told.title, 20, "B", 9)
        self._write(told.subtitle, 12, "B")
        self._write(told.made, 9, quiet=True)
        self.ln(3)
        for name, value in told.facts:
            self._write(name, 9, quiet=True)
            self._write(value, 11, gap=1.5)
        self.start_section(words(N_("Description")))
        self._prose(told.description)
        if told.files:
            self.start_section(words(N_("Attachments")))
            self._list(told.files)
        if told.conversation:
            self.start_section(words(N_("Conversation")))
            for entry in told.conversation:
                self._entry(entry)
        self.start_section(words(N_("What happened")))
        self._list(told.events)
        return bytes(self.output())

    def close(self) -> None:
        """Closes the files of the fonts, which the library leaves open."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def footer(self) -> None:
        """The number of the request and of the page, on each page."""
        self.set_y(-14)
        self.set_font(_FAMILY, "", 9)
        self.set_text_color(*_QUIET)
        page = self._told.words(N_("{what}, page {page}"), what=self._told.subtitle, page=self.page_no())
        self.cell(0, 5, self._shown(page), align="C")
        self.set_text_color(0, 0, 0)

    def _entry(self, entry: Entry) -> None:
        self.start_section(self._shown(entry.heading), level=1)
        if entry.kind:
            self._write(entry.kind, 9, quiet=True)
        self._prose(entry.text)
        self._list(entry.files)

    def _prose(self, text: str) -> None:
        """What people wrote, as long as there is room."""
        shown, self._left = text[: self._left], max(0, self._left - len(text))
        self._write(shown, 11, gap=2)
        if len(shown) < len(text):
            cut = N_("[The text is too long for this document; the page and the data in the archive have all of it.]")
            self._write(self._told.words(cut), 9, quiet=True)

    def _list(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            self._write(f"• {line}", 10, gap=1)

    def _write(
        self, text: str, size: float, style: str = "", line: float = _LINE, *, gap: float = 0, quiet: bool = False
    ) -> None:
        self.set_font(_FAMILY, style, size)
        self.set_text_color(*(_QUIET if quiet else (0, 0, 0)))
        self.multi_cell(0, line, self._shown(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(0, 0, 0)
        self.ln(gap)

    def _shown(self, text: str) -> str:
        """The text with signs that the font has: a sign it lacks would be an empty box, and cost a warning."""
        return "".join(sign if ord(sign) in self._known or sign == "\n" else _near(sign, self._known) for sign in text)


@cache
def _near(sign: str, known: frozenset[int]) -> str:
    if sign in _ALIKE:
        return _ALIKE[sign]
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if ord(part) in known)
    return plain or ("" if unicodedata.category(sign)[0] in "CM" else " " if sign.isspace() else "?")


@cache
def fonts(assets: Path) -> dict[str, Path]:
    """The fonts of the pages as a PDF embeds them: unpacked once in a process, into a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="affianca-fonts-"))
    found = {}
    for style, name in _STYLES.items():
        found[style] = folder / f"{name}.ttf"
        with TTFont(assets / f"{_FONTS}{name}.woff2") as font:
            font.flavor = None
            font.save(found[style])
    return found


@cache
def signs(assets: Path) -> frozenset[int]:
    """The signs that the fonts have."""
    with TTFont(fonts(assets)[""]) as font:
        return frozenset(font.getBestCmap())
