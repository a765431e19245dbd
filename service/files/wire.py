"""What passes between the service and the process that reads a file: frames, documents, errors.

A frame is a header in JSON and raw bytes: two lengths (eight bytes each, big-endian), the header, the bytes.  Nothing
is ever unpickled: the process may have been taken over by the file that it reads, and then its answer is as hostile as
the file was.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

from service.errors import BaoshuError, DamagedFile
from service.records import Document, Finding, Place, Severity, Span

_LENGTHS = struct.Struct(">QQ")

Json = Mapping[str, Any]


def frame(header: Json, body: bytes = b"") -> tuple[bytes, bytes]:
    """A frame in two pieces, so that a large body is not copied."""
    told = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return _LENGTHS.pack(len(told), len(body)) + told, body


def unframe(received: bytes) -> tuple[Json, bytes]:
    """The frame that is all of `received`.  Raises `ValueError` for anything else."""
    if len(received) < _LENGTHS.size:
        raise ValueError("no frame")
    head, body = _LENGTHS.unpack_from(received)
    if len(received) != _LENGTHS.size + head + body:
        raise ValueError("half a frame")
    told = json.loads(received[_LENGTHS.size : _LENGTHS.size + head])
    if not isinstance(told, dict):
        raise ValueError("no header")
    return told, received[_LENGTHS.size + head :]


def read_frame(read: Callable[[int], bytes]) -> tuple[Json, bytes]:
    """The next frame of a blocking file, whose `read` gives exactly as much as it is asked for."""
    lengths = read(_LENGTHS.size)
    head, body = _LENGTHS.unpack(lengths)
    return unframe(lengths + read(head) + read(body))


def document_to(document: Document) -> tuple[Json, bytes]:
    """A document as a header and its text in UTF-8.

    What no text can hold (NUL, lone surrogates: a hostile or broken file can) becomes a question mark, so that offsets
    stay.
    """
    header = {
        "form": document.form,
        "places": [[*place.span, place.page, place.box, place.paragraph] for place in document.places],
        "notes": [[note.code, note.message, note.severity.value, list(note.spans)] for note in document.notes],
    }
    return header, document.text.replace("\0", "?").encode(errors="replace")


def document_from(header: Json, body: bytes) -> Document:
    """The document that `document_to` gave.  Raises `ValueError`, `KeyError`, `TypeError` for what is none.

    Spans are checked to lie in the text, in reading order.
    """
    text = body.decode()
    places = tuple(_place(*given) for given in header["places"])
    end = 0
    for place in places:
        if not end <= place.span.start <= place.span.end <= len(text):
            raise ValueError("places out of order")
        end = place.span.end
    notes = tuple(
        Finding(str(code), str(message), tuple(_span(*span) for span in spans), Severity(severity))
        for code, message, severity, spans in header["notes"]
    )
    return Document(text, str(header["form"]), places, notes)


def error_to(error: BaoshuError) -> Json:
    """An error as a header."""
    return {"error": error.code, "detail": error.detail, "fields": vars(error)}


def error_from(header: Json) -> BaoshuError:
    """The error that `error_to` gave; `DamagedFile` for a code that is not in the tree.

    Raises `KeyError` where the header is none of an error.
    """
    kinds: list[type[BaoshuError]] = BaoshuError.__subclasses__()
    kind = next((kind for kind in kinds if kind.code == header["error"]), DamagedFile)
    error = kind.__new__(kind)
    BaoshuError.__init__(error, str(header["detail"]))
    for name, value in dict(header["fields"]).items():
        if isinstance(value, int | float | str):
            setattr(error, str(name), value)
    return error


def _place(start: int, end: int, page: int | None, box: list[float] | None, paragraph: int | None) -> Place:
    left_top_right_bottom = None
    if box is not None:
        left, top, right, bottom = (float(edge) for edge in box)
        left_top_right_bottom = (left, top, right, bottom)
    return Place(_span(start, end), _count(page), left_top_right_bottom, _count(paragraph))


def _span(start: int, end: int) -> Span:
    return Span(int(start), int(end))


def _count(number: int | None) -> int | None:
    return None if number is None else int(number)
