"""Texts as lists of words, lists of numbers, or rows of a matrix."""

import collections
import hashlib
import json

import numpy as np

from keras_torch.base.checks import fail, one_of, positive_int, unknown_argument

PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
MODES = ("binary", "count", "tfidf", "freq")


def text_to_word_sequence(input_text, filters=PUNCTUATION, lower=True, split=" "):
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters to leave out, as a string.
        lower: whether to write in lower case.
        split: what parts two words.

    Returns:
        list of strings.

    Source: Keras `preprocessing.text.text_to_word_sequence`.

    >>> text_to_word_sequence("To be, or not to be!")
    ['to', 'be', 'or', 'not', 'to', 'be']
    """
    if lower:
        input_text = input_text.lower()
    without = input_text.translate(str.maketrans(dict.fromkeys(filters, split)))
    return [word for word in without.split(split) if word]


def hashing_trick(text, n, hash_function=None, filters=PUNCTUATION, lower=True, split=" ", analyzer=None):
    """The words of a text as numbers from 1 to n - 1, without a vocabulary; two words may share a number.

    Args:
        text: the text.
        n: size of the hashing space.
        hash_function: function (word) -> int, 'md5', or None for Python's `hash` (differs from run to run).
        filters, lower, split: as in `text_to_word_sequence`.
        analyzer: function (text) -> list of words, instead of these.

    Returns:
        list of integers.

    Errors:
        ValueError: an unknown `hash_function`.

    Source: Keras `preprocessing.text.hashing_trick`.

    >>> hashing_trick("to be or not to be", 10, hash_function="md5")
    [5, 3, 5, 3, 5, 3]
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    elif not callable(hash_function):
        fail("hashing_trick()", "hash_function", hash_function, "None, 'md5' or a function")
    words = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word):
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


def one_hot(input_text, n, filters=PUNCTUATION, lower=True, split=" ", analyzer=None):
    """The words of a text as numbers from 1 to n - 1, by Python's `hash`; see `hashing_trick`.

    Source: Keras `preprocessing.text.one_hot`, which gives numbers, no vectors.

    >>> len(one_hot("to be", 10))
    2
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


class Tokenizer:
    """Learns a vocabulary from texts, then turns texts into numbers or matrices.

    Args:
        num_words: words that count are the `num_words - 1` most frequent; None means all.
        filters: characters to leave out, as a string.
        lower: whether upper and lower case are the same.
        split: what parts two words.
        char_level: whether characters are the words.
        oov_token: word that stands for unknown ones; it gets number 1. None leaves them out.
        analyzer: function (text) -> list of words, instead of `filters`, `lower` and `split`.
        nb_words: older name of `num_words`.
        document_count: texts seen so far; for loading.

    Errors:
        TypeError: an unknown argument.

    Notes:
        Number 0 belongs to no word. `word_index`: word -> number, the most frequent first; `word_counts`:
        word -> times seen; `word_docs`: word -> texts it is in.

    Source: Keras `preprocessing.text.Tokenizer`.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["to be or not to be"])
    >>> tokenizer.texts_to_sequences(["be not afraid"])
    [[2, 4]]
    """

    def __init__(self, num_words=None, filters=PUNCTUATION, lower=True, split=" ", char_level=False,
                 oov_token=None, analyzer=None, **older):
        self.num_words = older.pop("nb_words", num_words)
        self.document_count = older.pop("document_count", 0)
        for name in older:
            unknown_argument("Tokenizer", name, ["num_words", "filters", "lower", "split", "char_level",
                                                 "oov_token", "analyzer"])
        if self.num_words is not None:
            positive_int("Tokenizer", "num_words", self.num_words)
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts = collections.OrderedDict()
        self.word_docs, self.index_docs = collections.defaultdict(int), collections.defaultdict(int)
        self.word_index, self.index_word = {}, {}

    def _words(self, text):
        if not self.char_level and not isinstance(text, list):
            if self.analyzer is not None:
                return self.analyzer(text)
            return text_to_word_sequence(text, self.filters, self.lower, self.split)
        if not self.lower:
            return text
        return [word.lower() for word in text] if isinstance(text, list) else text.lower()

    def fit_on_texts(self, texts):
        """Learns from texts, in addition to those before.

        Args:
            texts: strings, or lists of words; a list or a generator.
        """
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        by_count = sorted(self.word_counts, key=self.word_counts.get, reverse=True)
        vocabulary = by_count if self.oov_token is None else [self.oov_token, *by_count]
        self.word_index = {word: number for number, word in enumerate(vocabulary, start=1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences):
        """Learns from lists of word numbers in how many texts each is, for `mode='tfidf'`."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] = self.index_docs.get(number, 0) + 1

    def texts_to_sequences(self, texts):
        """Lists of word numbers, one per text; unknown words are left out or become `oov_token`."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        """`texts_to_sequences`, one text at a time."""
        for text in texts:
            yield self._known(self._words(text), self.word_index.get)

    def _known(self, items, number_of):
        """Numbers of items; those unknown or too rare become the number of `oov_token`, or nothing."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        numbers = (number_of(item) for item in items)
        limit = self.num_words or float("inf")
        kept = (number if number is not None and number < limit else unknown for number in numbers)
        return [number for number in kept if number is not None]

    def sequences_to_texts(self, sequences):
        """Texts from lists of word numbers; words are parted by blanks."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences):
        """`sequences_to_texts`, one at a time."""
        for sequence in sequences:
            numbers = self._known(sequence, lambda number: number if number in self.index_word else None)
            yield " ".join(self.index_word[number] for number in numbers)

    def texts_to_matrix(self, texts, mode="binary"):
        """A row per text and a column per word number; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """A row per sequence and a column per word number.

        Args:
            sequences: lists of word numbers.
            mode: 'binary' (is the word there), 'count', 'freq' (count / length) or 'tfidf'
                (`(1 + ln count) * ln(1 + documents / (1 + documents with the word))`).

        Returns:
            numpy array (sequences, num_words), float64.

        Errors:
            ValueError: an unknown mode, or nothing was learned yet.
        """
        one_of(*MODES)("Tokenizer.sequences_to_matrix()", "mode", mode)
        if not self.num_words and not self.word_index:
            raise ValueError("Tokenizer.sequences_to_matrix() does not know how many words there are. "
                             "Call fit_on_texts() first, or give `num_words`.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Tokenizer.sequences_to_matrix(mode='tfidf') needs to know documents. "
                             "Call fit_on_texts() or fit_on_sequences() first.")
        matrix = np.zeros((len(sequences), self.num_words or len(self.word_index) + 1))
        for row, sequence in zip(matrix, sequences):
            counts = collections.Counter(number for number in sequence if number < len(row))
            for number, count in counts.items():
                row[number] = self._weight(mode, number, count, len(sequence))
        return matrix

    def _weight(self, mode, number, count, length):
        if mode == "tfidf":
            documents = 1 + self.document_count / (1 + self.index_docs.get(number, 0))
            return (1 + np.log(count)) * np.log(documents)
        return {"binary": 1, "count": count, "freq": count / length}[mode]

    def get_config(self):
        """Arguments and vocabulary as plain values; the dicts as JSON text, as Keras writes them."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        dicts = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {**{name: getattr(self, name) for name in plain},
                **{name: json.dumps(getattr(self, name)) for name in dicts}}

    def to_json(self, **kwargs):
        """The config as JSON text, for `tokenizer_from_json`; `kwargs` go to `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string):
    """The `Tokenizer` that `to_json` wrote, ours or Keras's.

    Source: Keras `preprocessing.text.tokenizer_from_json`.

    >>> tokenizer = Tokenizer(num_words=5)
    >>> tokenizer.fit_on_texts(["to be"])
    >>> tokenizer_from_json(tokenizer.to_json()).word_index
    {'to': 1, 'be': 2}
    """
    config = dict(json.loads(json_string)["config"])
    stored = {name: json.loads(config.pop(name))
              for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")}
    for name in ("index_docs", "index_word"):   # JSON writes numbers as texts when they are keys
        stored[name] = {int(number): value for number, value in stored[name].items()}
    tokenizer = Tokenizer(**config)
    for name, value in stored.items():
        setattr(tokenizer, name, value)
    return tokenizer
