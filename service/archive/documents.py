"""How the archive keeps where a report's lines stand in the file that it came from.

In: a `Document`.  Out: bytes without its text, which is the report's; and the way back.  Knows nothing of the store.
"""

from __future__ import annotations

import json
import zlib

from service.files.wire import document_from, document_to
from service.records import Document


def pack_document(document: Document) -> bytes:
    """A document as kept: all but its text."""
    header, _ = document_to(document)
    return zlib.compress(json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode())


def unpack_document(packed: bytes | None, text: str) -> Document | None:
    """The document that `pack_document` kept of the report with this text; None for None."""
    return None if packed is None else document_from(json.loads(zlib.decompress(packed)), text.encode())
