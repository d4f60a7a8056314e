"""What the demo says at its end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from landing_zone.arm_ids import normalized
from localcloud.demo.condensed import condensed
from localcloud.demo.live import duration
from localcloud.demo.models import Operation, Tenant
from localcloud.demo.outcome import missing, tree
from localcloud.demo.together import End
from localcloud.demo.traffic import Traffic

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


def show_ends(console: Console, ends: Sequence[End], speed: float) -> None:
    """Say for each request what became of it."""
    for end in ends:
        console.print()
        if end.operation is None or end.tenant is None:
            _show_refusal(console, end)
        elif end.active:
            _show_active(console, end.operation, end.tenant, speed)
        else:
            _show_failure(console, end.operation, end.tenant)
        _show_results(console, end)


def _show_active(console: Console, operation: Operation, tenant: Tenant, speed: float) -> None:
    spent = operation.seconds or 0.0
    minutes = (operation.critical_path.seconds or spent) * speed / SECONDS_A_MINUTE
    tier = f" ({tenant.isolation})" if tenant.isolation else ""
    console.print(
        f"[bold green]{escape(tenant.tenant_id)}{tier} is active[/bold green] after {spent:.1f} s;"
        f" at Azure's own pace that is about {minutes:.0f} min."
    )
    _indented(
        console,
        f"Hub {tenant.hub}, range {tenant.address_range or '-'},"
        f" subscription {tenant.subscription_id or '-'}.",
    )
    if path := critical_path(operation):
        seconds = duration(operation.critical_path.seconds)
        _indented(console, f"Critical path {seconds}: {path}")


def _show_refusal(console: Console, end: End) -> None:
    console.print(f"[bold red]{escape(end.asked.name)} was not onboarded[/bold red]:")
    for line in end.trouble.splitlines():
        _indented(console, line)


def _show_failure(console: Console, operation: Operation, tenant: Tenant) -> None:
    console.print(
        f"[bold red]{escape(tenant.tenant_id)} is {escape(tenant.state)}[/bold red]:"
        f" the operation {escape(operation.state)}."
    )
    for reason in dict.fromkeys([operation.reason, tenant.reason, operation.hint]):
        if reason:
            _indented(console, reason)


def _show_results(console: Console, end: End) -> None:
    """What whoever asked was told over Service Bus, and when."""
    if end.results:
        told = ", ".join(f"{one.outcome} after {one.seconds:.1f} s" for one in end.results)
        _indented(console, f"Told over Service Bus: {told}.")
    if end.operation and end.trouble:
        _indented(console, end.trouble)


def _indented(console: Console, text: str) -> None:
    console.print(Padding(escape(text), (0, 0, 0, 2), expand=False), highlight=False)


def show_trees(
    console: Console, ends: Sequence[End], in_arm: Mapping[str, Mapping[str, Any]], *, full: bool
) -> None:
    """What was made: of the first tenant in short, or of all with everything."""
    operations = [end.operation for end in ends if end.active and end.operation]
    for operation in operations if full else operations[:1]:
        console.print()
        console.print(tree(operation, in_arm) if full else condensed(operation, in_arm))


def is_complete(
    console: Console, ends: Sequence[End], in_arm: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Say whether Resource Manager really has all of each active tenant."""
    active = [(end.operation, end.tenant) for end in ends if end.operation and end.active]
    absent = [resource for operation, _ in active for resource in missing(operation, in_arm)]
    for resource in absent:
        console.print(f"[red]Resource Manager does not have {escape(resource.id)}[/red]")
    if active and not absent:
        subscriptions = {tenant.subscription_id for _, tenant in active if tenant}
        mine = tuple(f"{normalized(f'/subscriptions/{one}')}/" for one in subscriptions)
        count = sum(f"{known}/".startswith(mine) for known in in_arm)
        whose = "the tenant's subscription" if len(active) == 1 else "the tenants' subscriptions"
        console.print(
            f"\nResource Manager has all of it; it holds {len(in_arm)} resources in all,"
            f" {count} of them in {whose}."
        )
    return not absent


def show_traffic(console: Console, spent: Traffic, active: int) -> None:
    """How many calls it took, and how few of them wrote to the hub's firewall."""
    told = f"It took {spent.calls} calls, {spent.writes} of them writes"
    if active:
        served = f"all {active} tenants" if active > 1 else "one tenant"
        told += f"; {spent.firewall_writes} writes to the hub's firewall served {served}"
    console.print(f"{told}.")


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
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for what, why in lines.items():
        table.add_row(escape(what), why)
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
