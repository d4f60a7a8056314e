"""A certificate, for those who need any."""

from landing_zone.offboarding.certificate import Certificate, Returned
from tests.fakes import NOON


def certificate_of(operation_id: str) -> Certificate:
    """The certificate of an operation on a tenant that had nothing."""
    return Certificate(
        tenant_id=operation_id.partition(".")[0],
        operation_id=operation_id,
        hubs=("hub-weu",),
        issued_at=NOON,
        asked_by="ann",
        subscription=Returned(id="", mode="vend", outcome="none"),
        plans=(),
        checked=(),
        inputs="sha256:0",
    )
