"""How much one file may cost to read.

A `Limits` goes with every file into the process that reads it.  What the process itself cannot be trusted with (time,
memory, what it writes) is held by the kernel and by `confinement`; what only a reader can count (pages, what a packed
file unpacks to) the reader checks.
"""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds`: of the clock, and of the processor, for one file (a zip: for each file in it).

    `memory`: bytes that its reading may take beside the program itself.  `pages`: of a PDF.  `unpacked`: bytes that a
    packed file (.docx, .zip, a compressed stream) may become.  `members`: files in a zip.  `characters`: code points
    of its text.
    """

    seconds: float = 60.0
    memory: int = 1024 * MEBIBYTE
    pages: int = 2000
    unpacked: int = 256 * MEBIBYTE
    members: int = 1000
    characters: int = 2_000_000
