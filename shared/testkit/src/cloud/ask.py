"""Asks ministack as AWS's own client does: one JSON object a line in, one out.

    {"service": "dynamodb", "operation": "list_tables", "parameters": {}}
    {"deploy": {"template": …, "stack": …, "parameters": {…}, "programs": {"receive": path}}}

Answers are {"answer": …} or {"error": "Code: message"}.
"""

import datetime
import io
import json
import re
import shlex
import stat
import sys
import time
import zipfile

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

endpoint, access_key, region = sys.argv[1:4]
session = botocore.session.Session()
clients = {}
BUCKET = "vigie-code"
DEPLOYED_WITHIN_S = 60


def client(service):
    if service not in clients:
        clients[service] = session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key="x",
            config=Config(retries={"max_attempts": 1}, read_timeout=120),
        )
    return clients[service]


def packed(program):
    """A zip as Lambda takes it. A program of some hundred megabytes is not packed but named; a list
    is a command."""
    if isinstance(program, str) and program.endswith(".zip"):
        with open(program, "rb") as file:
            return file.read()
    words = [program] if isinstance(program, str) else program
    bootstrap = zipfile.ZipInfo("bootstrap")
    bootstrap.external_attr = (stat.S_IFREG | 0o755) << 16
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr(bootstrap, f"#!/bin/sh\nexec {shlex.join(words)}\n")
    return into.getvalue()


def with_code(template):
    """The template with its functions' code in the bucket: as `sam package` writes it."""
    named = re.compile(r'(FunctionName: !Sub "?\$\{AWS::StackName\}-(\w+)"?\n(?:.*\n)*?      )Code: \.\n')
    template, count = named.subn(
        lambda m: f"{m[1]}Code: {{ S3Bucket: {BUCKET}, S3Key: {m[2]}.zip }}\n", template
    )
    if not count:
        raise ValueError("the template names no function's code")
    # ministack hands a parameter's number on as text, and then cannot count with it.
    return re.sub(r"MaximumConcurrency: !Ref \w+", "MaximumConcurrency: 5", template)


def deploy(template, stack, parameters, programs):
    s3, formation = client("s3"), client("cloudformation")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    for name, program in programs.items():
        s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=packed(program))
    with open(template, encoding="utf-8") as file:
        body = with_code(file.read())
    s3.put_object(Bucket=BUCKET, Key="template.yaml", Body=body.encode())
    formation.create_stack(
        StackName=stack,
        TemplateURL=f"{endpoint}/{BUCKET}/template.yaml",
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    until = time.monotonic() + DEPLOYED_WITHIN_S
    while True:
        made = formation.describe_stacks(StackName=stack)["Stacks"][0]
        if made["StackStatus"] == "CREATE_COMPLETE":
            return {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}
        if not made["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > until:
            events = formation.describe_stack_events(StackName=stack)["StackEvents"]
            told = [
                f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}"
                for one in events
                if "FAILED" in one["ResourceStatus"]
            ]
            raise ValueError(f"{made['StackStatus']}: {'; '.join(told)}")
        time.sleep(0.05)


def shown(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    raise TypeError(f"no JSON: {value!r}")


def answer(asked):
    if "deploy" in asked:
        return deploy(**asked["deploy"])
    call = getattr(client(asked["service"]), asked["operation"])
    answered = call(**asked["parameters"])
    answered.pop("ResponseMetadata", None)
    return answered


for line in sys.stdin:
    try:
        told = {"answer": answer(json.loads(line))}
        written = json.dumps(told, default=shown)
    except (BotoCoreError, ClientError, ValueError, TypeError, AttributeError) as error:
        written = json.dumps({"error": f"{type(error).__name__}: {error}"})
    print(written, flush=True)
