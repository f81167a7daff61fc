"""What is learnt from must name nobody: addresses, numbers, names after a title, and signatures are taken out.

A person still has to look through the file before it leaves the installation: no rule finds every name.
"""

import re

from services.intake.classifier.wording import said

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\S+@\S+"), " "),
    (re.compile(r"\bhttps?://\S+"), " "),
    (re.compile(r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b"), " "),  # a fiscal code
    (re.compile(r"\b[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){3,7}[A-Z0-9]{0,4}\b"), " "),  # an IBAN
    (re.compile(r"\+?\d[\d ./-]{6,}\d"), " "),  # a telephone, or another long number
    (re.compile(r"\b\d{5,}\b"), " "),
    (
        re.compile(
            r"\b(?i:sig|sig\.ra|signor[ae]?|dott|dott\.ssa|dottor|dottoressa|geom|geometra|arch|architetto|ing|ingegner|"
            r"avv|avvocato|rag|sindaco|assessore)\b\.?(?:\s+[A-ZÀ-Ý][\w'’]+){1,3}"
        ),
        " ",
    ),
    (
        re.compile(r"\b(?i:via|viale|piazza|corso|vicolo|largo)\s+(?:[A-ZÀ-Ý][\w'’]+\s*){1,3},?\s*(?:n\.?\s*)?\d*"),
        "via ",
    ),
)


def anonymous(text: str, *names: str) -> str:
    """The text without what names somebody. names: to be taken out as well, such as that of the body."""
    kept = said(text)
    for name in names:
        kept = re.sub(re.escape(name), " ", kept, flags=re.IGNORECASE) if name else kept
    for pattern, instead in _PATTERNS:
        kept = pattern.sub(instead, kept)
    return re.sub(r"[ \t]+", " ", kept).strip()
