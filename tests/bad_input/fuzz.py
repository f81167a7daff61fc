"""Makes up calls from one API document, checks the answers and prints the faults: `-m tests.bad_input.fuzz NAME URL`.

A process of its own: Hypothesis must be the only one that uses chance, and the services use it too. The caller's
key is read from the environment (KEY); without one the calls are anonymous. The seed is fixed.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 4
"""Of each kind, valid and not, for each operation."""
LONGEST = 60_000
ENDLESS = {"/api/notifications/stream"}
UNCHECKED = [positive_data_acceptance]
"""Codes of the vocabulary, and which states allow what, cannot stand in a schema: 422 and 409 are right answers."""


def operations(document: dict[str, Any]) -> Iterator[Any]:
    """The operations that end."""
    load_all_checks()
    # Made-up credentials beside the caller's own would only be refused; the tests of callers send them alone.
    generation = GenerationConfig(with_security_parameters=False)
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    for found in schemathesis.openapi.from_dict(document, config=config).get_all_operations():
        operation = found.ok()
        if operation.path not in ENDLESS:
            yield operation


def faults(operation: Any, url: str, headers: dict[str, str], mode: GenerationMode) -> list[str]:
    """What the checks find wrong with the answers to calls of one operation."""
    found: list[str] = []

    @seed(20261001)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Case) -> None:
        answer = case.call(base_url=url, session=session, headers=headers, timeout=20)
        if len(str(answer.request.url)) > LONGEST:
            return  # The HTTP server itself refuses so long an address, before any service sees it.
        case.validate_response(answer, excluded_checks=UNCHECKED, headers=headers)

    with requests.Session() as session:
        try:
            call()
        except Unsatisfiable:
            pass  # Nothing can be wrong with a call that takes nothing.
        except (Exception, FailureGroup) as error:
            told = [*getattr(error, "exceptions", ()), error]
            found += [f"{mode.value} {operation.label}: {str(one)[:600]}" for one in told[:2]]
    return found


def main(name: str, url: str) -> None:
    """Prints the faults as a JSON list."""
    headers = {"X-API-Key": os.environ["KEY"]} if os.environ.get("KEY") else {}
    document = requests.get(f"{url}/api/{name}/openapi.json", timeout=20).json()
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    found = [f for operation in operations(document) for mode in modes for f in faults(operation, url, headers, mode)]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
