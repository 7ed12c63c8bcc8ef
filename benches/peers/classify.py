#!/usr/bin/env python3
"""Measures senti classify beside fastText's predict-prob.

Python 3.11 or later; what else is needed goes into the folder --work. The
README beside this file says what is measured, and how.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import classify_report
import models
import programs
from process import Failed, measured

VOCABULARIES = [10_000, 100_000, 1_000_000]
TIMES = 10


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--senti", type=Path, required=True, metavar="FILE",
                        help="the program, as cargo build --release makes it")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR",
                        help="where programs, models and results are kept")
    parser.add_argument("--text", type=Path, required=True, metavar="FILE",
                        help="text without labels that both learn their words from")
    parser.add_argument("--labels", type=Path, required=True, metavar="FILE",
                        help="labelled texts for senti train")
    parser.add_argument("--lines", action="append", required=True, metavar="NAME=FILE",
                        help="texts to answer, one a line; may be given more than once")
    parser.add_argument("--vectors", type=Path, metavar="FILE",
                        help="vectors that senti pretrain made of the text already")
    parser.add_argument("--repeat", type=int, default=5, metavar="N",
                        help="repetitions [default: %(default)s]")
    parser.add_argument("--vocabularies", metavar="N,...", default=VOCABULARIES,
                        type=lambda text: [int(part) for part in text.split(",") if part],
                        help="sizes of the generated vocabularies "
                             f"[default: {','.join(map(str, VOCABULARIES))}]")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat is 1 or more")
    pairs = [each.partition("=") for each in options.lines]
    options.lines = {name: Path(path) for name, _, path in pairs}
    if len(options.lines) < len(pairs):
        parser.error("two --lines of one name")
    for path in [options.senti, options.text, options.labels, options.vectors,
                 *options.lines.values()]:
        if path and not path.is_file():
            parser.error(f"no file {path}; --lines is NAME=FILE")
    for name in ("senti", "text", "labels", "vectors"):
        path = getattr(options, name)
        setattr(options, name, path and path.resolve())
    options.lines = {name: path.resolve() for name, path in options.lines.items()}
    options.work.mkdir(parents=True, exist_ok=True)
    options.work = options.work.resolve()
    return options


class Contest:
    """The programs with their models, and what they used."""

    def __init__(self, options):
        self.options = options
        self.work = options.work
        self.senti = models.Senti(options.senti, self.work)
        self.fasttext = None
        self.missing = {}
        self.load = os.getloadavg()[0]
        program = self.tried(lambda: programs.fasttext_program(self.work))
        if program:
            self.fasttext = models.FastText(program, self.work)

    def tried(self, make):
        """What is made for fastText; where that fails, all goes on without it."""
        try:
            return make()
        except programs.Unavailable as error:
            self.fasttext = None
            self.missing["fasttext"] = str(error)
            say(f"fasttext is not available: {error}")
            return None

    def prepare(self):
        say("models of the text")
        vectors = self.options.vectors or self.senti.pretrained(self.options.text)
        labels = self.options.labels
        self.models = {
            "senti": self.senti.model("model", vectors, labels),
            "senti plain": self.senti.model("plain", self.senti.plain(vectors), labels),
        }
        described = self.senti.inspected(self.models["senti"])
        if "direction_of_sentiment" not in described:
            say("warning: the vectors have no direction of sentiment; is the text too short?")
        self.words = {"senti": described["words"]}
        self.smallest = {"senti": self.senti.inspected(vectors).get("min_count", "?")}
        if self.fasttext:
            smallest = models.smallest_count(self.options.text, self.words["senti"])
            model = self.tried(
                lambda: self.fasttext.trained("fasttext-model", self.options.text, smallest))
            if model:
                self.models["fasttext"] = model
                self.words["fasttext"] = self.fasttext.words(model)
                self.smallest["fasttext"] = smallest
        self.sizes = {name: path.stat().st_size for name, path in self.models.items()}
        # Those in which senti with one thread stands beside both that it is compared with.
        self.names = [name for name in ("fasttext", "senti", "senti 2", "senti plain")
                      if name in self.models or name == "senti 2"]

    def command(self, name, lines):
        if name == "fasttext":
            return [self.fasttext.program.command, "predict-prob", self.models[name], lines]
        model = self.models["senti" if name == "senti 2" else name]
        return self.answering(model, lines, 2 if name == "senti 2" else 1)

    def answering(self, model, lines, threads=1):
        return [self.senti.senti, "classify", "--quiet", "--from", "lines", "--model", model,
                "--threads", threads, "--file", lines]

    def run(self, command, output="/dev/null"):
        self.load = max(self.load, os.getloadavg()[0])
        return measured(command, self.work, output)

    def answers(self):
        """One run each, not timed, which says whether there is an answer for each line,
        and the same with two threads as with one. The files are in memory then."""
        same = {}
        for lines, path in self.options.lines.items():
            wanted = models.lines_in(path)
            digests = {}
            for name in self.names:
                say(f"answers of {name}, {lines}")
                output = self.work / "answers.txt"
                self.run(self.command(name, path), output)
                found = models.lines_in(output)
                if found != wanted:
                    raise Failed(f"{name} gave {found} answers for the {wanted} lines of {path}")
                digests[name] = programs.digest(output)
                output.unlink()
            same[lines] = digests["senti"] == digests["senti 2"]
            if not same[lines]:
                say(f"error: with two threads the answers for {lines} are others")
        return same

    def speed(self):
        """For each repetition, what each program used for each file, and for one line of it."""
        ones = {lines: models.first_line(path, self.work / f"first-{number}.txt")
                for number, (lines, path) in enumerate(self.options.lines.items())}
        repetitions = []
        for number in range(self.options.repeat):
            used = {}
            for lines, path in self.options.lines.items():
                say(f"repetition {number + 1} of {self.options.repeat}, {lines}")
                # Backwards every other time: none always comes first.
                for name in self.names[::-1 if number % 2 else 1]:
                    used[lines, name] = self.run(self.command(name, path))
                    used[lines, name, "one"] = self.run(self.command(name, ones[lines]))
            repetitions.append(used)
        return repetitions

    def memory(self):
        """The peaks for each file once, and ten times over."""
        peaks = {}
        for lines, path in self.options.lines.items():
            long = models.repeated(path, TIMES, self.work / "long.txt")
            for name in self.names:
                say(f"memory of {name}, {lines}")
                once = self.run(self.command(name, path))["peak"]
                peaks[lines, name] = once, self.run(self.command(name, long))["peak"]
            long.unlink()
        return peaks

    def starts(self):
        """For each vocabulary, words of both and what one line took, a pair a repetition."""
        first = models.first_line(next(iter(self.options.lines.values())),
                                  self.work / "first.txt")
        compared = [("of the text", self.words, self.sizes, {
            name: self.command(name, first) for name in ("senti", "fasttext")
            if name in self.models})]
        for count in self.options.vocabularies:
            say(f"models of {count} words")
            generated = models.Generated(count, self.work)
            line = generated.one()
            model = generated.senti(self.senti)
            files = {"senti": model}
            words = {"senti": self.senti.inspected(model)["words"]}
            commands = {"senti": self.answering(model, line)}
            model = self.fasttext and self.tried(lambda: generated.fasttext(self.fasttext))
            if model:
                files["fasttext"] = model
                words["fasttext"] = self.fasttext.words(model)
                commands["fasttext"] = [
                    self.fasttext.program.command, "predict-prob", model, line]
            sizes = {name: path.stat().st_size for name, path in files.items()}
            compared.append(("generated", words, sizes, commands))
        found = []
        for kind, words, sizes, commands in compared:
            for command in commands.values():
                self.run(command)  # The files are in memory then.
            say(f"cold start, {words['senti']} words")
            runs = []
            for number in range(self.options.repeat):
                names = list(commands)[::-1 if number % 2 else 1]
                runs.append({name: self.run(commands[name]) for name in names})
            found.append((kind, words, sizes, runs))
        return found


def main():
    options = arguments()
    contest = Contest(options)
    contest.prepare()
    # What the measurement itself costs: a program that does nothing.
    nothing = [contest.run(["true"]) for _ in range(10)]
    same = contest.answers()
    repetitions = contest.speed()
    peaks = contest.memory()
    starts = contest.starts()
    figures = {
        "nothing": nothing,
        "speed": [[[*key, used] for key, used in each.items()] for each in repetitions],
        "memory": [[*key, *peak] for key, peak in peaks.items()], "starts": starts,
    }
    (options.work / "classify.json").write_text(json.dumps(figures))
    print(classify_report.setting(contest, nothing))
    print(classify_report.speed(contest, repetitions))
    print(classify_report.threads(contest, repetitions, same))
    print(classify_report.memory(peaks, TIMES))
    print(classify_report.starts(starts))
    print(classify_report.sizes(contest))
    if not all(same.values()):
        sys.exit("the answers with two threads are not those with one")


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except (Failed, programs.Unavailable) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; models that are made already are kept")
