"""What the function app registers; it may be asked only once a process."""

from functools import cache
from typing import Any

import function_app


@cache
def registered_functions() -> dict[str, Any]:
    """The functions by name."""
    return {item.get_function_name(): item for item in function_app.app.get_functions()}
