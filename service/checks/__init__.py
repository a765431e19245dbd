"""勾稽校验: whether the figures of a report can all be true.

`rules.check` runs every family of rules over what was read from one text; `intervals` is the arithmetic of rounded
figures, of use wherever two figures are compared.
"""
