"""Plans, ended operations and certificates as blobs.

Plans are kept under their hash and certificates once, so that none can change.
"""

import json
from typing import Any, Final

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient
from pydantic import ValidationError

from azure_adapters.storage_errors import storage_errors
from landing_zone.errors import PermanentError
from landing_zone.offboarding.certificate import Certificate
from landing_zone.plan import Plan

KEPT_PLANS: Final = 256


class BlobDocumentStore:
    """`DocumentStore` over a blob container."""

    def __init__(self, container: ContainerClient) -> None:
        """Use a container that exists."""
        self._container = container
        self._plans: dict[str, Plan] = {}

    async def put_plan(self, plan: Plan) -> None:
        """Keep a plan under its hash."""
        async with storage_errors():
            try:
                await self._container.upload_blob(_plan_name(plan.hash), plan.canonical)
            except ResourceExistsError:
                return

    async def get_plan(self, plan_hash: str) -> Plan:
        """The plan of that hash.

        Raises:
            PermanentError: There is none (`PlanNotFound`), or it is not what was kept
                (`PlanTampered`).
        """
        if plan_hash in self._plans:
            return self._plans[plan_hash]
        text = await self._read(_plan_name(plan_hash))
        if text is None:
            raise PermanentError("PlanNotFound", f"no plan {plan_hash} is kept")
        plan = _parsed(text)
        if plan is None or plan.hash != plan_hash:
            raise PermanentError("PlanTampered", f"the plan kept as {plan_hash} is another one")
        if len(self._plans) >= KEPT_PLANS:
            self._plans.pop(next(iter(self._plans)))
        self._plans[plan_hash] = plan
        return plan

    async def put_operation(self, operation_id: str, document: dict[str, Any]) -> None:
        """Keep how an operation ended."""
        text = json.dumps(document, separators=(",", ":")).encode()
        async with storage_errors():
            await self._container.upload_blob(_operation_name(operation_id), text, overwrite=True)

    async def get_operation(self, operation_id: str) -> dict[str, Any] | None:
        """How an operation ended, or None."""
        text = await self._read(_operation_name(operation_id))
        document: dict[str, Any] | None = None if text is None else json.loads(text)
        return document

    async def put_certificate(self, certificate: Certificate) -> Certificate:
        """Keep the certificate of an operation; the one that is kept of it, where there is one."""
        name = _certificate_name(certificate.operation_id)
        async with storage_errors():
            try:
                await self._container.upload_blob(name, certificate.canonical)
            except ResourceExistsError:
                kept = await self.get_certificate(certificate.operation_id)
                return kept or certificate
        return certificate

    async def get_certificate(self, operation_id: str) -> Certificate | None:
        """The certificate of an operation, or None.

        Raises:
            PermanentError: What is kept is none (`CertificateTampered`).
        """
        text = await self._read(_certificate_name(operation_id))
        if text is None:
            return None
        try:
            return Certificate.model_validate_json(text)
        except ValidationError as error:
            message = f"what is kept as the certificate of {operation_id} is none"
            raise PermanentError("CertificateTampered", message) from error

    async def _read(self, name: str) -> bytes | None:
        async with storage_errors():
            try:
                download = await self._container.download_blob(name)
                return await download.readall()
            except ResourceNotFoundError:
                return None


def _parsed(text: bytes) -> Plan | None:
    try:
        return Plan.model_validate_json(text)
    except ValidationError:
        return None


def _plan_name(plan_hash: str) -> str:
    return f"plans/{plan_hash}.json"


def _certificate_name(operation_id: str) -> str:
    return f"certificates/{operation_id}.json"


def _operation_name(operation_id: str) -> str:
    return f"operations/{operation_id}.json"
