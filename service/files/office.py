"""Older word processors' files (.doc, .wps, .rtf, .odt) by way of LibreOffice.

In: bytes.  Out: the `Document` of the .docx that LibreOffice makes of them.  It runs in the process of the file, under
the same limits, with a profile of its own in the folder of that process; macros do not run, and nothing that the file
points to is loaded.  Where there is no LibreOffice the file is refused with word of what to install.

Source: `soffice --help`; officecfg/registry/schema of LibreOffice, org.openoffice.Office.Common, Security.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from service.errors import DamagedFile, EncryptedFile, UnsupportedFile
from service.files.docx import read_docx
from service.files.limits import Limits
from service.records import Document

PROGRAMS = ("soffice", "libreoffice")
# Where LibreOffice is not on the PATH of a service, but where its packages put it.
FOLDERS = ("/usr/bin", "/usr/local/bin", "/usr/lib/libreoffice/program", "/opt/libreoffice/program")

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
 oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def read_with_office(data: bytes, limits: Limits, suffix: str) -> Document:
    """The document.  Raises `UnsupportedFile` without LibreOffice, `DamagedFile`, and what `read_docx` raises."""
    program = find_program()
    if program is None:
        raise UnsupportedFile(
            f"读取 {suffix} 文件需要 LibreOffice，服务器上没有安装（例如 apt install libreoffice-writer-nogui）；"
            "请安装，或将文件另存为 .docx 后再提交。"
        )
    folder = Path.cwd()  # of this process alone, and taken away with it
    source, made = folder / f"report{suffix}", folder / "report.docx"
    source.write_bytes(data)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"]
    command += ["--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder), str(source)]
    # A proxy that is not there: should LibreOffice try to load something all the same.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if not made.exists():
        if b"password" in done.stdout.lower():
            raise EncryptedFile
        raise DamagedFile(f"LibreOffice 读不出这个 {suffix} 文件；请用原来的软件打开，另存为 .docx 后再提交。")
    return replace(read_docx(made.read_bytes(), limits), form=suffix)


def find_program() -> str | None:
    """LibreOffice's program, None where there is none."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *FOLDERS))
    return next((found for name in PROGRAMS if (found := shutil.which(name, path=path)) is not None), None)


def read_doc(data: bytes, limits: Limits) -> Document:
    """A .doc; see `read_with_office`."""
    return read_with_office(data, limits, ".doc")


def read_wps(data: bytes, limits: Limits) -> Document:
    """A .wps; see `read_with_office`."""
    return read_with_office(data, limits, ".wps")


def read_rtf(data: bytes, limits: Limits) -> Document:
    """An .rtf; see `read_with_office`."""
    return read_with_office(data, limits, ".rtf")


def read_odt(data: bytes, limits: Limits) -> Document:
    """An .odt; see `read_with_office`."""
    return read_with_office(data, limits, ".odt")
