"""What a person sees of an error."""

from warble import caret, run


def shown(source):
    return caret.show(source, run(source).error).splitlines()[1:]


def test_carets_stand_under_the_operation():
    assert shown("{x=1PRINT(2+x/0)}") == ["  {x=1PRINT(2+x/0)}", "              ^^^"]


def test_only_the_line_of_the_error_is_shown():
    assert shown("{\nx=1\ny=x/0\n}") == ["  y=x/0", "    ^^^"]


def test_end_of_the_program_has_a_caret_behind_it():
    assert shown("{PRINT(1)") == ["  {PRINT(1)", "           ^"]


def test_a_long_line_is_cut_around_the_place():
    line, carets = shown("{" + "PRINT(1)" * 30 + "x=1//0}")
    assert len(line) <= 78
    assert line[carets.index("^") : carets.rindex("^") + 1] == "1//0"


def test_characters_that_move_the_cursor_are_dots():
    assert shown('{PRINT("\x1b[2J")}')[0] == '  {PRINT("·[2J")}'
