"""A pipeline without a model, for tests of the ways in and out.

It deletes blanks (so that clean and posted offsets differ) and makes of every `<digits><unit>` an entity and an
observation; digits without a unit stay unexplained.
"""

from __future__ import annotations

import re
from array import array
from threading import Event

from service.extractor import Observe
from service.records import (
    Area,
    AreaRef,
    Bound,
    Cell,
    Clean,
    Entity,
    Extraction,
    Finding,
    Hints,
    IndicatorRef,
    Label,
    Layout,
    Ledger,
    Measure,
    ModelCard,
    Observation,
    Part,
    PeriodRef,
    Quantity,
    Report,
    Section,
    SetAside,
    Source,
    Span,
    Status,
    Table,
)

UNITS = {"亿元": (Label.MONEY, "元", 1e8), "%": (Label.PERCENT, "%", 1.0), "家": (Label.COUNT, "家", 1.0)}
CARD = ModelCard("fake", "1.2.3", "0" * 64)

_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(亿元|%|家)?")


class FakePipeline:
    """`stall`: an event that `extract` waits for, to hold a request in the air; `fault`: what it raises instead.

    Both spare the example that the service reads when it starts; `posted` holds what came after it, and `entered` is
    set when the first of it came.
    """

    def __init__(self, stall: Event | None = None, fault: Exception | None = None) -> None:
        self.model = CARD
        self.entered = Event()
        self.posted: list[tuple[str, Hints]] = []
        self._stall = stall
        self._fault = fault

    def extract(self, text: str, hints: Hints = Hints(), observe: Observe | None = None) -> Extraction:
        from service.app import example  # here, so that a process that reads with a fake needs no web server

        if text == example().text:
            return extraction_of(text, hints)
        self.posted.append((text, hints))
        self.entered.set()
        if self._stall is not None:
            self._stall.wait(timeout=30)
        if self._fault is not None:
            raise self._fault
        if observe is not None:
            observe("tag", 0.25)
        return extraction_of(text, hints)


def clean_of(text: str) -> Clean:
    """`text` without blanks; a deleted blank belongs to the character before it."""
    kept = [at for at, character in enumerate(text) if character not in " \u200b"]
    ends = [at + 1 for at in kept]
    return Clean(text, "".join(text[at] for at in kept), array("l", kept), array("l", ends))


def extraction_of(text: str, hints: Hints = Hints()) -> Extraction:
    """What the fake reads in `text`."""
    clean = clean_of(text)
    entities, observations, unexplained = [], [], []
    whole = Span(0, len(clean.text))
    for found in _NUMBER.finditer(clean.text):
        span = Span(*found.span())
        if found[2] is None:
            unexplained.append(span)
            continue
        label, unit, factor = UNITS[found[2]]
        value = float(found[1]) * factor
        entities.append(Entity(label, span, 0.9))
        observations.append(
            Observation(
                value=span,
                label=label,
                quantity=Quantity(value, value, unit, Bound.EXACT),
                indicator=IndicatorRef((Span(0, 1),), clean.text[0], None),
                measure=Measure.LEVEL,
                period=PeriodRef("2023", Span(0, 1), Source.SENTENCE),
                area=AreaRef(Area("青岚区"), None, Source.REPORT),
                scope=None,
                base=None,
                status=Status.ACTUAL,
                score=0.87654321,
                evidence=whole,
                section="一、概况",
            )
        )
    published = hints.published.isoformat() if hints.published else ""
    area = Area(hints.area or "青岚区", "330499")
    report = Report(None, hints.title or "", Span(0, 1), published, "2023", "2024", area)
    return Extraction(
        clean=clean,
        report=report,
        layout=Layout(
            parts=(Part(whole, None),),
            sections=(Section(whole, 1, Span(0, 1), 0, -1, (clean.text[:1],), plan=False),),
            sentences=(),
            tables=(Table(Span(0, 1), Span(0, 1), ((Cell(Span(0, 1), 0), Cell(Span(1, 1), 4)),)),),
            set_aside=(),
        ),
        parts=(report,),
        entities=tuple(entities),
        observations=tuple(observations),
        ledger=Ledger(
            len(observations) + len(unexplained) + 1,
            len(observations),
            (SetAside(Span(0, 1), "heading"),),
            tuple(unexplained),
        ),
        findings=(Finding("test", "提示", (Span(0, 1),)),),
        model=CARD,
    )
