#!/usr/bin/env python3
"""Which lines of the rooms the unit tests run: tests/coverage.py BUILD_FOLDER PROFILE_FOLDER [RESULT_FILE]

Prints a table, a line for each room, and checks that of each room's pure code nine lines in ten run. Pure is what includes no header of the system
and no library that reaches it: what decides. Its lines that never ran are listed in BUILD_FOLDER/uncovered.txt. The seed corpora count, too.
"""

import collections
import pathlib
import re
import subprocess
import sys

LEAST = 90.0  # per cent
SYSTEM_HEADER = re.compile(
    r'#include <(?:unistd|fcntl|poll|signal|csignal|spawn|termios|pwd|grp|netdb|fstream|iostream|thread|sqlite3|sodium|boost/(?:asio|beast).*|'
    r'(?:sys|net|netinet|arpa|linux)/.*)(?:\.h|\.hpp)?>'
)


def is_pure(path):
    folders = path.split('/')
    if 'linux' in folders or 'commands' in folders or 'fuzz' in folders or folders[-1] == 'main.cpp':
        return False
    with open(path, encoding='utf-8') as file:
        return SYSTEM_HEADER.search(file.read()) is None


def room_of(path):
    folders = path.split('/')
    return folders[0] if folders[0] not in ('client', 'server', 'shared') else '/'.join(folders[:2])


def lines_run(build, profiles):
    """{file: {line: times}} of the sources of the rooms. Not of headers: what is inline there runs as it was compiled for the tests, uncounted."""
    merged = build / 'tests.profdata'
    subprocess.run(['llvm-profdata-19', 'merge', '-sparse', '-o', merged, *profiles.glob('*.profraw')], check=True)
    programs = sorted(build.glob('**/innernet_*_test')) + sorted(build.glob('fuzz/fuzz_*'))
    programs = [str(program) for program in programs if program.is_file() and not program.name.startswith('innernet_precompiled')]
    others = [word for program in programs[1:] for word in ('-object', program)]
    exported = subprocess.run(
        ['llvm-cov-19', 'export', '-format=lcov', f'-instr-profile={merged}', '-skip-branches', '-skip-functions', programs[0], *others],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    run = collections.defaultdict(dict)
    root = str(pathlib.Path.cwd()) + '/'
    path = None
    for line in exported.splitlines():
        if line.startswith('SF:'):
            path = line[3:].removeprefix(root)
        elif line.startswith('DA:') and path.endswith('.cpp') and not path.startswith('/') and not re.search(r'_test\.cpp$|/fuzz/|/testing/|^(bench|build|tests|cmake)/', path):
            number, times = line[3:].split(',')[:2]
            run[path][int(number)] = max(run[path].get(int(number), 0), int(times))
    return run


def ranges(numbers):
    text, first, last = [], None, None
    for number in sorted(numbers):
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            text.append(f'{first}' if first == last else f'{first}-{last}')
        first = last = number
    if first is not None:
        text.append(f'{first}' if first == last else f'{first}-{last}')
    return ', '.join(text)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    run = lines_run(build, pathlib.Path(sys.argv[2]))
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])  # pure: lines and how many ran; all: the same
    uncovered = []
    for path in sorted(run):
        ran = sum(1 for times in run[path].values() if times > 0)
        counts = rooms[room_of(path)]
        counts[2] += len(run[path])
        counts[3] += ran
        if not is_pure(path):
            continue
        counts[0] += len(run[path])
        counts[1] += ran
        missed = [number for number, times in run[path].items() if times == 0]
        if missed:
            uncovered.append(f'{path}: {ranges(missed)}\n')
    (build / 'uncovered.txt').write_text(''.join(uncovered), encoding='utf-8')

    passed = failed = 0
    print('          lines that ran     pure code             all')
    for room in sorted(rooms):
        pure, pure_ran, lines, ran = rooms[room]
        share = 100 * pure_ran / pure if pure else 100.0
        is_good = share >= LEAST
        passed += is_good
        failed += not is_good
        print(f"  {'ok     ' if is_good else 'FAILED '} {room:20} {share:5.1f} % of {pure:<7} {100 * ran / lines:5.1f} % of {lines}")
    pure, pure_ran, lines, ran = (sum(counts[i] for counts in rooms.values()) for i in range(4))
    print(f"          {'together':20} {100 * pure_ran / pure:5.1f} % of {pure:<7} {100 * ran / lines:5.1f} % of {lines}")
    print(f"          pure lines that never ran: {build.relative_to(pathlib.Path.cwd())}/uncovered.txt")
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(f'{passed} {failed}\n', encoding='utf-8')
    print(f'{passed} passed, {failed} failed')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
