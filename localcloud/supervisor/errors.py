"""What can keep the local cloud from running, each with the exit code that tells it apart."""

EXIT_FAILED = 1
EXIT_PORT_IN_USE = 3
EXIT_INTERRUPTED = 130


class LocalCloudError(Exception):
    """The local cloud cannot run; the message says why and what to do about it.

    Attributes:
        exit_code: What the process ends with.
    """

    exit_code = EXIT_FAILED


class PortInUseError(LocalCloudError):
    """A port that the local cloud needs is taken."""

    exit_code = EXIT_PORT_IN_USE
