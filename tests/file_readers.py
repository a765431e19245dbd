"""Readers that misbehave, for tests of where readers run: each is named as `file_readers:name`."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import time
from pathlib import Path

from service.errors import TextTooLong
from service.files.limits import Limits
from service.records import Document, Finding, Place, Severity, Span


def echo(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """The bytes as text, with a place and a note."""
    text = data.decode()
    place = Place(Span(0, len(text)), page=3, box=(1.0, 2.5, 3.0, 4.0), paragraph=7)
    return Document(text, ".x", (place,), (Finding("told", "说明", (Span(0, 1),), Severity.WARNING),))


def folder(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Where it runs, with a file left there."""
    Path("left.txt").write_bytes(data)
    return Document(str(Path.cwd()), ".x")


def spin(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Never ends, and never lets go of the processor."""
    while True:
        pass


def sleep(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Never ends, with a child of its own, whose number it leaves in the file that `data` names."""
    child = subprocess.Popen(["sleep", "600"])
    Path(data.decode()).write_text(f"{os.getpid()} {child.pid}")
    time.sleep(600)
    return Document("", ".x")


def eat(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Takes twice the memory that it may."""
    return Document(str(len(bytearray(2 * limits.memory))), ".x")


def crash(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Reads where there is nothing."""
    ctypes.string_at(0)
    return Document("", ".x")


def fall(data: bytes, limits: Limits) -> Document:
    """Calls itself for ever."""
    return fall(data, limits)


def fail(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """A fault that no one foresaw."""
    raise ZeroDivisionError


def refuse(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """An error of ours, with fields."""
    raise TextTooLong(limits.characters, 99)


def call(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Tries to reach the address `host:port` in `data`."""
    host, port = data.decode().split(":")
    socket.create_connection((host, int(port)))
    return Document("reached", ".x")


def write(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Writes more than it may."""
    with Path("much").open("wb") as file:
        for _ in range(limits.unpacked // 1024 + 2):
            file.write(bytes(1024))
    return Document("written", ".x")


def talk(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Answers with far more than a text may hold."""
    return Document("x" * 20_000_000, ".x")


def lie(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Places beyond the text."""
    return Document("短", ".x", (Place(Span(0, 100)),))


def odd(data: bytes, limits: Limits) -> Document:  # noqa: ARG001
    """Characters that no text holds."""
    return Document("a\0b\ud800c", ".x")
