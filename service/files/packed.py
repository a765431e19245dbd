"""Packed files (ZIP) before they are unpacked.

In: an open zip and limits.  Out: nothing, or the `BaoshuError` that says why it is not unpacked.  What a zip says of
its members' sizes binds the one who unpacks it: `zipfile` reads no more of a member than that.
Source: APPNOTE.TXT 6.3 (PKWARE), 4.3 and 4.4.
"""

from __future__ import annotations

import zipfile

from service.errors import EncryptedFile, FileTooLarge
from service.files.limits import MEBIBYTE, Limits

ENCRYPTED = 0x1  # general purpose bit 0


def check_size(packed: zipfile.ZipFile, limits: Limits) -> None:
    """Raises `FileTooLarge`, `EncryptedFile`."""
    size = sum(member.file_size for member in packed.infolist())
    if size > limits.unpacked:
        most = limits.unpacked // MEBIBYTE
        raise FileTooLarge(f"文件解压后有 {size / MEBIBYTE:.0f} MiB，最多 {most} MiB；请删去其中的图片或拆分后再提交。")
    if any(member.flag_bits & ENCRYPTED for member in packed.infolist()):
        raise EncryptedFile
