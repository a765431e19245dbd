"""A reader of a few thousand random weights as a model folder, and reports made up for it."""

from __future__ import annotations

from pathlib import Path

import torch

from service.annotations.document import Document
from service.characters import BLANK, DIGIT, SPECIAL, Characters
from training.export import export, manifest
from training.markup import compile_markup
from training.network import Encoder, Reader, Shape
from training.train import make_reader

HEAD = "# id: {id}\n# bureau: science\n# form: annual\n# level: county\n# place: 浙江\n# area: 临江县\n# year: 2023\n\n"
BODY = (
    "一、工作情况\n{{2023年|T}},全县完成{{研发费用|I}}{{{a}.2亿元|M}},同比增长{{1{a}.7%|P g}}。"
    "{{青山镇|A}}新增{{高企|I}}{{{a}家|C + a:青山镇}}。\n"
)


def report(number: int, id_: str | None = None) -> Document:
    """One of many reports that differ in their figures."""
    return compile_markup(HEAD.format(id=id_ or f"made-{number}") + BODY.format(a=number))


def tiny(seed: int) -> tuple[Reader, Characters]:
    """A random reader of one layer, and the characters of the made-up reports."""
    torch.manual_seed(seed)
    known = [*SPECIAL, BLANK, DIGIT, *sorted(set(report(1).text) - set("0123456789\n"))]
    shape = Shape(characters=len(known), hidden=32, layers=1, heads=2, inner=64, positions=512, activation="gelu")
    model: Reader = make_reader(Encoder(shape)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))  # no two alike, as of a trained network
    return model, Characters.build({c: n for n, c in enumerate(known)})


def make_tiny(folder: Path, *, seed: int = 0) -> Reader:
    """Write a random reader of one layer as `toy-1.0`; the network itself."""
    model, characters = tiny(seed)
    export(model, characters, folder)
    manifest(folder, name="toy", version="1.0", model=model, characters=characters, training={})
    return model
