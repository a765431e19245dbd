"""Who may ask what, and how often.

In: a request and the scope that its route needs.  Out: the name of the caller, or `Unauthorized`, `Forbidden`,
`TooManyRequests`.  Two modes:

* A server on loopback over an archive that has no key lets everyone in, as long as the request comes from this machine
  and from no other site's page (a browser tells by `Origin`; a name with a dot in `Host` is a page that has pointed its
  own name here, or a proxy: both need keys).
* Everywhere else a key is needed.  A server that listens on more than loopback does not start without a key of scope
  `admin`.

Keys are read from the archive and kept for some seconds, so that a revoked one ends within `KEPT_SECONDS` and a short
absence of the archive locks nobody out.  Rates are counted in this process alone.
"""

from __future__ import annotations

import math
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from time import monotonic
from typing import Annotated
from urllib.parse import urlsplit

import anyio
from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from service.archive.keys import Scope, StoredKey, active_keys, hash_of
from service.errors import (
    ArchiveUnavailable,
    Busy,
    Forbidden,
    InvalidRequest,
    NotReady,
    TooManyRequests,
    Unauthorized,
)
from service.settings import Settings, SettingsError
from service.shelf import Shelf

# What any route behind the gate may refuse, and any of the archive.
ACCESS = (Unauthorized, Forbidden, TooManyRequests)
USUAL = (*ACCESS, InvalidRequest, ArchiveUnavailable, Busy, NotReady)

KEPT_SECONDS = 5.0
# A key that is not known may have been made just now: then the archive is asked again, this often at most.
UNKNOWN_SECONDS = 1.0

# Callers whose last request is longer ago than those of so many others are forgotten: their minute is over.
MOST_CALLERS = 10_000

_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API key: `Authorization: Bearer …`.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="header", description="The same key.")
_BASIC = HTTPBasic(auto_error=False, scheme_name="basic", description="The same key as the password of any user.")


class Gate:
    """Lets in whom it may; `needs` makes the dependency of a route."""

    def __init__(self, settings: Settings, shelf: Shelf, *, clock: Callable[[], float] = monotonic) -> None:
        self._shelf, self._clock = shelf, clock
        self._loopback = is_loopback(settings.host)
        self._host = settings.host
        self._rates = Rates(settings.rate, clock)
        self._keys: Mapping[str, StoredKey] = {}
        self._read_at = -math.inf
        self._lock = anyio.Lock()

    async def start(self) -> None:
        """Read the keys.  Raises `SettingsError` where the server must not start."""
        await self._refresh(0)
        check_start(self._host, self._keys)

    def needs(self, scope: Scope) -> Callable[..., Awaitable[str | None]]:
        """A dependency that gives the name of the caller's key, None where no keys are in use."""

        async def caller(
            request: Request,
            bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
            header: Annotated[str | None, Security(_HEADER)],
        ) -> str | None:
            return await self.check(request, bearer.credentials if bearer else header, scope)

        return caller

    def needs_password(self, scope: Scope) -> Callable[..., Awaitable[str | None]]:
        """The same for programs that can only send a user and a password (Label Studio): the key is the password.

        A browser sends a password that it was told once by itself, whoever's page asks: with `Origin` none counts.
        """

        async def caller(
            request: Request,
            basic: Annotated[HTTPBasicCredentials | None, Security(_BASIC)],
            bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
            header: Annotated[str | None, Security(_HEADER)],
        ) -> str | None:
            password = basic.password if basic is not None and "origin" not in request.headers else None
            return await self.check(request, bearer.credentials if bearer else header or password, scope)

        return caller

    async def check(self, request: Request, key: str | None, scope: Scope) -> str | None:
        """The name of the caller's key.  Raises `Unauthorized`, `Forbidden`, `TooManyRequests`."""
        await self._refresh(KEPT_SECONDS)
        if self._loopback and not self._keys:
            _check_local(request)
            return None
        known = self._keys.get(hash_of(key)) if key else None
        if key and known is None:
            await self._refresh(UNKNOWN_SECONDS)
            known = self._keys.get(hash_of(key))
        address = request.client.host if request.client else ""
        self._rates.take(f"key {known.name}" if known else f"address {address}")
        if known is None:
            raise Unauthorized if key is None else Unauthorized("密钥无效或已撤销；请以 baoshu keys list 查看。")
        if scope not in known.scopes:
            raise Forbidden(f"密钥“{known.name}”没有 {scope} 权限；请换用有此权限的密钥。")
        return known.name

    async def _refresh(self, kept: float) -> None:
        """Read the keys again where they were read longer than `kept` seconds ago."""
        if self._clock() - self._read_at < kept:
            return
        async with self._lock:
            if self._clock() - self._read_at < kept:
                return
            # Those that were known stay good until the archive says otherwise.
            with suppress(ArchiveUnavailable, Busy):
                self._keys = await self._shelf.read(active_keys)
            self._read_at = self._clock()


class Rates:
    """A bucket for each caller: `limit` requests at once, refilled within a minute; 0 is no limit."""

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, when that was

    def take(self, caller: str) -> None:
        """Count one request.  Raises `TooManyRequests`."""
        if not self._limit:
            return
        now, a_second = self._clock(), self._limit / 60
        left, at = self._buckets.pop(caller, (float(self._limit), now))
        left = min(float(self._limit), left + (now - at) * a_second)
        self._buckets[caller] = (max(left - 1, 0) if left >= 1 else left, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooManyRequests(self._limit, max(1, math.ceil((1 - left) / a_second)))


def check_start(host: str, keys: Mapping[str, StoredKey]) -> None:
    """Raises `SettingsError` where a server that listens on `host` would be open to others with no one in charge."""
    if not is_loopback(host) and not any(Scope.ADMIN in key.scopes for key in keys.values()):
        raise SettingsError(
            f"监听地址 {host} 可从其他机器访问，而档案库中没有 admin 密钥（或档案库无法打开）；"
            "请先以 baoshu keys add NAME --scope admin 生成一个，或监听 127.0.0.1。"
        )


def is_loopback(host: str) -> bool:
    """Whether `host`, an address or a name, is this machine alone."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def _check_local(request: Request) -> None:
    """Raises `Forbidden` for what a page of another site sends through the browser of someone on this machine."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    try:
        name = urlsplit(f"//{host}").hostname or ""
        site = urlsplit(origin).netloc if origin is not None else host
    except ValueError:
        raise Forbidden("请求头 Host 或 Origin 不是合法的地址。") from None
    if not _is_local_name(name):
        raise Forbidden(f"不用密钥时只接受发往本机的请求，而此请求发往 {host}；请以 baoshu keys add 生成密钥。")
    if site != host:
        raise Forbidden(f"不用密钥时不接受来自其他网站（{origin}）的请求；请以 baoshu keys add 生成密钥。")


def _is_local_name(name: str) -> bool:
    """An address, or a name that no public name server has: one without a dot."""
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(".localhost")
    return True
