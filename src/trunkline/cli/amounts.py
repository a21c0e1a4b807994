"""Amounts of US dollars on the command line: exact decimals, never floats."""

import click

from trunkline.core.money import NanoUsd, parse_amount


class _Amount(click.ParamType[NanoUsd]):
    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> NanoUsd:
        try:
            return parse_amount(str(value).removeprefix("$"))
        except ValueError as error:
            self.fail(str(error), param, ctx)


AMOUNT = _Amount()
"""`5`, `0.25`, `$10`: nano-dollars."""
