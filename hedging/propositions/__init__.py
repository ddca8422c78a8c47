"""What is known about the models in closed form, as statements that can be checked.

One file per family; each has a tuple ``PROPOSITIONS``.
"""
