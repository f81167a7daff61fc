"""A consumer's membership in its group: which generation it is in, and the one commit that it may have under way."""

import asyncio

from aiokafka import ConsumerRebalanceListener


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Ends, with each rebalance, the commit that is under way.

    The client would send it again in the name of the new generation. That does no harm to a broker that has kept its
    messages; one that came back empty would believe that what comes to these places now was read already.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.commit: asyncio.Task[None] | None = None

    def on_partitions_revoked(self, revoked: object) -> None:
        """Before each rebalance."""
        self.generation += 1
        if self.commit:
            self.commit.cancel()

    def on_partitions_assigned(self, assigned: object) -> None:
        """After it."""
