"""The whole case as a document: a PDF to read and file, and an archive with everything in it, attachments too.

    telling   a request in words, for one reader              pdf       those words as PDF/A
    archive   PDF, data, attachments and checksums as ZIP     routes    where both are asked for

It stands above pages and API, because it says what both say. Whoever sees the request may have its case; a document
travels, so what colleagues wrote among themselves is in it for the coordination alone.
"""

from services.intake.case.routes import router

__all__ = ["router"]
