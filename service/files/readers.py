"""Which reader reads which form: the one place where a further form is added.

A reader is a function of the file's bytes and of limits that gives a `Document`: its text, a `Place` for each line of
the text where the form has places, and notes.  It runs in a process of its own (`confinement`), may crash, hang or eat
memory there without harm, and raises `BaoshuError`s that reach the caller as they are: `EncryptedFile`, `DamagedFile`,
`NoTextInFile`, `FileTooLarge`, `UnsupportedFile`.  Any other exception is told to the caller as `DamagedFile`.

Readers are named, not imported: the libraries that they need are loaded in that process alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from service.files.limits import Limits
from service.records import Document

Reader = Callable[[bytes, Limits], Document]

READERS: Mapping[str, str] = MappingProxyType(
    {
        ".docx": "service.files.docx:read_docx",
        ".html": "service.files.html:read_html",
        ".pdf": "service.files.pdf:read_pdf",
        ".doc": "service.files.office:read_doc",
        ".wps": "service.files.office:read_wps",
        ".rtf": "service.files.office:read_rtf",
        ".odt": "service.files.office:read_odt",
    }
)

# By which a file is taken for a report, in a folder and in a zip, before anybody looks into it.
SUFFIXES = (
    *(".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml", ".shtml", ".docx", ".docm", ".pdf"),
    *(".doc", ".wps", ".rtf", ".odt", ".zip"),
)

# Takes apart what holds several files.
UNPACK = "service.files.bundle:unpack"


def named(name: str) -> Callable[[bytes, Limits], object]:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    found: Callable[[bytes, Limits], object] = getattr(import_module(module), function)
    return found
