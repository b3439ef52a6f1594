"""What operations cost: everyday numbers nothing, bigger ones more and more, and never anything but their sizes."""

import pytest

from warble import Limits, fuel, run


@pytest.mark.parametrize(
    "cost",
    [
        fuel.int_linear,
        fuel.int_digits,
        fuel.int_ratio,
        lambda bits: fuel.int_product(bits, bits),
        lambda bits: fuel.int_quotient(bits, bits // 2),
        lambda bits: fuel.int_comb(bits // 2, bits),
    ],
)
def test_integers_of_256_bits_are_free_and_bigger_ones_cost_more_and_more(cost):
    assert cost(256) == 0
    assert 0 < cost(131_072) < 1_000_000
    assert cost(131_072) > cost(65_536) >= cost(8_192)


@pytest.mark.parametrize("product", [fuel.int_product, fuel.decimal_product, fuel.decimal_quotient])
def test_products_never_get_cheaper_with_more_digits(product):
    sizes = [300, 1_000, 2_047, 2_048, 2_049, 9_999, 10_000, 20_000, 100_000]
    for least in sizes:
        costs = [product(most, least) for most in sizes if most >= least]
        assert costs == sorted(costs)
    squares = [product(size, size) for size in sizes]
    assert squares == sorted(squares)


def test_everyday_doubles_and_integers_cost_their_rounds_only():
    assert run("{x=1.5FOR(i=0;i<10;i++){x=x/3*2+i*i}}").fuel == 10


def test_an_operation_on_decimals_costs_something():
    assert run("{SETPRECISION(28)x=1.0FOR(i=0;i<10;i++){x=x+i}}").fuel == 1 + 10 + 10


def test_adding_charges_what_the_formula_says():
    bits = 131_000
    spent = run(f"{{x=2^{bits}y=x-1}}").fuel - run(f"{{x=2^{bits}}}").fuel
    assert spent == fuel.int_linear(bits + 1)


@pytest.mark.parametrize("exponent", [2, 3, 10, 1000, -1, -7])
def test_whole_powers_of_decimals_cost_their_products(exponent):
    least = fuel.decimal_product(1_000, 1_000)
    assert least <= fuel.decimal_power(1_000, exponent) <= 20 * least


def test_digits_of_a_long_decimal_are_paid_for():
    source = "{{SETPRECISION(50000)x=1/3;{}}}"
    spent = run(source.format("y=SIN(x)")).fuel - run(source.format("")).fuel
    assert spent == fuel.decimal_text(50_000)
    logged = run(source.format("LOG(x)"), limits=Limits(output=100_000)).fuel
    assert logged - run(source.format("")).fuel == fuel.decimal_text(50_002)
