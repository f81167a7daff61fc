"""The lines of a text that arrives in pieces, whatever ends them: "CSV (Macintosh)" has a lone carriage return."""

from io import IncrementalNewlineDecoder, StringIO


class Lines:
    """Takes the pieces in their order; a sign of two characters may be cut between two of them."""

    def __init__(self) -> None:
        self._ends = IncrementalNewlineDecoder(None, translate=False)
        self.rest = ""
        """The beginning of the line that is not whole yet."""

    def feed(self, piece: str, *, final: bool = False) -> list[str]:
        """The lines that are whole now, with their ends; after the final piece the last one needs none."""
        found = list(StringIO(self.rest + self._ends.decode(piece, final), newline=""))
        # A carriage return at the very end is not in `found` yet: a line feed may follow.
        self.rest = found.pop() if found and not final and not found[-1].endswith("\n") else ""
        return found
