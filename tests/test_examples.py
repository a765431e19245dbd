"""Training examples: the answers stand where the runtime will look for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.candidates import KINDS, PAIR_SIZES, VALUE_SIZES
from service.linker import MEASURES, STATUSES
from service.records import Label
from service.tags import tag_ids
from training.examples import IGNORE, example
from training.markup import compile_markup

BODY = (
    "一、工作情况\n{1-9月|T},全县完成{研发费用|I}{3.2 亿元|M},同比增长{14.7%|P g}。"
    "{青山镇|A}新增{高企|I}{6家|C + a:青山镇}。\n"
    "二、下一步工作计划\n% s plan\n{2024年|T},力争{高企|I}达到{60家|C}以上。"
)
HEAD = "# id: demo\n# bureau: science\n# form: annual\n# level: county\n# place: 浙江\n# area: 临江县\n# year: 2023\n\n"
EXAMPLE = example(compile_markup(HEAD + BODY))


def _word(number: int) -> str:
    return EXAMPLE.entities[number].span.of(EXAMPLE.text)


def test_tags_lie_on_the_clean_text() -> None:
    assert "3.2亿元" in EXAMPLE.text  # the blank is gone
    for e in EXAMPLE.entities:
        assert EXAMPLE.tags[e.span.start : e.span.end].tolist() == tag_ids(e.label, e.span.end - e.span.start)
    inside = sum(e.span.end - e.span.start for e in EXAMPLE.entities)
    assert int((EXAMPLE.tags > 0).sum()) == inside
    covered = np.zeros(len(EXAMPLE.text), bool)
    for w in EXAMPLE.windows:
        covered[w.core.start : w.core.end] = True
    assert ((EXAMPLE.tags == IGNORE) == ~covered).all()


def test_pairs_hold_the_links() -> None:
    right = {
        (_word(v), _word(c), str(KINDS[k]))
        for (v, c), k, t in zip(EXAMPLE.pair_index, EXAMPLE.pair_kind, EXAMPLE.pair_target, strict=True)
        if t
    }
    assert right == {
        ("3.2亿元", "研发费用", "INDICATOR"), ("14.7%", "研发费用", "INDICATOR"), ("6家", "高企", "INDICATOR"),
        ("60家", "高企", "INDICATOR"), ("3.2亿元", "1-9月", "PERIOD"), ("14.7%", "1-9月", "PERIOD"),
        ("6家", "1-9月", "PERIOD"),
        ("60家", "2024年", "PERIOD"), ("6家", "青山镇", "AREA"),
    }  # fmt: skip
    assert EXAMPLE.pair_features.shape == (len(EXAMPLE.pair_target), len(PAIR_SIZES))


def test_values_hold_measure_status_and_what_has_no_candidate() -> None:
    rows = {
        _word(v): (MEASURES[m], STATUSES[s], bool(p), bool(a))
        for v, m, s, p, a in zip(
            EXAMPLE.value_entities, EXAMPLE.measure, EXAMPLE.status, EXAMPLE.null_period, EXAMPLE.null_area, strict=True
        )
    }
    assert {w: (str(m), str(s), p, a) for w, (m, s, p, a) in rows.items()} == {
        "3.2亿元": ("level", "actual", False, True), "14.7%": ("growth", "actual", False, True),
        "6家": ("increment", "actual", False, False), "60家": ("level", "plan", False, True),
    }  # fmt: skip
    plan = dict(zip(map(_word, EXAMPLE.value_entities), EXAMPLE.value_rows[:, 2], strict=True))
    assert plan == {"3.2亿元": 0, "14.7%": 0, "6家": 0, "60家": 1}
    assert all(e.label is not Label.RANK for e in EXAMPLE.entities)


def test_figures_without_candidates_and_reports_without_figures() -> None:
    whole = compile_markup(HEAD + "完成{研发费用|I}{3.2亿元|M}。")
    bare = replace(
        whole,
        entities=tuple(e for e in whole.entities if e.label.is_value),
        observations=tuple(replace(o, indicator=()) for o in whole.observations),
    )
    for document, values in ((bare, 1), (replace(whole, observations=()), 0)):
        alone = example(document)
        assert alone.pair_features.shape == (0, len(PAIR_SIZES))
        assert alone.value_rows.shape == (values, len(VALUE_SIZES))
