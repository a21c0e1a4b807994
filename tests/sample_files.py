"""A small file of every type that is taken, and some that are not."""

import io
import struct
import zipfile

_OPENXML = "application/vnd.openxmlformats-officedocument"


def archive(*names: str) -> bytes:
    """A ZIP archive with empty members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, b"")
    return made.getvalue()


PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(13)
DOCX = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")

TAKEN: dict[str, tuple[bytes, str]] = {
    "pdf": (PDF, "application/pdf"),
    "png": (PNG, "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"),
    "gif": (b"GIF89a\x01\x00\x01\x00", "image/gif"),
    "webp": (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    "docx": (DOCX, f"{_OPENXML}.wordprocessingml.document"),
    "xlsx": (archive("xl/workbook.xml", "[Content_Types].xml"), f"{_OPENXML}.spreadsheetml.sheet"),
    "pptx": (archive("[Content_Types].xml", "ppt/presentation.xml"), f"{_OPENXML}.presentationml.presentation"),
    "mp3 with tags": (b"ID3\x04\x00\x00\x00\x00\x00\x00", "audio/mpeg"),
    "mp3 without": (b"\xff\xfb\x90\x64" + bytes(413), "audio/mpeg"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    "flac": (b"fLaC\x00\x00\x00\x22", "audio/flac"),
    "ogg": (b"OggS\x00\x02" + bytes(20), "audio/ogg"),
    "json": (b'\xef\xbb\xbf {"a": [1, 2, {"b": null}]}\n', "application/json"),
    "json array": (b'[\n {"a": 1},\n {"a": 2}\n]', "application/json"),
    "ndjson": (b'{"a": 1}\n{"a": 2}\n\n{"a": 3}\n', "application/x-ndjson"),
    "csv": (b'name,age\n"Smith, J.",7\r\nAnn,8\n', "text/csv"),
    "csv of the continent": ("Größe;Preis\n1,80;2,50\n".encode(), "text/csv"),
    "markdown": (b"# Title\n\nSome *text* with a [link](https://example.com).\n", "text/markdown"),
    "markdown without title": (b"- one\n- two\n\n```sh\nls\n```\n", "text/markdown"),
    "text": ("Grüße, und: {nicht JSON}\n".encode(), "text/plain"),
    "prose with commas": (b"Dear Ann, how are you?\nI am well, thank you.\n", "text/plain"),
    "a number": (b"42", "text/plain"),
    "broken json": (b'{"a": 1', "text/plain"),
    "log with colours": (b"\x1b[31merror\x1b[0m\n", "text/plain"),
}

REFUSED: dict[str, bytes] = {
    "random": bytes(range(256)) * 4,
    "text with NUL": b"hello\x00world",
    "latin-1": "Grüße".encode("latin-1"),
    "cut UTF-8": "Grüße".encode()[:3],
    "utf-16": "hello".encode("utf-16"),
    "zip": archive("a.txt", "b.txt"),
    "document with macros": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "two documents in one": archive("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
    "zip cut in two": DOCX[: len(DOCX) // 2],
    "avif": b"\x00\x00\x00\x1cftypavif",
    "mp4": b"\x00\x00\x00\x1cftypisom",
    "elf": b"\x7fELF\x02\x01\x01",
    "reserved MPEG layer": b"\xff\xf8\x90\x64",
}
