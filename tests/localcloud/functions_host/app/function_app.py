"""The fixture app of the host's tests: every kind of action, over the genuine SDK."""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func
import durable_bits  # type: ignore[import-not-found] # as Azure: beside this file
import event_bits  # type: ignore[import-not-found]
import http_bits  # type: ignore[import-not-found]

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(http_bits.bp)
app.register_functions(event_bits.bp)
app.register_functions(durable_bits.bp)
