"""Every text that people read has an Italian translation, and no template weakens the security policy.

A failing test prints the entries to add to `services/<package>/locale/it.po`, ready to be completed.
"""

import ast
import re
from html import unescape
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

SERVICES = Path(__file__).parents[1] / "services"
PACKAGES = sorted(folder.name for folder in SERVICES.iterdir() if (folder / "__init__.py").is_file())
TEMPLATES = sorted(SERVICES.glob("*/templates/**/*.html"))
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract", ".txt": "jinja2.ext:babel_extract"}
NAMES = {"Affianca", "ISTAT", "openpolis", "geojson", "italy", "geopop"}

Text = str | tuple[str, ...]
"""A msgid, or the two of a plural."""

FORBIDDEN = {
    "inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "inline style": r"<style\b|\sstyle\s*=",
    "inline handler": r"\s(?:on[a-z]+|hx-on[\w:-]*|hx-vals\s*=\s*[\"']js:[^\"']*)\s*=|[\"']\s*javascript:",
    "other host": r"(?:\s(?:src|srcset|poster|data|action|hx-[a-z]+)|<link[^>]*\shref)\s*=\s*[\"']\s*(?:https?:)?//",
}


def texts_of(package: Path) -> dict[Text, str]:
    """Every marked text of a package, with the first place where it stands."""
    found: dict[Text, str] = {}
    for file in sorted(package.rglob("*")):
        if file.suffix in METHODS:
            options = {"silent": "false"} if file.suffix != ".py" else {}
            for line, text, _, _ in extract_from_file(METHODS[file.suffix], file, keywords=KEYWORDS, options=options):
                found.setdefault(text, f"{file.relative_to(package)}:{line}")
    return found


def catalogue_of(package: Path) -> Catalog:
    path = package / "locale" / "it.po"
    if not path.is_file():
        return Catalog("it")
    with path.open("rb") as source:
        return read_po(source, locale="it", abort_invalid=True)


def italian_of(catalogue: Catalog) -> dict[Text, tuple[str, ...]]:
    """The finished translations: complete in every form, and not marked as doubtful."""
    finished = {}
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and all(forms) and not message.fuzzy:
            finished[message.id if isinstance(message.id, str) else tuple(message.id)] = tuple(forms)
    return finished


def untranslated(package: Path, common: Path) -> list[str]:
    known = italian_of(catalogue_of(common)) | italian_of(catalogue_of(package))
    return [entry(text, place) for text, place in texts_of(package).items() if text not in known]


def entry(text: Text, place: str) -> str:
    """An entry of a catalogue that waits for its Italian."""
    if isinstance(text, str):
        return f'\n#: {place}\nmsgid "{text}"\nmsgstr ""'
    return f'\n#: {place}\nmsgid "{text[0]}"\nmsgid_plural "{text[1]}"\nmsgstr[0] ""\nmsgstr[1] ""'


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def differing(catalogue: Catalog) -> list[str]:
    """Translations that name other values than their text: they would fail in front of a reader."""
    faults = []
    for text, forms in italian_of(catalogue).items():
        wanted = placeholders(text if isinstance(text, str) else text[1])
        faults += [form for form in forms if placeholders(form) != wanted]
    return faults


def faults_of(template: str) -> list[str]:
    text = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]


def unmarked_words(template: str) -> list[str]:
    """Words that readers of one language alone would understand."""
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", template, flags=re.DOTALL)
    spoken = re.findall(r"\b(?:aria-label|alt|title|placeholder)=[\"']([^\"']*)", text)
    shown = re.sub(r"[\w-]+=\"[^\"]*\"", "", re.sub(r"<[^>]*>", " ", text))
    return [word for word in re.findall(r"[^\W\d_]{3,}", unescape(" ".join([shown, *spoken]))) if word not in NAMES]


def unmarked_problems(source: str) -> list[str]:
    """Texts of problems that are not marked with N_, which translation would never see."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    problems = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Problem"]
    texts = [text for call in problems for text in call.args[1:3]]
    return [str(text.value) for text in texts if isinstance(text, ast.Constant) and text.value]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_text_has_an_italian_translation(name: str) -> None:
    missing = untranslated(SERVICES / name, SERVICES / "chassis")

    assert not missing, f"add to services/{name}/locale/it.po:\n" + "\n".join(missing)


@pytest.mark.parametrize("name", PACKAGES)
def test_no_translation_outlives_its_text(name: str) -> None:
    used = texts_of(SERVICES / name)

    unused = [message.id for message in catalogue_of(SERVICES / name) if message.id]

    assert [text for text in unused if (text if isinstance(text, str) else tuple(text)) not in used] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_translation_names_the_values_of_its_text(name: str) -> None:
    assert differing(catalogue_of(SERVICES / name)) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SERVICES)))
def test_a_template_has_nothing_inline_and_loads_nothing_from_elsewhere(template: Path) -> None:
    assert faults_of(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SERVICES)))
def test_a_template_speaks_only_through_translations(template: Path) -> None:
    assert unmarked_words(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sorted(SERVICES.rglob("*.py")), ids=lambda path: str(path.relative_to(SERVICES)))
def test_the_texts_of_problems_are_marked_for_translation(file: Path) -> None:
    assert unmarked_problems(file.read_text(encoding="utf-8")) == []


def test_the_check_sees_a_missing_a_doubtful_and_a_half_translation(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "a.py").write_text('x = N_("one")\ny = t.ngettext("{n} two", "{n} twos", 2)\n', encoding="utf-8")
    (tmp_path / "templates" / "b.html").write_text('{{ _("three") }}{{ _("Log in") }}', encoding="utf-8")
    plural = 'msgid "{n} two"\nmsgid_plural "{n} twos"\nmsgstr[0] "{n} due"\nmsgstr[1] ""\n'
    doubtful = '\n#, fuzzy\nmsgid "three"\nmsgstr "tre"\n'
    (tmp_path / "locale" / "it.po").write_text(plural + doubtful, encoding="utf-8")

    missing = untranslated(tmp_path, SERVICES / "chassis")

    assert [re.findall(r'msgid "(.*)"', text)[0] for text in missing] == ["one", "{n} two", "three"]


def test_the_check_sees_other_placeholders() -> None:
    catalogue = Catalog("it")
    catalogue.add("Hello {name}", "Ciao {nome}")
    catalogue.add("Bye {name}", "Addio {name}")
    catalogue.add(("{n} x", "{n} xs"), ("{n} ics", "molte ics"))

    assert differing(catalogue) == ["Ciao {nome}", "molte ics"]


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ('<script type="module">x</script>', "inline script"),
        ('<p style="color: red">', "inline style"),
        ("<style>p {}</style>", "inline style"),
        ('<button onclick="x()">', "inline handler"),
        ('<div hx-on:click="x()">', "inline handler"),
        ('<a href="javascript:x()">', "inline handler"),
        ('<script src="https://cdn.example/x.js"></script>', "other host"),
        ('<img src="//cdn.example/x.png">', "other host"),
        ('<link rel="stylesheet" href="https://cdn.example/x.css">', "other host"),
    ],
)
def test_the_check_sees_what_the_policy_would_refuse(template: str, fault: str) -> None:
    assert faults_of(template) == [fault]


def test_the_check_allows_links_elsewhere_and_our_own_files() -> None:
    assert faults_of('<a href="https://www.example.org">x</a><script src="{{ asset(\'x.js\') }}" defer></script>') == []


def test_the_check_sees_bare_words_and_unmarked_problems() -> None:
    assert unmarked_words('<p aria-label="Elenco">{{ _("Log in") }} subito</p>') == ["subito", "Elenco"]
    assert unmarked_problems('Problem(404, "Gone", N_("Look elsewhere"))') == ["Gone"]
