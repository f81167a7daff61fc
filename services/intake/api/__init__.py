"""The HTTP API of intake. Each route names who may call it and hands over to one use case."""

from fastapi import APIRouter

from services.chassis.service import Service
from services.intake.api import attachments, bodies, delegates, mails, persons, requests, subjects, texts, transitions
from services.intake.handlers.parts import Parts


def router(service: Service, parts: Parts) -> APIRouter:
    """All routes of the API."""
    service.app.state.parts = parts
    service.app.state.issuer = service.settings.oidc_issuer
    whole = APIRouter()
    for module in (requests, attachments, transitions, bodies, delegates, persons, subjects, texts, mails):
        whole.include_router(module.routes)
    return whole
