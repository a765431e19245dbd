"""A report of the archive read at once, by someone who waits for it.

In: a report, a model.  Out: what that model reads in it, kept, unless it is there already.  Read with the hints that
the archive has, which are those of whoever added it first.
"""

from __future__ import annotations

from time import perf_counter

from service.archive.extractions import get_extraction, store_extraction
from service.archive.models import model_key
from service.archive.reports import StoredReport
from service.desk import Desk
from service.errors import NotExtracted
from service.extractor import Extractor
from service.metrics import Metrics
from service.response import to_json
from service.schema import ExtractionJson
from service.shelf import Shelf


async def read_now(
    shelf: Shelf, desk: Desk, extractor: Extractor, report: StoredReport, metrics: Metrics
) -> ExtractionJson:
    """What the model reads in the report, which comes with its text.  Raises `Busy`, `ArchiveUnavailable`."""
    model, text = extractor.model, report.text or ""
    try:
        return await shelf.read(lambda c: get_extraction(c, report.id, model.id))
    except NotExtracted:
        pass

    def read() -> tuple[ExtractionJson, float]:
        begun = perf_counter()
        extraction = extractor.extract(text, report.hints, metrics.stage)
        metrics.extraction(extraction)
        return to_json(extraction, document=report.document), perf_counter() - begun

    answer, seconds = await desk.run(read)
    await shelf.write(lambda c: store_extraction(c, report.key, model_key(c, model), answer, seconds=seconds))
    return answer
