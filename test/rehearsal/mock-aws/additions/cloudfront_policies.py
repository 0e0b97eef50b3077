"""CloudFront: response headers policies and cache policies, of which moto has no operation."""

import uuid
from datetime import datetime, timezone

from extend import AwsError, add_routes, answers
from moto.cloudfront import urls
from moto.cloudfront.responses import CloudFrontResponse

PLURALS = {"response_headers_policy": "response_headers_policies", "cache_policy": "cache_policies"}


def named(function, name):
    function.__name__ = name
    return function


def register(snake):
    """Create, get, update, delete and list one kind of policy."""
    kind = "".join(word.capitalize() for word in snake.split("_"))

    def store(self):
        if not hasattr(self.backend, PLURALS[snake]):
            setattr(self.backend, PLURALS[snake], {})
        return getattr(self.backend, PLURALS[snake])

    def wanted(self, parameters):
        if parameters["Id"] not in store(self):
            raise AwsError(f"NoSuch{kind}", f"The {snake.replace('_', ' ')} {parameters['Id']} does not exist.")
        return store(self)[parameters["Id"]]

    def create(self, parameters):
        configuration = parameters[f"{kind}Config"]
        if any(one[f"{kind}Config"]["Name"] == configuration["Name"] for one in store(self).values()):
            raise AwsError(f"{kind}AlreadyExists", f"A {snake.replace('_', ' ')} with this name already exists: {configuration['Name']}")
        policy = {"Id": str(uuid.uuid4()), "LastModifiedTime": datetime.now(timezone.utc), f"{kind}Config": configuration}
        store(self)[policy["Id"]] = policy
        return {kind: policy, "ETag": "E1", "Location": policy["Id"]}

    def get(self, parameters):
        return {kind: wanted(self, parameters), "ETag": "E1"}

    def update(self, parameters):
        wanted(self, parameters)[f"{kind}Config"] = parameters[f"{kind}Config"]
        return {kind: wanted(self, parameters), "ETag": "E1"}

    def delete(self, parameters):
        wanted(self, parameters)
        del store(self)[parameters["Id"]]

    def list_all(self, parameters):
        items = [{"Type": "custom", kind: policy} for policy in store(self).values()]
        return {f"{kind}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}}

    for verb, function in {"create": create, "get": get, "update": update, "delete": delete}.items():
        answers(CloudFrontResponse)(named(function, f"{verb}_{snake}"))
    answers(CloudFrontResponse)(named(list_all, f"list_{PLURALS[snake]}"))


for policy_kind in PLURALS:
    register(policy_kind)
add_routes("cloudfront", urls)
