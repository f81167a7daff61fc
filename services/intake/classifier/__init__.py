"""Recognising what a text is about, when its sender did not say.

A method is a function `text -> Recognition`; `main.build` chooses one. Below its threshold it names no theme, and
a person sorts the request (triage). `learnt.py` is in use; its model, `themes.model`, is made by `make classifier`
from the vocabulary and the texts of `deploy/classifier`. `keywords.py` is the baseline that it has to beat.
"""

from services.intake.classifier.learnt import recognise
from services.intake.classifier.recognition import Recognition

__all__ = ["Recognition", "recognise"]
