"""Annotated reports: what people say of a text, checked, compared, scored, and in the forms of other tools.

`document` is the one form that everything here speaks of; `form` its JSON, `proposal` a model's reading in it,
`reading` what a number's own words say, `faults` what is wrong, `difference` what was changed, `scoring` the measure.
`exchange` lists the formats, each in a module of its own.  Nothing here knows of the archive, HTTP or a model.
"""
