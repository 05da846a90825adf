"""A function that calls AWS as it is told, with the rights of its role and no others."""

import json
import os
import urllib.request

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

runtime = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
session = botocore.session.Session()


def answer(asked):
    client = session.create_client(asked["service"], endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    try:
        getattr(client, asked["operation"])(**asked["parameters"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    except BotoCoreError as error:
        return type(error).__name__
    return "done"


while True:
    with urllib.request.urlopen(f"{runtime}/next") as event:
        named = event.headers["Lambda-Runtime-Aws-Request-Id"]
        told = json.dumps(answer(json.load(event))).encode()
    urllib.request.urlopen(f"{runtime}/{named}/response", data=told).read()
