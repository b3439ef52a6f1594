"""Owns what can be known before a program runs: function names, numbers of arguments, text and values in their places,
and the limits on nesting. It changes nothing: check() either returns or raises the first Fault.

A name that is read before it was assigned is found when it is read, not here, because a branch may never be taken;
unassigned() serves those who want to know earlier. Callers: run.py and the command.
"""

from __future__ import annotations

from warble import tree
from warble.builtins import FUNCTIONS, Function, nearest
from warble.errors import Fault
from warble.limits import Limits


def check(program: tree.Program, limits: Limits) -> None:
    """Raise the first Fault of kind name, arity, type, syntax or limit:depth, in the order of the source."""
    _block(program.block, limits, loops=0)


def uses_decimals(program: tree.Program) -> bool:
    """Whether the program runs in decimals: it does where SETPRECISION stands anywhere in it."""
    return any(isinstance(node, tree.Call) and node.name == "SETPRECISION" for node in tree.walk(program))


def unassigned(program: tree.Program) -> list[Fault]:
    """Names that are read and never assigned anywhere: a sure error as soon as the place is reached."""
    steps = [node for node in tree.walk(program) if isinstance(node, tree.Assign | tree.Step)]
    known = {node.target.name for node in steps if isinstance(node, tree.Assign)}
    read = [node for node in tree.walk(program) if isinstance(node, tree.Name) and node.name not in known]
    return [missing_name(node.name, sorted(known), node.start, node.end) for node in read]


def missing_name(name: str, known: list[str], start: int, end: int) -> Fault:
    """The error of a name without a value, with the nearest name that has one."""
    return Fault("name", f"{name} has no value here.{nearest(name, known)}", start, end)


def _block(block: tree.Block, limits: Limits, loops: int) -> None:
    for statement in block.body:
        _statement(statement, limits, loops)


def _statement(node: tree.Stmt, limits: Limits, loops: int) -> None:
    match node:
        case tree.Call():
            _call(node, limits, 1)
        case tree.Assign() | tree.Step():
            _simple(node, limits)
        case tree.If():
            _if(node, limits, loops)
        case tree.While(test, body):
            _loop(node, limits, loops)
            _value(test, limits, 1)
            _block(body, limits, loops + 1)
        case tree.For(first, test, step, body):
            _loop(node, limits, loops)
            _simple(first, limits)
            _value(test, limits, 1)
            _simple(step, limits)
            _block(body, limits, loops + 1)


def _simple(node: tree.Simple, limits: Limits) -> None:
    if node.target.name in FUNCTIONS:
        text = f"{node.target.name} is a function; nothing can be stored in it. Choose another name."
        raise Fault("syntax", text, node.target.start, node.target.end)
    if isinstance(node, tree.Assign):
        _value(node.value, limits, 1)


def _if(node: tree.If, limits: Limits, loops: int) -> None:
    following: tree.If | tree.Block | None = node
    while isinstance(following, tree.If):  # a loop: ELSE IFs follow one another, they do not nest
        _value(following.test, limits, 1)
        _block(following.then, limits, loops)
        following = following.other
    if following is not None:
        _block(following, limits, loops)


def _loop(node: tree.While | tree.For, limits: Limits, loops: int) -> None:
    if loops >= limits.loops:
        text = f"This loop is {loops + 1} deep; at most {limits.loops} loops within one another are allowed."
        raise Fault("limit:depth", text, node.start, node.test.end)


def _value(node: tree.Expr, limits: Limits, depth: int) -> None:
    """Refuse what is no number; depth counts signs, powers and brackets within one another, not long sums."""
    if depth > limits.depth:
        text = (
            f"This is {depth} deep; at most {limits.depth} signs, powers and brackets within one another are allowed."
        )
        raise Fault("limit:depth", text, node.start, node.end)
    match node:
        case tree.Text():
            raise Fault(
                "type", "Text is no number. It can only be printed, logged, or name something.", node.start, node.end
            )
        case tree.Name(name) if name in FUNCTIONS:
            raise Fault("name", f"{name} is a function. Call it: {FUNCTIONS[name].usage}.", node.start, node.end)
        case tree.Group(inner) | tree.Unary(_, inner):
            _value(inner, limits, depth + 1)
        case tree.Binary(op, left, right):
            _value(left, limits, depth)
            _value(right, limits, depth + (op == "^"))
        case tree.Call():
            _call(node, limits, depth + 1)
            if not FUNCTIONS[node.name].gives:
                raise Fault("type", f"{node.name} gives no value. Use it as a statement.", node.start, node.end)


def _call(node: tree.Call, limits: Limits, depth: int) -> None:
    function = FUNCTIONS.get(node.name)
    if function is None:
        text = f"There is no function {node.name}.{nearest(node.name, list(FUNCTIONS))}"
        raise Fault("name", text, node.start, node.name_end)
    if not function.least <= len(node.args) <= function.most:
        text = f"{node.name} takes {_count(function)}, not {len(node.args)}: {function.usage}."
        raise Fault("arity", text, node.start, node.end)
    for wanted, arg in zip(function.takes, node.args, strict=False):
        is_text = isinstance(tree.bare(arg), tree.Text)
        if wanted == "t" and not is_text:
            text = f"{node.name} wants text in quotes here: {function.usage}."
            raise Fault("type", text, arg.start, arg.end)
        if not (is_text and wanted in "ta"):
            _value(arg, limits, depth)


def _count(function: Function) -> str:
    if function.least == function.most:
        return f"{function.least} argument{'s' if function.least != 1 else ''}"
    return f"{function.least} to {function.most} arguments"
