#!/usr/bin/env python3
"""Draws a terminal's screen: tmux capture-pane -e -p | to_svg.py TITLE >screen.svg"""
import html
import re
import sys

COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd"}
WIDTH, HEIGHT, LEFT, TOP = 8.43, 19, 16, 30  # of a character; where the first one stands


def spans(line, style):
    """The runs of a line as (column, text, style); the style goes on in the next line."""
    column = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            for code in (int(number or 0) for number in part[2:-1].split(";")):
                if code == 0:
                    style.clear()
                elif code == 1:
                    style["font-weight"] = "600"
                elif code == 2:
                    style["opacity"] = "0.6"
                elif code == 22:
                    style.pop("font-weight", None), style.pop("opacity", None)
                elif code == 39:
                    style.pop("fill", None)
                elif code in COLOURS:
                    style["fill"] = COLOURS[code]
        elif part:
            yield column, part, dict(style)
            column += len(part)


def main():
    lines = re.sub(r"\x0f|\x1b\(B", "", sys.stdin.read()).rstrip("\n").split("\n")
    while lines and not re.sub(r"\x1b\[[0-9;]*m", "", lines[-1]).strip():
        lines.pop()
    columns = max([80] + [len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines])
    width, height = round(columns * WIDTH + 2 * LEFT), TOP + HEIGHT * len(lines)
    title = html.escape(sys.argv[1])
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{title}">')
    print(f"  <title>{title}</title>")
    print(f'  <rect width="{width}" height="{height}" rx="8" fill="#161b22"/>')
    print('  <g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e6edf3" xml:space="preserve">')
    style = {}
    for row, line in enumerate(lines):
        for column, text, now in spans(line, style):
            if not text.strip():
                continue
            # Whatever monospaced font there is, the columns stay where they are.
            length = f' textLength="{len(text) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
            attributes = "".join(f' {name}="{value}"' for name, value in now.items())
            print(f'    <text x="{LEFT + column * WIDTH:.1f}" y="{TOP + row * HEIGHT}"{length}{attributes}>{html.escape(text)}</text>')
    print("  </g>\n</svg>")


main()
