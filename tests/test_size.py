"""Files and functions stay small enough to read in one go. What outgrows a limit is split by noun."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILE_LINES = {"contracts": 200, "services": 200, "deploy": 200, "tests": 300}
FUNCTION_LINES = 40
_AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def _python_files() -> list[str]:
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            *(f"{folder}/**.py" for folder in FILE_LINES),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in set(listed.stdout.splitlines()) if (ROOT / path).is_file())


FILES = _python_files()


def _functions(text: str) -> Iterator[tuple[str, int]]:
    """The name of each function with its own lines: without docstring, and without the functions inside it.

    Those are measured themselves: a `router()` that holds ten short routes reads like a file of ten functions.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _FUNCTION):
            inner = [child for child in node.body if isinstance(child, _FUNCTION)]
            yield node.name, _lines(node) - _docstring(node) - sum(map(_lines, inner))


def _lines(node: _AnyFunction) -> int:
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or start) - start + 1


def _docstring(node: _AnyFunction) -> int:
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return (node.body[0].end_lineno or 0) - node.body[0].lineno + 1


def test_all_folders_are_looked_at() -> None:
    assert {path.split("/")[0] for path in FILES} == set(FILE_LINES)


@pytest.mark.parametrize("path", FILES)
def test_a_file_and_its_functions_can_be_read_in_one_go(path: str) -> None:
    text = (ROOT / path).read_text()

    lines = len(text.splitlines())
    long = [f"{name}: {length} lines" for name, length in _functions(text) if length > FUNCTION_LINES]

    assert lines <= FILE_LINES[path.split("/")[0]], f"{path} has {lines} lines: split it by noun"
    assert not long, f"{path}: {long}"


def test_a_function_is_measured_by_its_own_lines() -> None:
    text = """
class A:
    async def plain(self):
        pass

def documented():
    '''One.

    Two.
    '''
    return 1

def outer():
    @route
    def inner():
        pass
    return inner
"""

    assert dict(_functions(text)) == {"plain": 2, "documented": 2, "outer": 2, "inner": 3}
