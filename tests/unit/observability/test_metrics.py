"""The counters of a process as Prometheus reads them."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from trunkline.core.money import NanoUsd
from trunkline.generations.types import Generation, ProviderResponse
from trunkline.observability.metrics import GatewayMetrics


def scraped(metrics: GatewayMetrics) -> dict[tuple[str, frozenset[str]], float]:
    """Samples by name and label values, in any order."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def generation(**fields: object) -> Generation:
    usual: dict[str, object] = {
        "id": "gen-1",
        "request_id": "req-1",
        "account_id": "user_1",
        "workspace_id": None,
        "key_hash": "h",
        "created_at_ms": 1_000,
        "finished_at_ms": 1_400,
        "status": "completed",
        "model": "acme/rocket-1",
        "requested_model": "acme/rocket-1",
        "endpoint_id": "e",
        "provider_name": "Acme",
        "streamed": True,
        "cost_nanousd": NanoUsd(2_500_000_000),
        "native_tokens_prompt": 10,
        "native_tokens_completion": 5,
        "native_tokens_cached": 4,
        "latency_ms": 50,
    }
    return Generation(**{**usual, **fields})  # pyright: ignore[reportArgumentType] -- keywords of a test


def test_a_settled_generation_is_counted_with_its_attempts_tokens_cost_and_times() -> None:
    metrics = GatewayMetrics()
    attempts = tuple(
        ProviderResponse(provider_name=name, status=status, endpoint_id="e", model_permaslug="m")
        for name, status in (("Slow", None), ("Busy", 429), ("Broken", 502), ("Strict", 403), ("Acme", 200))
    )
    metrics.settled(generation(provider_responses=attempts))
    metrics.settled(generation())
    seen = scraped(metrics)
    assert seen["trunkline_generations_total", frozenset({"completed", "true"})] == 2
    assert seen["trunkline_upstream_attempts_total", frozenset({"Slow", "failed"})] == 1
    assert seen["trunkline_upstream_attempts_total", frozenset({"Busy", "429"})] == 1
    assert seen["trunkline_upstream_attempts_total", frozenset({"Broken", "5xx"})] == 1
    assert seen["trunkline_upstream_attempts_total", frozenset({"Strict", "4xx"})] == 1
    assert seen["trunkline_upstream_attempts_total", frozenset({"Acme", "ok"})] == 1
    assert seen["trunkline_tokens_total", frozenset({"Acme", "acme/rocket-1", "prompt"})] == 20
    assert seen["trunkline_tokens_total", frozenset({"Acme", "acme/rocket-1", "cached"})] == 8
    assert seen["trunkline_cost_usd_total", frozenset({"Acme", "acme/rocket-1", "true"})] == 5.0
    assert seen["trunkline_first_token_seconds_bucket", frozenset({"0.05"})] == 2
    assert seen["trunkline_first_token_seconds_bucket", frozenset({"0.025"})] == 0
    assert seen["trunkline_generation_seconds_sum", frozenset()] == 0.8
    assert seen["trunkline_generation_seconds_count", frozenset()] == 2


def test_a_model_that_nothing_served_is_no_label() -> None:
    metrics = GatewayMetrics()
    metrics.settled(generation(status="failed", provider_name=None, model="whatever a caller typed"))
    assert b"whatever" not in metrics.render()
    assert scraped(metrics)["trunkline_generations_total", frozenset({"failed", "true"})] == 1


def test_requests_gauges_and_watched_numbers_are_exported() -> None:
    metrics = GatewayMetrics()
    holds = [3]
    metrics.watch("gauge", "trunkline_holds_open", "Open holds.", lambda: holds[0])
    metrics.watch("counter", "trunkline_writer_batches", "Group commits.", lambda: 7)
    metrics.answered("/chat/completions", 200)
    metrics.requests_in_flight += 2
    metrics.streams_open += 1
    holds[0] = 4
    seen = scraped(metrics)
    assert seen["trunkline_holds_open", frozenset()] == 4
    assert seen["trunkline_writer_batches_total", frozenset()] == 7
    assert seen["trunkline_requests_total", frozenset({"/chat/completions", "200"})] == 1
    assert seen["trunkline_requests_in_flight", frozenset()] == 2
    assert seen["trunkline_streams_open", frozenset()] == 1
    assert "process_resident_memory_bytes" in {name for name, _ in seen}


def test_two_processes_in_one_test_do_not_share_a_registry() -> None:
    first, second = GatewayMetrics(), GatewayMetrics()
    first.answered("/x", 200)
    assert ("trunkline_requests_total", frozenset({"/x", "200"})) not in scraped(second)


def test_every_metric_is_documented() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "operate" / "metrics.md").read_text()
    families = text_string_to_metric_families(GatewayMetrics().render().decode())
    ours = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
    missing = {name for name in ours if name.startswith("trunkline_") and f"`{name}`" not in page}
    assert missing == set()
