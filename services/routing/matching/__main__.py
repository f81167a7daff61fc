"""One wave, solved in a process of its own: `python -m services.routing.matching`, started by `matcher.apart`."""

import pickle
import sys

from services.routing.matching import plan

if __name__ == "__main__":
    cases, experts, rules = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    sys.stdout.buffer.write(plan(cases, experts, rules).chosen.tobytes())
