"""Reading `rules.yaml`, with the line of every fault, and again when the file changes."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
import yaml
from pydantic import ValidationError

from services.routing.rules.model import Rules, WrongRules

DEFAULT = Path(__file__).parents[1] / "rules.yaml"
_LOOK_EVERY = 2.0
_DEEPEST = 20
_TOO_DEEP = "something holds itself, or is nested too deeply"
_Place = tuple[str, ...]
log = structlog.get_logger()


def load_rules(path: Path | None = None) -> Rules:
    """The rules of a file. Raises WrongRules."""
    return load_edition(path or DEFAULT)[0]


def load_edition(path: Path) -> tuple[Rules, str]:
    """The rules of a file, and its text. Raises WrongRules."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongRules(f"{path.name}: {error}") from error
    lines: dict[_Place, int] = {}
    try:
        if line := _too_deep(text):
            raise WrongRules(f"{path.name}: line {line}: {_TOO_DEEP}")
        root = yaml.compose(text, yaml.SafeLoader)
        lines |= _lines(root, ()) if root else ()
        return Rules.model_validate(yaml.load(text, _Loader)), text  # noqa: S506 # a SafeLoader
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise WrongRules(f"{path.name}: line {line}: {error.reason}") from error
    except yaml.YAMLError as error:
        raise WrongRules(f"{path.name}: {_syntax(error)}") from error
    except ValidationError as error:
        faults = [(tuple(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        told = "; ".join(f"line {_line(lines, at)}: {'.'.join(at) or 'rules'}: {why}" for at, why in faults)
        raise WrongRules(f"{path.name}: {told}") from error


class _Loader(yaml.SafeLoader):
    """A SafeLoader that names the line of a value that is none, such as the 40th of a month."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value. Raises YAMLError."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


class Rulebook:
    """The rules in force: `current` changes when the file does, between two decisions and never within one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or DEFAULT
        self._seen = self._state()
        self._task: asyncio.Task[None] | None = None
        self.current, self._text = load_edition(self._path)

    @property
    def edition(self) -> tuple[Rules, str]:
        """The rules in force and the text that they were read from."""
        return self.current, self._text

    async def start(self) -> None:
        """Looks at the file from now on."""
        self._task = asyncio.create_task(self._watch(), name="rules")

    async def stop(self) -> None:
        """Looks no more."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def refresh(self) -> None:
        """Takes the file if it changed. One that cannot be used is told in the log once, and the rules stay."""
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            rules, text = load_edition(self._path)
            if rules != self.current and rules.version == self.current.version:
                raise WrongRules(f"{self._path.name}: the rules changed and `version` is still {rules.version!r}")
        except WrongRules as wrong:
            log.error("rules_not_reloaded", reason=str(wrong), in_force=self.current.version)
            return
        self.current, self._text = rules, text
        log.info("rules_reloaded", version=rules.version)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            self.refresh()


def _too_deep(text: str) -> int | None:
    """The line where collections stand in each other too deeply, if any: to read them would exhaust the interpreter."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return event.start_mark.line + 1 if event.start_mark else 1
    return None


def _lines(node: yaml.Node, place: _Place) -> Iterator[tuple[_Place, int]]:
    """The line of every value, by its place; a key given twice is a fault that YAML itself would hide."""
    if len(place) > _DEEPEST:
        raise yaml.composer.ComposerError(None, None, _TOO_DEEP, node.start_mark)
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        keys: set[Any] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
            if key.value in keys:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            keys.add(key.value)
            yield (*place, key.value), key.start_mark.line + 1
            yield from (found for found in _lines(value, (*place, key.value)) if found[0] != (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _lines(item, (*place, str(number)))


def _line(lines: dict[_Place, int], place: _Place) -> int:
    """The line of a fault; what is missing has none of its own, so that of what should hold it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _syntax(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "this is no YAML"
    return f"line {mark.line + 1}: {what}" if mark else str(what)
