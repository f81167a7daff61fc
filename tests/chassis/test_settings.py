import pytest
from pydantic import ValidationError

from services.chassis.settings import Settings


@pytest.mark.parametrize(
    "days",
    [
        {"kafka_retention_days": 30, "inbox_days": 30},
        {"kafka_retention_days": 90},
        {"kafka_retention_days": 1, "resend_days": 14, "inbox_days": 14},
    ],
)
def test_claims_that_do_not_outlive_the_messages_are_refused_at_start(days: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="AFFIANCA_INBOX_DAYS"):
        Settings(**days)


def test_claims_that_outlive_the_messages_are_accepted() -> None:
    settings = Settings(kafka_retention_days=30, resend_days=7, inbox_days=31)

    assert settings.inbox_days == 31


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFIANCA_PREFIX", "lombardia")

    settings = Settings()

    assert settings.database("intake") == "lombardia_intake"
    assert settings.group("routing") == "lombardia.routing"


def test_a_prefix_that_topics_or_databases_would_refuse_is_refused_at_start() -> None:
    with pytest.raises(ValidationError):
        Settings(prefix="Regione Lombardia")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = Settings(secret_key="prova-segreta", service_key="altra-segreta")

    assert "segreta" not in repr(settings)
