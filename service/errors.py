"""The error tree: everything that makes Baoshu refuse a request.

    BaoshuError
    ├── EmptyText          empty-text           422  nothing to read
    ├── TextTooLong        text-too-long        413  more characters than one request may hold
    ├── UndecodableInput   undecodable-input    422  bytes that are no text in any encoding read here
    ├── UnsupportedFile    unsupported-file     415  a file form that has no reader
    ├── EncryptedFile      encrypted-file       422  a file that opens with a password only
    ├── DamagedFile        damaged-file         422  a file that is not what its form must be
    ├── NoTextInFile       no-text-in-file      422  pictures of pages, and no characters
    ├── FileTooLarge       file-too-large       413  more pages, bytes when unpacked, or memory than one file may take
    ├── FileTooSlow        file-too-slow        422  longer to read than one file may take
    ├── NothingInZip       nothing-in-zip       422  a zip without a report
    ├── InvalidRequest     invalid-request      400  a malformed body or field
    ├── TableTooLong       table-too-long       400  more rows than a sheet of a workbook holds
    ├── BodyTooLarge       body-too-large       413  more bytes than the longest text can need
    ├── UnsupportedMedia   unsupported-media    415  a request body of a kind not read here
    ├── Unauthorized       unauthorized         401  no key, or one that is not known here
    ├── Forbidden          forbidden            403  a key without the scope that this needs
    ├── TooManyRequests    too-many-requests    429  more requests a minute than one key may send
    ├── NotFound           not-found            404  no such address, report, model, job ...
    ├── NotExtracted       not-extracted        404  the model has not read this report
    ├── MethodNotAllowed   method-not-allowed   405  the address exists, not for this method
    ├── NotAcceptable      not-acceptable       406  no form that the caller accepts can be given here
    ├── ModelRefused       model-refused        409  a model whose files or contract are not what they must be
    ├── ModelChanged       model-changed        409  other weights under the name and version of a known model
    ├── NoEarlierModel     no-earlier-model     409  nothing to roll back to
    ├── AnnotationConflict annotation-conflict  409  another saved meanwhile; what was sent is kept aside
    ├── AnnotationFaulty   annotation-faulty    422  a finished annotation with errors in it
    ├── ArchiveNotShared   archive-not-shared   409  an archive in a file, and a cluster of several machines
    ├── WorkersLost        workers-lost         500  processes that read a job die before they read anything
    ├── ArchiveUnavailable archive-unavailable  503  the archive cannot be reached, or is none of ours
    ├── ClusterUnavailable cluster-unavailable  503  no Ray is installed, or its cluster cannot be reached
    ├── Busy               busy                 503  as many texts wait as may wait
    └── NotReady           not-ready            503  the model is not loaded (yet)

Each class carries `code` (stable, machine-readable; the tail of an RFC 9457 `type`), `status` (HTTP) and `title`
(Chinese, the same for every instance); each instance carries `detail` (Chinese: what was wrong and what would be
right) and `members`, what a program needs beside that to go on (RFC 9457, extension members).  Trouble that can be
lived with is no error but a finding in the result.  This module knows nothing of HTTP beyond the number.
"""

# ruff: noqa: N818 (the names are those of the conditions)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class BaoshuError(Exception):
    """Base of the tree.  `detail` says what was wrong here, and what would be right."""

    code: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "内部错误"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members: Mapping[str, object] = {}


class EmptyText(BaoshuError):
    code = "empty-text"
    status = 422
    title = "文本为空"

    def __init__(self, detail: str = "文本中没有可读的字符；请提交报告全文。") -> None:
        super().__init__(detail)


class TextTooLong(BaoshuError):
    """`limit` and `length` count Unicode code points."""

    code = "text-too-long"
    status = 413
    title = "文本过长"

    def __init__(self, limit: int, length: int) -> None:
        super().__init__(f"文本有 {length} 个字符，一次最多 {limit} 个；请拆分后分次提交。")
        self.limit = limit
        self.length = length


class UndecodableInput(BaoshuError):
    code = "undecodable-input"
    status = 422
    title = "无法识别的编码"

    def __init__(self, detail: str = "文件不是可识别编码的文本；请另存为 UTF-8 或 GB18030 编码后再提交。") -> None:
        super().__init__(detail)


class UnsupportedFile(BaoshuError):
    code = "unsupported-file"
    status = 415
    title = "不支持的文件类型"


class EncryptedFile(BaoshuError):
    code = "encrypted-file"
    status = 422
    title = "文件已加密"

    def __init__(self, detail: str = "打开该文件需要密码；请取消密码后再提交。") -> None:
        super().__init__(detail)


class DamagedFile(BaoshuError):
    """`detail` says of which form the file is not, and what to do."""

    code = "damaged-file"
    status = 422
    title = "文件已损坏"


class NoTextInFile(BaoshuError):
    code = "no-text-in-file"
    status = 422
    title = "文件中没有文字"

    def __init__(
        self, detail: str = "文件中只有图片（多为扫描件），没有可读的文字；请先做文字识别（OCR），或提交原始电子文件。"
    ) -> None:
        super().__init__(detail)


class FileTooLarge(BaoshuError):
    """`detail` says what of the file is too much, and how much there may be."""

    code = "file-too-large"
    status = 413
    title = "文件过大"


class FileTooSlow(BaoshuError):
    """`seconds`: how long the reading of one file may take."""

    code = "file-too-slow"
    status = 422
    title = "文件读取超时"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"该文件在 {seconds:g} 秒内没有读完；请拆分或另存为 .docx、.txt 后再提交。")
        self.seconds = seconds


class NothingInZip(BaoshuError):
    code = "nothing-in-zip"
    status = 422
    title = "压缩包中没有报告"


class InvalidRequest(BaoshuError):
    code = "invalid-request"
    status = 400
    title = "请求有误"


class TableTooLong(BaoshuError):
    """`sheet` is the sheet's name; `limit` counts rows without the header."""

    code = "table-too-long"
    status = 400
    title = "表格过长"

    def __init__(self, sheet: str, limit: int) -> None:
        super().__init__(f"“{sheet}”超过 {limit} 行，一张工作表放不下；请缩小范围，或改用 csv、parquet、sdmx-csv。")
        self.sheet = sheet
        self.limit = limit


class Unauthorized(BaoshuError):
    code = "unauthorized"
    status = 401
    title = "需要密钥"

    def __init__(
        self, detail: str = "请以 Authorization: Bearer 或 X-API-Key 请求头附上密钥；密钥由 baoshu keys add 生成。"
    ) -> None:
        super().__init__(detail)


class Forbidden(BaoshuError):
    code = "forbidden"
    status = 403
    title = "权限不足"


class TooManyRequests(BaoshuError):
    """`seconds`: how long to wait before the next request, whole and at least 1."""

    code = "too-many-requests"
    status = 429
    title = "请求过于频繁"

    def __init__(self, limit: int, seconds: int) -> None:
        super().__init__(f"每分钟最多 {limit} 次请求；请在 {seconds} 秒后重试。")
        self.seconds = seconds


class NotReady(BaoshuError):
    code = "not-ready"
    status = 503
    title = "服务尚未就绪"

    def __init__(self, detail: str = "模型尚未载入；请稍后再试。") -> None:
        super().__init__(detail)


class BodyTooLarge(BaoshuError):
    """`limit` counts bytes."""

    code = "body-too-large"
    status = 413
    title = "请求体过大"

    def __init__(self, limit: int) -> None:
        super().__init__(f"请求体超过 {limit} 字节；请拆分后分次提交。")
        self.limit = limit


class UnsupportedMedia(BaoshuError):
    code = "unsupported-media"
    status = 415
    title = "不支持的请求格式"


class NotFound(BaoshuError):
    code = "not-found"
    status = 404
    title = "没有找到"


class NotExtracted(BaoshuError):
    code = "not-extracted"
    status = 404
    title = "尚未读取"


class NotAcceptable(BaoshuError):
    code = "not-acceptable"
    status = 406
    title = "没有可接受的格式"


class MethodNotAllowed(BaoshuError):
    code = "method-not-allowed"
    status = 405
    title = "不允许的请求方法"


class WorkersLost(BaoshuError):
    code = "workers-lost"
    status = 500
    title = "读取进程接连终止"


class ArchiveUnavailable(BaoshuError):
    code = "archive-unavailable"
    status = 503
    title = "档案无法使用"


class ClusterUnavailable(BaoshuError):
    code = "cluster-unavailable"
    status = 503
    title = "Ray 集群无法使用"


class ArchiveNotShared(BaoshuError):
    code = "archive-not-shared"
    status = 409
    title = "档案不能由多台机器共用"


class ModelRefused(BaoshuError):
    """`detail` names the folder, and the file or the contract version that is wrong."""

    code = "model-refused"
    status = 409
    title = "模型不可用"


class ModelChanged(BaoshuError):
    code = "model-changed"
    status = 409
    title = "模型与已登记的不同"

    def __init__(self, model: str) -> None:
        super().__init__(f"档案中的 {model} 是另一份权重；新的权重须用新的版本号，请修改 manifest.json 中的 version。")
        self.model = model


class NoEarlierModel(BaoshuError):
    code = "no-earlier-model"
    status = 409
    title = "没有更早的模型"

    def __init__(self, detail: str = "当前模型之前没有启用过别的模型，无从退回。") -> None:
        super().__init__(detail)


class RefinementRefused(BaoshuError):
    code = "refinement-refused"
    status = 409
    title = "不能训练"


class TrainingMissing(BaoshuError):
    """`packages`: what is not installed."""

    code = "training-missing"
    status = 501
    title = "没有安装训练所需的组件"

    def __init__(self, packages: Sequence[str]) -> None:
        super().__init__(f"缺少 {'、'.join(packages)}；请先在本机安装 baoshu[training]，再重新开始。")


class AnnotationConflict(BaoshuError):
    """`yours`, `theirs`: addresses of what was sent, kept aside, and of the newer revision; `base`: of what it was made
    from, None for a proposal."""

    code = "annotation-conflict"
    status = 409
    title = "他人已先保存"

    def __init__(self, *, yours: str, theirs: str, base: str | None, annotator: str) -> None:
        super().__init__(
            f"“{annotator}”在此期间保存了新的版本。您的版本没有丢失，另存于 {yours}；"
            f"请与 {theirs} 对照，以后者为 base 再次保存。"
        )
        self.members = {"yours": yours, "theirs": theirs, "base": base}


class AnnotationFaulty(BaoshuError):
    """`faults`: its errors, in the form of the answer of a check."""

    code = "annotation-faulty"
    status = 422
    title = "标注尚有错误"

    def __init__(self, faults: Sequence[Mapping[str, object]]) -> None:
        super().__init__(f"标注尚有 {len(faults)} 处错误，不能作为完成保存；请改正，或以 in_work 保存。")
        self.members = {"faults": list(faults)}


class Busy(BaoshuError):
    code = "busy"
    status = 503
    title = "服务繁忙"

    def __init__(self, detail: str = "等待处理的报告已满；请稍后重试。") -> None:
        super().__init__(detail)
