"""What would be if: a past period or made-up requests played again with other weights, places or experts.

`asked` is the question, `past` and `made_up` make its scenario, `variant` changes it, `engine` plays it with the
criteria, the matching and the rules of production, `figures` measures it. It writes nothing; `python -m
services.routing.simulation` is the process in which `simulator` lets it run.
"""
