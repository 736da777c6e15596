"""Texts become the same words, numbers and matrices as in tf_keras."""

import json

import numpy as np
import pytest
from cases.preprocessing_records import RECORDED

from keras_torch.preprocessing.text import (
    Tokenizer,
    hashing_trick,
    one_hot,
    text_to_word_sequence,
    tokenizer_from_json,
)

ROWS = RECORDED["tokenizers"]
every_tokenizer = pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["arguments"]))


def _fitted(row):
    tokenizer = Tokenizer(**row["arguments"])
    tokenizer.fit_on_texts(RECORDED["texts"])
    return tokenizer


@every_tokenizer
def test_vocabulary_and_numbers_are_those_of_keras(row):
    tokenizer = _fitted(row)
    assert list(tokenizer.word_index.items()) == list(row["word_index"].items())
    assert (dict(tokenizer.word_counts), dict(tokenizer.word_docs)) == (row["word_counts"], row["word_docs"])
    sequences = tokenizer.texts_to_sequences(RECORDED["unseen"])
    assert sequences == row["sequences"]
    assert tokenizer.sequences_to_texts([*sequences, [0, 1, 99]]) == row["back"]


@every_tokenizer
@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
def test_matrices_are_those_of_keras(row, mode):
    matrix = _fitted(row).texts_to_matrix(RECORDED["unseen"], mode=mode)
    np.testing.assert_allclose(matrix, row["matrices"][mode], rtol=1e-14)
    assert matrix.dtype == np.float64


@every_tokenizer
def test_json_of_keras_is_read_and_written(row):
    ours, theirs = json.loads(_fitted(row).to_json()), json.loads(row["json"])
    assert ours["class_name"] == theirs["class_name"] and ours["config"].keys() == theirs["config"].keys()
    for name, value in theirs["config"].items():   # sets make the order of some dicts random
        mine = ours["config"][name]
        assert mine == value or json.loads(mine) == json.loads(value)
    read = tokenizer_from_json(row["json"])
    assert read.texts_to_sequences(RECORDED["unseen"]) == row["sequences"]
    read.fit_on_texts([["zzz"]])
    assert "zzz" in read.word_index


def test_words():
    arguments = [{}, {"lower": False}, {"filters": ","}, {"split": ","}]
    assert [text_to_word_sequence("A-b,c A b", **one) for one in arguments] == RECORDED["words"]


def test_hashing():
    texts = [text for text in RECORDED["texts"] if isinstance(text, str)][:3]
    assert [hashing_trick(text, 50, hash_function="md5") for text in texts] == RECORDED["md5"]
    assert one_hot("A b", 9) == hashing_trick("a b", 9) == [hash("a") % 8 + 1, hash("b") % 8 + 1]
    assert hashing_trick("a b", 9, hash_function=len, analyzer=lambda text: [text]) == [4]


def test_an_analyzer_replaces_the_splitting():
    tokenizer = Tokenizer(analyzer=lambda text: text.split("|"))
    tokenizer.fit_on_texts(["a b|c", "c"])
    assert tokenizer.word_index == {"c": 1, "a b": 2}
    assert tokenizer.texts_to_sequences(["c|a b"]) == [[1, 2]]


def test_sequences_alone_suffice_for_tfidf():
    tokenizer = Tokenizer(num_words=4)
    tokenizer.fit_on_sequences([[1, 1, 2], [2]])
    row = tokenizer.sequences_to_matrix([[2, 9]], mode="tfidf")[0]
    np.testing.assert_allclose(row, [0, 0, np.log(1 + 2 / 3), 0])


def test_older_names():
    assert Tokenizer(nb_words=7).num_words == 7


@pytest.mark.parametrize("act, error, message", [
    (lambda: Tokenizer(words=3), TypeError, "Tokenizer has no argument `words`"),
    (lambda: Tokenizer(num_words=0), ValueError, "Tokenizer: `num_words` must be a positive integer; got 0"),
    (lambda: Tokenizer().sequences_to_matrix([[1]], mode="sum"), ValueError, "`mode` must be one of"),
    (lambda: Tokenizer().sequences_to_matrix([[1]]), ValueError, "does not know how many words there are"),
    (lambda: Tokenizer(5).sequences_to_matrix([[1]], mode="tfidf"), ValueError, "needs to know documents"),
    (lambda: hashing_trick("a", 5, hash_function="sha"), ValueError, "`hash_function` must be None, 'md5'"),
])
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()
