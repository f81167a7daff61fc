"""What MongoDB is to be started with is the same wherever it is started or described."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLACES = ("deploy/local/mongod.py", "deploy/compose.yaml", "deploy/k8s/services.yaml", "tests/containers.py")


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_clients_transaction_locks_documents_for_five_seconds(place: str) -> None:
    seconds = re.findall(r"transactionLifetimeLimitSeconds=(\d+)", (ROOT / place).read_text())

    assert seconds == ["5"]
