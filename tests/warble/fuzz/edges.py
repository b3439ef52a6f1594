"""Owns programs that are about a limit: nested as deep as is allowed, round for very long, as long as may be.

case.py is the caller.
"""

from __future__ import annotations

from random import Random

_WORK = ("s=s+i", "s=s+i*i%7", "s=s*3%1000003", "s=s+1.5", "IF(i%3==0){s++}", "s=s+2^i%5", "s=s*2", "s=s+i^2", "")


def tower(rng: Random) -> str:
    """Something nested about as deep as is allowed, or a little deeper."""
    many = rng.choice((2, 5, 15, 16, 17, 31, 32, 33, 61, 62, 63, 64, 65, 66))
    match rng.randrange(9):
        case 0:
            return f"{{x=2 PRINT({'(' * many}x{')' * many})}}"
        case 1:
            return f"{{PRINT({rng.choice(('-', '+', '+-', '- '))[:2] * many}1)}}"
        case 2:
            return f"{{x=1PRINT({'^'.join(['x'] * (many + 1))})}}"
        case 3:
            return f"{{{'IF(1){' * many}PRINT(1){'}' * many}}}"
        case 4:
            return f"{{i=0{'WHILE(i<9){' * min(many, 20)}i++{'}' * min(many, 20)}PRINT(i)}}"
        case 5:
            return f"{{x=9IF(x==0){{}}{'ELSE IF(x==1){}' * min(many, 16)}ELSE{{PRINT(x)}}}}"
        case 6:
            return f"{{PRINT({'ABS(' * min(many, 64)}-1{')' * min(many, 64)})}}"
        case 7:
            return f"{{PRINT({rng.choice('+-').join(['1.5'] * many)})}}"
    return f"{{{'x=1;' * many}PRINT({'-(' * (many // 2)}x{')' * (many // 2)}^2)}}"


def marathon(rng: Random) -> str:
    """Loops that go round for long: fuel is drawn in portions, and their edges are where a count can slip."""
    rounds = rng.choice((4_095, 4_096, 4_097, 32_768, 65_535, 65_536, 65_537, 70_000, 131_072, 131_073))
    inner = rng.choice((1, 2, 7, 64, 256))
    work = rng.choice(
        ("s=s+i", "s=s+i*i%7", "s=s*3%1000003", "s=s+1.5", "IF(i%3==0){s++}", "s=s+2^i%5", "s=s*2", "s=s+i^2", "")
    )
    end = rng.choice(("PRINT(i,s)", "WHILE(i>0){i=i-1000 s++}PRINT(s)", "x=1/0", "PRINT(nothing)"))
    match rng.randrange(4):
        case 0:
            return f"{{s=0 FOR(i=0;i<{rounds};i++){{{work}}}{end}}}"
        case 1:
            return f"{{s=0i=0 WHILE(i<{rounds}){{{work};i=i+{rng.choice((1, 1, 2, 3))}}}{end}}}"
        case 2:
            return f"{{s=0 FOR(k=0;k<{rounds // inner};k++){{FOR(i=0;i<{inner};i++){{{work}}}}}{end}}}"
    return f"{{s=1 FOR(i={rounds};i>0;i--){{{work}}}{end}}}"


def to_length(rng: Random, text: str, length: int) -> str:
    """The same program in exactly so many characters, where it is short enough for that."""
    missing = length - len(text)
    if missing <= 0 or "{" not in text:
        return text
    place = text.rindex("}") if rng.random() < 0.5 else text.index("{") + 1
    filling = rng.choice((" ", ";", "\n", "\t")) * missing
    return text[:place] + filling + text[place:]
