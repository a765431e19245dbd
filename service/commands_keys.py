"""API keys at the command line: made, listed, revoked.  In: names and scopes.  Out: lines at the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from service.archive.keys import Scope, add_key, list_keys, revoke_key
from service.drawer import opened
from service.settings import Settings
from service.terminal import day, say, table, tell


def add(settings: Settings, name: str, scopes: Sequence[str]) -> bool:
    """Make a key and show it, which is done once.  True.  Raises `InvalidRequest`."""
    with opened(settings) as archive, archive.writing() as connection:
        key = add_key(connection, name, [Scope(scope) for scope in scopes])
    say(key)
    tell("这是密钥的全文，只显示这一次，请妥善保存；请求时放入 Authorization: Bearer 请求头。")
    return True


def show(settings: Settings) -> bool:
    """List the keys, none of which can be shown.  True."""
    with opened(settings) as archive, archive.reading() as connection:
        keys = list_keys(connection)
    rows = [
        (
            key.name,
            "、".join(scope for scope in Scope if scope in key.scopes),
            day(key.created_at),
            day(key.revoked_at),
        )
        for key in keys
    ]
    for line in table(("名称", "权限", "生成", "撤销"), rows):
        say(line)
    return True


def revoke(settings: Settings, name: str) -> bool:
    """Revoke a key.  True.  Raises `NotFound`."""
    with opened(settings) as archive, archive.writing() as connection:
        revoke_key(connection, name)
    say(f"密钥“{name}”已撤销；正在运行的服务数秒后不再接受。")
    return True
