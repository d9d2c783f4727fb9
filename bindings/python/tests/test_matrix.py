# SPDX-License-Identifier: Apache-2.0
"""Context.predict_batch: sparse rows, base margins of the rows, a number that means missing, threads."""
from collections.abc import Callable
from typing import Any

import mlcore
import numpy as np
import pytest

sparse = pytest.importorskip("scipy.sparse")
RANDOM = np.random.RandomState(7)


def loans(count: int) -> Any:
    """Age, debt and income; every fourth debt is missing."""
    rows = np.stack([RANDOM.randint(18, 90, count), RANDOM.uniform(0, 4, count), RANDOM.randint(1, 9, count)], 1)
    rows[::4, 1] = np.nan
    return rows


def entries(rows: Any, dtype: Any = np.float64) -> Any:
    """What is not missing, each row's columns from the last to the first."""
    held = ~np.isnan(rows[:, ::-1])
    columns = np.broadcast_to(np.arange(rows.shape[1])[::-1], rows.shape)[held]
    begin = np.concatenate([[0], held.sum(axis=1).cumsum()])
    return sparse.csr_array((rows[:, ::-1][held].astype(dtype), columns, begin), shape=rows.shape)


@pytest.mark.parametrize("output", ["prediction", "margin", "features", "class", "leaf"])
def test_sparse_rows_have_the_bits_of_dense_ones(loan: mlcore.Model, output: Any) -> None:
    rows = loans(300)
    context = loan.context(output)
    expected = context.predict_batch(rows)
    for given in (entries(rows), sparse.csr_matrix(entries(rows)), entries(rows).tocoo()):
        assert context.predict_batch(given).tobytes() == expected.tobytes()
    narrow = rows.astype(np.float32)
    assert context.predict_batch(entries(rows, np.float32)).tobytes() == context.predict_batch(narrow).tobytes()
    zeros = np.nan_to_num(rows)
    assert context.predict_batch(entries(rows), absent="zero").tobytes() == context.predict_batch(zeros).tobytes()
    assert context.predict_batch(sparse.csr_array((0, 3))).shape == (0, expected.shape[1])


def test_wide_indices_and_whole_numbers_are_taken(loan: mlcore.Model) -> None:
    context = loan.context("margin")
    given = sparse.csr_array(np.array([[29, 1, 4], [30, 1, 4]]))
    given.indices, given.indptr = given.indices.astype(np.int64), given.indptr.astype(np.int64)
    assert context.predict_batch(given).tolist() == [[1.375], [0.625]]


def test_a_number_means_missing(loan: mlcore.Model) -> None:
    rows = loans(50)
    context = loan.context("margin")
    marked = np.where(np.isnan(rows), -999.0, rows)
    expected = context.predict_batch(rows)
    assert context.predict_batch(marked, missing=-999).tobytes() == expected.tobytes()
    assert context.predict_batch(entries(marked), missing=-999).tobytes() == expected.tobytes()


def test_base_margins_of_the_rows_stand_in_place_of_the_models(loan: mlcore.Model) -> None:
    rows = loans(50)
    context = loan.context("margin")
    zero = context.predict_batch(rows, base_margin=np.zeros(50))
    bases = RANDOM.randint(-8, 8, 50) / 4  # exact sums
    assert (context.predict_batch(rows, base_margin=bases) == zero + bases[:, None]).all()
    assert (context.predict_batch(rows, base_margin=bases[:, None].astype(np.float32)) == zero + bases[:, None]).all()
    assert context.predict_batch(rows, base_margin=np.full(50, 0.125)).tobytes() == context.predict_batch(rows).tobytes()


@pytest.mark.parametrize("threads", [0, 1, 2, 3])
def test_threads_have_the_bits_of_one(loan: mlcore.Model, threads: int) -> None:
    rows = loans(5000)
    expected = loan.context().predict_batch(rows).tobytes()
    context = loan.context(threads=threads)
    assert context.predict_batch(rows).tobytes() == expected
    assert context.predict_batch(entries(rows)).tobytes() == expected
    rows[4321, 0] = rows[1234, 0] = 0.5
    with pytest.raises(mlcore.Error) as caught:
        context.predict_batch(rows)
    assert (caught.value.reason_name, caught.value.row) == ("type_mismatch", 1234)


def broken(**changes: Any) -> Any:
    given = sparse.csr_array(np.array([[29.0, 1, 4], [30, 1, 4]]))
    for name, value in changes.items():
        setattr(given, name, np.array(value))
    return given


@pytest.mark.parametrize(("call", "reason"), [
    (lambda context: context.predict_batch(broken(indices=[0, 1, 3, 0, 1, 2])), "invalid_index"),
    (lambda context: context.predict_batch(broken(indices=[0, 1, 2**32 + 2, 0, 1, 2])), "invalid_index"),
    (lambda context: context.predict_batch(broken(indices=[0, 1, -1, 0, 1, 2])), "invalid_index"),
    (lambda context: context.predict_batch(broken(indices=[0, 1, 1, 0, 1, 2])), "duplicate_column"),
    (lambda context: context.predict_batch(broken(indptr=[0, 4, 3])), "invalid_length"),
    (lambda context: context.predict_batch(broken(indptr=[0, 3])), "invalid_length"),
    (lambda context: context.predict_batch(broken(indptr=[0, 3, 7])), "invalid_length"),
    (lambda context: context.predict_batch(broken(indices=[0, 1])), "invalid_length"),
    (lambda context: context.predict_batch(sparse.csr_array((2, 4))), "wrong_width"),
    (lambda context: context.predict_batch(loans(2), base_margin=np.zeros(3)), "wrong_width"),
    (lambda context: context.predict_batch(loans(2), base_margin=np.zeros((2, 2))), "wrong_width"),
    (lambda context: context.predict_batch(loans(2), base_margin=np.zeros((1, 2))), "wrong_width"),
    (lambda context: context.predict_batch(loans(2), base_margin=np.array([0, np.nan])), "invalid_number"),
    (lambda context: context.predict_batch(loans(2), absent="nothing"), "invalid_option"),
])
def test_what_is_no_matrix_is_refused(loan: mlcore.Model, call: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(mlcore.Error) as caught:
        call(loan.context("margin"))
    assert caught.value.reason_name == reason


@pytest.mark.parametrize("threads", [-1, 257])
def test_other_numbers_of_threads_are_refused(loan: mlcore.Model, threads: int) -> None:
    with pytest.raises(mlcore.Error, match="threads"):
        loan.context(threads=threads)


def test_other_types_are_type_errors(loan: mlcore.Model) -> None:
    context = loan.context("margin")
    with pytest.raises(TypeError):
        context.predict_batch(loans(2), base_margin=np.zeros((1, 2, 1)))
    with pytest.raises(TypeError):
        context.predict_batch(np.zeros(3))
    with pytest.raises(TypeError, match="two dimensions of numbers, found list; numpy.asarray"):
        context.predict_batch([[41, 1]])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="two dimensions of numbers, found DataFrame; predict_rows takes a table"):
        context.predict_batch(pytest.importorskip("pandas").DataFrame({"age": [41], "income": [1]}))
