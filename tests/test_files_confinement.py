"""Where readers run: whatever one does, it is ended, it harms no other, and it leaves nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from service.errors import BaoshuError, TextTooLong
from service.files.confinement import Confinement, shared
from service.files.limits import MEBIBYTE, Limits
from service.files.wire import document_from, document_to, error_from, error_to, frame, unframe
from service.records import Document, Place, Span

LIMITS = Limits(seconds=30, memory=128 * MEBIBYTE, unpacked=MEBIBYTE, characters=1000)


@pytest.fixture(scope="module")
def confinement() -> Iterator[Confinement]:
    made = Confinement()
    yield made
    made.close()


def text(confinement: Confinement, reader: str, data: bytes = b"x", limits: Limits = LIMITS) -> str:
    return confinement.run(f"file_readers:{reader}", data, limits)[1].decode()


def refusal(confinement: Confinement, reader: str, data: bytes = b"x", limits: Limits = LIMITS) -> BaoshuError:
    with pytest.raises(BaoshuError) as caught:
        confinement.run(f"file_readers:{reader}", data, limits)
    return caught.value


def gone(pid: int) -> bool:
    """Whether the process ends; the kernel may take a moment to end what was told to."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_document_comes_back_whole(confinement: Confinement) -> None:
    header, body = confinement.run("file_readers:echo", "甲乙".encode(), LIMITS)
    found = document_from(header, body)
    assert (found.text, found.form) == ("甲乙", ".x")
    assert found.places == (Place(Span(0, 2), page=3, box=(1.0, 2.5, 3.0, 4.0), paragraph=7),)
    (note,) = found.notes
    assert (note.code, note.message, note.spans, note.severity) == ("told", "说明", (Span(0, 1),), "warning")


@pytest.mark.parametrize(
    ("reader", "code"),
    [
        ("eat", "file-too-large"),
        ("crash", "damaged-file"),
        ("fall", "file-too-large"),
        ("fail", "damaged-file"),
        ("refuse", "text-too-long"),
        ("write", "damaged-file"),
        ("talk", "file-too-large"),
        ("none_such", "damaged-file"),
    ],
)
def test_what_goes_wrong_is_told_and_the_next_file_is_read(confinement: Confinement, reader: str, code: str) -> None:
    assert refusal(confinement, reader).code == code
    assert text(confinement, "echo", b"next") == "next"


@pytest.mark.parametrize("reader", ["spin", "sleep"])
def test_what_takes_too_long_is_ended(confinement: Confinement, reader: str, tmp_path: Path) -> None:
    error = refusal(confinement, reader, str(tmp_path / "pids").encode(), replace(LIMITS, seconds=0.5))
    assert error.code == "file-too-slow"
    assert "0.5" in error.detail
    assert text(confinement, "echo", b"next") == "next"


def test_what_a_reader_has_started_ends_with_it(confinement: Confinement, tmp_path: Path) -> None:
    told = tmp_path / "pids"
    refusal(confinement, "sleep", str(told).encode(), replace(LIMITS, seconds=3))
    assert [gone(int(pid)) for pid in told.read_text().split()] == [True, True]


def test_a_reader_has_a_folder_of_its_own_that_goes_with_it(confinement: Confinement) -> None:
    folders = {text(confinement, "folder") for _ in range(2)}
    assert len(folders) == 2
    assert [folder for folder in folders if Path(folder).exists()] == []


def test_the_network_is_out_of_reach(confinement: Confinement) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = "{}:{}".format(*server.getsockname()).encode()
        assert refusal(confinement, "call", address).code == "damaged-file"
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_one_that_hangs_keeps_no_other_waiting(confinement: Confinement, tmp_path: Path) -> None:
    held = threading.Thread(
        target=refusal, args=(confinement, "sleep", str(tmp_path / "pids").encode(), replace(LIMITS, seconds=5))
    )
    held.start()
    assert text(confinement, "echo", b"meanwhile") == "meanwhile"
    assert held.is_alive()
    held.join()


def test_many_at_once(confinement: Confinement) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: text(confinement, "echo", b"%d" % number * 1000), range(40)))
    assert found == [f"{number}" * 1000 for number in range(40)]


def test_a_fork_server_that_is_ended_is_started_again(confinement: Confinement) -> None:
    assert text(confinement, "echo") == "x"
    server = confinement._server
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    assert text(confinement, "echo", b"again") == "again"


def test_all_ends_when_the_service_is_killed(tmp_path: Path, root: Path) -> None:
    told = tmp_path / "pids"
    program = (
        "from service.files.confinement import Confinement; from service.files.limits import Limits;"
        f"Confinement().run('file_readers:sleep', {str(told).encode()!r}, Limits())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(root / "tests")))}
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as service:
        while not told.exists() or len(told.read_text().split()) < 2:
            assert service.poll() is None
            time.sleep(0.02)
        service.kill()
    assert [gone(int(pid)) for pid in told.read_text().split()] == [True, True]


def _in_a_child(answers: multiprocessing.SimpleQueue[tuple[str, bool]], parents: int) -> None:
    mine = shared()
    server = mine._server
    answers.put((text(mine, "echo", b"child"), server is not None and server.pid == parents))
    mine.close()


def test_a_process_that_is_forked_has_its_own() -> None:
    here = shared()
    assert text(here, "echo") == "x"
    assert here._server is not None
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.SimpleQueue[tuple[str, bool]] = context.SimpleQueue()
    child = context.Process(target=_in_a_child, args=(answers, here._server.pid), daemon=True)
    child.start()
    assert answers.get() == ("child", False)
    child.join()
    assert text(shared(), "echo", b"still") == "still"


def test_an_error_comes_back_as_itself(confinement: Confinement) -> None:
    error = refusal(confinement, "refuse")
    assert isinstance(error, TextTooLong)
    assert (error.limit, error.length, error.detail) == (1000, 99, TextTooLong(1000, 99).detail)


def test_an_error_that_is_none_of_ours_is_a_damaged_file() -> None:
    assert error_from({"error": "unheard-of", "detail": "x", "fields": {}}).code == "damaged-file"
    assert error_from(error_to(TextTooLong(1, 2))).code == "text-too-long"


def test_what_no_text_holds_is_replaced_and_offsets_stay(confinement: Confinement) -> None:
    assert text(confinement, "odd") == "a?b?c"


@pytest.mark.parametrize(
    "received", [b"", b"\0" * 15, frame({})[0][:-1], frame({})[0] + b"x", b"\0" * 7 + b"\2" + b"\0" * 8 + b"[]"]
)
def test_half_a_frame_is_none(received: bytes) -> None:
    with pytest.raises(ValueError, match=r"frame|header"):
        unframe(received)


@pytest.mark.parametrize(
    "places",
    [(Place(Span(0, 9)),), (Place(Span(1, 2)), Place(Span(0, 1))), (Place(Span(1, 0)),), (Place(Span(-1, 1)),)],
)
def test_places_that_cannot_be_are_refused(places: tuple[Place, ...]) -> None:
    header, body = document_to(Document("甲乙", ".x", places))
    with pytest.raises(ValueError, match="order"):
        document_from(header, body)
