"""Recognising what a text is about, when its sender did not say.

A method is a function `text -> Recognition`; `main.build` chooses one. Below its threshold it names no theme, and
a person sorts the request (triage). `keywords.py` is the baseline that every other method has to beat.
"""

from services.intake.classifier.keywords import recognise
from services.intake.classifier.recognition import Recognition

__all__ = ["Recognition", "recognise"]
