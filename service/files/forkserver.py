"""The process in which others are born, one for each file.

In: over a socket, one message for each file: its time in seconds, and two descriptors, a socket on which the file comes
and the answer goes, and a pipe on which this process tells how the other ended.  Out: exactly that.

It has loaded the readers' libraries once and forks, so that a small file does not pay for them, and each file is read
in memory that no other file has touched.  The process that reads a file
- leads a session of its own, with a folder of its own for what it must write, and dies with all its children when its
  time is over;
- is held by the kernel to its memory, processor time and file sizes (`setrlimit(2)`);
- reaches no network from Python (an audit hook, PEP 578), and asks libxml2 for none.

When its socket closes, because the service has ended, however that came, all of them end.  Runs on POSIX systems.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, NoReturn

from service.errors import BaoshuError, DamagedFile, FileTooLarge
from service.files.limits import MEBIBYTE, Limits
from service.files.readers import READERS, named
from service.files.wire import document_to, error_to, frame, read_frame
from service.records import Document

REQUEST = struct.Struct(">d")

# A page that is reserved costs nothing until it is touched: what libraries reserve (PDFium, LibreOffice) may be more
# than they may touch.
RESERVED = 4
# Deeper than any document that people write, and shallow enough for the stack of the main thread.
RECURSION = 2000

_log = logging.getLogger("baoshu.files")


@dataclass(slots=True)
class _Child:
    pid: int
    deadline: float
    status: int
    folder: str
    late: bool = False


def serve(control: socket.socket) -> None:
    """Serve until `control` closes."""
    children: dict[int, _Child] = {}
    woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            wait = min((child.deadline for child in children.values() if not child.late), default=None)
            wait = None if wait is None else max(0.0, wait - time.monotonic())
            ready, _, _ = select.select([control.fileno(), woken], [], [], wait)
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
            _end_late(children)
            _bury(children)
            if control.fileno() in ready and not _accept(control, children, keep=(control.fileno(), woken, wake)):
                return
    finally:
        for child in children.values():
            _kill(child)
        _bury(children, wait=True)


def _accept(control: socket.socket, children: dict[int, _Child], *, keep: tuple[int, ...]) -> bool:
    """Fork for the next file; False where there will be none."""
    message, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 2)
    if len(message) < REQUEST.size or len(descriptors) != 2:
        return False
    (seconds,) = REQUEST.unpack(message)
    line, status = descriptors
    try:
        folder = tempfile.mkdtemp(prefix="baoshu-")
        pid = os.fork()
    except OSError:  # no room, or too many processes: who asked hears that the line is closed
        _log.exception("no process for a file")
        os.close(line)
        os.close(status)
        return True
    if pid == 0:
        for number in (*keep, status, *(child.status for child in children.values())):
            os.close(number)
        _read_one(line, folder)
    os.close(line)
    children[pid] = _Child(pid, time.monotonic() + seconds, status, folder)
    return True


def _end_late(children: dict[int, _Child]) -> None:
    now = time.monotonic()
    for child in children.values():
        if child.deadline <= now and not child.late:
            child.late = True
            _kill(child)


def _kill(child: _Child) -> None:
    """It, and whatever it has started; before it leads its session, it alone."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child.pid, signal.SIGKILL)


def _bury(children: dict[int, _Child], *, wait: bool = False) -> None:
    """Tell of those that have ended, and leave nothing of them behind.

    What they have started is ended first, while their number is still theirs.
    """
    for child in list(children.values()):
        if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | (0 if wait else os.WNOHANG)) is None:
            continue
        _kill(child)
        _, ended = os.waitpid(child.pid, 0)
        shutil.rmtree(child.folder, ignore_errors=True)
        told = {"late": child.late, "signal": os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else 0}
        with contextlib.suppress(OSError), os.fdopen(child.status, "wb") as status:
            status.write(json.dumps(told).encode())
        del children[child.pid]


def _read_one(line: int, folder: str) -> NoReturn:
    """In the new process: read the file that comes on `line`, answer there, and end."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(folder)
        os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = folder
        with socket.socket(fileno=line) as answers, answers.makefile("rb") as questions:
            header, data = read_frame(lambda size: _exactly(questions, size))
            limits = Limits(**header["limits"])
            read = named(header["reader"])
            hold(limits)
            for piece in answer(read, data, limits):
                answers.sendall(piece)
        code = 0
    except BrokenPipeError:
        code = 0  # no one waits for it any more
    except BaseException:
        _log.exception("a file was not read")
    finally:
        logging.shutdown()
        os._exit(code)


def answer(read: Callable[[bytes, Limits], Any], data: bytes, limits: Limits) -> tuple[bytes, bytes]:
    """The frame that tells what was read, or why nothing was."""
    try:
        found = read(data, limits)
        return frame(*document_to(found)) if isinstance(found, Document) else frame(*found)
    except BaoshuError as error:
        return frame(error_to(error))
    except (MemoryError, RecursionError) as error:
        what = (
            "嵌套过深" if isinstance(error, RecursionError) else f"读取所需的内存超过 {limits.memory // MEBIBYTE} MiB"
        )
        return frame(error_to(FileTooLarge(f"文件{what}；请拆分后分次提交。")))
    except Exception:
        _log.info("a reader failed", exc_info=True)
        return frame(error_to(DamagedFile("文件内容不合其格式，无法读取；请用原来的软件打开并另存后再提交。")))


def hold(limits: Limits) -> None:
    """Hold this process to its limits, for good."""
    taken, mapped = _memory()
    seconds = ceil(limits.seconds)
    _limit(resource.RLIMIT_CPU, seconds, seconds + 1)
    _limit(resource.RLIMIT_DATA, taken + limits.memory)
    _limit(resource.RLIMIT_AS, mapped + RESERVED * limits.memory)
    _limit(resource.RLIMIT_FSIZE, limits.unpacked)
    _limit(resource.RLIMIT_CORE, 0)
    sys.setrecursionlimit(RECURSION)
    sys.addaudithook(_refuse_network)


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    """Never more than there was."""
    most = resource.getrlimit(what)[1]
    wanted = [soft, soft if hard is None else hard]
    if most != resource.RLIM_INFINITY:
        wanted = [min(one, most) for one in wanted]
    with contextlib.suppress(ValueError, OSError):  # macOS knows some of them by name only
        resource.setrlimit(what, (wanted[0], wanted[1]))


def _memory() -> tuple[int, int]:
    """Bytes of private memory and of address space that this process has; 0 where the system does not tell."""
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0, 0
    kibibytes = {name: int(size) for name, size in re.findall(r"^(Vm\w+):\s*(\d+) kB$", told, re.M)}
    return kibibytes["VmData"] * 1024, kibibytes["VmSize"] * 1024


def _refuse_network(event: str, _arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"):
        raise PermissionError(f"a file may not reach the network: {event}")


def _exactly(file: io.BufferedReader, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise BrokenPipeError("the service has gone")
    return data


def load(modules: list[str]) -> None:
    """Load the readers, so that no file has to; one that cannot be loaded is told when a file needs it."""
    for module in modules:
        try:
            __import__(module)
        except ImportError:
            _log.info("%s cannot be loaded", module, exc_info=True)


def begin(control: int, level: int) -> None:
    """Be the fork server: `control` is the descriptor of the socket, `level` that of the log."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    load(sorted({reader.partition(":")[0] for reader in READERS.values()}))
    with socket.socket(fileno=control) as given:
        serve(given)
