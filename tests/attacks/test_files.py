"""D24: hostile files are refused in words, quickly and in little memory.

What each guard looks at stands in tests/connectors/test_sheets_refuse.py.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import pytest
from openpyxl import Workbook

from tests.connectors.kit import SHEET, WORKSHEET, saved, with_cells, with_part, xlsx

SECONDS, MIB = 30, 300
NAMES = ["客户名称", "负责人"]
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
DTD = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def bomb():
    """256 KB that unpack to 256 MB."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(256):
            part.write(b" " * (1 << 20))
    return made.getvalue()


def lined():
    """What a real, dull, large sheet looks like: 3 MB that unpack to 30."""
    row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>甲乙丙丁</t></is></c></row>'
    return with_cells("".join(row.format(n) for n in range(1, 250_001)))


def xxe():
    return with_part(xlsx(NAMES), SHEET, (DTD + WORKSHEET.format("<row/>")).encode())


def macros():
    return with_part(xlsx(NAMES), "xl/vbaProject.bin", b"x")


def wide():
    book = Workbook()
    book.active.append([f"列{n}" for n in range(5000)])
    return saved(book)


HOSTILE = {
    "256 MB in 256 KB": ("a.xlsx", bomb),
    "more rows than anybody has": ("a.xlsx", lined),
    "one far cell": ("a.xlsx", lambda: with_cells(FAR)),
    "entities": ("a.xlsx", xxe),
    "macros": ("a.xlsx", macros),
    "macros by name": ("a.xlsm", macros),
    "5000 columns": ("a.xlsx", wide),
    "password or old format": ("a.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999),
    "old format by name": ("a.xls", lambda: xlsx(NAMES)),
    "a table that is none": ("a.xlsx", lambda: b"<html><table>"),
    "empty": ("a.xlsx", lambda: b""),
    "empty text": ("a.csv", lambda: b""),
    "eleven megabytes": ("a.csv", lambda: b"a,b\n" * (11 << 18)),
    "a million lines": ("a.csv", lambda: b"a,\n" * 1_000_000),
    "no headings of ours": ("a.csv", lambda: "甲,乙\n1,2\n".encode("gb18030")),
}
PROBE = """
import json, sys, time
from pathlib import Path
from bot.import_columns import CUSTOMERS
from connectors.sheets import SheetError, read
began = time.process_time()
try:
    read(Path(sys.argv[1]), sys.argv[1], CUSTOMERS)
    said = ""
except SheetError as error:
    said = str(error)
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
print(json.dumps([said, time.process_time() - began, peak]))
"""


@pytest.mark.parametrize("kind", HOSTILE)
def test_d24_a_hostile_file_is_refused_within_thirty_seconds_and_300_mb(kind, tmp_path):
    filename, make = HOSTILE[kind]
    path = tmp_path / filename
    path.write_bytes(make())
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, str(path)], capture_output=True, text=True, check=True
    )
    said, seconds, peak = json.loads(ran.stdout)
    assert said.endswith("。")
    assert "Traceback" not in said + ran.stderr
    assert seconds < SECONDS
    assert peak < MIB


def test_d24_a_chinese_programs_csv_is_welcome(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("客户名称,负责人\n恒信阀门,张三\n".encode("gb18030"))
    ran = subprocess.run([sys.executable, "-c", PROBE, str(path)], capture_output=True, check=True)
    assert json.loads(ran.stdout)[0] == ""
