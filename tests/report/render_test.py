#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drift pages as others read them: an XML parser, an HTML parser, and Chromium where it is installed.

    tests/report/render_test.py path/to/report_pages [unittest arguments]
"""

import html
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PAGES = None
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "br", "input", "path", "circle"}
XHTML = "{http://www.w3.org/1999/xhtml}"

# Tells its frame how wide the content is, and what sticks out past anything that scrolls; on a desktop also
# which tables of statistics hide a column, as their last one, the p value.
PROBE = """<script>
const wide = [...document.querySelectorAll('main *')].filter(e => {
  for (let p = e; p; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return false;
  return !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1;
}).concat(innerWidth < 1200 ? [] : [...document.querySelectorAll('.statistics')].filter(e =>
  e.scrollWidth > e.parentElement.clientWidth + 1)).map(e => e.outerHTML.slice(0, 80));
parent.postMessage({name: location.hash.slice(1), said: [innerWidth, document.documentElement.scrollWidth,
                                                         ...wide.slice(0, 3)]}, '*');
</script></body>"""
# A window is never as narrow as a phone; a frame is.
FRAMES = """<!DOCTYPE html><meta charset="utf-8"><pre id="said">{}</pre><script>
const said = {};
addEventListener('message', e => {
  said[e.data.name] = e.data.said;
  document.getElementById('said').textContent = JSON.stringify(said);
});
</script>"""


class Outline(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.names = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        given = dict(attributes)
        assert len(given) == len(attributes), f"<{tag}> says an attribute twice"
        self.ids += [given["id"]] if "id" in given else []
        self.links += [value for key, value in attributes if key in ("href", "src", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        assert tag in VOID, f"<{tag}/>: HTML would take it for a start tag"

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}>"
        self.open.pop()


class RenderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.holder.name)
        subprocess.run([PAGES, cls.folder], check=True)
        cls.pages = {path.stem: path.read_bytes() for path in sorted(cls.folder.glob("*.html"))}

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def test_pages_are_xml(self):
        self.assertEqual(sorted(self.pages), ["empty", "hostile", "one", "troubled"])
        for name, page in self.pages.items():
            with self.subTest(name):
                xml.etree.ElementTree.fromstring(page)

    def test_pages_are_html_whose_links_stay_inside(self):
        for name, page in self.pages.items():
            with self.subTest(name):
                outline = Outline()
                outline.feed(page.decode())
                outline.close()
                self.assertEqual(outline.open, [])
                self.assertEqual(len(outline.ids), len(set(outline.ids)))
                for link in outline.links:
                    self.assertIn(link.removeprefix("#"), outline.ids)
                self.assertNotIn("script", outline.names)
                self.assertNotIn("img", outline.names)
                self.assertEqual(re.findall(r"(?:url\(|@import)", page.decode()), [])

    def test_charts_and_tables_say_what_they_are(self):
        root = xml.etree.ElementTree.fromstring(self.pages["troubled"])
        charts = [svg for svg in root.iter(f"{XHTML}svg") if svg.get("class") == "chart"]
        self.assertGreaterEqual(len(charts), 8 * 3)
        for chart in charts:
            self.assertEqual(chart.get("role"), "img")
            self.assertTrue(chart.find(f"{XHTML}title").text)
        for head in root.iter(f"{XHTML}th"):
            self.assertTrue(head.get("scope") or head.get("aria-hidden"))
        for badge in root.iter(f"{XHTML}span"):
            if "badge" in (badge.get("class") or ""):
                self.assertRegex("".join(badge.itertext()), "[▲●○] (DRIFT|OK|INSUFFICIENT)")

    def chromium(self, *arguments):
        if CHROMIUM is None:
            self.skipTest("Chromium is not installed")
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   f"--user-data-dir={self.folder / 'profile'}", *arguments]
        return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode()

    def test_nothing_sticks_out_of_a_phone_or_a_desktop(self):
        frames = FRAMES
        expected = {}
        for name, page in self.pages.items():
            # The probe is a script: the page's own policy would not let it run.
            probed = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.decode())
            probed = probed.replace(' open=""', "").replace("<details", '<details open=""')
            path = self.folder / f"{name}_probed.htm"
            path.write_text(probed.replace("</body>", PROBE))
            for width in (390, 768, 1200, 1440):
                key = f"{name}-{width}"
                expected[key] = [width, width]
                frames += f'<iframe src="{path.as_uri()}#{key}" width="{width}" height="900" style="border:0"></iframe>'
        (self.folder / "frames.htm").write_text(frames)
        dom = self.chromium("--window-size=1600,900", "--virtual-time-budget=20000", "--dump-dom",
                            (self.folder / "frames.htm").as_uri())
        said = html.unescape(re.search('<pre id="said">(.*?)</pre>', dom, re.DOTALL).group(1))
        self.assertEqual(json.loads(said), expected)

    def test_no_name_can_run_a_script(self):
        path = self.folder / "hostile.html"
        self.assertNotIn("<title>alert</title>", self.chromium("--dump-dom", path.as_uri()))

    def test_it_prints(self):
        target = self.folder / "page.pdf"
        self.chromium(f"--print-to-pdf={target}", (self.folder / "troubled.html").as_uri())
        self.assertTrue(target.read_bytes().startswith(b"%PDF"))


if __name__ == "__main__":
    PAGES = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
