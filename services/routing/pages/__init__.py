"""The pages of the desk: an expert's day, the coordinators' queue, an offer and its answer, who handles a request."""
