"""An annotation made in Label Studio becomes a revision in the archive, once.

Label Studio tells of each save of an annotation.  A revision notes which annotation it is, and when that was saved, so
that the same told twice, or an older one told late, adds nothing, and a later save goes on from the earlier one's
revision.  What stands in the way of that is kept aside, as ever (`archive.revisions`).  Knows nothing of HTTP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from service.annotation_files import ANNOTATOR, REVISION, Imported, take_in
from service.annotations.document import Document, text_id
from service.annotations.faults import errors, faults
from service.annotations.labelstudio import USER
from service.archive.reports import get_report
from service.archive.revisions import SHARED, Revision, Saved, history

_NOTE = re.compile(r"Label Studio 项目 (\S+)，任务 (\S+)，标注 (\S+)，(\S+)")


@dataclass(frozen=True, slots=True)
class Origin:
    """An annotation of a Label Studio, as of `at`, when it was saved there.

    `server`: the key by which that Label Studio speaks, None where no keys are in use; its users are told apart from
    those of others by it.
    """

    server: str | None
    project: str
    task: str
    annotation: str
    at: datetime

    @property
    def note(self) -> str:
        """What the revision notes."""
        return f"Label Studio 项目 {self.project}，任务 {self.task}，标注 {self.annotation}，{self.at.isoformat()}"

    def annotator(self, user: str) -> str:
        """What the archive calls a user of that Label Studio, who is a number or an address there."""
        return user if self.server is None else f"{self.server}:{user.removeprefix(USER + ':')}"

    def told(self, revision: Revision) -> datetime | None:
        """When what `revision` holds was saved there; None for one that is not of this annotation."""
        noted = _NOTE.fullmatch(revision.note or "")
        mine = self.server is None or revision.annotator.startswith(f"{self.server}:")
        if noted is None or not mine or noted.groups()[:3] != (self.project, self.task, self.annotation):
            return None
        return datetime.fromisoformat(noted[4])


def take_annotation(
    connection: Connection, document: Document, origin: Origin, *, added: bool, max_characters: int
) -> Imported:
    """Keep what the annotation says of a report that the archive has.  In the caller's transaction.

    `added`: whether the archive has the report by this annotation alone.  Raises InvalidRequest where it
    does not say who made it.
    """
    report = get_report(connection, text_id(document.text))
    told = ((revision, origin.told(revision)) for revision in history(connection, report))
    earlier, at = next(((revision, at) for revision, at in told if at is not None), (None, None))
    if earlier is not None and at is not None and at >= origin.at:
        return Imported(report.id, Saved(earlier), added, len(errors(faults(document))))
    meta = dict(document.meta)
    if ANNOTATOR in meta:
        meta[ANNOTATOR] = origin.annotator(meta[ANNOTATOR])
    if earlier is not None:
        # One that had to be kept aside gives no right to go on in the line of all.
        meta |= {REVISION: str(earlier.number) if earlier.line == SHARED else ""}
    done = take_in(
        connection,
        replace(document, meta=meta),
        annotator=None,
        state="done",
        max_characters=max_characters,
        note=origin.note,
    )
    return replace(done, added=added)
