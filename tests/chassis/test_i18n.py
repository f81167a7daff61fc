from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from services.chassis.auth import Caller
from services.chassis.i18n import Translations, language_of, translator

ITALIAN, ENGLISH = translator("it"), translator("en")


def request(query: str = "", cookie: str = "", accepted: str = "") -> Request:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accepted.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.fixture
def package(tmp_path: Path) -> Path:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    texts = 'msgid "Log in"\nmsgstr "Entra qui"\n\nmsgid "Wait for {name}"\nmsgstr "Attendere {name}"\n'
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "it.po").write_text(header + texts, encoding="utf-8")
    return tmp_path


def test_the_choice_on_the_page_wins_over_everything_else() -> None:
    caller = Caller("1", (), "it", "session")

    chosen = language_of(request("lang=en", "lang=it", "it"), caller)

    assert chosen == "en"


def test_the_earlier_choice_wins_over_the_profile_and_the_profile_over_the_browser() -> None:
    caller = Caller("1", (), "it", "session")

    assert language_of(request(cookie="lang=en", accepted="it"), caller) == "en"
    assert language_of(request(accepted="en"), caller) == "it"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("en-GB,en;q=0.9,it;q=0.5", "en"),
        ("it;q=0.4, en;q=0.8", "en"),
        ("de, en;q=0", "it"),
        ("fr;q=x, en;q=0.1", "en"),
        ("*", "it"),
        ("", "it"),
    ],
)
def test_the_browser_s_most_wanted_language_that_we_speak_is_taken(accepted: str, expected: str) -> None:
    assert language_of(request(accepted=accepted)) == expected


def test_a_language_that_we_do_not_speak_is_ignored() -> None:
    assert language_of(request("lang=de", "lang=xx", "en")) == "en"


def test_a_service_adds_texts_and_words_its_own_differently(package: Path) -> None:
    italian = Translations(package).translator("it")

    assert italian.gettext("Wait for {name}", name="{x}") == "Attendere {x}"
    assert italian.gettext("Log in") == "Entra qui"
    assert italian.gettext("Log out") == "Esci"


def test_english_is_the_text_of_the_code_itself() -> None:
    assert ENGLISH.gettext("Send one of: {types}.", types="text/csv") == "Send one of: text/csv."
    assert ENGLISH("Log in") == "Log in"
    assert ITALIAN("") == ""


def test_numbers_choose_the_plural() -> None:
    texts = [ITALIAN.ngettext("{n} thing to correct", "{n} things to correct", n) for n in (0, 1, 1200)]

    assert texts == ["0 dati da correggere", "1 dato da correggere", "1.200 dati da correggere"]


def test_instants_are_shown_in_the_time_of_rome_in_summer_and_winter() -> None:
    winter = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)

    assert ITALIAN.datetime(winter) == "1 febbraio 2026, 00:30"
    assert ITALIAN.date(winter, "short") == "01/02/2026"
    assert ENGLISH.datetime("2026-07-01T10:05:00Z", "short") == "01/07/2026, 12:05"
    assert ITALIAN.date(date(2026, 3, 28)) == ITALIAN.date("2026-03-28") == "28 marzo 2026"


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 28, 18, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="time zone"):
        ITALIAN.datetime(naive)


def test_what_is_not_there_is_shown_as_a_dash_and_zero_is_not() -> None:
    assert {ITALIAN.date(None), ITALIAN.datetime(None), ITALIAN.number(None), ITALIAN.duration(None)} == {"–"}
    assert ITALIAN.number(0) == "0"


@pytest.mark.parametrize(
    ("value", "italian"),
    [
        (1140, "2 giorni lavorativi e 3 ore"),
        (480, "1 giorno lavorativo"),
        (0, "0 minuti"),
        (-75, "-1 ora e 15 minuti"),
        ("P30D", "30 giorni"),
        ("P9M", "9 mesi"),
        ("P1Y2M10DT2H", "1 anno, 2 mesi, 10 giorni e 2 ore"),
        ("P2W", "2 settimane"),
        ("PT0S", "0 secondi"),
        (timedelta(days=1, hours=5, minutes=1), "1 giorno, 5 ore e 1 minuto"),
        (timedelta(0), "0 minuti"),
    ],
)
def test_durations_read_as_words(value: int | str | timedelta, italian: str) -> None:
    assert ITALIAN.duration(value) == italian


@pytest.mark.parametrize("value", ["", "P", "PT", "P1DT", "3 days", "P-1D", "P1M1Y"])
def test_what_is_no_duration_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        ITALIAN.duration(value)
