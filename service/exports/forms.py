"""The forms in which an answer leaves the house: what they are called, their media types, their files' names.

In: what a caller accepts (RFC 9110, 12.5.1), a title.  Out: a form; the header that names a file (RFC 6266, 8187).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Literal, get_args
from urllib.parse import quote


class Form(StrEnum):
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    SDMX_CSV = "sdmx-csv"
    HTML = "html"

    @property
    def binary(self) -> bool:
        """Whether a terminal cannot show it."""
        return self in (Form.XLSX, Form.PARQUET)

    @property
    def streams(self) -> bool:
        """Whether what is written first may be sent before the rest is known."""
        return not self.binary

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]

    @property
    def suffix(self) -> str:
        """With its dot."""
        return ".csv" if self is Form.SDMX_CSV else f".{self}"


# Those of the registry of media types; SDMX-CSV: its field guide 2.0, section Localisation; JSON lines have none.
MEDIA_TYPES: Mapping[Form, str] = {
    Form.JSON: "application/json",
    Form.JSONL: "application/x-ndjson",
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PARQUET: "application/vnd.apache.parquet",
    Form.SDMX_CSV: "application/vnd.sdmx.data+csv; version=2.0.0",
    Form.HTML: "text/html; charset=utf-8",
}
# Over HTTP: of a report, of figures from anywhere, of a panel; the first is given where nothing is asked for.
ReportForm = Literal["json", "csv", "xlsx", "parquet", "sdmx-csv", "html"]
FigureForm = Literal["json", "csv", "xlsx", "parquet", "sdmx-csv"]
PanelForm = Literal["json", "csv"]
OF_REPORT, OF_FIGURES, OF_PANEL = (tuple(map(Form, get_args(kind))) for kind in (ReportForm, FigureForm, PanelForm))

# A name longer than this is no name; most file systems take 255 bytes, of which a Chinese character takes three.
LONGEST_NAME = 60
_NO_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+')
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]+")
# attr-char of RFC 8187.
_PLAIN_IN_EXTENDED = "!#$&+-.^_`|~"


def accepted(header: str, offered: Sequence[Form]) -> Form | None:
    """Which of `offered` an `Accept` header likes best, the earliest of equals; None where it takes none of them."""
    ranges = list(_ranges(header)) or [("*/*", 1.0)]
    found = max(offered, key=lambda form: _liked(form, ranges))
    return found if _liked(found, ranges) > 0 else None


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Media ranges, in lower case and without parameters, and how much each is liked."""
    for part in header.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [value for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "q"]
        if kind:
            yield kind, _weight(weights[0]) if weights else 1.0


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _liked(form: Form, ranges: Iterable[tuple[str, float]]) -> float:
    """The weight of the range that names it most exactly."""
    kind = form.media_type.partition(";")[0]
    scope = {kind: 2, kind.partition("/")[0] + "/*": 1, "*/*": 0}
    return max(((scope[name], weight) for name, weight in ranges if name in scope), default=(0, 0.0))[1]


def file_name(title: str, form: Form) -> str:
    """A name that any file system takes, from a title; with the suffix."""
    stem = " ".join(_NO_NAME.sub(" ", title).split())[:LONGEST_NAME].strip(" .")
    return (stem or "baoshu") + form.suffix


def disposition(title: str, form: Form) -> str:
    """The `Content-Disposition` of a file of this form; a page is shown, all else is kept."""
    name = file_name(title, form)
    plain = _NOT_PLAIN.sub("", name.removesuffix(form.suffix)).strip(" .-_") or "baoshu"
    extended = quote(name, safe=_PLAIN_IN_EXTENDED)
    kind = "inline" if form is Form.HTML else "attachment"
    return f"{kind}; filename=\"{plain}{form.suffix}\"; filename*=UTF-8''{extended}"
