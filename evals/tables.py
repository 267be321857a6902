"""Numbers as people read them: estimates as text, metrics as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals.compare import Comparison
from evals.control import Control
from evals.metrics import seconds, tokens
from evals.resampling import Estimate
from interviewer.models import LEVELS

Json = dict[str, Any]


def shown(estimate: Json, form: str = ".2f") -> str:
    """Write an estimate of metrics.json with its interval; a dash where there is no value."""
    return Estimate(**{name: estimate[name] for name in ("value", "low", "high")}).text(form)


def markdown(metrics: Json) -> str:
    """Return the table of a run: all cases with the baselines below them, then every suite."""
    rows = [_row("**all cases**", metrics["overall"])]
    rows += [
        [f"baseline {name}", "", "", *_agreement(m), *[""] * 6]
        for name, m in metrics["overall"]["baselines"].items()
    ]
    rows += [_row(name, m) for name, m in metrics["suites"].items()]
    header = (
        "suite", "n", "coverage", "accuracy", "within one", "QWK", "QWK length / style",
        "recall L4 / L5 / L6", "bias", "promises kept", "tell F1", "evidence",
    )  # fmt: skip
    overall = metrics["overall"]
    told = [_unshown(overall["level_shown"]), _moved(overall["twin_shift_by_kind"]), cost(metrics)]
    return "\n\n".join([table(header, rows), *filter(None, told)])


def _unshown(shown: Json) -> str:
    """Say how many levels stand on tells none of which is met."""
    told = [
        f"{round(share['n'] * (1 - share['value']))} of {share['n']} {level}"
        for level, share in shown.items()
        if share["n"]
    ]
    return f"Levels of which no tell is sure enough to be met: {', '.join(told)}." if told else ""


def _moved(kinds: Json) -> str:
    """Say how many levels perturbed cases gained against their clean twins."""
    told = [
        f"{kind} {shift['value']:+.2f} ({shift['n']} pairs)"
        for kind, shift in kinds.items()
        if shift["n"]
    ]
    return f"Levels gained against clean twins: {', '.join(told)}." if told else ""


def cost(metrics: Json) -> str:
    """Say what a run used and what that costs."""
    used, dollars = metrics["overall"]["tokens"], metrics["overall"]["dollars"]
    if not used["calls"]:
        return "No model was called."
    told = f"{used['calls']:,} calls, {used['per_grade']:,.0f} tokens a grade, "
    if dollars["total"] is None:
        why = "no list price for it, or its tokens were not all counted"
        return f"{told}cost unknown: {why}."
    return (
        f"{told}${dollars['total']:,.4f} in all and ${dollars['per_grade']:.4f} a grade "
        f"by the list prices of {metrics['run']['prices']}."
    )


def differences(comparison: Comparison) -> str:
    """Return the table of a comparison: what every metric was, is, and by how much it changed."""
    header = ("cases", "n", "metric", "first", "second", "change")
    rows = [
        [d.scope, str(d.n), d.metric.replace("_", " "), str(d.first),
         str(d.second), d.change.text("+.3f")]
        for d in comparison.differences
    ]  # fmt: skip
    first = [o for pair in comparison.pairs for o in pair.first]
    second = [o for pair in comparison.pairs for o in pair.second]
    used = (str(tokens(first)["per_grade"]), str(tokens(second)["per_grade"]))
    rows.append(["all cases", str(len(comparison.pairs)), "tokens a grade", *used, ""])
    for p in ("p50", "p95"):
        taken = (str(seconds(first)[p]), str(seconds(second)[p]))
        rows.append(["all cases", str(len(comparison.pairs)), f"seconds {p}", *taken, ""])
    return table(header, rows)


def control(suites: Mapping[str, Control]) -> str:
    """Return the table of the controls, a row a suite."""
    header = (
        "suite", "n", "QWK", "QWK, rubric of another question", "the same, not checked for it",
        "AUC L4/L5 inside a kind", "AUC L5/L6 inside a kind", "calibration error",
        "wrong in the surer half",
    )  # fmt: skip
    rows = [
        [suite, str(c.cases), str(c.own), str(c.other), str(c.other_unchecked),
         *(f"{auc:.2f} of {pairs} pairs" if pairs else "–" for auc, pairs in c.ranked.values()),
         f"{c.calibration_error:.2f}", f"{c.half_risk:.2f}"]
        for suite, c in suites.items()
    ]  # fmt: skip
    return table(header, rows)


def flips(comparison: Comparison) -> str:
    """Return the table of cases that changed level, what broke first."""
    order = ("broken", "moved", "fixed")
    return table(
        ("change", "suite", "case", "gold", "first", "second"),
        [
            [f.change, f.pair.suite, f.pair.case.id, f.pair.case.level or "none",
             f.before or "none", f.after or "none"]
            for f in sorted(comparison.flips, key=lambda f: order.index(f.change))
        ],
    )  # fmt: skip


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned so that it reads in a terminal too."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    )


def kept(metrics: Json) -> tuple[int, int]:
    """Return how many promises were kept, and how many were made."""
    promises = metrics["kept_promise"].values()
    return round(sum(p["n"] * (p["value"] or 0) for p in promises)), sum(p["n"] for p in promises)


def _row(name: str, metrics: Json) -> list[str]:
    promises, made = kept(metrics)
    failed = metrics["errors"] and not metrics["coverage"]["value"]  # then nothing can be said
    short = [f"{m['qwk']['value']:.2f}" if m["qwk"]["value"] is not None else "–"
             for m in (metrics["baselines"].get(n) for n in ("length", "style")) if m]  # fmt: skip
    recalls = [metrics["by_level"][level]["recall"]["value"] for level in LEVELS]
    return [
        name,
        str(metrics["n"]),
        _plain(metrics["coverage"]["value"]),
        *(["–"] * 3 if failed else _agreement(metrics)),
        " / ".join(short),
        " / ".join("–" if failed else _plain(recall) for recall in recalls),
        "–" if metrics["bias"]["value"] is None else f"{metrics['bias']['value']:+.2f}",
        f"{promises} of {made}" if made and not failed else "–",
        shown(metrics["tell_f1"]),
        _plain(metrics["evidence_validity"]["value"]),
    ]


def _agreement(metrics: Json) -> list[str]:
    return [shown(metrics[name]) for name in ("accuracy", "within_one", "qwk")]


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
