"""Known names in texts as people write them: found in every form that tells who it was, ordinary words left alone."""

import time
import unicodedata

import pytest

from services.intake.domain.anonymity import Known, findings, neutral

PERSONS = (
    "Anna Cattaneo",
    "Marco Costa",
    "Giovanni Della Valle",
    "Chiara Di Sotto",
    "Niccolò D’Angelo",
    "Anna Maria De Santis",
    "Laura Bianchi",
    "Ufficio Protocollo",
)
# Of all the ways of writing: as in the register, shouted, small, with other apostrophes, with typed accents.
IDENTIFYING: list[tuple[str, str, str]] = [
    # body, text, what is found
    ("Mantova", "il comune di mantova chiede", "comune di mantova"),
    ("Mantova", "Il Comune di Mantova chiede", "Comune di Mantova"),
    ("Mantova", "IL COMUNE DI MANTOVA CHIEDE", "COMUNE DI MANTOVA"),
    ("Mantova", "Il comune di MANTOVA", "comune di MANTOVA"),
    ("Mantova", "a mantova si è fatto così", "mantova"),
    ("Mantova", "Mantova, 3 marzo", "Mantova"),
    ("Mantova", "la provincia di mantova", "provincia di mantova"),
    ("Mantova", "il TAR ha dato torto al Comune di Mantova", "Comune di Mantova"),
    ("Mantova", "TAR Lombardia, Comune di Mantova, n. 12/2021", "Comune di Mantova"),
    ("Mantova", "ARPA ha scritto a Mantova", "Mantova"),
    ("Milano", "la città metropolitana di milano", "città metropolitana di milano"),
    ("Milano", "la citta' metropolitana di milano", "citta' metropolitana di milano"),
    ("Milano", "la Città Metropolitana di Milano", "Città Metropolitana di Milano"),
    ("Milano", "LA CITTA’ METROPOLITANA DI MILANO", "CITTA’ METROPOLITANA DI MILANO"),
    ("Milano", unicodedata.normalize("NFD", "la città di Milano"), "città di Milano"),
    ("Mantova", "il comune di Man\u00adto\u200bva", "comune di Mantova"),
    ("Bovisio-Masciago", "a Bovisio\u2011Masciago", "Bovisio\u2011Masciago"),
    ("Cantù", "il comune di cantù", "comune di cantù"),
    ("Cantù", "IL COMUNE DI CANTU'", "COMUNE DI CANTU'"),
    ("Cantù", "a Cantu’ si fa così", "Cantu’"),
    ("Cantù", "a Cantu` si fa così", "Cantu`"),
    ("Cantù", unicodedata.normalize("NFD", "nel municipio di Cantù"), "municipio di Cantù"),
    ("San Giuliano Milanese", "il comune di San Giuliano Milanese", "comune di San Giuliano Milanese"),
    ("San Giuliano Milanese", "a S. Giuliano Milanese", "S. Giuliano Milanese"),
    ("San Giuliano Milanese", "a s.giuliano milanese", "s.giuliano milanese"),
    ("Sant'Angelo Lodigiano", "a Sant’Angelo  Lodigiano", "Sant’Angelo  Lodigiano"),
    ("Sant'Angelo Lodigiano", "a SANT'ANGELO\nLODIGIANO", "SANT'ANGELO\nLODIGIANO"),
    ("Sant'Angelo Lodigiano", "comune di sant angelo lodigiano", "comune di sant angelo lodigiano"),
    ("Sant'Angelo Lodigiano", "a S. Angelo Lodigiano", "S. Angelo Lodigiano"),
    ("Osio Sotto", "il comune di osio sotto", "comune di osio sotto"),
    ("Cassano d'Adda", "il comune di Cassano D’ Adda", "comune di Cassano D’ Adda"),
    ("Castello dell'Acqua", "a castello dell acqua", "castello dell acqua"),
    ("Bovisio-Masciago", "a Bovisio Masciago", "Bovisio Masciago"),
    ("Opera", "il comune di opera", "comune di opera"),
    ("Opera", "si è fatto così a Opera", "Opera"),
    ("Opera", "il sindaco di opera", "opera"),
    ("Dello", "il Comune di Dello", "Comune di Dello"),
    ("Zone", "il COMUNE DI ZONE", "COMUNE DI ZONE"),
    ("Varese", "si veda www.comune.varese.example", "varese"),
    ("Varese", "scrivere a ufficio@comune.varese.example", "ufficio@comune.varese.example"),
    ("Varese", "Lo dice la Corte dei Conti. Varese ha chiesto il parere.", "Varese"),
    ("Varese", "Così il Consiglio di Stato. Varese ha chiesto il parere.", "Varese"),
    ("Varese", "si veda relazione_varese.pdf", "varese"),
    # persons
    ("", "Relazione_Cattaneo.pdf", "Cattaneo"),
    ("", "relazione_anna_cattaneo_2.pdf", "anna_cattaneo"),
    ("", "lo chiese cattaneo anna", "cattaneo anna"),
    ("", "come ha detto Cattaneo", "Cattaneo"),
    ("", "secondo la sig.ra cattaneo", "cattaneo"),
    ("", "il geom. costa", "costa"),
    ("", "come ha detto Costa", "Costa"),
    ("", "firmato COSTA MARCO", "COSTA MARCO"),
    ("", "il parere di Della Valle", "Della Valle"),
    ("", "il sig. della valle", "della valle"),
    ("", "DELLA VALLE GIOVANNI", "DELLA VALLE GIOVANNI"),
    ("", "Giovanni della Valle", "Giovanni della Valle"),
    ("", "la dott.ssa Di Sotto", "Di Sotto"),
    ("", "di sotto chiara", "di sotto chiara"),
    ("", "NICCOLO' D'ANGELO", "NICCOLO' D'ANGELO"),
    ("", "Niccolo’ d’Angelo", "Niccolo’ d’Angelo"),
    ("", "il parere di D’Angelo", "D’Angelo"),
    ("", "DE SANTIS ANNA MARIA", "DE SANTIS ANNA MARIA"),
    ("", "anna de santis", "anna de santis"),
    ("", "l'ing. de santis", "de santis"),
    ("", "come dice de Santis", "de Santis"),
    ("", "la richiesta di Bianchi, Laura", "Bianchi, Laura"),
    ("", "laura.bianchi@posta.example", "laura.bianchi@posta.example"),
    ("", "come dice (Cattaneo)", "Cattaneo"),
    ("", "lo chiese costa (marco), poi", "costa (marco)"),
    ("", "lo chiese (cattaneo anna)", "cattaneo anna"),
]
ORDINARY: list[tuple[str, str]] = [
    ("Mantova", "la torta mantovana"),
    ("Mantova", "TAR Lombardia, sez. Mantova, n. 12/2021"),
    ("Mantova", "il Tribunale di Mantova"),
    ("Mantova", "il T.A.R. Mantova, Sez. II. Mantova, n. 12"),
    ("Opera", "una opera pubblica; Opera di urbanizzazione a scomputo"),
    ("Opera", "il comune opera in deroga"),
    ("Dello", "Dello stesso avviso è la Regione. Il parere dello Stato."),
    ("Zone", "i comuni di zone montane e le zone protette"),
    ("Mese", "entro un mese; Mese per mese si calcola"),
    ("Lodi", "le lodi del collegio"),
    ("Nave", "la nave ormeggiata"),
    ("Calcio", "il cloruro di calcio"),
    ("", "Della pratica si occupa l’ente. Il testo della norma."),
    ("", "il parco della Valle Seriana, a valle della strada"),
    ("", "PIANO DELLA VALLE SERIANA"),
    ("", "I lavori di sotto costano. Di sotto passa il tubo."),
    ("", "Costa meno il riuso. Quanto costa?"),
    ("", "Chiara la norma. È più chiara la seconda."),
    ("", "I fogli bianchi restano bianchi."),
    ("", "l’ufficio protocollo riceve"),
    ("", "l’Ufficio competente e il Protocollo informatico"),
    ("", "È altro: l’annata, cattanei, costante"),
    ("", "di angelo in angelo; da santi e d’oro"),
]  # fmt: skip


def _known(text: str, body: str) -> list[str]:
    known = Known(persons=PERSONS, bodies=(body,) if body else ())
    return [finding.text for finding in findings(text, known) if finding.known]


@pytest.mark.parametrize(("body", "text", "said"), IDENTIFYING)
def test_what_tells_who_it_was_is_found_and_taken_away(body: str, text: str, said: str) -> None:
    assert _known(text, body) == [said]
    assert _known(neutral(text, Known(persons=PERSONS, bodies=(body,) if body else ())), body) == []


@pytest.mark.parametrize(("body", "text"), ORDINARY)
def test_plain_words_keep_nobody_from_publishing(body: str, text: str) -> None:
    assert _known(text, body) == []


@pytest.mark.parametrize("text", ["si veda {}", "prot_{}", "all_prot_{}_copia.pdf", "{}_bis", "n.{}, poi"])
def test_a_known_number_is_found_between_underscores_too(text: str) -> None:
    known = Known(exact=(("8812/2026", "protocol"), ("2026-000123", "number"), ("rossi@posta.example", "email")))

    for number in ("8812/2026", "2026-000123"):
        found = [finding.text for finding in findings(text.format(number), known) if finding.known]
        assert found == [number]
    for other in ("18812/2026", "8812/20261", "x2026-000123", "mario_rossi@posta.example"):
        assert not any(finding.known for finding in findings(text.format(other), known))


@pytest.mark.parametrize("text", ["2026\u2011000123", "2026-\u2060000123", "2026–000123"])
def test_a_known_number_is_found_whatever_its_hyphen(text: str) -> None:
    [found] = findings(f"si veda {text}", Known(exact=(("2026-000123", "number"),)))

    assert (found.kind, found.known) == ("number", True)


@pytest.mark.parametrize("text", ["prot_8812/2026", "Prot_n_8812_2026", "all_prot. 8812/2026", "prot. n. 8812/2026"])
def test_what_looks_like_a_protocol_number_is_pointed_out_in_names_of_files_too(text: str) -> None:
    [found] = findings(f"si veda {text}.pdf", Known())

    assert (found.kind, found.text) == ("protocol", text.removeprefix("all_"))


@pytest.mark.parametrize("name", ["Mario (Rossi)", "(Mario) Rossi", "Mario [Rossi]", "Mario (detto Rossi)"])
def test_a_name_that_is_entered_in_brackets_is_found_without_them(name: str) -> None:
    found = findings("Come detto, Mario ha scritto; Detto altro, ne parlò il sig. rossi.", Known(persons=(name,)))

    assert [(finding.text, finding.known) for finding in found] == [("Mario", True), ("rossi", True)]


@pytest.mark.parametrize("name", ["Mario Rossi,", "Mario Rossi -", ", Mario Rossi", "Mario ' Rossi"])
def test_a_sign_within_a_name_is_no_name(name: str) -> None:
    found = findings("Come dice Mario, e - con Rossi - il testo di Mario, qui.", Known(persons=(name,)))

    assert [finding.text for finding in found] == ["Mario", "Rossi", "Mario"]


@pytest.mark.parametrize("name", ["'", "’", "-", ",", " ", ""])
def test_a_name_of_signs_alone_is_nowhere(name: str) -> None:
    assert findings("Come dice Mario, e Rossi - il testo qui.", Known(persons=(name,))) == []


def test_where_a_capital_says_nothing_the_writer_is_asked_and_not_refused() -> None:
    known = Known(persons=PERSONS, bodies=("Opera",))

    for text in (
        "Costa ha chiesto un parere.",
        "Opera ha chiesto un parere.",
        "come ha detto cattaneo",
        "relazione_cattaneo.pdf",
    ):
        assert [finding.known for finding in findings(text, known)] == [False], text


@pytest.mark.parametrize(
    "text", ["Anna Cattaneo " * 1_400, "anna, " * 3_300, "a" * 20_000, "TAR, Lombardia di " * 1_100]
)
def test_no_text_makes_the_search_for_names_slow(text: str) -> None:
    known = Known(persons=PERSONS, bodies=("Sant'Angelo Lodigiano", "Opera"), exact=(("12345/2026", "protocol"),))
    began = time.process_time()

    findings(text, known)

    assert time.process_time() - began < 2
