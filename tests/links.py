#!/usr/bin/env python3
"""Each link of the documents to a file or a heading of this project leads somewhere: tests/links.py FILE..."""
import os
import re
import sys


def anchors(path):
    found = set()
    with open(path, encoding="utf-8") as text:
        for line in text:
            heading = re.match(r"#+ (.*)", line)
            if heading:
                found.add(re.sub(r"[^\w\- ]", "", heading.group(1).lower()).strip().replace(" ", "-"))
    return found


def broken(path):
    with open(path, encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, heading = target.partition("#")
                file = os.path.join(os.path.dirname(path), file) if file else path
                if not os.path.exists(file) or (heading and heading not in anchors(file)):
                    yield f"{path}:{number}: {target} leads nowhere"


faults = [fault for path in sys.argv[1:] for fault in broken(path)]
print("\n".join(faults) or f"  ok      links of {len(sys.argv) - 1} documents")
sys.exit(bool(faults))
