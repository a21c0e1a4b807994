"""Numbers that parts keep by themselves."""

from trunkline.app.services import Services
from trunkline.observability.metrics import GatewayMetrics
from trunkline.storage.backlog import Backlog
from trunkline.storage.flights import FlightRecorder


def watch_all(services: Services, recorder: FlightRecorder) -> None:
    """Have them read when metrics are scraped."""
    watch, transport = services.metrics.watch, services.transport
    watch("gauge", "trunkline_holds_open", "Reservations of requests in flight.", services.shared.open_holds)
    watch("gauge", "trunkline_flights_open", "Requests that a crash would interrupt.", lambda: len(recorder))
    watch("counter", "trunkline_flights_unrecorded", "Requests without a slot.", lambda: recorder.unrecorded)
    watch("counter", "trunkline_rollups_counted", "Generations counted here.", lambda: services.statistics.counted)
    watch("gauge", "trunkline_upstream_connections", "Open to providers.", lambda: transport.stats().open)
    watch("gauge", "trunkline_upstream_connections_idle", "Kept for reuse.", lambda: transport.stats().idle)
    watch("counter", "trunkline_upstream_connections_opened", "Opened so far.", lambda: transport.stats().opened)
    watch("counter", "trunkline_upstream_requests_retried", "Sent again.", lambda: transport.stats().retried)
    watch("counter", "trunkline_reloads", "Configurations taken over.", lambda: services.metrics.reloads)
    watch("counter", "trunkline_reloads_refused", "Invalid ones.", lambda: services.metrics.reloads_refused)
    watch("counter", "trunkline_streams_continued", "Gone on with elsewhere.", lambda: services.metrics.continuations)
    watch("counter", "trunkline_hedges", "Endpoints asked beside a late one.", lambda: services.metrics.hedges)
    watch("counter", "trunkline_hedges_won", "Of those, the first to speak.", lambda: services.metrics.hedges_won)
    if (backlog := services.database.backlog) is not None:
        _watch_backlog(services.metrics, backlog)


def _watch_backlog(metrics: GatewayMetrics, backlog: Backlog) -> None:
    watch = metrics.watch
    watch("gauge", "trunkline_database_away", "1 while records go to the journal.", lambda: backlog.away is not None)
    watch("gauge", "trunkline_journal_records", "Records that wait for the database.", lambda: len(backlog))
    watch("gauge", "trunkline_journal_bytes", "Size of the journal.", lambda: backlog.size_bytes)
    watch("counter", "trunkline_journal_replayed", "Brought into the database.", lambda: backlog.replayed)
