"""What changed a request on its way, in order of execution (routing-and-catalog.md 25, `pipeline`)."""

from trunkline.gateway.exchange import Exchange
from trunkline.routing.metadata import Stage, classified, compressed, continued, hedged


def stages_of(exchange: Exchange) -> list[Stage]:
    """Only of what was done: a request that went as it came has none."""
    stages: list[Stage] = []
    plan = exchange.plan
    if plan is not None and plan.task_type is not None and plan.routers:
        stages.append(classified(next(iter(plan.routers.values())), plan.task_type))
    if exchange.shortened is not None:
        stages.append(compressed(exchange.shortened.original_count, exchange.shortened.compressed_count))
    if exchange.runtime is not None and any(attempt.outpaced for attempt in exchange.attempts):
        stages.append(hedged(exchange.runtime.provider.name))
    if exchange.said_tokens:
        parts = sum(attempt.tokens_prompt is not None for attempt in exchange.attempts)
        stages += [continued(parts)] if parts > 1 else []
    return stages
