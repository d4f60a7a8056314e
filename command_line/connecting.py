"""What the commands work with. The environment is read here and nowhere else."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from azure_adapters.connect import connect_queues
from landing_zone.intake.dead_letters import DeadLetters
from landing_zone.intake.messages import MessageSender
from landing_zone.intake.settings import CONNECTION, NAMESPACE, ServiceBusAddress


@dataclass(frozen=True)
class Queues:
    """The queues of the intake.

    Attributes:
        letters: What was set aside.
        sender: Sends it again.
    """

    letters: DeadLetters
    sender: MessageSender


@asynccontextmanager
async def connected(environment: Mapping[str, str]) -> AsyncIterator[Queues]:
    """The queues that an environment names."""
    address = ServiceBusAddress(environment.get(CONNECTION, ""), environment.get(NAMESPACE, ""))
    client_id = environment.get("AZURE_CLIENT_ID", "")
    async with connect_queues(address, client_id) as (letters, sender):
        yield Queues(letters, sender)
