"""Who the walks need: the people of the demonstration, their body, and the expert whose key is printed."""

from deploy.local import demo
from deploy.local.demo_bodies import register_all, registered
from deploy.local.identities import DEMO_BODY
from deploy.local.stack import Running


async def load(running: Running) -> None:
    """Called by the stack in place of the demonstration."""
    async with demo.calling(running) as api:
        await demo.people(running, api)
        bodies = [body for body in registered() if body.code == DEMO_BODY]
        await register_all(running.services["intake"], bodies, demo.person_id(demo.SECRETARIAT))
        await demo.the_expert_to_log_in_as(api)
