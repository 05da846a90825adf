"""Runs ministack until standard input ends, so that it ends with whoever started it."""

import json
import os
import sys
import threading


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack import app  # noqa: E402
from ministack.core import iam_actions  # noqa: E402

# Calls come over loopback, without TLS; policies are to judge them as those of an AWS that has it.
pin = app.pin_request_origin
app.pin_request_origin = lambda address, _: pin(address, True)

# What its judgement of policies lacks of AWS's own. Of GetParameters AWS asks the policy for each
# parameter, and here it is asked for the first; a message is judged by its sender; what sends many
# messages needs the right to send one.
action, resource = iam_actions.extract_iam_action, iam_actions.extract_resource_arn


def extract_iam_action(service, *more):
    told = action(service, *more)
    return told.removesuffix("Batch") if service == "sqs" and told else told


def extract_resource_arn(service, method, path, headers, body, params, region, account):
    told = resource(service, method, path, headers, body, params, region, account)
    if service == "ssm" and b'"Names"' in body:
        one = json.dumps({"Name": json.loads(body)["Names"][0]}).encode()
        return resource(service, method, path, headers, one, params, region, account)
    if service == "ses" and "Source" in params:
        source = params["Source"]
        source = source[0] if isinstance(source, list) else source
        return f"arn:aws:ses:{region}:{account}:identity/{source}"
    return told


iam_actions.extract_iam_action = extract_iam_action
iam_actions.extract_resource_arn = extract_resource_arn

app.main()
