"""A zip of reports to its files.

In: bytes.  Out: the files that can be reports, each with its path, and the names of those that cannot; a file that
cannot be unpacked is named with the reason, and the rest is unpacked.  Nothing is written to disk: paths are names and
no more, `..` in them means nothing.  A zip within the zip is unpacked as a folder of it, one within that is refused.

Names without the UTF-8 mark are in the code page of whoever packed them, here UTF-8 or GBK; `zipfile` takes them for
code page 437, from which the bytes come back.  Source: APPNOTE.TXT 6.3 (PKWARE), 4.4.4 (bit 11), appendix D.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from service.errors import BaoshuError, DamagedFile, EncryptedFile, FileTooLarge, UnsupportedFile
from service.files.limits import MEBIBYTE, Limits
from service.files.packed import ENCRYPTED
from service.files.readers import SUFFIXES
from service.files.wire import Json, error_to

ZIP = ".zip"
DEEPEST = 1  # zips within the zip

_UTF_8 = 0x800  # general purpose bit 11
# What archivers and word processors leave behind.
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.|~\$|Thumbs\.db$|desktop\.ini$)")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_PAGE_SUFFIX = re.compile(r"\.x?html?$", re.I)


@dataclass(slots=True)
class _Unpacked:
    """What has come out so far."""

    members: list[dict[str, Any]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    size: int = 0


def unpack(data: bytes, limits: Limits) -> tuple[Json, bytes]:
    """The header `{"members": [{"name", "size"} or {"name", "error", ...}], "passed_over": [...]}`, and the files.

    The files stand one after another in the order of their headers.  Raises `DamagedFile`, `FileTooLarge`.
    """
    out = _Unpacked()
    _unpack(data, "", 0, limits, out)
    return {"members": out.members, "passed_over": out.passed_over}, b"".join(out.pieces)


def _unpack(data: bytes, folder: str, depth: int, limits: Limits, out: _Unpacked) -> None:
    try:
        packed = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise DamagedFile("压缩包已损坏或不完整；请重新压缩后再提交。") from error
    with packed:
        named = [(name_of(member), member) for member in packed.infolist() if not member.is_dir()]
        for name, member in _wanted(named, folder, out):
            if len(out.members) >= limits.members:
                raise FileTooLarge(f"压缩包中的文件超过 {limits.members} 个；请拆分后分次提交。")
            out.size += member.file_size
            if out.size > limits.unpacked:
                most = limits.unpacked // MEBIBYTE
                raise FileTooLarge(f"压缩包解压后超过 {most} MiB；请拆分后分次提交。")
            try:
                content = _content(packed, member)
                if PurePosixPath(name).suffix.lower() != ZIP:
                    out.members.append({"name": name, "size": len(content)})
                    out.pieces.append(content)
                elif depth < DEEPEST:
                    _unpack(content, f"{name}/", depth + 1, limits, out)
                else:
                    raise UnsupportedFile("压缩包中的压缩包里还有压缩包；最多套一层，请解压后再提交。")
            except FileTooLarge:
                raise
            except BaoshuError as error:
                out.members.append({"name": name, **error_to(error)})


def name_of(member: zipfile.ZipInfo) -> str:
    """The member's path as it was meant, without what only misleads: roots, drives, `..`, control characters."""
    name = member.orig_filename
    if not member.flag_bits & _UTF_8:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    steps = _CONTROL.sub("", name).replace("\\", "/").split("/")
    kept = [step for step in steps if step not in ("", ".", "..") and not re.fullmatch("[A-Za-z]:", step)]
    return "/".join(kept)


def _wanted(
    named: list[tuple[str, zipfile.ZipInfo]], folder: str, out: _Unpacked
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The members that can be reports by their names, in the order of the zip; the others are named, not unpacked."""
    pages = {_PAGE_SUFFIX.sub("", name) for name, _ in named if _PAGE_SUFFIX.search(name)}
    beside = tuple(f"{page}{end}/" for page in pages for end in ("_files", ".files"))  # of pages saved whole
    for name, member in named:
        if not name or _LITTER.search(name) or name.startswith(beside):
            continue
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            yield folder + name, member
        else:
            out.passed_over.append(folder + name)


def _content(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Raises `EncryptedFile`, `UnsupportedFile`, `DamagedFile`."""
    if member.flag_bits & ENCRYPTED:
        raise EncryptedFile
    try:
        return packed.read(member)
    except NotImplementedError as error:
        raise UnsupportedFile("文件以少见的方法压缩，无法解压；请以普通方式（Deflate）重新压缩。") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise DamagedFile("压缩包中的这个文件已损坏；请重新压缩后再提交。") from error
