"""The families of errors."""

from landing_zone.errors import (
    ConfigurationError,
    OperationFailedError,
    PermanentError,
    SpokewrightError,
    TemporaryError,
)


def test_permanent_error_says_what_happened_and_what_to_do() -> None:
    """Code, message and hint stay apart; the text has what a log needs."""
    error = PermanentError("RequestDisallowedByPolicy", "Policy x refuses it.", "Ask for less.")
    assert (error.code, error.message, error.hint) == (
        "RequestDisallowedByPolicy",
        "Policy x refuses it.",
        "Ask for less.",
    )
    assert str(error) == "RequestDisallowedByPolicy: Policy x refuses it."


def test_temporary_error_carries_the_wait_that_was_asked_for() -> None:
    """None means that nothing was said, which is not the same as zero."""
    assert TemporaryError("TooManyRequests", "Slow down.", 0.0).retry_after == 0.0
    assert TemporaryError("TooManyRequests", "Slow down.").retry_after is None


def test_every_error_is_of_one_family_only() -> None:
    """Who catches one family does not catch another."""
    families = (ConfigurationError, OperationFailedError, PermanentError, TemporaryError)
    for family in families:
        assert issubclass(family, SpokewrightError)
        assert not any(issubclass(family, other) for other in families if other is not family)


def test_failed_operation_says_why_and_whether_to_try_again() -> None:
    """The cause is of one of the two families, and the text is the cause's."""
    cause = TemporaryError("AllocationFailed", "No capacity now.", 30.0)
    error = OperationFailedError(cause)
    assert error.cause is cause
    assert str(error) == str(cause)
