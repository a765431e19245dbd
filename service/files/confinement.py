"""Reading in a process that can be stopped.

In: the name of a reader, the bytes of a file, limits.  Out: what the reader gave, or the `BaoshuError` that says why it
gave nothing: its own, or what became of its process.  Blocks its thread, never for much longer than `Limits.seconds`.

The processes are born in a fork server (`forkserver`), which is started when the first file comes, is shared by all
threads of this process, is started again where it has gone, and ends with this process, however that ends.  A process
forked from this one gets its own.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict

from service.errors import DamagedFile, FileTooLarge, FileTooSlow
from service.files.forkserver import REQUEST
from service.files.limits import MEBIBYTE, Limits
from service.files.wire import Json, error_from, frame, unframe

# Files read at the same time in this process; more wait.  Each may take `Limits.memory`.
AT_ONCE = 2
# The fork server ends what is late; who hears nothing for this much longer takes it for dead.
GRACE_SECONDS = 10.0
# A text of `Limits.characters` in UTF-8, and what stands beside it: places, notes.
BYTES_PER_CHARACTER = 12
ANSWER_ALLOWANCE = 4 * MEBIBYTE

_PIECE = MEBIBYTE
_MEMORY = "读取该文件所需的内存超过 {} MiB；请拆分后分次提交。"


class Confinement:
    """A fork server and what is asked of it.  Safe to use from several threads."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turn = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def run(self, reader: str, data: bytes, limits: Limits, *, most: int | None = None) -> tuple[Json, bytes]:
        """The header and body that `reader` gives for `data`.

        `most`: bytes of the answer; by default what the text of `limits` can need.  Raises `BaoshuError`.
        """
        if most is None:
            most = limits.characters * BYTES_PER_CHARACTER + ANSWER_ALLOWANCE
        question = frame({"reader": reader, "limits": asdict(limits)}, data)
        with self._turn:
            answer, ending = self._ask(question, limits, most)
            if ending is None:  # the fork server was ended, by whoever: not this file's fault, the first time
                answer, ending = self._ask(question, limits, most)
        if ending is None:
            raise FileTooLarge(_MEMORY.format(limits.memory // MEBIBYTE))
        if ending.get("late") or ending.get("signal") == signal.SIGXCPU:
            raise FileTooSlow(limits.seconds)
        if len(answer) > most:
            raise FileTooLarge(f"文件读出的内容超过 {most // MEBIBYTE} MiB；请拆分后分次提交。")
        if ending.get("signal") == signal.SIGKILL:  # by the kernel, which has run out of memory
            raise FileTooLarge(_MEMORY.format(limits.memory // MEBIBYTE))
        try:
            header, body = unframe(answer)
            if "error" not in header:
                return header, body
            error = error_from(header)
        except (ValueError, KeyError, TypeError):
            error = DamagedFile("文件使读取程序意外终止，没有读出内容；请用原来的软件打开并另存后再提交。")
        raise error

    def close(self) -> None:
        """End the fork server and all that it has started."""
        with self._lock:
            self._end()

    def let_go(self) -> None:
        """Close our end; the fork server is another process's."""
        if self._control is not None:
            self._control.close()

    def _ask(self, question: tuple[bytes, bytes], limits: Limits, most: int) -> tuple[bytes, Json | None]:
        until = time.monotonic() + limits.seconds + GRACE_SECONDS
        mine, theirs = socket.socketpair()
        told, tell = os.pipe()
        with mine, os.fdopen(told, "rb", buffering=0) as ending:
            try:
                self._send(REQUEST.pack(limits.seconds), theirs.fileno(), tell)
            finally:
                theirs.close()
                os.close(tell)
            answer = _converse(mine, question, most, until)
            mine.close()
            return answer, self._ending(ending.fileno(), until)

    def _send(self, message: bytes, *descriptors: int) -> None:
        """To the fork server; to a new one where it has gone."""
        with self._lock:
            for attempt in (1, 2):
                try:
                    socket.send_fds(self._connected(), [message], descriptors)
                except OSError:
                    self._end()
                    if attempt == 2:
                        raise
                else:
                    return

    def _ending(self, told: int, until: float) -> Json | None:
        """How the process ended, in the words of the fork server; None where that has ended itself."""
        if not _await(told, select.POLLIN, until):
            self.close()
            return {"late": True}
        heard = os.read(told, 4096)
        return json.loads(heard) if heard else None

    def _connected(self) -> socket.socket:
        if self._control is not None and self._server is not None and self._server.poll() is None:
            return self._control
        self._end()
        mine, theirs = socket.socketpair()
        with theirs:
            level = logging.getLogger("baoshu").getEffectiveLevel()
            program = f"from service.files.forkserver import begin; begin({theirs.fileno()}, {level})"
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            # A session of its own, so that Ctrl-C at a terminal does not reach it: it ends when we do.
            self._server = subprocess.Popen(
                [sys.executable, "-c", program],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        self._control = mine
        return mine

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            try:
                self._server.wait(timeout=GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._control = self._server = None


def _converse(line: socket.socket, question: tuple[bytes, bytes], most: int, until: float) -> bytes:
    """Ask and hear the answer to its end, or a little more than `most` bytes of it, or as much as came in time."""
    waiting = [memoryview(piece) for piece in question if piece]
    heard: list[bytes] = []
    size = 0
    line.setblocking(False)
    while size <= most:
        ready = _await(line.fileno(), select.POLLIN | (select.POLLOUT if waiting else 0), until)
        if not ready:
            break
        if waiting and ready & select.POLLOUT:
            try:
                waiting[0] = waiting[0][line.send(waiting[0][:_PIECE]) :]
            except (BrokenPipeError, ConnectionResetError):
                waiting.clear()  # it has ended; what it said before is still to be heard
            if waiting and not waiting[0]:
                waiting.pop(0)
        if ready & ~select.POLLOUT:
            try:
                piece = line.recv(_PIECE)
            except ConnectionResetError:
                break
            if not piece:
                break
            heard.append(piece)
            size += len(piece)
    return b"".join(heard)


def _await(descriptor: int, events: int, until: float) -> int:
    """What can be done with the descriptor, 0 where nothing can be done in time."""
    poll = select.poll()
    poll.register(descriptor, events)
    ready = poll.poll(max(0.0, until - time.monotonic()) * 1000)
    return ready[0][1] if ready else 0


_shared: dict[int, Confinement] = {}
_sharing = threading.Lock()


def shared() -> Confinement:
    """The one of this process."""
    with _sharing:
        here = os.getpid()
        if here not in _shared:
            for others in _shared.values():  # of the processes that this one was forked from
                others.let_go()
            _shared[here] = Confinement()
            atexit.register(_shared[here].close)
        return _shared[here]
