"""The function app: exactly these functions, each with its trigger and who may call it."""

from typing import Any

from tests.registered import registered_functions

ANYONE = "anonymous"
EXPECTED = {
    "request_tenant": ("POST tenants", ANYONE),
    "update_tenant": ("PATCH tenants/{tenantId}", ANYONE),
    "suspend_tenant": ("POST tenants/{tenantId}/suspend", ANYONE),
    "resume_tenant": ("POST tenants/{tenantId}/resume", ANYONE),
    "list_tenants": ("GET tenants", ANYONE),
    "show_tenant": ("GET tenants/{tenantId}", ANYONE),
    "show_plan": ("GET tenants/{tenantId}/plan", ANYONE),
    "show_approval": ("GET tenants/{tenantId}/approval", ANYONE),
    "decide_approval": ("POST tenants/{tenantId}/approval", ANYONE),
    "look_at_approval": ("activityTrigger", ""),
    "show_operation": ("GET operations/{operationId}", ANYONE),
    "show_capacity": ("GET capacity", ANYONE),
    "health": ("GET health", ANYONE),
    "begin_change": ("activityTrigger", ""),
    "make_route": ("activityTrigger", ""),
    "cross_over": ("activityTrigger", ""),
    "end_change": ("activityTrigger", ""),
    "recover_operations": ("timerTrigger", ""),
    "operate_tenant": ("orchestrationTrigger", ""),
    "apply_resource": ("orchestrationTrigger", ""),
    "begin_operation": ("activityTrigger", ""),
    "reserve": ("activityTrigger", ""),
    "make_plan": ("activityTrigger", ""),
    "end_operation": ("activityTrigger", ""),
    "begin_resource": ("activityTrigger", ""),
    "poll_resource": ("activityTrigger", ""),
    "verify_resource": ("activityTrigger", ""),
    "conclude": ("activityTrigger", ""),
    "watch_hubs": ("timerTrigger", ""),
    "sweep_hubs": ("timerTrigger", ""),
    "reconcile_hub": ("orchestrationTrigger", ""),
    "step_hub": ("activityTrigger", ""),
    "offboard_tenant": ("DELETE tenants/{tenantId}", ANYONE),
    "show_certificate": ("GET tenants/{tenantId}/certificate", ANYONE),
    "clean_up_tenant": ("POST tenants/{tenantId}/clean-up", ANYONE),
    "clean_up_due": ("timerTrigger", ""),
    "remove_locks": ("activityTrigger", ""),
    "empty_subscription": ("activityTrigger", ""),
    "purge_deleted": ("activityTrigger", ""),
    "certify": ("activityTrigger", ""),
    "begin_hub": ("activityTrigger", ""),
    "poll_hub": ("activityTrigger", ""),
    "begin_data": ("activityTrigger", ""),
    "hear_act": ("activityTrigger", ""),
    "pass_on": ("activityTrigger", ""),
    "act_on_operation": ("POST operations/{operationId}/actions", ANYONE),
    "poll_data": ("activityTrigger", ""),
    "request_rotation": ("POST tenants/{tenantId}/rotate-key", ANYONE),
    "show_rotation": ("GET tenants/{tenantId}/rotate-key", ANYONE),
    "rotate_due_keys": ("timerTrigger", ""),
    "rotate_key": ("orchestrationTrigger", ""),
    "look_at_key": ("activityTrigger", ""),
    "renew_key": ("activityTrigger", ""),
    "store_key": ("activityTrigger", ""),
    "end_rotation": ("activityTrigger", ""),
    "resource_events": ("eventGridTrigger", ""),
    "watch_drift": ("timerTrigger", ""),
    "remediate_resource": ("orchestrationTrigger", ""),
    "look_at_drift": ("activityTrigger", ""),
    "park_drift": ("activityTrigger", ""),
    "sweep_all": ("timerTrigger", ""),
    "tidy_drift": ("timerTrigger", ""),
    "show_compliance": ("GET compliance", ANYONE),
    "request_sweep": ("POST compliance/sweep", ANYONE),
    "act_on_finding": ("POST compliance/findings", ANYONE),
    "show_audit": ("GET audit", ANYONE),
    "verify_audit": ("GET audit/verify", ANYONE),
    "free_dead_leases": ("timerTrigger", ""),
    "list_exemptions": ("GET exemptions", ANYONE),
    "show_exemption": ("GET exemptions/{exemptionId}", ANYONE),
    "grant_exemption": ("PUT exemptions/{exemptionId}", ANYONE),
    "remove_exemption": ("DELETE exemptions/{exemptionId}", ANYONE),
    "request_upgrade": ("POST fleet/upgrades", ANYONE),
    "list_upgrades": ("GET fleet/upgrades", ANYONE),
    "show_upgrade": ("GET fleet/upgrades/{rolloutId}", ANYONE),
    "pause_upgrade": ("POST fleet/upgrades/{rolloutId}/pause", ANYONE),
    "resume_upgrade": ("POST fleet/upgrades/{rolloutId}/resume", ANYONE),
    "roll_back_upgrade": ("POST fleet/upgrades/{rolloutId}/rollback", ANYONE),
    "recover_upgrade": ("timerTrigger", ""),
    "upgrade_fleet": ("orchestrationTrigger", ""),
    "advance_fleet": ("activityTrigger", ""),
    "sweep_estate": ("orchestrationTrigger", ""),
    "plan_sweep": ("activityTrigger", ""),
    "sweep_shard": ("activityTrigger", ""),
    "take_onboarding_request": ("serviceBusTrigger", ""),
    "send_owed_results": ("timerTrigger", ""),
    "send_results": ("activityTrigger", ""),
}
USE_THE_DURABLE_CLIENT = {
    "decide_approval",
    "offboard_tenant",
    "clean_up_tenant",
    "clean_up_due",
    "update_tenant",
    "suspend_tenant",
    "resume_tenant",
    "free_dead_leases",
    "request_tenant",
    "show_operation",
    "act_on_operation",
    "pass_on",
    "recover_operations",
    "watch_hubs",
    "sweep_hubs",
    "conclude",
    "begin_hub",
    "poll_hub",
    "request_rotation",
    "show_rotation",
    "rotate_due_keys",
    "resource_events",
    "watch_drift",
    "look_at_drift",
    "sweep_all",
    "sweep_shard",
    "show_compliance",
    "request_sweep",
    "act_on_finding",
    "grant_exemption",
    "remove_exemption",
    "take_onboarding_request",
    "request_upgrade",
    "pause_upgrade",
    "resume_upgrade",
    "roll_back_upgrade",
    "recover_upgrade",
    "advance_fleet",
}
FUNCTIONS = registered_functions()


def described(trigger: Any) -> tuple[str, str]:
    """What calls a function, and with what key."""
    if trigger.type != "httpTrigger":
        return trigger.type, ""
    methods = " ".join(method.value for method in trigger.methods)
    return f"{methods} {trigger.route}", trigger.auth_level.value


def test_functions_are_exactly_those_that_are_expected() -> None:
    """No key opens any of them: who may call what, `test_guarded.py` holds."""
    assert {name: described(item.get_trigger()) for name, item in FUNCTIONS.items()} == EXPECTED


def test_those_that_need_the_durable_client_are_bound_to_it() -> None:
    """And no others."""
    bound = {
        name
        for name, item in FUNCTIONS.items()
        if any(binding.type == "durableClient" for binding in item.get_bindings())
    }
    assert bound == USE_THE_DURABLE_CLIENT


def test_timer_runs_every_minute() -> None:
    """And not at each start of a worker."""
    trigger = FUNCTIONS["recover_operations"].get_trigger()
    settings = {} if trigger is None else trigger.get_dict_repr()
    assert (settings["schedule"], settings["runOnStartup"]) == ("0 * * * * *", False)


def test_messages_arrive_as_bytes() -> None:
    """As text, a document in another encoding would fail before it could be answered."""
    trigger = FUNCTIONS["take_onboarding_request"].get_trigger()
    settings = {} if trigger is None else trigger.get_dict_repr()
    assert (settings["queueName"], settings["connection"], settings["dataType"].name) == (
        "onboarding",
        "SPOKEWRIGHT_SERVICE_BUS",
        "BINARY",
    )
