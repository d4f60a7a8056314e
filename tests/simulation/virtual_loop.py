"""An asyncio loop on virtual time: nothing is waited for, the clock jumps to what is due next."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

from tests.fakes import FakeClock


class _Jump(selectors.SelectSelector):
    """Instead of waiting, lets the clock jump by the time that would have been waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0
        self.clock: FakeClock | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Jump; there is no input or output to be ready for."""
        if timeout is None:
            raise StalledError("nothing is due, and something is still waited for")
        if timeout > 0 and self.clock is not None:
            self.clock.move(timeout)
            self.elapsed += timeout
        return []


class StalledError(Exception):
    """Nothing will ever happen again."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Whatever runs here sees hours pass in no time, and sees the same in every run.

    Attributes:
        broken: What a callback raised, which ends the run.
    """

    def __init__(self, clock: FakeClock) -> None:
        """Begin at the clock's time.

        Args:
            clock: What jumps along.
        """
        self._jump = _Jump()
        super().__init__(self._jump)
        self._jump.clock = clock
        self.broken: BaseException | None = None
        self.set_exception_handler(self._break)

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._jump.elapsed

    def _break(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "handle" in context and self.broken is None:
            self.broken = context.get("exception")
            self.stop()


class Standing:
    """Virtual time that stands still between one piece of work and the next.

    What one piece has begun goes on during the next.
    """

    def __init__(self, clock: FakeClock) -> None:
        """Begin at the clock's time.

        Args:
            clock: What jumps along.
        """
        self._loop = VirtualLoop(clock)

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end.

        Raises:
            StalledError: Nothing is due any more.
            BaseException: What a callback raised.
        """
        try:
            return self._loop.run_until_complete(work)
        except RuntimeError:
            if self._loop.broken is not None:
                raise self._loop.broken from None
            raise

    def close(self) -> None:
        """Cancel what still goes on."""
        if left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(left))
        self._loop.close()


def run[T](clock: FakeClock, work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time; what else goes on is then canceled.

    Raises:
        StalledError: Nothing is due any more.
        BaseException: What a callback raised.
    """
    standing = Standing(clock)
    try:
        return standing.run(work)
    finally:
        standing.close()
