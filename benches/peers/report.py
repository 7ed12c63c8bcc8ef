"""Tables in Markdown of the runs that there are."""

import os
from statistics import mean, median, stdev


def machine(corpus, text, epochs, fixed, ready):
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fixed.items())
    lines = [
        f"Text: {corpus.name}, {text['bytes']:,} bytes, {text['tokens']:,} running words.",
        f"Settings: skip-gram, {settings}, epochs {epochs} unless a table says otherwise.",
        f"Processor: {processor()}, {os.cpu_count()} threads.",
        "",
        "| program | version |",
        "|---|---|",
        *(f"| {name} | {program.version} |" for name, program in ready.items()),
    ]
    return "\n".join(lines) + "\n"


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return "unknown"


def groups(runs, *parts):
    """The runs with equal values of these parts of their keys, in order."""
    found = {}
    for name, part, key, result in runs:
        group = (name, part, *(key[each] for each in parts))
        found.setdefault(group, []).append(result)
    return found


def speed(runs, baseline):
    """Seconds, and how many times as fast as the baseline an epoch is."""
    found = groups(runs, "dims", "threads", "epochs")
    base = {dims: (results, epochs)
            for (name, _, dims, _, epochs), results in found.items() if name == baseline}
    lines = [
        "## Speed", "",
        f"Seconds of the whole process; x is how many times as fast as {baseline}, "
        "by seconds an epoch.", "",
        "| dims | program | threads | epochs | runs | CPU min | x | CPU median | x "
        "| wall min | x | wall median | x | peak MB |",
        "|" + "---|" * 14,
    ]
    for (name, _, dims, threads, epochs), results in sorted(
            found.items(), key=lambda item: item[0][2]):
        cells = [dims, name, threads, epochs, len(results)]
        for measure in ("cpu", "wall"):
            for middle in (min, median):
                value = middle([result[measure] for result in results])
                cells.append(f"{value:.2f}")
                if dims in base:
                    others, other_epochs = base[dims]
                    other = middle([result[measure] for result in others]) / other_epochs
                    cells.append(f"{other / (value / epochs):.2f}")
                else:
                    cells.append("-")
        cells.append(f"{max(result['peak'] for result in results) / 1e6:.0f}")
        lines.append(row(cells))
    lines += ["", busy(runs)]
    return "\n".join(lines) + "\n"


def quality(runs, names):
    """Means over the seeds, and their standard deviation."""
    lines = [
        "## Quality", "",
        "Spearman's correlation (similarity) or the share answered right (analogies): mean "
        "and standard deviation over the seeds. word2vec and fastText take no seed.", "",
        "| " + " | ".join(["dims", "program", "epochs", "runs", *names]) + " |",
        "|" + "---|" * (4 + len(names)),
    ]
    for (name, _, dims, epochs), results in sorted(
            groups(runs, "dims", "epochs").items(), key=lambda item: item[0][2]):
        cells = [dims, name, epochs, len(results)]
        for file in names:
            answers = [result["scores"].get(file) for result in results]
            values = [answer["score"] for answer in answers if answer]
            if not values or None in values:
                cells.append("-")
                continue
            spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
            first = next(answer for answer in answers if answer)
            asked = f" ({first['asked']} of {first['questions']})"
            cells.append(f"{mean(values):.3f}{spread}{asked}")
        lines.append(row(cells))
    return "\n".join(lines) + "\n"


def scaling(runs, texts):
    """What a running word costs, in texts of three sizes."""
    lines = [
        "## Scaling", "",
        "The least CPU seconds and the largest peak memory of the runs; ns: CPU "
        "nanoseconds a running word and epoch; bytes: of peak memory a running word.", "",
        "| program | threads | dims | epochs | part | running words | runs | CPU s | ns "
        "| peak MB | bytes |",
        "|" + "---|" * 11,
    ]
    for (name, part, dims, threads, epochs), results in sorted(
            groups(runs, "dims", "threads", "epochs").items(),
            key=lambda item: (item[0][0], -item[0][1])):
        tokens = max(texts[part]["tokens"], 1)
        cpu = min(result["cpu"] for result in results)
        peak = max(result["peak"] for result in results)
        lines.append(row([
            name, threads, dims, epochs, f"1/{part}" if part > 1 else "1", f"{tokens:,}",
            len(results), f"{cpu:.2f}", f"{1e9 * cpu / tokens / epochs:.0f}",
            f"{peak / 1e6:.0f}", f"{peak / tokens:.1f}",
        ]))
    lines += ["", busy(runs)]
    return "\n".join(lines) + "\n"


def busy(runs):
    if not runs:
        return "No runs yet."
    load = max(result["load"] for _, _, _, result in runs)
    return f"Highest load average when a run began: {load:.1f}."


def missing(reasons):
    return "".join(f"{name} is not available: {reason}\n" for name, reason in reasons.items())


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
