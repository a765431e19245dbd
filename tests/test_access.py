"""Who may ask what, and how often."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes import FakePipeline
from fastapi.testclient import TestClient
from test_app import problem

from service import shelf
from service.access import MOST_CALLERS, Rates, check_start, is_loopback
from service.app import create_app
from service.archive.keys import (
    PREFIX,
    Scope,
    StoredKey,
    active_keys,
    add_key,
    hash_of,
    list_keys,
    revoke_key,
)
from service.archive.opening import Archive, open_archive
from service.archive.tables import api_keys, now
from service.errors import InvalidRequest, NotFound, TooManyRequests
from service.settings import Settings, SettingsError

TEXT = "营收3.2亿元。"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(archive: Archive, name: str, *scopes: Scope) -> str:
    with archive.writing() as connection:
        return add_key(connection, name, scopes)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


# Keys


def test_a_key_is_kept_as_its_hash_alone(archive: Archive) -> None:
    key = made(archive, "前台", Scope.WRITE)
    assert key.startswith(PREFIX)
    assert len(key) > 40
    with archive.reading() as connection:
        (row,) = connection.execute(api_keys.select()).all()
        assert key not in str(row)
        assert row.hash == hash_of(key)
        assert list_keys(connection) == [active_keys(connection)[hash_of(key)]]
        (stored,) = list_keys(connection)
    assert stored == StoredKey("前台", frozenset({Scope.READ, Scope.WRITE}), stored.created_at, None)


@pytest.mark.parametrize(
    ("scope", "held"),
    [(Scope.READ, "read"), (Scope.WRITE, "read write"), (Scope.ADMIN, "read write admin")],
)
def test_a_scope_has_those_below_it(scope: Scope, held: str) -> None:
    assert scope.with_lower == set(held.split())


def test_a_revoked_key_opens_nothing_and_keeps_its_name(archive: Archive) -> None:
    made(archive, "a", Scope.ADMIN)
    made(archive, "b", Scope.READ)
    with archive.writing() as connection:
        revoke_key(connection, "a")
        revoke_key(connection, "a")
        assert [key.name for key in active_keys(connection).values()] == ["b"]
        assert [(key.name, key.revoked_at is None) for key in list_keys(connection)] == [("a", False), ("b", True)]
        with pytest.raises(NotFound, match="c"):
            revoke_key(connection, "c")
    with pytest.raises(InvalidRequest, match="已有"):
        made(archive, "a", Scope.READ)


@pytest.mark.parametrize(
    ("name", "scopes"), [("", [Scope.READ]), (" ", [Scope.READ]), ("x" * 101, [Scope.READ]), ("a", [])]
)
def test_keys_that_cannot_be(archive: Archive, name: str, scopes: list[Scope]) -> None:
    with pytest.raises(InvalidRequest):
        made(archive, name, *scopes)
    with archive.reading() as connection:
        assert list_keys(connection) == []


# Starting


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "localhost", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    check_start(host, {})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "no-such-host.invalid"])
def test_more_than_loopback_needs_someone_in_charge(host: str) -> None:
    def key(*scopes: Scope) -> StoredKey:
        return StoredKey("a", frozenset(scopes), now(), None)

    assert not is_loopback(host)
    check_start(host, {"1": key(Scope.READ), "2": key(*Scope)})
    for keys in ({}, {"1": key(Scope.READ, Scope.WRITE)}):
        with pytest.raises(SettingsError, match="baoshu keys add") as refused:
            check_start(host, keys)
        assert host in str(refused.value)


def test_the_application_does_not_start_in_the_open(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Archive] = []

    def opening(url: str) -> Archive:
        opened.append(open_archive(url))
        return opened[-1]

    monkeypatch.setattr(shelf, "open_archive", opening)
    settings = Settings(host="0.0.0.0", archive=archive.url)
    made(archive, "writer", Scope.WRITE)
    with pytest.raises(SettingsError), TestClient(create_app(settings, FakePipeline())):
        pass
    assert [left.pool is left.engine.pool for left in opened] == [False], "closed"
    made(archive, "chief", Scope.ADMIN)
    with TestClient(create_app(settings, FakePipeline())) as client:
        assert client.get("/health/ready").status_code == 200


def test_the_application_does_not_start_in_the_open_without_an_archive() -> None:
    settings = Settings(host="0.0.0.0", archive="sqlite:////dev/null/none.db")
    with pytest.raises(SettingsError), TestClient(create_app(settings, FakePipeline())):
        pass


# Asking


@pytest.fixture
def guarded(archive: Archive) -> Iterator[tuple[TestClient, dict[Scope, str]]]:
    """A client of a service that needs keys, and a key of each scope."""
    keys = {scope: made(archive, scope, scope) for scope in Scope}
    with TestClient(create_app(Settings(archive=archive.url, rate=0), FakePipeline())) as client:
        yield client, keys


def test_every_scope_opens_its_own(guarded: tuple[TestClient, dict[Scope, str]]) -> None:
    client, keys = guarded
    unknown = "0" * 64
    for scope, method, address in (
        (Scope.READ, "POST", "/extract"),
        (Scope.READ, "GET", "/reports"),
        (Scope.READ, "GET", f"/reports/{unknown}"),
        (Scope.READ, "GET", f"/reports/{unknown}/extraction"),
        (Scope.READ, "GET", f"/reports/{unknown}/observations/o1"),
        (Scope.READ, "GET", "/observations"),
        (Scope.READ, "GET", "/observations/panel?area=x"),
        (Scope.READ, "GET", "/jobs"),
        (Scope.READ, "GET", "/jobs/1"),
        (Scope.READ, "GET", "/jobs/1/events"),
        (Scope.READ, "GET", "/metrics"),
        (Scope.WRITE, "POST", "/reports"),
        (Scope.WRITE, "POST", "/jobs"),
        (Scope.WRITE, "POST", "/jobs/1/cancel"),
        (Scope.ADMIN, "DELETE", f"/reports/{unknown}"),
    ):
        response = client.request(method, address)
        assert "X-API-Key" in problem(response, 401, "unauthorized")["detail"]
        assert response.headers["www-authenticate"] == "Bearer"
        problem(client.request(method, address, headers=bearer("baoshu_wrong")), 401, "unauthorized")
        for held in Scope:
            for headers in (bearer(keys[held]), {"X-API-Key": keys[held]}):
                told = client.request(method, address, headers=headers).status_code
                assert (told == 403) == (scope not in held.with_lower), (method, address, held)
                assert told != 401


def test_every_route_needs_a_key_but_those_that_tell_how_it_is(guarded: tuple[TestClient, dict[Scope, str]]) -> None:
    client, _ = guarded
    described = client.get("/openapi.json").json()
    open_to_all = {
        path for path, methods in described["paths"].items() for one in methods.values() if not one.get("security")
    }
    assert open_to_all == {"/", "/workbench", "/health/live", "/health/ready", "/version"}
    assert set(described["components"]["securitySchemes"]) == {"basic", "bearer", "header"}
    for path in open_to_all:
        assert client.get(path).status_code == 200


def test_a_key_without_its_scope_is_told_what_it_lacks(guarded: tuple[TestClient, dict[Scope, str]]) -> None:
    client, keys = guarded
    detail = problem(client.post("/reports", headers=bearer(keys[Scope.READ])), 403, "forbidden")["detail"]
    assert "read" in detail
    assert "write" in detail


def test_keys_made_and_revoked_while_it_runs(archive: Archive) -> None:
    clock = Clock()
    app = create_app(Settings(archive=archive.url), FakePipeline(), clock=clock)
    with TestClient(app) as client:
        assert client.get("/reports").status_code == 200
        key = made(archive, "a", Scope.READ)
        clock.now += 10
        problem(client.get("/reports"), 401, "unauthorized")
        assert client.get("/reports", headers=bearer(key)).status_code == 200
        other = made(archive, "b", Scope.READ)
        clock.now += 1.5  # an unknown key is looked for at once
        assert client.get("/reports", headers=bearer(other)).status_code == 200
        with archive.writing() as connection:
            revoke_key(connection, "a")
        clock.now += 10
        problem(client.get("/reports", headers=bearer(key)), 401, "unauthorized")
        assert client.get("/reports", headers=bearer(other)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "127.0.0.1:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "baoshu.localhost"}, 200),
        ({"Host": "baoshu.example.cn"}, 403),
        ({"Host": "127.0.0.1.example.cn:8000"}, 403),
        ({"Host": "localhost:8000", "Origin": "http://localhost:8000"}, 200),
        ({"Host": "localhost:8000", "Origin": "http://localhost:9000"}, 403),
        ({"Host": "localhost:8000", "Origin": "https://example.cn"}, 403),
        ({"Host": "localhost:8000", "Origin": "null"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": "localhost:8000", "Origin": "http://[::1"}, 403),
    ],
)
def test_without_keys_only_this_machine_is_let_in(client: TestClient, headers: dict[str, str], status: int) -> None:
    response = client.post("/extract", json={"text": TEXT}, headers=headers)
    assert response.status_code == status
    if status == 403:
        problem(response, 403, "forbidden")
    assert client.get("/health/ready", headers=headers).status_code == 200


# Rates


def test_a_rate_is_refilled_within_a_minute() -> None:
    clock = Clock()
    rates = Rates(60, clock)
    for _ in range(60):
        rates.take("a")
    with pytest.raises(TooManyRequests) as refused:
        rates.take("a")
    assert refused.value.seconds == 1
    rates.take("b")
    clock.now += 0.5
    with pytest.raises(TooManyRequests):
        rates.take("a")
    clock.now += 0.5
    rates.take("a")
    clock.now += 3600
    for _ in range(60):
        rates.take("a")
    with pytest.raises(TooManyRequests):
        rates.take("a")


def test_a_slow_rate_says_how_long_to_wait() -> None:
    rates = Rates(1, Clock())
    rates.take("a")
    with pytest.raises(TooManyRequests) as refused:
        rates.take("a")
    assert refused.value.seconds == 60


def test_no_rate() -> None:
    rates = Rates(0, Clock())
    for _ in range(1000):
        rates.take("a")


def test_callers_are_forgotten_the_oldest_first() -> None:
    rates = Rates(1, Clock())
    for number in range(MOST_CALLERS + 1):
        rates.take(str(number))
    rates.take("0")
    with pytest.raises(TooManyRequests):
        rates.take(str(MOST_CALLERS))


def test_rates_count_by_key_and_strangers_by_address(archive: Archive) -> None:
    first, second = (made(archive, name, Scope.READ) for name in ("a", "b"))
    app = create_app(Settings(archive=archive.url, rate=2), FakePipeline(), clock=Clock())
    with TestClient(app) as client:
        for caller, told in ((bearer(first), 200), (bearer(second), 200), ({}, 401)):
            assert [client.get("/reports", headers=caller).status_code for _ in range(2)] == [told, told]
            response = client.get("/reports", headers=caller)
            problem(response, 429, "too-many-requests")
            assert response.headers["retry-after"] == "30"
        problem(client.get("/reports", headers=bearer("wrong")), 429, "too-many-requests")
        assert client.get("/health/ready").status_code == 200
