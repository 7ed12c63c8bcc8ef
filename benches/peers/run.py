#!/usr/bin/env python3
"""Measures senti beside other programs that learn word vectors.

Python 3.11 or later; what else is needed goes into the folder --work. The
README beside this file says what is measured, and how.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import programs
import report

FIXED = {"window": 5, "negatives": 5, "sample": "1e-3", "min_count": 5, "rate": 0.025}
SCALING = (16, 4, 1)
# One thread means one thread: not another few inside numpy.
ONE_THREAD = {name: "1" for name in (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers = lambda text: [int(part) for part in text.split(",")]
    parser.add_argument("--senti", type=Path, required=True, metavar="FILE",
                        help="the program, as cargo build --release makes it")
    parser.add_argument("--corpus", type=Path, required=True, metavar="FILE",
                        help="text, lower case, a sentence or paragraph a line")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR",
                        help="where programs, vectors and results are kept")
    parser.add_argument("--similarity", type=Path, nargs="+", default=[], metavar="FILE",
                        help="similarity judgements")
    parser.add_argument("--analogies", type=Path, metavar="FILE", help="analogies")
    parser.add_argument("--only", metavar="NAME,...", default=",".join(programs.NAMES),
                        help="which programs [default: %(default)s]")
    parser.add_argument("--dims", type=numbers, default=[100, 300], metavar="N,...")
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3], metavar="N,...",
                        help="one repetition each")
    parser.add_argument("--epochs", type=int, default=5, metavar="N")
    parser.add_argument("--peer-epochs", default="", metavar="NAME=N,...",
                        help="fewer epochs for slow programs; the tables say so")
    parser.add_argument("--scaling", action="store_true",
                        help="senti alone, on a sixteenth, a quarter and the whole of the text")
    parser.add_argument("--report", action="store_true",
                        help="only print the tables of the runs that there are")
    options = parser.parse_args()
    options.only = options.only.split(",")
    pairs = [pair.partition("=") for pair in options.peer_epochs.split(",") if pair]
    for name in options.only + [name for name, _, _ in pairs]:
        if name not in programs.NAMES:
            parser.error(f"no program {name!r}; there are {', '.join(programs.NAMES)}")
    try:
        options.peer_epochs = {name: int(count) for name, _, count in pairs}
    except ValueError:
        parser.error("--peer-epochs is NAME=N,...")
    for path in [options.senti, options.corpus, *options.similarity, options.analogies]:
        if path and not path.is_file():
            parser.error(f"no file {path}")
    options.questions = [
        path.resolve() for path in [*options.similarity, options.analogies] if path]
    options.digests = [[path.name, programs.digest(path)] for path in options.questions]
    options.senti = options.senti.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    options.work = options.work.resolve()
    return options


def main():
    options = arguments()
    state = State(options.work / "runs.jsonl")
    # Links and parts have short names in the runner's folder.
    link = options.work / programs.CORPUS
    link.unlink(missing_ok=True)
    link.symlink_to(options.corpus.resolve())
    texts = {part: text(options.work, part) for part in (SCALING if options.scaling else (1,))}
    ready, missing = {}, {}
    for name in options.only:
        if options.scaling and not name.startswith("senti"):
            continue
        try:
            ready[name] = programs.prepare(name, options.senti, options.work)
        except programs.Unavailable as error:
            missing[name] = str(error)
            say(f"{name} is not available: {error}")
    plan = [
        (name, part, key(options, ready[name], name, texts[part], dims, seed))
        for seed in options.seeds
        for dims in (options.dims[:1] if options.scaling else options.dims)
        for part in texts
        for name in ready
    ]
    if not options.report:
        for number, (name, part, wanted) in enumerate(plan, 1):
            if name not in ready or state.find(wanted):
                continue
            label = f"{name}, {wanted['dims']} dimensions, seed {wanted['seed']}"
            say(f"[{number}/{len(plan)}] {label}" + (f", 1/{part}" if part > 1 else ""))
            try:
                state.add(wanted, measure(options, ready[name], wanted))
            except programs.Unavailable as error:
                say(f"{name} failed: {error}")
                missing[name] = str(error)
                del ready[name]
    runs = [(name, part, wanted, state.find(wanted)) for name, part, wanted in plan]
    runs = [run for run in runs if run[3]]
    print(report.machine(options.corpus, texts[1], options.epochs, FIXED, ready))
    if options.scaling:
        print(report.scaling(runs, texts))
    else:
        print(report.speed(runs, programs.BASELINE))
        print(report.quality(runs, [path.name for path in options.questions]))
    print(report.missing(missing))


def text(work, part):
    """The text or its first part, cut at the end of a line; its size."""
    name = programs.CORPUS if part == 1 else f"corpus-{part}.txt"
    path = work / name
    whole = (work / programs.CORPUS).stat().st_size
    if part > 1:
        with open(work / programs.CORPUS, "rb") as source:
            head = source.read(whole // part)
        path.write_bytes(head[:head.rfind(b"\n") + 1] or head)
    tokens = 0
    with open(path, "rb") as lines:
        for line in lines:
            tokens += len(line.split())
    return {"name": name, "bytes": path.stat().st_size, "tokens": tokens,
            "sha256": programs.digest(path)}


def key(options, program, name, text, dims, seed):
    """All that a run depends on: a run with an equal key need not be repeated."""
    return {
        "name": name, "version": program.version, "threads": program.threads,
        "corpus": text["name"], "sha256": text["sha256"], "dims": dims, "seed": seed,
        "epochs": options.peer_epochs.get(name, options.epochs), **FIXED,
        "questions": [] if options.scaling else options.digests,
    }


def measure(options, program, wanted):
    """Runs a program to its end; what it used, and how good its vectors are."""
    output = "vectors.out"
    path = options.work / output
    path.unlink(missing_ok=True)
    command = [str(part) for part in program.command(wanted, output)]
    load = os.getloadavg()[0]
    with open(options.work / "log.txt", "w+") as log:
        started = time.monotonic()
        child = subprocess.Popen(command, cwd=options.work, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, env={**os.environ, **ONE_THREAD})
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.send_signal(signal.SIGKILL)
            child.wait()
            raise
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().strip().splitlines()
    if child.returncode or not path.exists():
        raise programs.Unavailable(
            f"exit code {child.returncode}: {said[-1] if said else 'no message'}")
    result = {
        "cpu": usage.ru_utime + usage.ru_stime, "wall": wall,
        # Kibibytes on Linux.
        "peak": usage.ru_maxrss * 1024, "load": load,
        "scores": {} if options.scaling else scores(options, path),
    }
    path.unlink()
    return result


def scores(options, vectors):
    if not options.questions:
        return {}
    command = [options.senti, "vectors", "eval", "--json", "--vectors", vectors]
    done = subprocess.run([*command, *options.questions], capture_output=True, text=True)
    if done.returncode:
        raise programs.Unavailable("senti vectors eval: " + done.stderr.strip())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(answer["file"]).name: answer for answer in answers}


class State:
    """The runs so far, one JSON object a line."""

    def __init__(self, path):
        self.path = path
        self.runs = {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    run = json.loads(line)
                except ValueError:
                    continue  # The runner was stopped while it wrote.
                self.runs[self.name(run["key"])] = run["result"]
            if not path.read_bytes().endswith(b"\n"):
                with open(path, "a") as file:
                    file.write("\n")

    @staticmethod
    def name(wanted):
        return json.dumps(wanted, sort_keys=True)

    def find(self, wanted):
        return self.runs.get(self.name(wanted))

    def add(self, wanted, result):
        self.runs[self.name(wanted)] = result
        with open(self.path, "a") as file:
            file.write(json.dumps({"key": wanted, "result": result}) + "\n")
            file.flush()
            os.fsync(file.fileno())


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on from here")
