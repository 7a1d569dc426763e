"""The API as the installed botocore has it: what a request may not be, and what an answer must be.

Nothing here knows the emulator's own copy of the model, so that a mistake in that copy shows.
"""

import copy
import functools
import re

import botocore.session

# The operations of the emulator whose requests have members.
OPERATIONS = {
    "rekognition": [
        "CreateStreamProcessor",
        "DeleteStreamProcessor",
        "DescribeStreamProcessor",
        "ListStreamProcessors",
        "ListTagsForResource",
        "StartStreamProcessor",
        "StopStreamProcessor",
        "TagResource",
        "UntagResource",
        "UpdateStreamProcessor",
    ],
    "resourcegroupstaggingapi": ["GetResources"],
    "cloudtrail": ["LookupEvents"],
}

# Errors that any operation of any service may have, beside those that its model lists.
COMMON_ERRORS = {
    "AccessDeniedException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "UnknownOperationException",
    "UnsupportedMediaTypeException",
    # CloudTrail's own throttle and failure, which its model does not list.
    "InternalFailure",
    "ThrottlingException",
}


@functools.cache
def service_model(service):
    return botocore.session.get_session().get_service_model(service)


def input_shape(service, operation):
    return service_model(service).operation_model(operation).input_shape


def lower_first(name):
    """The name of a member as messages have it."""
    return name[0].lower() + name[1:]


class Violation:
    """A request that breaks one constraint of the model."""

    def __init__(self, service, operation, request, member, path, what):
        self.service, self.operation, self.request = service, operation, request
        self.member, self.path, self.what = member, path, what

    def __str__(self):
        return f"{self.operation}-{self.path or 'request'}-{self.what}"


def violations(service, operation, request):
    """Every constraint of the operation's input, each broken in a request that is right otherwise.

    The request must name every member that it is to be tried on.
    """
    shape = input_shape(service, operation)
    for path, names, what, value in _structure(shape, request, ()):
        broken = _replaced(request, path, value)
        member = next((name for name in path if isinstance(name, str)), None)
        yield Violation(service, operation, broken, member, ".".join(names), what)


def members(shape, prefix=""):
    """The paths of all members that a request may have."""
    for name, member in shape.members.items():
        yield prefix + name
        yield from _members_below(member, prefix + name)


def members_of(shape, value, prefix=""):
    """The paths of the members that this request has."""
    for name, member in value.items():
        yield prefix + name
        below, at = shape.members[name], member
        while below.type_name == "list":
            below, at = below.member, at[0]
        if below.type_name == "structure":
            for one in member if isinstance(member, list) else [member]:
                yield from members_of(below, one, prefix + name + ".")


def _members_below(shape, prefix):
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name == "structure":
        yield from members(shape, prefix + ".")


ABSENT = object()


def _replaced(request, path, value):
    """The request with another value at a path of names and indices."""
    result = copy.deepcopy(request)
    at = result
    for step in path[:-1]:
        at = at[step]
    if value is ABSENT:
        del at[path[-1]]
    elif isinstance(path[-1], Key):
        at[value] = at.pop(path[-1].name)
    else:
        at[path[-1]] = value
    return result


class Key:
    """A key of a map, as a step of a path: what is put there is another key."""

    def __init__(self, name):
        self.name = name


def _structure(shape, value, path, names=()):
    for name, member in shape.members.items():
        if name not in value:
            continue
        here, named = (*path, name), (*names, lower_first(name))
        if name in shape.required_members:
            yield here, named, "missing", ABSENT
            yield here, named, "null", None
        yield from _value(member, value[name], here, named)


def _value(shape, value, path, names):
    yield from ((path, names, f"type {wrong!r}", wrong) for wrong in WRONG_TYPES[shape.type_name])
    limits = shape.metadata
    match shape.type_name:
        case "structure":
            yield from _structure(shape, value, path, names)
        case "list":
            if limits.get("min", 0) > 0:
                yield path, names, "too short", []
            if "max" in limits:
                yield path, names, "too long", [value[0]] * (limits["max"] + 1)
            yield path, names, "null item", [None]
            for index, item in enumerate(value):
                yield from _value(shape.member, item, (*path, index), (*names, str(index + 1), "member"))
        case "map":
            if "max" in limits:
                yield path, names, "too large", {f"key{n}": "x" for n in range(limits["max"] + 1)}
            for key, item in value.items():
                yield (*path, key), (*names, key, "member"), "null", None
                yield from _value(shape.value, item, (*path, key), (*names, key, "member"))
                for what, other in _strings(shape.key.metadata, shape.key.enum, key):
                    yield (*path, Key(key)), (*names, other, "key"), f"key {what}", other
        case "string":
            yield from ((path, names, what, bad) for what, bad in _strings(limits, shape.enum, value))
        case "integer" | "long" | "float":
            if "min" in limits:
                yield path, names, "too small", limits["min"] - 1
            if "max" in limits:
                yield path, names, "too large", limits["max"] + 1
            bits = {"integer": 31, "long": 63}.get(shape.type_name)
            if bits:
                yield path, names, "beyond its type", 2**bits
                yield path, names, "beyond its type, below", -(2**bits) - 1
            else:
                yield path, names, "beyond its type", 1e39


# What JSON can hold that is of no such type.
WRONG_TYPES = {
    "structure": ["text", 7, True, ["item"]],
    "list": ["text", 7, True, {"Key": "value"}],
    "map": ["text", 7, True, ["item"]],
    "string": [7, 1.5, True, ["item"], {"Key": "value"}],
    "integer": ["7", 1.5, True, [7], {"Key": 7}],
    "long": ["7", 1.5, True, [7], {"Key": 7}],
    "float": ["7", "NaN", True, [7], {"Key": 7}],
    "boolean": ["true", 1, [True], {"Key": True}],
    "timestamp": ["noon", True, [7], {"Key": 7}],
}

# Texts of which at least one breaks every pattern but those that anything matches.
ODD = ["front door!", "", " ", "*", "a\n", "\n", "é", "arn:aws:s3:::bucket", "aws:x", "-x", "a?b", "x" * 3, "١"]


def _strings(limits, values, value):
    if limits.get("min", 0) > 0:
        yield "too short", ""
    if "max" in limits:
        # Longer, and right in every other way.
        yield "too long", value + (value[-1:] or "x") * (limits["max"] + 1 - len(value))
    if "pattern" in limits:
        pattern = python_pattern(limits["pattern"])
        yield from ((f"pattern {odd!r}", odd) for odd in [*ODD, value + "\n"] if not pattern.fullmatch(odd))
    if values:
        yield "enum", "NotAValue"
        yield "enum, other letters", value.swapcase()


def python_pattern(pattern):
    """The pattern for Python's matcher: ASCII classes as in Java, and what `re` has no name for."""
    for name, characters in {r"\d": "0-9", r"\w": "0-9A-Za-z_"}.items():
        pattern = re.sub(
            r"\[[^\]]*\]|" + re.escape(name),
            lambda found: found[0].replace(name, characters if found[0][0] == "[" else f"[{characters}]"),
            pattern,
        )
    unicode = {r"\p{L}": r"^\W\d_", r"\p{N}": r"\d", r"\p{Z}": "\u0020\u00a0\u2003"}
    # A letter is a character of words that is neither digit nor underscore, which no class within a class can say.
    pattern = pattern.replace(r"\p{L}\p{Z}\p{N}_", r"\w" + unicode[r"\p{Z}"])
    assert r"\p" not in pattern, pattern
    return re.compile(pattern)


def check_response(operation, status, body):
    """Fails where an answer is not what the model says that it is."""
    if status < 300:
        _check(operation.output_shape, body, operation.name)
        return
    code = body.get("__type")
    known = {shape.name: shape for shape in operation.error_shapes}
    assert code in known or code in COMMON_ERRORS, f"{operation.name} has no error {code}"
    if code in known:
        traits = known[code]._shape_model
        expected = traits.get("error", {}).get("httpStatusCode", 500 if traits.get("fault") else 400)
        assert status == expected, f"{code} has the status {status}"
    assert isinstance(body["Message"], str) and body["Message"], body


def _check(shape, value, at):
    limits = shape.metadata
    match shape.type_name:
        case "structure":
            assert isinstance(value, dict), f"{at} is no structure: {value!r}"
            unknown = value.keys() - shape.members.keys()
            assert not unknown, f"{at} has members that the model has not: {unknown}"
            missing = set(shape.required_members) - value.keys()
            assert not missing, f"{at} lacks {missing}"
            for name, member in value.items():
                _check(shape.members[name], member, f"{at}.{name}")
        case "list":
            assert isinstance(value, list), f"{at} is no list: {value!r}"
            _check_range(limits, len(value), at)
            for index, item in enumerate(value):
                _check(shape.member, item, f"{at}[{index}]")
        case "map":
            assert isinstance(value, dict), f"{at} is no map: {value!r}"
            _check_range(limits, len(value), at)
            for key, item in value.items():
                _check(shape.key, key, f"{at} key")
                _check(shape.value, item, f"{at}.{key}")
        case "string":
            assert isinstance(value, str), f"{at} is no string: {value!r}"
            _check_range(limits, len(value), at)
            if "pattern" in limits:
                assert python_pattern(limits["pattern"]).fullmatch(value), f"{at} is {value!r}"
            assert not shape.enum or value in shape.enum, f"{at} is {value!r}"
        case "boolean":
            assert isinstance(value, bool), f"{at} is no boolean: {value!r}"
        case "integer" | "long":
            assert isinstance(value, int) and not isinstance(value, bool), f"{at} is {value!r}"
            _check_range(limits, value, at)
        case "float" | "timestamp":
            assert isinstance(value, (int, float)) and not isinstance(value, bool), f"{at} is {value!r}"
            _check_range(limits, value, at)
        case other:
            raise AssertionError(f"{at} is of the type {other}, which nothing here can check")


def _check_range(limits, number, at):
    assert limits.get("min", number) <= number <= limits.get("max", number), f"{at} is {number}"
