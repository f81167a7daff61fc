"""Training the recognition of themes: made-up texts, a learner, the judgement. `make classifier` runs it."""
