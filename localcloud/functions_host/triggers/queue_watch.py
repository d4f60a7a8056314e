"""One queue, and the function that its messages are for."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.servicebus.aio import ServiceBusClient

from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger
from localcloud.functions_host.triggers.received import body_of, metadata_of
from localcloud.functions_host.triggers.renewing import FAILURES, renew_until

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.invoker import WorkerInvoker
    from localcloud.functions_host.service_bus_options import ServiceBusOptions

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0  # seconds between attempts to connect
_LOOK = 1.0  # seconds after which receiving looks whether it shall stop
_GRACE = 6.0  # seconds that functions get to finish at the end


@dataclass(frozen=True)
class Watched:
    """What is listened to, and for whom.

    Attributes:
        function: whom the messages are for.
        queue: the name of the queue.
        connection: the connection string.
        completes: whether a message is completed when the function succeeds.
    """

    function: Function
    queue: str
    connection: str
    completes: bool

    @property
    def binary(self) -> bool:
        """Whether the function wants the body as bytes."""
        return str(self.function.trigger.get("dataType") or "").lower() == "binary"


class QueueWatch:
    """Receives one by one, runs several at once, and connects again when the broker is gone."""

    def __init__(
        self, watched: Watched, options: ServiceBusOptions, invoker: WorkerInvoker
    ) -> None:
        self._watched = watched
        self._options = options
        self._invoker = invoker
        self._stop = asyncio.Event()
        self._slots = asyncio.Semaphore(options.concurrent)
        self._running: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._down = False

    def start(self) -> None:
        """Begin to receive."""
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Receive no more, let what runs finish, then disconnect."""
        self._stop.set()
        if self._task is not None:
            await self._task
            await self._finish()

    async def _watch(self) -> None:
        delay = _FIRST_DELAY
        while not self._stop.is_set():
            try:
                await self._connected()
            except FAILURES as error:
                delay = _FIRST_DELAY if not self._down else min(2 * delay, _LONGEST_DELAY)
                self._note_down(error)
                await self._pause(delay)

    async def _connected(self) -> None:
        """Receive until the end, or until the connection is lost."""
        watched, options = self._watched, self._options
        # The SDK's own attempts would only delay ours.
        client = ServiceBusClient.from_connection_string(watched.connection, retry_total=0)
        async with client, contextlib.AsyncExitStack() as stack:
            receiver = await stack.enter_async_context(
                client.get_queue_receiver(watched.queue, prefetch_count=options.prefetch)
            )
            stack.push_async_callback(self._finish)
            while not self._stop.is_set():
                await self._receive(receiver)

    async def _receive(self, receiver: ServiceBusReceiver) -> None:
        if not await self._slot():
            return
        try:
            found = await receiver.receive_messages(max_message_count=1, max_wait_time=_LOOK)
        except BaseException:
            self._slots.release()
            raise
        self._note_up()
        if not found:
            self._slots.release()
            return
        [message] = found
        task = asyncio.create_task(self._handle(receiver, message))
        self._running.add(task)
        task.add_done_callback(self._over)

    async def _slot(self) -> bool:
        """Wait until one more may run; False when it is time to stop."""
        taking = asyncio.create_task(self._slots.acquire())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([taking, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if taking.done() and not self._stop.is_set():
            return True
        if taking.done():
            self._slots.release()
        taking.cancel()
        return False

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()

    async def _handle(
        self, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage
    ) -> None:
        """Run the function, then settle the message; what cannot be settled comes again."""
        over = asyncio.Event()
        renewing = asyncio.create_task(renew_until(over, receiver, message, self._options.renewal))
        succeeded = await self._run(message)
        over.set()
        await renewing
        try:
            if not succeeded:
                await receiver.abandon_message(message)
            elif self._watched.completes:
                await receiver.complete_message(message)
        except FAILURES as error:
            logger.warning(
                "message %s of %s could not be settled and comes again: %s",
                message.message_id, self._watched.queue, type(error).__name__,
            )  # fmt: skip

    async def _run(self, message: ServiceBusReceivedMessage) -> bool:
        function = self._watched.function
        try:
            body = body_of(message, binary=self._watched.binary)
            await self._invoker.call(function, body, metadata_of(message))
        except InvocationError as error:
            self._log_failure(message, f"{error.message}\n{error.stack}")
            return False
        except WorkerLostError:
            self._log_failure(message, "the worker died")
            return False
        return True

    def _log_failure(self, message: ServiceBusReceivedMessage, what: str) -> None:
        delivery = (message.delivery_count or 0) + 1
        logger.error(
            "%s failed on message %s of %s, delivery %s: %s",
            self._watched.function.name, message.message_id, self._watched.queue, delivery, what,
        )  # fmt: skip

    async def _finish(self) -> None:
        """At the end, give what runs its time: messages can be settled while the link is open."""
        if self._stop.is_set() and self._running:
            _, left = await asyncio.wait(self._running, timeout=_GRACE)
            for task in left:
                task.cancel()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _note_down(self, error: BaseException) -> None:
        if not self._down:
            logger.warning(
                "queue %s cannot be reached (%s); trying again",
                self._watched.queue, type(error).__name__,
            )  # fmt: skip
        self._down = True

    def _note_up(self) -> None:
        if self._down:
            logger.info("queue %s is reached again", self._watched.queue)
        self._down = False
