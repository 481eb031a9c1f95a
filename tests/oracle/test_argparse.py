"""Our option parser against Python's argparse: the same command lines, the same result."""

import argparse
import itertools
import json
import random
import subprocess

WORDS = ["m.so", "Net", "--args", "--args=1", "--kwargs", "-s", "-sout.pt", "-s=out.pt", "--save_path", "--sa=x", "-w",
         "--state_dict", "--sta", "--s", "--quiet", "--q", "--quiet=1", "-1", "-0.5", "-.5", "1e-3", "-", "--", "a b",
         "-a b", "", "--bogus", "-x", "--args="]


#: The same without words that nearly every command line is refused for.
GOOD = [word for word in WORDS if word not in {"--s", "--quiet=1", "--bogus", "-x", "-sout.pt"}]


class Refused(Exception):
    pass


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Refused(message)


def by_argparse(words):
    parser = Parser(add_help=False)
    parser.add_argument("MODULE")
    parser.add_argument("MODEL_NAME")
    parser.add_argument("-s", "--save_path")
    parser.add_argument("-w", "--state_dict")
    parser.add_argument("--args", nargs="+")
    parser.add_argument("--kwargs", nargs="+")
    parser.add_argument("--quiet", action="store_true")
    try:
        return {name: value for name, value in vars(parser.parse_args(words)).items() if value is not None}
    except Refused:
        return None


def by_us(build, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    result = subprocess.run([build / "bin/parse_words"], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def known_difference(words):
    """What argparse itself changed between versions: a second or last `--`, which 3.11 passes on or refuses."""
    return words.count("--") > 1 or "--" in words and words.index("--") >= len(words) - 1


def test_same_as_argparse(build):
    random.seed(1)
    lines = [list(words) for n in range(3) for words in itertools.product(WORDS, repeat=n)]
    lines += [random.choices(WORDS, k=random.randint(4, 9)) for _ in range(6_000)]
    lines += [["m.so", "Net", *random.choices(GOOD, k=random.randint(1, 4))] for _ in range(6_000)]
    lines = [words for words in lines if not known_difference(words)]
    results = by_us(build, lines)
    assert len(results) == len(lines)
    assert sum(got is not None for got in results) > 1_000  # neither parser refuses nearly everything
    different = [(words, want, got) for words, got in zip(lines, results) if (want := by_argparse(words)) != got]
    assert different == []
