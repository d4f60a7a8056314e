"""The registered wrappers: they parse, resolve, dump, and do nothing else."""

from typing import Any

import pytest
from pydantic import ValidationError

from activities.blueprint import activity, client_activity
from activities.concluding import conclude
from activities.dependencies import Dependencies, read_hubs
from landing_zone.conclusions import Announcement, Conclusion
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.errors import ConfigurationError, TemporaryError
from tests.activities.calls import OPERATION
from tests.fakes import HUBS, ROOT, FakeDurableClient, World


@pytest.fixture
def world(given_dependencies: World) -> World:
    """The world whose fakes the wrappers are given."""
    return given_dependencies


async def echo(deps: Dependencies, data: OperationRef) -> Outcome:
    """Work that shows what it was given."""
    return Outcome(state="done", message=f"{data.operation_id} {deps.document.hubs[0].name}")


async def refuse(deps: Dependencies, data: OperationRef) -> Outcome:
    """Work that is refused."""
    raise TemporaryError("Busy", f"{deps.clock.now()} {data.run}", 2.0)


@pytest.mark.usefixtures("world")
async def test_wrapper_parses_its_payload_and_dumps_its_outcome() -> None:
    """Under the name that orchestrators call."""
    run = activity("begin_operation", OperationRef, echo)
    assert run.__name__ == "begin_operation"
    assert await run(OPERATION.dump()) == {
        "state": "done",
        "message": "contoso-research.1 hub-weu",
    }


@pytest.mark.usefixtures("world")
async def test_wrapper_turns_errors_of_ours_into_outcomes() -> None:
    """An orchestrator decides by them."""
    answer: Any = await activity("refuse", OperationRef, refuse)(OPERATION.dump())
    assert (answer["state"], answer["wait"]) == ("retry", 2.0)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("payload", [{}, {"tenant_id": "a", "operation_id": "a.1", "x": 1}])
async def test_wrapper_does_not_take_what_is_not_its_contract(payload: dict[str, Any]) -> None:
    """That is a mistake of ours, so it is a crash."""
    with pytest.raises(ValidationError):
        await activity("echo", OperationRef, echo)(payload)


@pytest.mark.usefixtures("world")
async def test_client_goes_to_the_work_that_needs_it() -> None:
    """Beside the dependencies."""
    client: Any = FakeDurableClient()
    told = Announcement(event="ended:a", instances=("x",), ok=True)
    run = client_activity("conclude", Conclusion, conclude)
    assert await run(Conclusion(announcement=told).dump(), client) == {"state": "done"}
    assert [raised.instance_id for raised in client.raised] == ["x"]


def test_hub_document_is_the_one_that_the_settings_name(world: World) -> None:
    """One that cannot be read is named by its variable."""
    settings = world.deps.settings
    found = settings.model_copy(update={"hubs": ROOT / "localcloud" / "hub.yaml"})
    assert read_hubs(found) == HUBS
    missing = settings.model_copy(update={"hubs": ROOT / "no-such-file.yaml"})
    with pytest.raises(ConfigurationError, match=r"SPOKEWRIGHT_HUBS: .*No such file"):
        read_hubs(missing)
