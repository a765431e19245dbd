"""All the checks, in one place.

In: what has been read from one text.  Out: what does not agree, and figures that follow without being stated.

Every rule is a generator over `Material`, of near-linear cost: figures are grouped and sorted, and looked at with what
stands near them or in their group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from service.checks import differences as _differences
from service.checks import growth as _growth
from service.checks.figures import Material
from service.checks.parts import families, members, ratios
from service.checks.ranks import ranks
from service.checks.repeated import repeated
from service.checks.shares import impossible, shares
from service.checks.times import futures, times
from service.checks.totals import totals
from service.records import Derived, Finding, Layout, Observation, Report, Severity

Rule = Callable[[Material], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    *(members, families, ratios, shares, _growth.growth, _differences.differences, _differences.from_to),
    *(repeated, ranks, totals, times, futures, impossible),
)
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def check(
    text: str, layout: Layout, report: Report, parts: Sequence[Report], observations: Sequence[Observation]
) -> tuple[tuple[Finding, ...], tuple[Derived, ...]]:
    """The findings on `observations`, the gravest first and then as they stand in the text, and what follows from them.

    `parts` are the reports of `layout.parts`.
    """
    material = Material(text, layout, report, parts, observations)
    findings: dict[object, Finding] = {}
    for rule in RULES:
        for found in rule(material):
            # Two rules may meet in one contradiction (由A增加到B is a difference and a change of value).
            findings.setdefault((found.code, frozenset(found.figures or found.spans)), found)
    ordered = sorted(findings.values(), key=lambda f: (_ORDER[f.severity], f.spans[0], f.code))
    return tuple(ordered), (*_growth.implied(material), *_differences.implied(material))
