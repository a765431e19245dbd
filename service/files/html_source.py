"""Bytes of a web page to its tree.

In: bytes as saved or sent.  Out: the root element of lxml's HTML parser, which mends what authors leave open.  Nothing
is loaded and nothing runs: scripts are text here, and the parser may not use the network.

The encoding, in this order: a byte order mark; UTF-8, which other encodings hardly ever satisfy by chance, whereas a
page that was converted often keeps its old `<meta charset>`; that, if the bytes are such; what the bytes look like
(`ingest.decode`); the page's own word, with a mark for each byte that it does not explain.
Source: HTML Living Standard, 13.2.3 (encodings; GB2312 and GBK are read as GB18030, 4.2 of the Encoding Standard).
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from lxml import etree

from service.errors import DamagedFile, FileTooLarge, UndecodableInput
from service.ingest import decode

# Elements of lxml, which ships no types.
Element = Any

HEAD = 8192  # bytes in which the page says its encoding; the standard says 1024, government pages do not
_CHARSET = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,30})""", re.I)
_WIDER = {"gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_source(data: bytes) -> Element:
    """The page's root.  Raises `FileTooLarge` where tags are nested deeper than the parser goes, `DamagedFile`."""
    source = text_of(data).replace("\0", "").encode(errors="replace")
    # `huge_tree`: tables of megabytes are read; depth ends at 2048 all the same.
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, recover=True
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError:
        root = None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise FileTooLarge("网页的标签嵌套过深，不是正常的报告网页；请将正文另存为纯文本后再提交。")
    if root is None:
        raise DamagedFile("文件中没有网页内容；请重新保存网页后再提交。")
    return root


def text_of(data: bytes) -> str:
    """The characters of a page, byte order mark removed."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    said = _CHARSET.search(data, 0, HEAD)
    own = _known(said[1].decode("ascii")) if said else None
    if own is not None:
        try:
            return data.decode(own)
        except UnicodeDecodeError:
            pass
    try:
        return decode(data)
    except UndecodableInput:
        return data.decode(own or "utf-8", "replace")


def _known(name: str) -> str | None:
    """Python's name of an encoding; None for one that it does not know, and for UTF-16, which no `meta` can be in."""
    name = _WIDER.get(name.lower(), name)
    try:
        found = codecs.lookup(name).name
        b"a".decode(found)  # some codecs turn bytes into bytes
    except (LookupError, ValueError):
        return None
    return "utf-8" if found.startswith("utf-16") else found
