"""Who the walks need: the people of the demonstration, their body, and the expert whose key is printed."""

from deploy.local import demo
from deploy.local.identities import DEMO_BODY
from deploy.local.stack import Running


async def load(running: Running) -> None:
    """Called by the stack in place of the demonstration."""
    async with demo.calling(running) as api:
        await demo.people(running, api)
        await demo.register(api, DEMO_BODY)
        await demo.the_expert_to_log_in_as(api)
