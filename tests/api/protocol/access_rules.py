#!/usr/bin/env python3
"""Access rules and paths, and whether keystonemiddleware's own matcher takes the one for the other.

    access_rules.py SEED COUNT

Needs keystonemiddleware and webob (tools/lab has them: .lab/venv/bin/python). One case a line, as JSON:
[pattern, path, matches, matches_escaped]. The path is as a client sends it; before it is compared it goes the way that it
goes in a service, through what a WSGI server decodes and webob encodes again. `matches` is what `_path_matches` says of
the pattern as it is, null where it is no regular expression; `matches_escaped` of the pattern with every character
escaped that is special in one and is not in a rule.
"""

import json
import random
import re
import sys
import urllib.parse

import webob
from keystonemiddleware.auth_token import _path_matches

SPECIAL = ".+?|()[]^$\\"
WORDS = ["v2.1", "servers", "detail", "flavors", "os-keypairs", "metadata", "a", "ab", "a.b", "x+y", "(x)", "7f3e-1", "%C3%A9"]
PIECES = ["*", "**", "***", "{id}", "{}", "{", "}", ".", "a", "/", "-", "|", "(", "[ab]", "?", "+", "s", "$", "\\"]


def encode(rng, word):
    """The word, some of its characters percent-encoded though they need not be."""
    if "%" in word:
        return word
    return "".join("%%%02x" % ord(character) if rng.random() < 0.05 else character for character in word)


def path_of(rng):
    words = ["v2.1"] + [rng.choice(WORDS) for _ in range(rng.randint(0, 5))]
    separators = [rng.choice(["/"] * 20 + ["//", "%2F"]) for _ in words]
    end = rng.choice(["", "", "", "/"])
    return "/" + "".join(encode(rng, word) + separator for word, separator in zip(words, separators)).rstrip("/") + end


def seen(path):
    """The path as keystonemiddleware sees it."""
    environ = {"SCRIPT_NAME": "", "PATH_INFO": urllib.parse.unquote(path, "latin-1"), "REQUEST_METHOD": "GET"}
    return webob.Request(environ).path


def pattern_of(rng, path):
    """A pattern that may match the path: parts of it replaced, then something put in or left out."""
    segments = seen(path).split("/")
    for number in range(1, len(segments)):
        if rng.random() < 0.35:
            segment = segments[number]
            cut = rng.randint(0, len(segment))
            segments[number] = rng.choice(["*", "{id}", "{a b}", "**", segment[:cut] + "*", "*" + segment[cut:], segment[:cut] + "**"])
    if rng.random() < 0.15:
        first = rng.randint(1, len(segments))
        segments[first:rng.randint(first, len(segments))] = ["**"]
    pattern = "/".join(segments)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        at = rng.randint(0, len(pattern))
        pattern = pattern[:at] + rng.choice(PIECES) + pattern[at + rng.randint(0, 1):]
    return pattern[:225]


def matches(path, pattern):
    try:
        return bool(_path_matches(path, pattern))
    except re.error:
        return None


def escaped(pattern):
    """Escaped where the matcher takes characters over as they are: not inside of {…}, which it takes as a whole."""
    pieces = re.split(r"({[^}]*})", pattern)
    return "".join(
        piece if number % 2 else "".join("\\" + c if c in SPECIAL else c for c in piece)
        for number, piece in enumerate(pieces)
    )


def main():
    rng = random.Random(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        path = path_of(rng)
        pattern = pattern_of(rng, path)
        if rng.random() < 0.25:
            path = path_of(rng)
        seen_path = seen(path)
        print(json.dumps([pattern, path, matches(seen_path, pattern), matches(seen_path, escaped(pattern))]))


if __name__ == "__main__":
    main()
