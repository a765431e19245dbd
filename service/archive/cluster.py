"""A Ray cluster: connected to by its address, or started on this machine for the while.

In: an address, or how many processors to start with.  Out: the module `ray`, connected (`connected`), and all that was
changed for it changed back at the end; whether the nodes are one machine.  What runs there is not known here.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from service.errors import ArchiveNotShared, ClusterUnavailable

CONNECT_SECONDS = 10.0
# Objects are a few words each; Ray takes no less than 75 MiB.
STORE_BYTES = 80 * 1024 * 1024
# Sockets lie there, whose paths may have a hundred characters; Ray adds seventy.
SCRATCH = "/tmp"
# Nothing is reported to Ray's makers; and graphics cards, of which there is no use here, stay as they are.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
# Actors run beside the machine's other processes as those of `local` do, and not behind them all.
EVEN = {"RAY_worker_niceness": "0"}
# Ray lets in only who knows a word, and writes one into the home folder where it is given none.
TOKEN, AUTHENTICATION = "RAY_AUTH_TOKEN", "RAY_AUTH_MODE"


def check_one_machine(nodes: Sequence[Mapping[str, Any]]) -> None:
    """Raises ArchiveNotShared where a node is not on this machine.

    It counts as such by its name; and since machines may share a name, all nodes must have one address as well.
    """
    here = socket.gethostname()
    found = {(node["NodeManagerHostname"], node["NodeManagerAddress"]) for node in nodes}
    if len(found) > 1 or any(name != here for name, _ in found):
        names = "、".join(f"{name}（{address}）" for name, address in sorted(found))
        raise ArchiveNotShared(
            f"SQLite 档案是 {here} 上的一个文件，别的机器无法使用，而集群的节点在 {names}；"
            "请改用 PostgreSQL 档案，或不给出集群地址，只在本机运行。"
        )


@contextmanager
def connected(address: str | None, processors: int | None) -> Iterator[Any]:
    """Ray, connected to the cluster, or started here with so many processors.  Raises ClusterUnavailable."""
    try:
        import ray
    except ImportError:
        raise ClusterUnavailable("没有安装 Ray；请安装 baoshu[ray]。") from None
    with ExitStack() as undo:
        if address is None:
            arguments = _start_here(undo, processors)
        else:
            _check_there(address)
            undo.enter_context(_changed_back(QUIET))
            arguments = {"address": address}
        undo.callback(ray.shutdown)
        try:
            ray.init(logging_level=logging.ERROR, **arguments)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise ClusterUnavailable(f"无法连接或启动 Ray：{last_line(error)}") from error
        yield ray


def _start_here(undo: ExitStack, processors: int | None) -> dict[str, Any]:
    """How Ray is started on this machine, with a folder and an environment of its own, which `undo` takes back."""
    folder = tempfile.mkdtemp(prefix="baoshu-ray-", dir=SCRATCH)
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    word = {} if AUTHENTICATION in os.environ else {TOKEN: _token()}
    undo.enter_context(_changed_back(QUIET | EVEN | word))
    return {
        "address": "local",
        "num_cpus": processors,
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
        "_temp_dir": folder,
    }


def _check_there(address: str) -> None:
    """Ray itself tries for minutes to reach what is not there.  Raises ClusterUnavailable."""
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit():  # `auto`, or `ray://...`
        return
    try:
        socket.create_connection((host.rpartition("/")[2].strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterUnavailable(f"无法连接 Ray 集群 {address}：{error}。") from error


@cache
def _token() -> str:
    """The same for as long as this process lives: Ray reads it once."""
    return secrets.token_hex(32)


@contextmanager
def _changed_back(environment: Mapping[str, str]) -> Iterator[None]:
    """Within, `environment` is set; what Ray itself changes (that, and the handler of SIGTERM) is changed back too."""
    before = {name: os.environ.get(name) for name in (*environment, TOKEN, AUTHENTICATION)}
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if in_main else None
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)


def last_line(error: Exception) -> str:
    """Ray's errors are whole pages; what happened stands at their end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else repr(error)
