"""Tables in Markdown of what `classify.py` measured."""

import os
from statistics import median

import models
import report

TITLES = {
    "senti": "senti",
    "senti 2": "senti, two threads",
    "senti plain": "senti, vectors without a direction",
    "fasttext": "fastText",
}
PEER = "fasttext"


def setting(contest, nothing):
    cpu = median(run["cpu"] for run in nothing)
    peak = max(run["peak"] for run in nothing)
    words = "; ".join(
        f"{TITLES[name]} {count:,} words (from {contest.smallest[name]} occurrences on)"
        for name, count in contest.words.items())
    lines = [
        f"Text: {contest.options.text.name}, {contest.options.text.stat().st_size:,} bytes. "
        f"Vocabularies: {words}.",
        f"Labels: {contest.options.labels.name}. {models.DIMS} dimensions.",
        f"Processor: {report.processor()}, {os.cpu_count()} threads; highest load average "
        f"when a run began: {contest.load:.1f}.",
        f"A program that does nothing (`true`), measured the same way: {1e3 * cpu:.1f} ms of "
        f"CPU time, peak {peak / 1e6:.1f} MB. Smaller peaks cannot be seen.",
        "",
        "| program | version |",
        "|---|---|",
        f"| senti | sha256 {contest.senti.version} |",
    ]
    if contest.fasttext:
        lines.append(f"| fastText | {contest.fasttext.program.version} |")
    lines += ["", report.missing(contest.missing)] if contest.missing else []
    return "\n".join(lines) + "\n"


def speed(contest, repetitions):
    """Seconds and lines a second, and how many times as long fastText takes."""
    head = [
        "lines", "program", "lines a CPU second", "CPU s", "wall s",
        "fastText / program, CPU", "the same, wall", "the same, CPU net of start-up",
    ]
    found = [
        "## Speed", "",
        f"Each figure: least / median / largest of {len(repetitions)} repetitions; ratios are "
        "taken within a repetition. CPU: user and system time of the whole process. Net of "
        "start-up: less what the same program took in the same repetition for one of these "
        "lines. One thread, answers to /dev/null; senti writes the text behind each "
        "answer, fastText does not.", "",
        report.row(head), "|" + "---|" * len(head),
    ]
    for lines, path in contest.options.lines.items():
        count, size = models.lines_in(path), path.stat().st_size
        for name in contest.names:
            if name == "senti 2":
                continue
            runs = [each[lines, name] for each in repetitions]
            cells = [
                f"{lines}: {count:,}, {size / count:,.0f} bytes each", TITLES[name],
                spread([count / max(run["cpu"], 1e-6) for run in runs], ",.0f"),
                spread([run["cpu"] for run in runs], ".3f"),
                spread([run["wall"] for run in runs], ".3f"),
            ]
            for measure in ("cpu", "wall"):
                cells.append(ratios(repetitions, lambda each, who: each[lines, who][measure],
                                    name))
            cells.append(ratios(
                repetitions,
                lambda each, who: each[lines, who]["cpu"] - each[lines, who, "one"]["cpu"], name))
            found.append(report.row(cells))
    return "\n".join(found) + "\n"


def threads(contest, repetitions, same):
    """What a second thread gains."""
    head = ["lines", "wall, one thread / two", "CPU, two threads / one", "answers"]
    found = [
        "## Two threads", "",
        "senti with `--threads 2` beside one thread, within a repetition: least / median / "
        "largest.", "",
        report.row(head), "|" + "---|" * len(head),
    ]
    for lines in contest.options.lines:
        found.append(report.row([
            lines,
            spread([each[lines, "senti"]["wall"] / each[lines, "senti 2"]["wall"]
                    for each in repetitions], ".2f"),
            spread([each[lines, "senti 2"]["cpu"] / each[lines, "senti"]["cpu"]
                    for each in repetitions], ".2f"),
            "the same bytes" if same[lines] else "**differ**",
        ]))
    return "\n".join(found) + "\n"


def memory(peaks, times):
    head = ["lines", "program", "peak MB", f"{times} times the input, peak MB"]
    found = ["## Memory", "", "Largest resident set, one run each.", "",
             report.row(head), "|" + "---|" * len(head)]
    for (lines, name), (once, often) in peaks.items():
        found.append(report.row(
            [lines, TITLES[name], f"{once / 1e6:.1f}", f"{often / 1e6:.1f}"]))
    return "\n".join(found) + "\n"


def starts(starts):
    """What one line takes, by the size of the vocabulary."""
    head = ["words", "program", "model MB", "CPU ms", "wall ms", "peak MB",
            "fastText / senti, CPU"]
    found = [
        "## Cold start", "",
        "From the begin of the process to its end, for one line; the files were read before, "
        "so no disk is waited for. Models of generated words have no direction of sentiment, "
        "and so less to read a word. Least / median / largest.", "",
        report.row(head), "|" + "---|" * len(head),
    ]
    for kind, words, sizes, runs in starts:
        for name, count in words.items():
            mine = [each[name] for each in runs]
            ratio = "1" if name == PEER else ratios(
                runs, lambda each, who: each[who]["cpu"], name)
            found.append(report.row([
                f"{count:,}, {kind}", TITLES[name], f"{sizes[name] / 1e6:.1f}",
                spread([1e3 * run["cpu"] for run in mine], ".1f"),
                spread([1e3 * run["wall"] for run in mine], ".1f"),
                f"{max(run['peak'] for run in mine) / 1e6:.1f}", ratio,
            ]))
    return "\n".join(found) + "\n"


def sizes(contest):
    head = ["model", "bytes"]
    found = ["## Size", "", "Files of the models of the text.", "",
             report.row(head), "|" + "---|" * len(head)]
    found += [report.row([TITLES[name], f"{size:,}"]) for name, size in contest.sizes.items()]
    return "\n".join(found) + "\n"


def ratios(repetitions, value, name):
    """fastText's value over a program's, in each repetition."""
    if name == PEER:
        return "1"
    try:
        pairs = [(value(each, PEER), value(each, name)) for each in repetitions]
    except KeyError:
        return "-"  # There is no fastText.
    # Less start-up nothing may be left of very few lines: then there is no ratio.
    if any(low <= 0 for pair in pairs for low in pair):
        return "-"
    return spread([other / own for other, own in pairs], ".2f")


def spread(values, form):
    return " / ".join(format(each(values), form) for each in (min, median, max))
