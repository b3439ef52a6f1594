"""Trees, spans, and the words a stranger reads when a program does not parse. Kinds and spans: programs/."""

import pytest

from warble import Fault, Limits, tree
from warble.parse import grammar, parse


def test_spans_count_code_points_of_the_source():
    source = '#pi{ a = (1+2)*b PRINT("🥧",a) }'
    program = parse(source)
    assign, call = program.block.body
    shown = {type(node).__name__: source[node.start : node.end] for node in (program, assign, call)}
    assert shown == {"Program": source, "Assign": "a = (1+2)*b", "Call": 'PRINT("🥧",a)'}
    assert isinstance(assign, tree.Assign)
    assert source[assign.value.start : assign.value.end] == "(1+2)*b"


def test_grammar_is_built_once():
    assert grammar() is grammar()


def test_a_tree_cannot_be_changed():
    with pytest.raises(AttributeError):
        parse("{}").block = None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "no program here"),
        ("PRINT(1)", "starts with {, not with PRINT"),
        ("{PRINT(1)", "the { at 0 has no }"),
        ("{PRINT(1}", "The ( at 6 has no ) before this }"),
        ("{PRINT(2**3)}", "Write ^ for powers"),
        ("{IF(x=1){}}", "Write == to compare"),
        ("{x=1<2<3}", "do not chain"),
        ("{y=x++}", "have no value"),
        ("{ELSE{}}", "ELSE has to follow"),
        ("{ELSE=3}", "ELSE is a word of the language"),
        ("{FOR=3}", "FOR is a word of the language"),
        ("{x=1+}", "something is missing before it"),
        ("{1<2}", "A statement starts with a name"),
    ],
)
def test_syntax_errors_say_what_to_do(source, words):
    with pytest.raises(Fault) as caught:
        parse(source)
    assert caught.value.kind == "syntax"
    assert words in caught.value.message


def test_brackets_inside_text_are_not_counted():
    limits = Limits(depth=3)
    assert parse('{PRINT("(((((((((((")}', limits)
    with pytest.raises(Fault, match="at most 3 brackets"):
        parse('{PRINT((("")))}', limits)
