# SPDX-License-Identifier: Apache-2.0
"""Arrow structs that lie: every one is an error, none crashes. They are made here, field by field."""
import ctypes
import random
import struct
from collections.abc import Callable
from typing import Any

import mlcore
import pytest

SEED = 11


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


RELEASE_SCHEMA = ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))
RELEASE_ARRAY = ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))
Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", ctypes.POINTER(Schema)),
    ("release", RELEASE_SCHEMA), ("private_data", ctypes.c_void_p),
]
Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64), ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)), ("children", ctypes.POINTER(ctypes.POINTER(Array))),
    ("dictionary", ctypes.POINTER(Array)), ("release", RELEASE_ARRAY), ("private_data", ctypes.c_void_p),
]
release_schema = RELEASE_SCHEMA(lambda schema: None)
release_array = RELEASE_ARRAY(lambda array: None)
new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class Batch:
    """A batch of `real` (f64), `whole` (i32), `text` (utf8), `word` (dictionary) and `view` (utf8_view); two rows."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        heap = b"\0" * 4 + b"a long text of more than twelve bytes"
        view = struct.pack("<i4s4x", 2, b"ab") + b"\0" * 4 + struct.pack("<i4sii", len(heap) - 4, heap[4:8], 0, 4)
        self.real = self.column(b"g", b"real", [None, struct.pack("<2d", 0.5, 1.5)])
        self.whole = self.column(b"i", b"whole", [None, struct.pack("<2i", 1, 2)])
        self.text = self.column(b"u", b"text", [b"\x01", struct.pack("<3i", 0, 2, 2), b"hi"])
        self.word = self.column(b"c", b"word", [None, struct.pack("<2b", 1, 0)])
        self.words = self.column(b"u", b"", [None, struct.pack("<3i", 0, 3, 6), b"onetwo"])
        self.view = self.column(b"vu", b"view", [None, view, heap, struct.pack("<q", len(heap))])
        self.word[0].dictionary = ctypes.pointer(self.words[0])
        self.word[1].dictionary = ctypes.pointer(self.words[1])
        columns = [self.real, self.whole, self.text, self.word, self.view]
        self.schema = Schema(b"+s", b"", None, 0, len(columns), (ctypes.POINTER(Schema) * 5)(*[ctypes.pointer(c[0]) for c in columns]),
                             None, release_schema, None)
        self.array = Array(2, 0, 0, 1, len(columns), (ctypes.c_void_p * 1)(None),
                           (ctypes.POINTER(Array) * 5)(*[ctypes.pointer(c[1]) for c in columns]), None, release_array, None)

    def column(self, form: bytes, name: bytes, buffers: list[bytes | None]) -> tuple[Schema, Array]:
        memory = [None if buffer is None else ctypes.create_string_buffer(buffer, len(buffer)) for buffer in buffers]
        pointers = (ctypes.c_void_p * len(memory))(*[None if one is None else ctypes.addressof(one) for one in memory])
        self.kept += [memory, pointers]
        return (Schema(form, name, None, 2, 0, None, None, release_schema, None),
                Array(2, -1, 0, len(memory), 0, pointers, None, None, release_array, None))

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return (new_capsule(ctypes.addressof(self.schema), b"arrow_schema", None),
                new_capsule(ctypes.addressof(self.array), b"arrow_array", None))


@pytest.fixture(scope="module")
def layout() -> mlcore.Layout:
    return mlcore.Features.parse(
        "features f version 1\ninput real: f64?\ninput whole: i64?\ninput text: string?\ninput word: string?\n"
        "input view: string?\ny = real\noutput [y]\n"
    ).request


def test_the_batch_that_tells_the_truth_is_taken(layout: mlcore.Layout) -> None:
    rows, wanted = mlcore.Rows(layout), mlcore.Rows(layout)
    rows.extend(Batch())
    wanted.append({"real": 0.5, "whole": 1, "text": "hi", "word": "two", "view": "ab"})
    wanted.append({"real": 1.5, "whole": 2, "word": "one", "view": "a long text of more than twelve bytes"})
    assert rows.to_bytes() == wanted.to_bytes()


def set_to(path: str, value: Any) -> Callable[[Batch], None]:
    """A change of one member: "real.1.length" is that of the array (1) of the column."""

    def change(batch: Batch) -> None:
        *parts, member = path.split(".")
        target: Any = batch
        for part in parts:
            target = target[int(part)] if part.isdigit() else getattr(target, part)
        setattr(target, member, value)

    return change


def overwrite(column: str, buffer: int, at: int, value: bytes) -> Callable[[Batch], None]:
    def change(batch: Batch) -> None:
        ctypes.memmove(getattr(batch, column)[1].buffers[buffer] + at, value, len(value))

    return change


def drop(column: str, buffer: int) -> Callable[[Batch], None]:
    def change(batch: Batch) -> None:
        getattr(batch, column)[1].buffers[buffer] = None

    return change


def null_row(batch: Batch) -> None:
    bitmap = ctypes.create_string_buffer(b"\x01", 1)
    batch.kept += [bitmap]
    batch.array.null_count = -1
    batch.array.buffers[0] = ctypes.addressof(bitmap)


LIES = {
    "the batch is no struct": set_to("schema.format", b"g"),
    "the batch has no format": set_to("schema.format", None),
    "the schema has fewer columns": set_to("schema.n_children", 4),
    "the batch has a negative count of columns": set_to("array.n_children", -1),
    "the batch has no list of columns": set_to("array.children", None),
    "the schema has no list of columns": set_to("schema.children", None),
    "the batch is longer than its columns": set_to("array.length", 3),
    "the batch has a negative length": set_to("array.length", -1),
    "the batch is longer than memory": set_to("array.length", 2**62),
    "the batch begins past its columns": set_to("array.offset", 1),
    "the batch begins at the end of time": set_to("array.offset", 2**63 - 1),
    "the batch has a negative offset": set_to("array.offset", -1),
    "the batch has null rows": set_to("array.null_count", 1),
    "the batch has null rows that it did not count": null_row,
    "the batch was released": set_to("array.release", RELEASE_ARRAY(0)),
    "the schema was released": set_to("schema.release", RELEASE_SCHEMA(0)),
    "a column has no format": set_to("real.0.format", None),
    "a column has an empty format": set_to("real.0.format", b""),
    "a column has an unknown format": set_to("real.0.format", b"tsx:UTC"),
    "a column has half a format": set_to("real.0.format", b"ts"),
    "a column has no name": set_to("real.0.name", None),
    "a column's name is no UTF-8": set_to("real.0.name", b"\xff"),
    "a column is shorter than the batch": set_to("real.1.length", 1),
    "a column has a negative length": set_to("real.1.length", -2),
    "a column has a negative offset": set_to("real.1.offset", -2),
    "a column has a great offset": set_to("real.1.offset", 2**63 - 1),
    "a column has no buffers": set_to("real.1.buffers", None),
    "a column has one buffer": set_to("real.1.n_buffers", 1),
    "a column has three buffers": set_to("real.1.n_buffers", 3),
    "a column has minus one buffer": set_to("real.1.n_buffers", -1),
    "a column has children": set_to("real.1.n_children", 1),
    "a column's values are missing": drop("real", 1),
    "a column counts nulls without a bitmap": set_to("real.1.null_count", 1),
    "strings without offsets": drop("text", 1),
    "strings without bytes": drop("text", 2),
    "strings with two buffers": set_to("text.1.n_buffers", 2),
    "strings whose offsets descend": overwrite("text", 1, 4, struct.pack("<i", -1)),
    "strings that begin before their bytes": overwrite("text", 1, 0, struct.pack("<i", -1)),
    "a position past the dictionary": overwrite("word", 1, 0, b"\x02"),
    "a position before the dictionary": overwrite("word", 1, 1, b"\xff"),
    "a dictionary that only the schema has": set_to("word.1.dictionary", None),
    "a dictionary that only the array has": set_to("word.0.dictionary", None),
    "a dictionary of another type": set_to("words.0.format", b"g"),
    "a dictionary with a negative length": set_to("words.1.length", -1),
    "positions that are floats": set_to("word.0.format", b"f"),
    "a view into a buffer that is not there": overwrite("view", 1, 24, struct.pack("<i", 1)),
    "a view into a buffer before the first": overwrite("view", 1, 24, struct.pack("<i", -1)),
    "a view past its buffer": overwrite("view", 1, 28, struct.pack("<i", 5)),
    "a view before its buffer": overwrite("view", 1, 28, struct.pack("<i", -1)),
    "a view of negative length": overwrite("view", 1, 0, struct.pack("<i", -1)),
    "a view longer than its buffer": overwrite("view", 1, 16, struct.pack("<i", 2**31 - 1)),
    "views without sizes": drop("view", 3),
    "views without their buffer": drop("view", 2),
    "views with more buffers than can be named": set_to("view.1.n_buffers", 2**62),
    "views with two buffers": set_to("view.1.n_buffers", 2),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_is_an_error_and_nothing_is_taken(layout: mlcore.Layout, lie: Callable[[Batch], None]) -> None:
    batch, rows = Batch(), mlcore.Rows(layout)
    lie(batch)
    with pytest.raises((mlcore.Error, UnicodeDecodeError)):
        rows.extend(batch)
    assert len(rows) == 0


def test_random_lies_about_numbers_never_crash(layout: mlcore.Layout) -> None:
    generator = random.Random(SEED)
    numbers = [-(2**63), -2, -1, 0, 1, 2, 3, 5, 2**31, 2**62, 2**63 - 1]
    columns = ["real.1", "whole.1", "text.1", "word.1", "words.1", "view.1", "array"]
    members = ["n_buffers", "n_children", "null_count"]
    refused = 0
    for _ in range(3000):
        batch, rows = Batch(), mlcore.Rows(layout)
        for _ in range(generator.randint(1, 3)):
            # A length or an offset past the buffers can't be seen from inside, so these only shrink.
            path, value = f"{generator.choice(columns)}.{generator.choice(members)}", generator.choice(numbers)
            if generator.random() < 0.3:
                path, value = f"{generator.choice(columns)}.length", generator.choice([-(2**63), -1, 0, 1])
            if path == "view.1.n_buffers" and value > 4:
                continue  # only the producer knows how many buffers there are
            set_to(path, value)(batch)
        try:
            rows.extend(batch)
        except mlcore.Error:
            refused += 1
    assert refused > 1500, f"seed {SEED}"
