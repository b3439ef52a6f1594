"""A conversation with the repl, without a terminal."""

from warble.repl import Repl, complete


def talk(*lines, **kept):
    said, asked = [], iter(lines)

    def read(prompt):
        try:
            return next(asked)
        except StopIteration:
            raise EOFError from None

    Repl(read, said.append, **kept).talk()
    return "".join(said[1:])


def test_variables_stay_from_line_to_line():
    assert talk("x=2", "x=x^10", "PRINT(x)") == "1024\n"


def test_whole_programs_are_taken_too():
    assert talk("#pi{PRINT(1)}", "{PRINT(2)}") == "1\n2\n"


def test_an_open_block_goes_on_in_the_next_line():
    assert talk("FOR(i=0;i<2;i++){", "PRINT(i)", "}") == "0\n1\n"


def test_an_empty_line_gives_up_on_an_open_block():
    assert "ends too early" in talk("{IF(1){", "")


def test_errors_are_shown_and_do_not_end_the_talk():
    assert talk("x=1/0", "PRINT(1)") == "error[zerodiv]: This divides by 0.\n  {x=1/0}\n     ^^^\n1\n"


def test_effects_are_shown():
    assert talk('SAVE("a",1)', 'PRINT(LOAD("a"))') == "~ save a 1\n1\n"


def test_saved_values_go_to_the_users_shelf():
    store = {}
    talk('SAVE("a",1)', user="alice", store=store)
    assert store == {"alice": {"a": 1}}


def test_commands():
    assert talk("x=1y=2.5", ".vars") == "x = 1\ny = 2.5\n"
    assert "ATAN2(y, x)\n" in talk(".functions")
    assert talk(".quit", "PRINT(1)") == ""


def test_tab_completes_functions_in_any_case():
    assert [complete("at", 0), complete("at", 1), complete("at", 2)] == ["ATAN(", "ATAN2(", None]
    assert complete("", 0) is None
