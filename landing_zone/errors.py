"""The two families of errors that an orchestrator understands, and the one at start-up."""


class SpokewrightError(Exception):
    """Any error of ours."""


class ConfigurationError(SpokewrightError):
    """A setting or a document that the application is started with is wrong."""


class PermanentError(SpokewrightError):
    """Trying again cannot help: someone has to change something.

    Attributes:
        code: A short, stable word, Azure's own where there is one (`RequestDisallowedByPolicy`).
        message: What went wrong, for a person.
        hint: What that person can do about it; empty where nothing better than the message exists.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.hint = hint


class TemporaryError(SpokewrightError):
    """Trying again later is expected to help.

    Attributes:
        code: A short, stable word, Azure's own where there is one (`AnotherOperationInProgress`).
        message: What went wrong, for a person.
        retry_after: Seconds to wait, as the other side asked; None where it did not say.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after = retry_after


class OperationFailedError(SpokewrightError):
    """A long-running operation of Azure ended in failure.

    Attributes:
        cause: Whether beginning it again is expected to help.
    """

    def __init__(self, cause: PermanentError | TemporaryError) -> None:
        super().__init__(str(cause))
        self.cause = cause
