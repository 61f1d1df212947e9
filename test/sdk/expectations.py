"""What a scenario expects, compared with what the collector noted and the client counted."""

import re

ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
SLACK_MS = 20  # clocks of two processes, and timers that fire a little early
MAX_DEPTH = 64  # what the store takes; deeper events are rejected


def findings(scenario, requests, stats, seconds):
    """Yields a sentence for everything that is not as it should be."""
    expect = scenario.get("expect", {})
    yield from _every_request(scenario, requests)
    yield from _listed_requests(expect.get("requests"), requests)
    yield from _over_all(expect, requests, seconds)
    yield from _statistics(expect, stats)


def _every_request(scenario, requests):
    given = {step["track"]["event_id"] for step in scenario["do"] if "event_id" in step.get("track", {})}
    project = scenario.get("client", {}).get("project_id", "proj_demo")
    each = scenario.get("expect", {}).get("each", {})
    for number, request in enumerate(requests):
        where = f"request {number}"
        if request.problem:
            yield f"{where}: {request.problem}"
        yield from _one_request(each, request, requests, number)
        for event in request.events:
            if event.get("event_id") not in given and not ID.match(str(event.get("event_id"))):
                yield f"{where}: event_id {event.get('event_id')!r} is no UUID of version 7"
            if event.get("project_id") != project:
                yield f"{where}: project_id {event.get('project_id')!r}, expected {project!r}"
            if not TIME.match(str(event.get("event.timestamp"))):
                yield f"{where}: event.timestamp {event.get('event.timestamp')!r}"
            if _depth(event) > MAX_DEPTH:
                yield f"{where}: an event nested {_depth(event)} levels"


def _listed_requests(expected, requests):
    if expected is None:
        return
    if len(expected) != len(requests):
        counts = [len(request.events) for request in requests]
        yield f"{len(requests)} requests (events: {counts}), expected {len(expected)}"
    for number, (one, request) in enumerate(zip(expected, requests)):
        yield from _one_request(one, request, requests, number)


def _one_request(expected, request, requests, number):
    where = f"request {number}"
    if "events" in expected and len(request.events) != expected["events"]:
        yield f"{where}: {len(request.events)} events, expected {expected['events']}"
    if "gzip" in expected and request.gzip != expected["gzip"]:
        yield f"{where}: gzip {request.gzip}, expected {expected['gzip']}"
    if request.size > expected.get("bytes_at_most", request.size):
        yield f"{where}: {request.size} bytes, expected at most {expected['bytes_at_most']}"
    for name, value in expected.get("headers", {}).items():
        yield from _differences(value, request.headers.get(name.lower()), f"{where}: header {name}")
    for index, fields in enumerate(expected.get("fields", [])):
        got = request.events[index] if index < len(request.events) else None
        yield from _differences(fields, got, f"{where}: event {index}")
    if "ids" in expected:
        yield from _identifiers(expected["ids"], requests, number)
    if number > 0:
        waited = (request.arrived - requests[number - 1].answered) * 1000
        least, most = expected.get("after_ms_at_least"), expected.get("after_ms_at_most")
        if least is not None and waited + SLACK_MS < least:
            yield f"{where}: came after {waited:.0f} ms, expected at least {least}"
        if most is not None and waited > most:
            yield f"{where}: came after {waited:.0f} ms, expected at most {most}"


def _identifiers(expected, requests, number):
    ids = _ids(requests[number])
    earlier = {one for request in requests[:number] for one in _ids(request)}
    if expected == "new":
        if earlier & set(ids):
            yield f"request {number}: event ids that were sent before"
        return
    other = _ids(requests[int(expected.split()[1])])
    if ids != other:
        yield f"request {number}: other event ids than request {expected.split()[1]}"


def _over_all(expect, requests, seconds):
    stored = [one for request in requests if request.stored for one in _ids(request)]
    if "stored" in expect and len(set(stored)) != expect["stored"]:
        yield f"{len(set(stored))} events would be stored, expected {expect['stored']}"
    answered = [one for request in requests if request.stored and request.answered for one in _ids(request)]
    if expect.get("accepted_ids_unique") and len(answered) != len(set(answered)):
        yield "events were sent again after they had been accepted"
    if len(requests) > expect.get("requests_at_most", len(requests)):
        yield f"{len(requests)} requests, expected at most {expect['requests_at_most']}"
    if len(requests) < expect.get("requests_at_least", 0):
        yield f"{len(requests)} requests, expected at least {expect['requests_at_least']}"
    if seconds * 1000 > expect.get("run_ms_at_most", 1e9):
        yield f"took {seconds * 1000:.0f} ms, expected at most {expect['run_ms_at_most']}"
    if expect.get("ids_ordered"):
        ids = [one for request in requests for one in _ids(request)]
        if ids != sorted(set(ids)):
            yield "event ids are not in the order of the calls"


def _statistics(expect, stats):
    for name, value in expect.get("stats", {}).items():
        if stats.get(name) != value:
            yield f"stats: {name} is {stats.get(name)}, expected {value}"
    if stats.get("reports", 0) < expect.get("reports_at_least", 0):
        yield f"stats: {stats.get('reports')} errors reported, expected at least {expect['reports_at_least']}"
    parts = ("sent", "rejected", "dropped", "discarded", "queued")
    if missing := [name for name in ("tracked", *parts) if not isinstance(stats.get(name), int)]:
        yield f"stats: no number for {', '.join(missing)}"
    elif stats["tracked"] != (total := sum(stats[name] for name in parts)):
        yield f"stats: {stats['tracked']} tracked, but {' + '.join(parts)} is {total}"


def _differences(expected, got, where):
    """Objects are compared as subsets; {"$regex"}, {"$text"} and {"$absent"} stand for one value."""
    if isinstance(expected, dict) and "$absent" in expected:
        if got is not None:
            yield f"{where}: {got!r}, expected nothing"
    elif isinstance(expected, dict) and "$regex" in expected:
        if not isinstance(got, str) or not re.search(expected["$regex"], got, re.DOTALL):
            yield f"{where}: {got!r}, expected to match {expected['$regex']}"
    elif isinstance(expected, dict) and "$text" in expected:
        if str(got) != expected["$text"]:
            yield f"{where}: {got!r}, expected {expected['$text']} as number or text"
    elif isinstance(expected, dict):
        if not isinstance(got, dict):
            yield f"{where}: {got!r}, expected an object"
            return
        for name, value in expected.items():
            yield from _differences(value, got.get(name), f"{where}: {name}")
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            yield f"{where}: {got!r}, expected {expected!r}"
            return
        for index, (one, other) in enumerate(zip(expected, got)):
            yield from _differences(one, other, f"{where}[{index}]")
    elif got != expected or isinstance(got, bool) != isinstance(expected, bool):
        yield f"{where}: {got!r}, expected {expected!r}"


def _ids(request):
    return [event.get("event_id") for event in request.events]


def _depth(value):
    deepest, todo = 0, [(value, 1)]
    while todo:
        one, level = todo.pop()
        if isinstance(one, (dict, list)):
            deepest = max(deepest, level)
            todo.extend((part, level + 1) for part in (one.values() if isinstance(one, dict) else one))
    return deepest
