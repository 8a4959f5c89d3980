#!/usr/bin/env python3
"""Takes the README's pictures of the plan's comment, of the preview, of the report and of the portal: tests/tools/make_pictures.py

Needs a release build, a Chromium (CHROME, or on the PATH) and PyPI's markdown-it-py. The comment is the Markdown that
`postmerge plan` gives, in a frame that looks like GitHub's. The report's year is invented: tests/support/invented_year.rs writes it.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

TOP = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("POSTMERGE", str(TOP / "target/release/postmerge"))
CHROME = os.environ.get("CHROME") or shutil.which("chromium") or shutil.which("google-chrome")
PICTURES = TOP / "docs/pictures"

STYLE = """
body { margin: 0; padding: 24px; background: #fff; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328 }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; max-width: 880px }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; padding: 8px 16px; color: #59636e }
.head b { color: #1f2328 }
.body { padding: 4px 16px 16px }
h2 { font-size: 21px; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px }
h3 { font-size: 17px }
table { border-collapse: collapse; margin: 0 0 16px }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
tr:nth-child(2n) { background: #f6f8fa }
code { background: #818b981f; border-radius: 6px; padding: 2px 5px; font-size: 85% }
blockquote { border-left: 4px solid #d1d9e0; color: #59636e; margin: 0; padding: 0 16px }
"""


def shoot(page, picture, width, height):
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [CHROME, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--virtual-time-budget=4000", "--force-device-scale-factor=1", f"--user-data-dir={profile}",
             f"--window-size={width},{height}", f"--screenshot={picture}", f"file://{page}"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = subprocess.run([BINARY, "-C", TOP, "plan", "2026/rueda-agro", "--format", "markdown"],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(plan)
        page = folder / "comment.html"
        page.write_text(
            f"<!DOCTYPE html><meta charset=utf-8><style>{STYLE}</style><div class=comment><div class=head>"
            f"<b>github-actions</b> commented</div><div class=body>{html}</div></div>")
        shoot(page, PICTURES / "plan.png", 930, 860)
        subprocess.run([BINARY, "-C", TOP, "preview", "2026/rueda-agro", "--output", folder], check=True, stdout=subprocess.DEVNULL)
        shoot(folder / "2026/rueda-agro.html", PICTURES / "preview.png", 1440, 1000)
        report(folder / "year")
    portal()


def report(year):
    subprocess.run(["cargo", "test", "--quiet", "--locked", "--test", "report_site", "--", "--ignored", "the_invented_year_is_written"],
                   cwd=TOP, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "REPORT_YEAR": str(year)})
    subprocess.run([BINARY, "-C", year, "report", "--out", year / "report"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "POSTMERGE_KEY": "0123456789abcdef0123456789abcdef"})
    shoot(year / "report/index.html", PICTURES / "report.png", 1200, 1530)
    shoot(year / "report/campaigns/boletin-trimestral@2026-~q4.html", PICTURES / "report-sending.png", 1200, 1660)


def portal():
    """Of tests/ci/portal's people, who are invented; needs what it needs."""
    subprocess.run([TOP / "tests/ci/portal", "--pictures", PICTURES], check=True, env={**os.environ, "POSTMERGE": BINARY})


main()
