"""The HTTP API of notify: a person's own notifications and preferences, and every delivery for those who run it."""

from fastapi import APIRouter

from services.chassis.service import Service
from services.notify.api import deliveries, notifications, preferences
from services.notify.stream import Stream
from services.notify.texts import Texts


def router(service: Service, texts: Texts, stream: Stream) -> APIRouter:
    """All routes below /api."""
    routes = APIRouter()
    routes.include_router(notifications.router(service, texts, stream))
    routes.include_router(preferences.router(service))
    routes.include_router(deliveries.router(service))
    return routes
