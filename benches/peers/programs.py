"""The programs that are measured: how each is made, and called.

Every one is called in the runner's folder, on a file named `corpus.txt` there,
because word2vec.c copies its arguments into arrays of 100 bytes.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

CORPUS = "corpus.txt"
WORD2VEC = "word2vec==0.10.6"
FASTTEXT_SOURCE = "fasttext==0.9.3"
# What the source packages need to tell pip their names.
BUILD = {
    WORD2VEC: ["setuptools<70", "wheel", "cython", "numpy"],
    FASTTEXT_SOURCE: ["setuptools<70", "wheel", "pybind11"],
}
GCC = ["gcc", "word2vec.c", "-march=native"]
LIBRARIES = ["-lm", "-lpthread"]
GXX = ["g++", "-O3", "-march=native", "-std=c++17", "-pthread"]

GENSIM = """
import sys
from gensim.models import Word2Vec
corpus, output, dims, window, negatives, sample, min_count, rate, epochs, seed = sys.argv[1:]
model = Word2Vec(
    corpus_file=corpus, sg=1, hs=0, vector_size=int(dims), window=int(window),
    negative=int(negatives), sample=float(sample), min_count=int(min_count),
    alpha=float(rate), epochs=int(epochs), seed=int(seed), workers=1)
model.wv.save_word2vec_format(output, binary=True)
"""

# Without subwords, as the others. Its Python package takes no seed. The vectors
# are written as word2vec would: fastText's own files hold the matrix of the
# output side too.
FASTTEXT = """
import sys
import fasttext
corpus, output, dims, window, negatives, sample, min_count, rate, epochs, seed = sys.argv[1:]
model = fasttext.train_unsupervised(
    corpus, model="skipgram", dim=int(dims), ws=int(window), neg=int(negatives),
    t=float(sample), minCount=int(min_count), lr=float(rate), epoch=int(epochs),
    minn=0, maxn=0, loss="ns", thread=1, verbose=0)
words, rows = model.get_words(), model.get_input_matrix()
with open(output, "wb") as file:
    file.write(b"%d %d\\n" % (len(words), rows.shape[1]))
    for word, row in zip(words, rows):
        file.write(word.encode() + b" " + row.astype("<f4").tobytes())
"""


class Unavailable(Exception):
    """A program that cannot be made here, and why."""


class Program:
    """One that is ready to run: what it is, and its command line."""

    def __init__(self, version, threads, command):
        self.version = version
        self.threads = threads
        self.command = command


def prepare(name, senti, work):
    """Makes the program of this name, or says why it cannot be made."""
    return NAMES[name](senti, work)


def _senti(threads):
    def made(senti, work):
        def command(s, output):
            return [
                str(senti), "pretrain", s["corpus"], "--output", output, "--quiet",
                "--dims", s["dims"], "--window", s["window"], "--negatives", s["negatives"],
                "--subsample", s["sample"], "--min-count", s["min_count"], "--lr", s["rate"],
                "--epochs", s["epochs"], "--seed", s["seed"], "--stop-words", "none",
                "--threads", threads,
            ]
        return Program("sha256 " + digest(senti), threads, command)
    return made


def _word2vec(optimisation):
    def made(senti, work):
        built = work / ("word2vec" + optimisation)
        source = _word2vec_source(work)
        if not built.exists():
            run([*GCC, optimisation, "-o", built.name, *LIBRARIES], work)
        def command(s, output):
            return [
                "./" + built.name, "-train", s["corpus"], "-output", output, "-binary", 1,
                "-size", s["dims"], "-window", s["window"], "-negative", s["negatives"],
                "-sample", s["sample"], "-min-count", s["min_count"], "-alpha", s["rate"],
                "-iter", s["epochs"], "-cbow", 0, "-hs", 0, "-threads", 1, "-debug", 0,
            ]
        version = f"{WORD2VEC}, {optimisation} -march=native, source sha256 {digest(source)}"
        return Program(version, 1, command)
    return made


def _word2vec_source(work):
    source = work / "word2vec.c"
    if not source.exists():
        archive = _source_package(WORD2VEC, work)
        with tarfile.open(archive) as files:
            member = next(
                m for m in files if m.name.endswith("/src/word2vec.c") and "win" not in m.name)
            content = files.extractfile(member).read()
        if b'"-iter"' not in content:
            raise Unavailable(f"{archive.name} holds a word2vec.c without -iter")
        source.write_bytes(content)
    return source


def fasttext_program(work):
    """fastText's program for the command line, which its package only has the source of."""
    built = work / "fasttext"
    if not built.exists():
        archive = _source_package(FASTTEXT_SOURCE, work)
        folder = work / "fasttext-source"
        folder.mkdir(exist_ok=True)
        with tarfile.open(archive) as files:
            for member in files:
                path = Path(member.name)
                if member.isfile() and path.parent.name == "src" and path.suffix in (".cc", ".h"):
                    (folder / path.name).write_bytes(files.extractfile(member).read())
        sources = sorted(path.name for path in folder.glob("*.cc"))
        if not sources:
            raise Unavailable(f"{archive.name} holds no src/*.cc")
        run([*GXX, "-o", "../" + built.name, *sources], folder)
    return Program(f"{FASTTEXT_SOURCE}, {' '.join(GXX)}", 1, str(built))


def _source_package(requirement, work):
    """The archive of a package's source, from the index that pip uses."""
    name = requirement.partition("==")[0]
    python = _python(work)
    run([python, "-m", "pip", "install", "--quiet", *BUILD[requirement]], work)
    run([python, "-m", "pip", "download", "--quiet", "--no-binary", ":all:", "--no-deps",
          "--no-build-isolation", "--dest", "sdist", requirement], work)
    return next((work / "sdist").glob(f"{name}-*.tar.gz"))


def _package(package, script):
    def made(senti, work):
        python = _python(work)
        has = [python, "-c", f"import {package}"]
        if subprocess.run(has, cwd=work, capture_output=True).returncode:
            run([python, "-m", "pip", "install", "--quiet", package], work)
            run(has, work)
        version = run([python, "-c", "import importlib.metadata, sys; "
                        f"print(importlib.metadata.version('{package}'))"], work)
        def command(s, output):
            return [
                python, "-c", script, s["corpus"], output, s["dims"], s["window"],
                s["negatives"], s["sample"], s["min_count"], s["rate"], s["epochs"], s["seed"],
            ]
        return Program(f"{package} {version.strip()}", 1, command)
    return made


NAMES = {
    "senti": _senti(1),
    "senti-2": _senti(2),
    "word2vec": _word2vec("-O3"),
    "word2vec-fast": _word2vec("-Ofast"),
    "gensim": _package("gensim", GENSIM),
    "fasttext": _package("fasttext", FASTTEXT),
}
# What the speed of the others is compared with.
BASELINE = "word2vec"


def _python(work):
    """The Python of a virtual environment in the runner's folder."""
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", "venv"], work)
    return str(python)


def run(command, work):
    """What a command prints; one that fails is named, with what it says last."""
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    except OSError as error:
        raise Unavailable(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise Unavailable(f"{os.path.basename(command[0])} failed: {said[-1].strip()}")
    return done.stdout


def digest(path):
    """The first digits of a file's SHA-256."""
    with open(Path(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
