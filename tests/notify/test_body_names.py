"""How bodies are named in sentences, and when an attempt is made again."""

from datetime import timedelta

import pytest

from services.notify.domain import LONGEST_DELAY, article_of, delay_after, naming, patience


@pytest.mark.parametrize(
    ("code", "name", "of", "the"),
    [
        ("012001", "Agra", "del Comune di Agra", "il Comune di Agra"),
        ("016024", "Comune di Bergamo", "del Comune di Bergamo", "il Comune di Bergamo"),
        ("016", "Provincia di Bergamo", "della Provincia di Bergamo", "la Provincia di Bergamo"),
        ("015", "Città Metropolitana di Milano", "della Città metropolitana di Milano",
         "la Città metropolitana di Milano"),
        ("x1", "Unione dei comuni lombarda", "dell’Unione dei comuni lombarda", "l’Unione dei comuni lombarda"),
        ("x2", "Ente parco", "dell’Ente parco", "l’Ente parco"),
        ("x3", "Comunità montana di Valle Camonica", "della Comunità montana di Valle Camonica",
         "la Comunità montana di Valle Camonica"),
        ("x4", "Sportello unico", "dello Sportello unico", "lo Sportello unico"),
        ("x5", "Consorzio dell’Oglio", "del Consorzio dell’Oglio", "il Consorzio dell’Oglio"),
        ("999999", "Isola Nuova", "del Comune di Isola Nuova", "il Comune di Isola Nuova"),
    ],
)  # fmt: skip
def test_a_body_is_named_with_its_article_and_elision(code, name, of, the) -> None:
    assert (naming(code, name, "it").of, naming(code, name, "it").the) == (of, the)
    assert naming(code, name, "en").the.startswith("the ")


def test_a_name_without_letters_still_has_an_article() -> None:
    assert article_of("") == "il" and article_of("Sindaco") == "il"


def test_delays_grow_from_a_minute_to_an_hour_and_are_spread() -> None:
    middle = [delay_after(attempt, 0.5) for attempt in range(1, 12)]

    assert middle[0] == timedelta(minutes=1)
    assert middle == sorted(middle) and middle[-1] == LONGEST_DELAY
    assert delay_after(3, 0.0) < delay_after(3, 1.0)


def test_what_is_waited_for_is_looked_at_soon_after_the_event_and_seldom_later() -> None:
    assert patience(timedelta(seconds=-5)) == timedelta(milliseconds=200)
    assert patience(timedelta(seconds=40)) == timedelta(seconds=10)
    assert patience(timedelta(days=3)) == timedelta(minutes=10)
