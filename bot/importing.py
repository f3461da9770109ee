"""`jianliu import customers`: a spreadsheet through the import use-case, errors as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import track
from sqlmodel import Session

from bot.migrate import upgrade
from connectors.sheets import Column, Problem, Sheet, errors_file, read
from engine.database import Database
from sales.importing import Line, Outcome, customers_from

COLUMNS = (
    Column("name", ("客户名称", "客户", "公司", "公司名称", "单位", "单位名称"), required=True,
           max_len=60),
    Column("owner", ("负责人", "销售", "业务员", "所属销售"), required=True, max_len=20),
    Column("credit_code", ("统一社会信用代码", "信用代码", "税号"), max_len=18),
    Column("industry", ("行业", "所属行业"), max_len=20),
    Column("region", ("区域", "大区", "地区"), max_len=20),
    Column("address", ("地址", "公司地址", "联系地址"), max_len=200),
    Column("size_band", ("规模", "公司规模", "人数"), max_len=20),
    Column("contact", ("联系人", "联系人姓名"), max_len=20),
    Column("phone", ("电话", "手机", "联系电话", "手机号"), max_len=20),
    Column("rating", ("信用评级", "评级", "信用等级"), max_len=4),
    Column("tags", ("交易标签", "标签", "采购品类", "历史采购品类"), kind="list", max_len=20),
)  # fmt: skip
SLOW_ROWS = 1000
"""From so many rows on a progress bar is worth its line."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the import did or would do."""

    outcome: Outcome
    wrong: tuple[Problem, ...]
    sheet: Sheet
    dry_run: bool
    errors_path: Path | None

    def facts(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "created": self.outcome.created, "completed": self.outcome.completed,
            "unchanged": self.outcome.unchanged, "dry_run": self.dry_run,
            "errors": [{"row": p.row, "column": p.column, "text": p.text} for p in self.wrong],
            "errors_file": str(self.errors_path) if self.errors_path else None,
            "ignored_columns": list(self.sheet.ignored), "unread_sheets": list(self.sheet.unread),
        }  # fmt: skip

    def words(self) -> str:
        """The report as a person reads it."""
        if self.wrong:
            lines = [f"第 {p.row} 行 {p.column}：{p.text}" for p in self.wrong[:20]]
            left = len(self.wrong) - len(lines)
            lines += [f"还有 {left} 处"] if left > 0 else []
            lines.append(f"一行都没有导入。改好 {self.errors_path} 里标红的行再导一次。")
            return "\n".join(lines)
        did = "检查通过，将" if self.dry_run else "已"
        new, more, same = self.outcome.created, self.outcome.completed, self.outcome.unchanged
        words = f"{did}新建 {new} 家，补充 {more} 家，{same} 家没有变化"
        if self.sheet.ignored:
            words += f"\n没有用到的列：{'、'.join(self.sheet.ignored)}"
        if self.sheet.unread:
            words += f"\n只读了第一张表，没有读：{'、'.join(self.sheet.unread)}"
        return words


def import_file(database: Database, file: Path, *, dry_run: bool, progress: bool) -> Report:
    """Read, check and, if every row is right and it is no dry run, write.

    Raises:
        SheetError: the file as a whole cannot be read.
    """
    upgrade(database)
    sheet = read(file, file.name, COLUMNS)
    dry = dry_run or bool(sheet.problems)
    rows = sheet.rows
    if progress and len(rows) >= SLOW_ROWS:
        rows = tuple(track(rows, description="检查"))

    def work(db: Session) -> Outcome:
        lines = (Line(row.number, row.values) for row in rows)
        return customers_from(db, lines, file=file.name, now=datetime.now(UTC), dry_run=dry)

    outcome = database.writer.run(work, alone=True)
    labels = {column.name: column.label for column in COLUMNS}
    wrong = [*sheet.problems, *(Problem(w.line, labels[w.column], w.text) for w in outcome.wrong)]
    wrong.sort(key=lambda problem: problem.row)
    errors_path = file.with_name(f"{file.stem}-错误.xlsx") if wrong else None
    if errors_path is not None:
        errors_path.write_bytes(errors_file(sheet, wrong))
    return Report(outcome, tuple(wrong), sheet, dry_run, errors_path)
