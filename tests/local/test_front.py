"""One address for all services: who answers which path."""

import pytest

from deploy.local.front import App, Front, Message, Receive, Scope, Send


def answering(name: str) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "answer", "by": name, "path": scope["path"]})

    return app


@pytest.fixture
def front() -> Front:
    """Intake as default, and three others."""
    intake = answering("intake")
    return Front(
        [
            (("/", "/api/requests"), intake),
            (("/desk", "/api/experts", "/api/routing"), answering("routing")),
            (("/api", "/notifications"), answering("notify")),
            (("/reports", "/api/reports"), answering("reporting")),
        ],
        default=intake,
    )


async def asked(front: Front, path: str) -> str:
    sent: list[str] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message["by"])

    await front({"type": "http", "path": path}, receive, send)
    return sent[0]


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "intake"),
        ("/requests/2026-000123", "intake"),
        ("/desk", "routing"),
        ("/desk/queue", "routing"),
        ("/api/experts.csv", "routing"),
        ("/reports/service-levels", "reporting"),
        ("/notifications", "notify"),
    ],
)
async def test_a_path_goes_to_the_service_that_has_its_prefix(front: Front, path: str, service: str) -> None:
    answered_by = await asked(front, path)

    assert answered_by == service


async def test_the_longest_prefix_wins_whatever_the_order(front: Front) -> None:
    answered_by = [await asked(front, path) for path in ("/api/routing/ready", "/api/reports", "/api/other")]

    assert answered_by == ["routing", "reporting", "notify"]


@pytest.mark.parametrize("path", ["/desktop", "/reportsx", "/notifications-of-others"])
async def test_a_prefix_matches_whole_segments_only(front: Front, path: str) -> None:
    answered_by = await asked(front, path)

    assert answered_by == "intake"
