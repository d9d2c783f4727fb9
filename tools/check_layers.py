#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A room includes only rooms to its left.

Reads every file of include/mlcore/ and src/, in rooms by folder, and capi/src/, which may include
any room but train. Exit status 1 when an include goes against the order or names no known room.
"""
import argparse
import pathlib
import re
import sys

ROOMS = ("base schema feature model stats drift artifact predict evaluate monitor report registry "
         "deploy train").split()
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
C_HEADERS = ("mlcore/mlcore.h", "mlcore/codes.h", "mlcore/state.h")


def allowed_rooms(room):
    """The rooms that files of `room` may include."""
    if room == "capi":
        return set(ROOMS) - {"train"}
    return set(ROOMS[:ROOMS.index(room) + 1])


def room_of_include(target):
    """The room an include names; None when it names none. Both "mlcore/base/x.hpp" and the private
    "base/x.hpp" are understood."""
    parts = target.removeprefix("mlcore/").split("/")
    return parts[0] if len(parts) == 2 and parts[0] in ROOMS else None


def violations_in(text, room, allows_local):
    """Messages for the includes of one file. `allows_local`: a bare "x.hpp" beside it is fine."""
    messages = []
    for match in INCLUDE.finditer(text):
        target = match.group(1)
        line = text.count("\n", 0, match.start()) + 1
        if target in C_HEADERS and room == "capi" or "/" not in target and allows_local:
            continue
        target_room = room_of_include(target)
        if target_room is None:
            messages.append(f'{line}: "{target}" names no room of the house')
        elif target_room not in allowed_rooms(room):
            messages.append(f'{line}: {room} includes {target_room} ("{target}"), which is to its right')
    return messages


def files_by_room(root):
    """Pairs (file, room). A folder that is no room is an error of the tree, reported as room None."""
    for base in (root / "include" / "mlcore", root / "src"):
        for folder in sorted(path for path in base.iterdir() if path.is_dir()):
            room = folder.name if folder.name in ROOMS else None
            for path in sorted(folder.rglob("*.[ch]pp")):
                yield path, room
    for path in sorted((root / "capi" / "src").glob("*.[ch]pp")):
        yield path, "capi"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    root = parser.parse_args().root
    count, messages = 0, []
    for path, room in files_by_room(root):
        count += 1
        name = path.relative_to(root)
        if room is None:
            messages.append(f"{name}: {path.parent.name} is no room of the house")
            continue
        found = violations_in(path.read_text(), room, allows_local=room == "capi")
        messages += [f"{name}:{message}" for message in found]
    if count == 0:
        messages.append(f"{root}: no source file found")
    print("\n".join(messages) if messages else f"{count} files keep the order of the rooms")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
