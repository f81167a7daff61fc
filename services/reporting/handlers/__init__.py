"""Use cases: facts of requests, deadlines that are told, measurements that bodies send."""
