# SPDX-License-Identifier: Apache-2.0
"""Monitors: the panes that the C API gives, failures, refusals, threads, lifetimes."""
import json
import pathlib
import threading
from datetime import datetime, timedelta, timezone

import mlcore
import pytest
from prometheus_client.parser import text_string_to_metric_families

DAY = datetime(1998, 1, 1, tzinfo=timezone.utc)


def applicant(model: mlcore.Model, income: float = 75_000.0) -> bytes:
    return model.features.request.pack({"income": income, "age": 40, "country": "FR", "as_of": DAY})


def refusal(call: object, *arguments: object, **named: object) -> tuple[str, str]:
    with pytest.raises(mlcore.Error) as caught:
        call(*arguments, **named)  # type: ignore[operator]
    return caught.value.code_name, caught.value.reason_name


def test_the_panes_are_those_of_the_c_api(lender: mlcore.Model, fixtures: pathlib.Path) -> None:
    wanted = json.loads("{" + (fixtures / "lender.panes.json").read_text(encoding="utf-8"))
    lines = (fixtures / "lender.jsonl").read_text(encoding="utf-8").splitlines()
    with mlcore.Monitor(lender, pane=timedelta(days=1)) as monitor, lender.context() as context:
        monitor.attach(context)
        for line in lines:
            context.predict_row(lender.features.request.from_json(line))
        report = monitor.report()
    assert report["rows"] == len(lines)
    assert report["panes"] == wanted["panes"]
    assert report["total"] == wanted["total"]
    assert [pane["verdict"] for pane in report["panes"]] == ["OK", "DRIFT", "INSUFFICIENT"]


def test_failures_are_counted_by_reason(lender: mlcore.Model) -> None:
    monitor = mlcore.Monitor(lender)
    context = lender.context()
    monitor.attach(context)
    assert refusal(context.predict_row, b"short") == ("INVALID_ARGUMENT", "malformed_row")
    assert monitor.report()["failures"] == [{"reason": "malformed_row", "count": 1}]
    assert 'mlcore_prediction_errors_total{model="lender",version="0",reason="malformed_row"} 1\n' in monitor.prometheus()


def test_metrics_are_read_by_prometheus_own_parser(lender: mlcore.Model) -> None:
    with mlcore.Monitor(lender, pane_rows=100) as monitor, lender.context() as context:
        monitor.attach(context)
        for i in range(250):
            context.predict_row(applicant(lender, 1000.0 * i))
        families = list(text_string_to_metric_families(monitor.prometheus()))
    names = [family.name for family in families]
    assert len(names) == len(set(names)) == 14
    assert {family.type for family in families} == {"counter", "gauge", "histogram"}
    predictions = families[names.index("mlcore_predictions")]
    assert [sample.value for sample in predictions.samples] == [250.0]


def test_what_does_not_fit_is_refused(lender: mlcore.Model, loan: mlcore.Model) -> None:
    monitor = mlcore.Monitor(lender)
    context = lender.context()
    monitor.attach(context)
    assert refusal(monitor.attach, context) == ("FAILED_PRECONDITION", "already_monitored")
    assert refusal(monitor.attach, loan.context()) == ("INVALID_ARGUMENT", "other_model")
    assert refusal(mlcore.Monitor, loan) == ("FAILED_PRECONDITION", "no_reference")
    assert refusal(mlcore.Monitor, lender, max_panes=-1) == ("INVALID_ARGUMENT", "invalid_option")
    assert refusal(mlcore.Monitor, lender, alpha=0.7) == ("INVALID_ARGUMENT", "invalid_option")
    assert refusal(mlcore.Monitor, lender, pane=timedelta(days=-1)) == ("INVALID_ARGUMENT", "invalid_option")
    with pytest.raises(ValueError, match="above 0"):
        mlcore.Monitor(lender, pane=timedelta(0))
    with pytest.raises(TypeError):
        monitor.attach(lender)  # type: ignore[arg-type]
    context.close()
    assert refusal(monitor.attach, context) == ("FAILED_PRECONDITION", "closed_handle")
    monitor.close()
    monitor.close()
    for call in (monitor.report, monitor.prometheus, monitor.html):
        assert refusal(call) == ("FAILED_PRECONDITION", "closed_handle")


def test_a_context_outlives_its_monitor_and_leaves_its_counts(lender: mlcore.Model) -> None:
    monitor = mlcore.Monitor(lender)
    with lender.context() as context:
        monitor.attach(context)
        context.predict_row(applicant(lender))
    assert monitor.report()["rows"] == 1
    other = lender.context()
    monitor.attach(other)
    monitor.close()
    assert other.predict_row(applicant(lender))[0] > 0


def test_threads_score_while_another_reports(lender: mlcore.Model) -> None:
    monitor = mlcore.Monitor(lender, pane_rows=100)
    row = applicant(lender)

    def score() -> None:
        with lender.context() as context:
            monitor.attach(context)
            for _ in range(500):
                context.predict_row(row)

    threads = [threading.Thread(target=score) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen = [monitor.report()["rows"] for _ in range(20)]
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    assert monitor.report()["rows"] == 2000
