"""Counters in the Prometheus text form.

One `Metrics` an app, with a registry of its own, so that two apps in one process do not add up.  Labels hold route
templates, status codes and stage names only: their number is bounded whatever is posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.records import Extraction

CONTENT_TYPE = CONTENT_TYPE_LATEST

# From a short note (milliseconds) to two million characters (minutes).
SECONDS_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)

ITEM_GAUGES = ("waiting", "leased", "done", "failed")


class Metrics:
    """What is counted: requests, seconds, characters, observations and numbers that stayed unexplained."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "baoshu_requests", "Requests answered.", ("method", "route", "code"), registry=self._registry
        )
        self._request_seconds = Histogram(
            "baoshu_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ("route",),
            buckets=SECONDS_BUCKETS,
            registry=self._registry,
        )
        self._stage_seconds = Histogram(
            "baoshu_stage_seconds",
            "Seconds a stage of the pipeline took for one text.",
            ("stage",),
            buckets=SECONDS_BUCKETS,
            registry=self._registry,
        )
        self._characters = Counter("baoshu_characters", "Characters read.", registry=self._registry)
        self._numbers = Counter("baoshu_numbers", "Numbers found in texts.", registry=self._registry)
        self._observations = Counter("baoshu_observations", "Observations made.", registry=self._registry)
        self._unexplained = Counter(
            "baoshu_unexplained_numbers", "Numbers neither observed nor set aside.", registry=self._registry
        )
        self._reports = Counter("baoshu_reports", "Reports posted to the archive.", ("known",), registry=self._registry)
        self._deleted = Counter("baoshu_reports_deleted", "Reports deleted.", registry=self._registry)
        self._figures = Counter("baoshu_figures_sent", "Observations sent from the archive.", registry=self._registry)
        self._followers = Gauge("baoshu_job_followers", "Open streams of a job's events.", registry=self._registry)
        self._archive = Gauge("baoshu_archive_up", "Whether the archive answers: 1 or 0.", registry=self._registry)
        self._items = Gauge(
            "baoshu_job_items", "Items of the jobs that are not over.", ("state",), registry=self._registry
        )

    def stage(self, stage: str, seconds: float) -> None:
        self._stage_seconds.labels(stage).observe(seconds)

    def extraction(self, extraction: Extraction) -> None:
        self._characters.inc(len(extraction.clean.original))
        self._numbers.inc(extraction.ledger.numbers)
        self._observations.inc(len(extraction.observations))
        self._unexplained.inc(len(extraction.ledger.unexplained))

    def report(self, *, added: bool) -> None:
        self._reports.labels("no" if added else "yes").inc()

    def deleted(self) -> None:
        self._deleted.inc()

    def figures(self, sent: int) -> None:
        self._figures.inc(sent)

    def followers(self, number: int) -> None:
        self._followers.set(number)

    def archive(self, items: Mapping[str, int] | None) -> None:
        """Items of unfinished jobs by state; None where the archive does not answer."""
        self._archive.set(0 if items is None else 1)
        for state in ITEM_GAUGES:
            self._items.labels(state).set((items or {}).get(state, 0))

    def request(self, method: str, route: str, code: int, seconds: float) -> None:
        self._requests.labels(method, route, str(code)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it, in the form that `CONTENT_TYPE` names."""
        return generate_latest(self._registry)


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """ASGI middleware: counts every answer under its route's template, `unmatched` where there is none."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        code = 500

        async def note(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.request(method, route, code, perf_counter() - begun)
