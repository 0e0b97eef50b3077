"""Every operation passes here before moto answers it: it is counted, slowed down and denied as the faults say."""

import json

from extend import AwsError, action_name, wraps
from faults import FAULTS
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.responses import ActionResult, BaseResponse
from moto.s3.exceptions import S3ClientError
from requests_log import REQUESTS


@wraps(BaseResponse, "call_action")
def enter(original, self):
    """All services but S3."""
    operation = action_name(self)
    REQUESTS.name(operation)
    if FAULTS.enter(operation):
        return refuse(self, operation)
    answer = original(self)
    # As a load balancer's that has lost its server: clients ask again, of an operation that is done.
    return (504, {"status": 504}, "") if FAULTS.loses(operation) else answer


def refuse(self, operation):
    """AWS's answer to who may not: its code differs by protocol, EC2 has a wording of its own."""
    message = wording(self, operation)
    if operation.startswith("ec2:"):
        error = AwsError("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}")
    elif self.headers.get("X-Amz-Target") or operation.startswith("apigateway:"):
        body = json.dumps({"__type": "AccessDeniedException", "Message": message, "message": message})
        return 403, {"status": 403, "x-amzn-errortype": "AccessDeniedException"}, body
    else:
        error = AwsError("AccessDenied", message)
    _, headers, body = self.serialized(ActionResult(error))
    headers["status"] = 403
    return 403, headers, body


def wording(self, operation):
    """The sentence that IAM's refusals share."""
    user = f"arn:aws:iam::{self.current_account}:user/rehearsal"
    return f"User: {user} is not authorized to perform: {operation} on resource: * because no identity-based policy allows the {operation} action"


@wraps(ActionAuthenticatorMixin, "_authenticate_and_authorize_s3_action")
def enter_s3(original, self, bucket_name=None, key_name=None):
    """S3, which has a way of its own through moto."""
    operation = f"s3:{self.data.get('Action')}"
    REQUESTS.name(operation)
    if FAULTS.enter(operation):
        raise S3ClientError("AccessDenied", wording(self, operation))
    return original(self, bucket_name=bucket_name, key_name=key_name)
