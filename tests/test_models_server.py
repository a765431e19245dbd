"""A real server process that changes its real model under load, and another that follows it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from model_folders import copy_model
from test_server import START_SECONDS, serving

from service.settings import DEFAULT_MODEL

TEXT = "2023年，全区技术合同成交额达5.6亿元，同比增长8.5%；共有高新技术企业44家。"
ONE, TWO, THREE = "baoshu-9.1", "baoshu-9.2", "baoshu-9.3"

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")


def extract(client: httpx2.Client, **params: str) -> tuple[str, Any]:
    """Which model answered, and what else it said."""
    response = client.post("/extract", json={"text": TEXT}, params=params)
    assert response.status_code == 200, response.text
    answer = response.json()
    model = answer.pop("model")
    return f"{model['name']}-{model['version']}", answer


def test_models_change_under_load_and_elsewhere(tmp_path: Path) -> None:
    for id_ in (ONE, TWO, THREE):
        copy_model(DEFAULT_MODEL, tmp_path / "models" / id_, id_.removeprefix("baoshu-"))
    archive = f"sqlite:///{tmp_path / 'archive.db'}"
    given = {"models": str(tmp_path / "models"), "model": str(tmp_path / "models" / ONE), "threads": "1"}
    with serving(archive, **given) as (client, _), serving(archive, **given) as (other, _):
        seen = Counter[str]()
        expected = extract(client)
        assert expected[0] == ONE
        over, lock = threading.Event(), threading.Lock()

        def hammer(number: int) -> None:
            while not over.is_set():
                id_, answer = extract(client, **({"model": THREE} if number == 0 else {}))
                # The copies read alike: an answer that is not whole would differ.
                assert answer == expected[1]
                assert (id_ == THREE) == (number == 0)
                with lock:
                    seen[id_] += 1

        with ThreadPoolExecutor(3) as pool:
            hammering = [pool.submit(hammer, number) for number in range(3)]
            try:
                for path, id_ in ((f"/models/{TWO}/promote", TWO), ("/models/rollback", ONE)) * 2:
                    assert client.post(path).json()["model"] == id_
                    enough = seen[id_] + 3
                    until = time.monotonic() + START_SECONDS
                    while seen[id_] < enough and time.monotonic() < until:
                        time.sleep(0.01)
                    assert seen[id_] >= enough
            finally:
                over.set()
            for future in hammering:
                future.result(START_SECONDS)
        assert set(seen) == {ONE, TWO, THREE}

        client.post(f"/models/{TWO}/promote")
        until = time.monotonic() + START_SECONDS
        while extract(other)[0] != TWO and time.monotonic() < until:
            time.sleep(0.1)
        assert extract(other)[0] == TWO
