"""What `classify.py` makes before it measures: models, and texts to answer."""

import json
import random
import re
import string
import struct
from collections import Counter

import programs

DIMS = 100


def made(path, depends, make):
    """The file, made anew only if what it depends on has changed."""
    note = path.with_name(path.name + ".made")
    wanted = json.dumps(depends, sort_keys=True, default=str)
    if not (path.exists() and note.exists() and note.read_text() == wanted):
        note.unlink(missing_ok=True)
        make(path)
        note.write_text(wanted)
    return path


class Senti:
    """Vectors and models of senti."""

    def __init__(self, senti, work):
        self.senti = senti
        self.work = work
        self.version = programs.digest(senti)

    def run(self, *arguments):
        return programs.run([str(each) for each in (self.senti, *arguments)], self.work)

    def pretrained(self, text):
        return made(
            self.work / "vectors.fifu", [self.version, programs.digest(text)],
            lambda path: self.run("pretrain", text, "--quiet", "--dims", DIMS, "--output", path))

    def plain(self, vectors):
        """The same vectors in a format that holds no direction of sentiment."""
        return made(
            self.work / "plain.bin", [self.version, programs.digest(vectors)],
            lambda path: self.run("convert", "--quiet", vectors, path))

    def model(self, name, vectors, labels, *options):
        depends = [self.version, programs.digest(vectors), programs.digest(labels), options]
        return made(
            self.work / f"{name}.senti", depends,
            lambda path: self.run("train", labels, "--quiet", "--vectors", vectors,
                                  "--output", path, *options))

    def inspected(self, path):
        return json.loads(self.run("inspect", "--json", path))


class FastText:
    """Models of fastText, with labels that mean nothing: only speed is measured."""

    def __init__(self, program, work):
        self.program = program
        self.work = work

    def trained(self, name, text, smallest):
        """A model of words that occur often enough in a text, labelled in turns."""
        def make(path):
            labelled = self.work / "labelled.txt"
            with open(text, "rb") as lines, open(labelled, "wb") as out:
                for number, line in enumerate(lines):
                    out.write(b"__label__b " if number % 2 else b"__label__a ")
                    out.write(line)
            programs.run(
                [self.program.command, "supervised", "-input", str(labelled), "-output",
                 str(path.with_suffix("")), "-dim", str(DIMS), "-epoch", "1",
                 "-minCount", str(smallest), "-thread", "1", "-verbose", "0"], self.work)
            labelled.unlink()
            path.with_suffix(".vec").unlink(missing_ok=True)
        depends = [self.program.version, programs.digest(text), smallest, DIMS]
        return made(self.work / f"{name}.bin", depends, make)

    @staticmethod
    def words(model):
        """How many words a model has: of its file's head, the last but two numbers."""
        head = struct.Struct("<2i12id3i")
        with open(model, "rb") as file:
            return head.unpack(file.read(head.size))[-2]


def smallest_count(text, wanted):
    """How often a word must occur for about so many words to be left; words as
    fastText cuts them, at spaces."""
    counts = Counter()
    with open(text, "rb") as lines:
        for line in lines:
            counts.update(line.split())
    often = Counter(counts.values())
    left, best = 0, None
    for count in sorted(often, reverse=True):
        left += often[count]
        if best is None or abs(left - wanted) < abs(best[0] - wanted):
            best = left, count
    return best[1]


class Generated:
    """A vocabulary of so many words that mean nothing, always the same."""

    def __init__(self, words, work):
        self.count = words
        self.work = work
        self.name = f"generated-{words}"
        chance = random.Random(words)
        # Long enough that hardly any two are equal; of equal ones one is left.
        self.words = list(dict.fromkeys(
            "".join(chance.choices(string.ascii_lowercase, k=chance.randint(6, 12)))
            for _ in range(words)))

    def lines(self, count, seed):
        chance = random.Random(seed)
        return [" ".join(chance.choices(self.words, k=20)) for _ in range(count)]

    def one(self):
        path = self.work / f"{self.name}.line.txt"
        path.write_text(self.lines(1, seed=1)[0] + "\n")
        return path

    def senti(self, senti):
        """A model of eight labels on random vectors of these words."""
        def make(path):
            text, vectors = self.work / "generated.vec", self.work / "generated.fifu"
            chance = random.Random(3)
            values = [f"{number / 1000:.3f}" for number in range(-999, 1000)]
            with open(text, "w") as out:
                out.write(f"{len(self.words)} {DIMS}\n")
                for word in self.words:
                    out.write(word + " " + " ".join(chance.choices(values, k=DIMS)) + "\n")
            senti.run("convert", "--quiet", text, vectors)
            text.unlink()
            labels = self.work / f"{self.name}.tsv"
            labels.write_text("".join(
                f"{'ab'[number % 2]}\t{line}\n"
                for number, line in enumerate(self.lines(8, seed=2))))
            senti.run("train", labels, "--quiet", "--vectors", vectors, "--output", path)
            vectors.unlink()
        return made(self.work / f"{self.name}.senti", [senti.version, self.count, DIMS], make)

    def fasttext(self, fasttext):
        """A model of a text that has each of these words once."""
        text = self.work / f"{self.name}.txt"
        with open(text, "w") as out:
            for start in range(0, len(self.words), 20):
                out.write(" ".join(self.words[start:start + 20]) + "\n")
        model = fasttext.trained(self.name, text, 1)
        text.unlink()
        return model


def first_line(path, output):
    """The first line of a file with a word in it, by itself."""
    with open(path, "rb") as lines:
        line = next((line for line in lines if re.search(rb"\w", line)), b"one\n")
    output.write_bytes(line.rstrip(b"\r\n") + b"\n")
    return output


def repeated(path, times, output):
    """A file some times over; without a last line end, lines would grow together."""
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        content += b"\n"
    with open(output, "wb") as out:
        for _ in range(times):
            out.write(content)
    return output


def lines_in(path):
    """How many lines a file has, also if the last has no end."""
    lines, last = 0, b"\n"
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")
