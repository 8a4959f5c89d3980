#!/usr/bin/env python3
"""Writes src/lint/clients.tsv: which mail programs do not show what, by the data of caniemail.com.

Takes the folder of npm's package `caniemail` (MIT), which carries them: `npm install caniemail`, then
`make_clients.py node_modules/caniemail`. Python's standard library only.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Our names, and where the data have them: family, platforms. The worst of several counts.
CLIENTS = {
    "gmail": ("gmail", ["desktop-webmail", "ios", "android"]),
    "outlook-windows": ("outlook", ["windows"]),
    "outlook-mac": ("outlook", ["macos"]),
    "outlook-web": ("outlook", ["outlook-com"]),
    "outlook-mobile": ("outlook", ["ios", "android"]),
    "apple-mail": ("apple-mail", ["macos", "ios"]),
    "yahoo": ("yahoo", ["desktop-webmail", "ios", "android"]),
    "aol": ("aol", ["desktop-webmail", "ios", "android"]),
    "thunderbird": ("thunderbird", ["macos", "windows"]),
    "samsung-email": ("samsung-email", ["android"]),
    "proton-mail": ("protonmail", ["desktop-webmail", "ios", "android"]),
    "gmx": ("gmx", ["desktop-webmail", "ios", "android"]),
}

# What can be recognised, and whose absence is seen: an element, or a declaration with the beginning of its
# value. What only makes a mail prettier (rounded corners, shadows, transitions, a largest width) is left out
# on purpose, and so is what stands in most mails with a fallback beside it.
FEATURES = [
    ("element", name, "", f"html-{name}")
    for name in "audio base dialog link marquee meter object picture progress ruby svg video".split()
] + [
    ("declaration", name, value, slug)
    for name, value, slug in [
        ("animation", "", "css-animation"),
        ("aspect-ratio", "", "css-aspect-ratio"),
        ("background", "url(", "css-background-image"),
        ("background-image", "url(", "css-background-image"),
        ("clip-path", "", "css-clip-path"),
        ("column-count", "", "css-column-count"),
        ("display", "flex", "css-display-flex"),
        ("display", "grid", "css-display-grid"),
        ("display", "inline-flex", "css-display-flex"),
        ("display", "inline-grid", "css-display-grid"),
        ("filter", "", "css-filter"),
        ("gap", "", "css-gap"),
        ("grid-template", "", "css-grid-template"),
        ("grid-template-columns", "", "css-grid-template"),
        ("inset", "", "css-inset"),
        ("mask-image", "", "css-mask-image"),
        ("mix-blend-mode", "", "css-mix-blend-mode"),
        ("object-fit", "", "css-object-fit"),
        ("position", "absolute", "css-position"),
        ("position", "fixed", "css-position"),
        ("position", "sticky", "css-position"),
        ("shape-outside", "", "css-shape-outside"),
        ("transform", "", "css-transform"),
        ("writing-mode", "", "css-writing-mode"),
    ]
]

HEAD = """\
# Which mail programs do not show what. Written by tests/tools/make_clients.py; do not edit.
# Source: data of caniemail.com (github.com/hteumeuleu/caniemail, MIT) of {date}, as npm's caniemail {version} carries
# them (MIT, copyright Avi Goldman and Andrew Powell).
# kind, name, what the value begins with, the feature there, and the programs that do not show it.
"""


def verdict(versions):
    """The newest version's: y, a (in part), n, u (unknown)."""
    newest = list(versions.values())[-1]
    return newest.split()[0][0]


def main():
    package = pathlib.Path(sys.argv[1])
    data = json.loads((package / "data" / "caniemail.json").read_text())
    version = json.loads((package / "package.json").read_text())["version"]
    features = {feature["slug"]: feature for feature in data["data"]}
    lines = []
    for kind, name, value, slug in FEATURES:
        stats = features[slug]["stats"]
        missing = []
        for client, (family, platforms) in CLIENTS.items():
            of_family = stats.get(family, {})
            verdicts = [verdict(of_family[it]) for it in platforms if of_family.get(it)]
            if "n" in verdicts:
                missing.append(client)
        lines.append("\t".join([kind, name, value, slug, ",".join(missing)]) + "\n")
    text = HEAD.format(version=version, date=data["last_update_date"][:10])
    (ROOT / "src" / "lint" / "clients.tsv").write_text(text + "".join(sorted(lines)))


main()
