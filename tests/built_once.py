"""What FastAPI builds for each application, built once for all that the tests make.

For every body, parameter and answer it has pydantic build a validator, and twice over: with the route, and again when
the first request comes.  That is half a second of each of the hundreds of tests that make an application of their own.
The validators hold nothing of an application, so those of one serve all.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, get_args

import pytest
from pydantic import ConfigDict, TypeAdapter

BUILDER = "fastapi._compat.v2"


@pytest.fixture(scope="session", autouse=True)
def built_once() -> Iterator[None]:
    """Changes nothing where FastAPI builds them elsewhere."""
    if find_spec(BUILDER) is None:
        yield
        return
    built: dict[tuple[Any, str], TypeAdapter[Any]] = {}

    def build(form: Any, *, config: ConfigDict | None = None) -> TypeAdapter[Any]:
        of, *said = get_args(form)
        asked = (of, repr((said, config)))
        if asked not in built:
            built[asked] = TypeAdapter(form, config=config)
        return built[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{BUILDER}.TypeAdapter", build, raising=False)
        yield
