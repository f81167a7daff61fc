"""HTML mail as plain text: nothing of it is ever rendered and nothing it names is fetched.

nh3 takes out what acts, hides or loads; what it leaves is read as words.
"""

import re
from html.parser import HTMLParser

import nh3

_BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre"})
_KEPT = set(_BREAKS | {"a", "b", "i", "em", "strong", "span", "td", "th", "ul", "ol", "hr", "u", "font", "center"})
_DROPPED_WHOLE = {"script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg", "math", "form"}
_LONGEST = 500_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NEVER_CLOSED = frozenset({"br", "img", "hr", "meta", "link", "input", "p", "li", "td", "tr", "th", "wbr", "col"})
_DEEPEST = 200
_DEEPEST_QUOTE = 20


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._quoted = 0

    def _break(self) -> None:
        self.pieces.append("\n" + "> " * min(self._quoted, _DEEPEST_QUOTE))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quoted += tag == "blockquote"
        if tag in _BREAKS:
            self._break()
        elif tag == "hr":
            self.pieces.append("\n" + "_" * 32 + "\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._quoted = max(0, self._quoted - (tag == "blockquote"))
        if tag in _BREAKS:
            self._break()

    def handle_data(self, data: str) -> None:
        self.pieces.append(" ".join(data.split("\n")))


def sanitised(html: str) -> str:
    """The HTML without anything that acts, hides or loads."""
    readable = html[: _too_deep(html[:_LONGEST])]
    return nh3.clean(readable, tags=_KEPT, clean_content_tags=_DROPPED_WHOLE, attributes={}, link_rel=None)


def _too_deep(html: str) -> int:
    """Where the HTML is nested deeper than people write; it would be taken apart in quadratic time."""
    depth = 0
    for found in _TAG.finditer(html):
        if found[2].lower() not in _NEVER_CLOSED:
            depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > _DEEPEST:
            return found.start()
    return len(html)


def plain_text(html: str) -> str:
    """The words of an HTML document, one block a line; what it quotes is marked with `>`."""
    reader = _Reader()
    reader.feed(sanitised(html))
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.pieces).split("\n")]
    return "\n".join(line for line in lines if line.strip("> "))
