# SPDX-License-Identifier: Apache-2.0
"""What becomes of the rounds of peers.py: medians, ratios within a round, a table, the machine."""
import os
import platform
import statistics
import subprocess

BASE = "mlcore"
FIGURES = ("ns", "p99", "cold")


def first_line(path, key):
    with open(path) as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "unknown")


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else "unknown"


def machine(options):
    """What the figures depend on."""
    flags = first_line("/proc/cpuinfo", "flags").split()
    simd = [flag for flag in ("sse4_1", "avx2", "avx512f", "avx512bw", "avx512vbmi") if flag in flags]
    here = os.path.dirname(os.path.abspath(__file__))
    return {"processor": first_line("/proc/cpuinfo", "model name"), "cores": os.cpu_count(), "simd": simd,
            "compiler": output("c++", "--version"), "python": platform.python_version(),
            "commit": output("git", "-C", here, "rev-parse", "--short", "HEAD"), "rounds": options.rounds,
            "seconds": options.seconds, "cpu": options.cpu, "load_before": os.getloadavg()[0]}


def disagreement(outcome):
    """Which comparison failed, and by how much."""
    for case, compared in outcome["compared"].items():
        if not compared["holds"]:
            count = compared["differing" if outcome["bits"] else "beyond"]
            promise = "in their bits" if outcome["bits"] else f"by more than {outcome['bound']}"
            return f"{case}: {count:,} of {compared['rows']:,} rows differ {promise}, at most {compared['greatest']:.3g}"
    return None


def ratio(rounds, base_rounds):
    """How many times mlcore's time a peer takes: the median of the rounds."""
    pairs = [(own["ns"], base["ns"]) for own, base in zip(rounds, base_rounds) if "ns" in own and "ns" in base]
    return statistics.median(own / base for own, base in pairs) if pairs else None


def summarise(outcome):
    base = outcome.get(BASE, {}).get("rounds", {})
    for result in outcome.values():
        result["cases"] = {}
        for case, rounds in result.get("rounds", {}).items():
            if any("absent" in figures for figures in rounds):
                continue
            medians = {name: statistics.median(figures[name] for figures in rounds) for name in FIGURES if name in rounds[0]}
            result["cases"][case] = medians | {"ratio": ratio(rounds, base.get(case, []))}
            result["threads"] = max(figures["threads"] for figures in rounds)
    return outcome


def microseconds(value):
    return "-" if value is None else f"{value / 1000:.3g}" if value < 1e6 else f"{value / 1000:.0f}"


def exactness(result):
    compared = result["compared"].values()
    if all(each["differing"] == 0 for each in compared):
        return "equal bits"
    return f"within {max(each['greatest'] for each in compared):.1g}"


def cells(result, batches):
    cases = result["cases"]
    shown = []
    for case in ("c_row/1", "row/1"):
        figures = cases.get(case, {})
        shown += [microseconds(figures.get(name)) for name in FIGURES]
    return shown + [microseconds(cases.get(f"batch/{rows}", {}).get("ns")) for rows in batches]


def ratios(result, batches):
    def text(case):
        value = result["cases"].get(case, {}).get("ratio")
        return "" if value is None else f"{value:.3g}x"
    return [text("c_row/1"), "", "", text("row/1"), "", "", *(text(f"batch/{rows}") for rows in batches)]


def table(model, outcome, batches):
    """A line of microseconds a peer, under it how many times mlcore's time that is."""
    head = ["C call", "p99", "cold", "Python", "p99", "cold", *(f"b {rows}" for rows in batches)]
    lines = ["", f"{model}: microseconds a row, and times of mlcore's",
             f"{'':<14} {'version':<9} {'threads':>7} " + " ".join(f"{title:>8}" for title in head) + "  margins"]
    for peer, result in outcome.items():
        if reason := result.get("absent") or result.get("void"):
            lines.append(f"{peer:<14} {result.get('version', ''):<9} {'absent' if 'absent' in result else 'void'}: {reason}")
            continue
        start = f"{peer:<14} {result['version']:<9} {result['threads']:>7} "
        lines.append(start + " ".join(f"{cell:>8}" for cell in cells(result, batches)) + f"  {exactness(result)}")
        if peer != BASE:
            lines.append(" " * len(start) + " ".join(f"{cell:>8}" for cell in ratios(result, batches)))
    return "\n".join(lines)


def markdown_row(peer, result, batches):
    if reason := result.get("absent") or result.get("void"):
        return f"| {peer} | {'absent' if 'absent' in result else 'void'}: {reason} |" + " |" * (len(batches) + 5)
    cases, columns = result["cases"], []
    for case in ("c_row/1", "row/1", *(f"batch/{rows}" for rows in batches)):
        figures = cases.get(case)
        times = f" ({figures['ratio']:.3g}x)" if figures and figures["ratio"] and peer != BASE else ""
        columns.append(microseconds(figures["ns"]) + times if figures else "")
        if case == "c_row/1":
            columns.append(" / ".join(microseconds(figures[name]) for name in ("p99", "cold")) if figures else "")
    return f"| {peer} {result['version']} | " + " | ".join(columns) + f" | {exactness(result)} |"


def markdown(results, batches):
    """The tables of docs/performance.md; a peer that does not read a framework's models is left out there."""
    lines = []
    for model, outcome in results["models"].items():
        titles = ["", "C call", "p99 / cold", "Python call", *(f"{rows:,}" for rows in batches), "margins"]
        lines += [f"**{model}**", "", "| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
        lines += [markdown_row(peer, result, batches) for peer, result in outcome.items()
                  if "does not read" not in result.get("absent", "")]
        lines.append("")
    return "\n".join(lines)
