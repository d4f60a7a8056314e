"""What the demo says at its end."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from landing_zone.arm_ids import normalized
from localcloud.demo.client import Arm
from localcloud.demo.live import duration
from localcloud.demo.models import Operation, Tenant
from localcloud.demo.outcome import missing, tree

SECONDS_A_MINUTE = 60


def critical_path(operation: Operation) -> str:
    """The chain of resources that took longest, each with its time."""
    resources = operation.resources()
    names = [
        f"{resources[key].label} {duration(resources[key].seconds)}".rstrip()
        for key in operation.critical_path.keys
        if key in resources
    ]
    return " > ".join(names)


def show_success(
    console: Console, operation: Operation, tenant: Tenant, arm: Arm, speed: float
) -> bool:
    """Show what was made; returns whether Resource Manager really has all of it."""
    in_arm = arm.resources()
    spent = operation.seconds or 0.0
    minutes = (operation.critical_path.seconds or spent) * speed / SECONDS_A_MINUTE
    console.print()
    console.print(
        f"[bold green]{escape(tenant.tenant_id)} is active[/bold green] after {spent:.1f} s;"
        f" at Azure's own pace that is about {minutes:.0f} min."
    )
    console.print(
        f"Hub {escape(tenant.hub)}, range {escape(tenant.address_range or '-')},"
        f" subscription {escape(tenant.subscription_id or '-')}."
    )
    console.print()
    console.print(tree(operation, in_arm))
    _show_critical_path(console, operation)
    absent = missing(operation, in_arm)
    for resource in absent:
        console.print(f"[red]Resource Manager does not have {escape(resource.id)}[/red]")
    if not absent:
        mine = f"/subscriptions/{tenant.subscription_id}/"
        count = sum(f"{known}/".startswith(normalized(mine) + "/") for known in in_arm)
        console.print(
            f"\nResource Manager has all of it; it holds {len(in_arm)} resources in all,"
            f" {count} of them in the tenant's subscription."
        )
    return not absent


def _show_critical_path(console: Console, operation: Operation) -> None:
    path = critical_path(operation)
    if not path:
        return
    seconds = duration(operation.critical_path.seconds)
    console.print(f"\n[bold]Critical path[/bold] {seconds}".rstrip())
    console.print(Padding(escape(path), (0, 0, 0, 2)), highlight=False)


def show_failure(console: Console, operation: Operation, tenant: Tenant) -> None:
    """Say why the tenant did not become active."""
    console.print()
    console.print(
        f"[bold red]{escape(tenant.tenant_id)} is {escape(tenant.state)}[/bold red]:"
        f" the operation {escape(operation.state)}."
    )
    for reason in dict.fromkeys([operation.reason, tenant.reason, operation.hint]):
        if reason:
            console.print(f"  {escape(reason)}", highlight=False)


def show_next(console: Console, state: Path) -> None:
    """Where to look next."""
    console.print("\n[bold]Where to look next[/bold]")
    lines = {
        f'make up ARGS="--state {state}"': "start this local cloud again, with what is in it now",
        f"{state}/logs": "what each part logged",
        f"{state}/arm-requests.jsonl": "every call to Resource Manager, with its answer",
        "examples/tenants": "more tenants to onboard",
        "docs/local-cloud.md": "how to look around with curl and the Azure SDKs",
    }
    width = max(map(len, lines))
    for what, why in lines.items():
        console.print(f"  [cyan]{escape(what):<{width}}[/cyan]  {why}", highlight=False)
