"""Large waves are solved in a process of their own: the solver holds the interpreter, and a service must go on
answering and keep its lease. The process gets the wave on its standard input, and has a limited time.
"""

import asyncio
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.routing.criteria import Experts
from services.routing.criteria.tables import Ints
from services.routing.domain import Case
from services.routing.matching import Plan, in_order, plan
from services.routing.rules import Rules

_CELLS_AT_ONCE = 300_000
"""Pairs judged within the service: about 20 ms."""
SECONDS = 20.0
_ROOT = Path(__file__).parents[3]


class TooLong(RuntimeError):
    """The wave was not solved in its time."""


async def planned(waiting: Sequence[Case], experts: Experts, rules: Rules, seconds: float = SECONDS) -> Plan:
    """The plan of a wave, wherever it is made. Raises TooLong, NotSolved."""
    if len(waiting) * len(experts.ids) <= _CELLS_AT_ONCE:
        return plan(waiting, experts, rules)
    cases = in_order(waiting)
    question = await asyncio.to_thread(pickle.dumps, (cases, experts, rules))
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.routing.matching", cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        answer, _ = await asyncio.wait_for(child.communicate(question), seconds)
    except TimeoutError as error:
        raise TooLong(f"{len(cases)} requests in {seconds} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0 or len(answer) != 8 * len(cases):
        raise TooLong(f"the solving process ended with {child.returncode}")
    chosen: Ints = np.frombuffer(answer, np.int64)
    return Plan(cases, chosen)
