"""What every file in the making can do.

A `ReportFile` takes whole reports; a `FigureTable` takes figures, from reports or from anywhere.  What is written goes
to the `out` of its making, which stays open.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeVar

from service.exports.figures import Figure, ReadReport, figures_of

Self = TypeVar("Self", bound="ReportFile")


class ReportFile(ABC):
    """As a context it is ended by `close`, or by `abandon` where something went wrong."""

    @abstractmethod
    def report(self, report: ReadReport) -> None:
        """Write what was read in a report."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left; a second time nothing."""

    def abandon(self) -> None:  # noqa: B027 (most hold nothing)
        """Give back what it holds; what was written is no whole file."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()


class FigureTable(ReportFile):
    """A row a figure."""

    def report(self, report: ReadReport) -> None:
        self.figures(figures_of(report))

    @abstractmethod
    def figures(self, figures: Iterable[Figure]) -> None:
        """Write a row each."""
