# SPDX-License-Identifier: Apache-2.0
"""What the scripts that train golden models share: the rows they ask about, and the file of bits."""

import numpy as np


def probe(seed, shape, number, thresholds, extremes, limit, categories=()):
    """Rows of `number` that hold the model's own thresholds and one ulp beside them, to ±`limit`, what is
    extreme and what is missing. `categories`: nothing, or how many there are in the columns from 3, and
    the values that are none of them."""
    random = np.random.RandomState(seed)
    rows = random.uniform(-2, 2, shape).astype(number)
    for row in rows:
        for column in range(shape[1]):
            choice = random.randint(8)
            if categories and column >= 3:
                count, bad = categories
                row[column] = random.randint(0, count)
                if choice == 1:
                    row[column] = bad[random.randint(len(bad))]
            elif choice == 1:
                row[column] = extremes[random.randint(len(extremes))]
            elif choice >= 3 and thresholds[column]:
                value = number(thresholds[column][random.randint(len(thresholds[column]))])
                if choice == 3:
                    value = np.nextafter(value, number(limit))
                if choice == 4:
                    value = np.nextafter(value, number(-limit))
                row[column] = value if abs(value) <= limit else 0
            if choice == 0:
                row[column] = np.nan
    return rows


def bits(values, number):
    """A line a row: the bits of its numbers, in hexadecimal, of every NaN the same."""
    flat = np.ascontiguousarray(np.where(np.isnan(values), np.nan, values), number).reshape(len(values), -1)
    words = flat.view(f"u{flat.itemsize}")
    return [" ".join(f"{value:0{2 * flat.itemsize}x}" for value in row) for row in words]


def write_bits(path, trees, flags, number, rows, margins, predictions):
    """A line "features F outputs K trees T `flags`", then a line a row: its features, its K margins and
    its K predictions."""
    written = [bits(values, number) for values in (rows, margins, predictions)]
    outputs = len(written[1][0].split())
    lines = [f"features {rows.shape[1]} outputs {outputs} trees {trees}{flags}"]
    lines += [" ".join(row) for row in zip(*written)]
    path.write_text("\n".join(lines) + "\n")
