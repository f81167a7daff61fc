"""Public holidays: those of the country everywhere, a patron's day in its province alone."""

from datetime import date

from contracts.vocabulary import holiday_calendar, holidays, provinces


def test_every_known_year_has_the_national_holidays_and_one_patron_for_each_province():
    # The fixed dates, Easter and its Monday; St Francis since 2026.
    fixed = ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))
    for year in range(2020, 2033):
        national = {day.date for day in holidays(year) if day.province is None}
        assert {date(year, *day) for day in fixed} <= national
        assert len(national) == len(fixed) + 2 + (year >= 2026)
        assert {day.province for day in holidays(year) if day.province} <= {item.sigla for item in provinces()}


def test_a_patrons_day_closes_its_province_alone():
    ambrose = date(2026, 12, 7)

    assert ambrose in holiday_calendar("MI")
    assert ambrose not in holiday_calendar("VA")
    assert ambrose not in holiday_calendar()
    assert holiday_calendar() < holiday_calendar("MI")
