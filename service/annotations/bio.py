"""BIO: two columns as in CoNLL-2003 (Tjong Kim Sang and De Meulder): a character, a tab, its tag.

A line end of the text is an empty line, each document begins with `-DOCSTART-`.  It holds text and labels and nothing
else: what is said of numbers, names and overlaps are told as losses, and so are blanks, which two columns cannot hold
(each is written as `␣`), and entities over a line end, which are written as one for each line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from service.annotations.document import Document, text_id
from service.annotations.exchange import Loss, Taken, Written, label_of, overlaps
from service.errors import InvalidRequest, UndecodableInput
from service.records import Entity, Label, Span

START = "-DOCSTART-"
BLANK = "␣"
OUTSIDE = "O"


def write(documents: Iterable[Document]) -> Written:
    """The documents one after another."""
    lines: list[str] = []
    losses: list[Loss] = []
    for document in documents:
        lines += [f"{START}\t{OUTSIDE}", "", *_lines(document), ""]
        losses += _losses(document)
    return Written("".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"), tuple(losses))


def read(data: bytes) -> Taken:
    """The documents of such a file, or of one with words for characters.  Raises UndecodableInput, InvalidRequest."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise UndecodableInput("BIO 文件应为 UTF-8 编码。") from None
    documents: list[Document] = []
    losses: list[Loss] = []
    for lines in _parts(text.split("\n")):
        document, lost = _document(lines)
        if document.text.strip():
            documents.append(document)
        losses += lost
    return Taken(tuple(documents), tuple(losses))


def _lines(document: Document) -> Iterator[str]:
    tags = [OUTSIDE] * len(document.text)
    for entity in _apart(document):
        start, end = entity.span
        tags[start:end] = [f"I-{entity.label}"] * (end - start)
        tags[start] = f"B-{entity.label}"
    begun = True
    for character, tag in zip(document.text, tags, strict=True):
        if character == "\n":
            begun = True
            yield ""
            continue
        # An entity that goes on after a line end begins there anew: what stands between two empty lines stands alone.
        yield f"{BLANK if character.isspace() else character}\t{'B' + tag[1:] if begun and tag[0] == 'I' else tag}"
        begun = False


def _apart(document: Document) -> list[Entity]:
    """The entities that do not overlap one before them."""
    crossing = set(overlaps(document.entities))
    return [e for e in document.entities if e not in crossing]


def _losses(document: Document) -> Iterator[Loss]:
    text, kept = document.text, _apart(document)
    told = (
        (len(document.observations), "条观测没有写出：BIO 只有实体的标签。"),
        (len(document.entities) - len(kept), "个实体与别的重叠，没有写出：BIO 每个字只有一个标签。"),
        (sum("\n" in e.span.of(text) for e in kept), "个实体跨行，按行分为几个：BIO 的空行隔断实体。"),
        (sum(c.isspace() and c != "\n" for c in text), f"个空白字符写作 {BLANK}：BIO 的列不能是空白。"),
        (int(document.id != text_id(text)), f"个名称没有写出（{document.id}）：BIO 没有文档名。"),
        (len(document.meta), "项报告信息没有写出：BIO 没有这些字段。"),
        (sum(e.score != 1 for e in kept), "个实体的模型把握没有写出：BIO 只有标签。"),
    )
    for count, message in told:
        if count:
            yield Loss(document.id, f"{count} {message}")


def _parts(lines: list[str]) -> Iterator[list[str]]:
    """The lines of each document, without the empty line before and after it."""
    if lines and lines[-1] == "":
        lines = lines[:-1]
    for heads, group in groupby(lines, key=lambda line: line.startswith(START)):
        if heads:
            continue
        part = list(group)
        if part and part[0] == "":
            part = part[1:]
        yield part[:-1] if part and part[-1] == "" else part


def _document(lines: list[str]) -> tuple[Document, list[Loss]]:
    text: list[str] = []
    at = 0
    runs: list[tuple[Label | None, str, int, int]] = []  # label, its name, start, end
    line_begun = True
    for line in lines:
        if not line:
            text.append("\n")
            at += 1
            line_begun = True
            continue
        columns = line.split("\t") if "\t" in line else line.split(" ")
        word, tag = columns[0], columns[-1]
        prefix, _, name = tag.partition("-")
        if len(columns) < 2 or not word or (tag != OUTSIDE and (prefix not in ("B", "I") or not name)):
            raise InvalidRequest(f"“{line[:40]}”不是 BIO 的一行；应为一个字、制表符与标签（O、B-MONEY、I-MONEY）。")
        if tag != OUTSIDE:
            goes_on = prefix == "I" and not line_begun and runs and runs[-1][1] == name and runs[-1][3] == at
            start = runs.pop()[2] if goes_on else at
            runs.append((label_of(name), name, start, at + len(word)))
        text.append(word)
        at += len(word)
        line_begun = False
    whole = "".join(text)
    id_ = text_id(whole)
    unknown = sorted({name for label, name, *_ in runs if label is None})
    lost = [Loss(id_, f"实体标签 {name} 不在可用之列，未读入。") for name in unknown]
    entities = tuple(Entity(label, Span(start, end)) for label, _, start, end in runs if label is not None)
    return Document(id_, whole, entities, (), {}), lost
