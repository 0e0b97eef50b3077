"""SSM: the public parameters with machine images of which moto has none, such as AWS's deep learning images."""

from datetime import datetime, timezone

from extend import wraps
from moto.core.responses import ActionResult
from moto.ssm.exceptions import ParameterNotFound
from moto.ssm.responses import SimpleSystemManagerResponse

PUBLIC = ("/aws/service/deeplearning/", "/aws/service/canonical/", "/aws/service/bottlerocket/", "/aws/service/eks/", "/aws/service/ecs/")
IMAGE = "ami-12c6146b"  # one of those that moto's EC2 knows


@wraps(SimpleSystemManagerResponse, "get_parameter")
def get_parameter(original, self):
    """An image id for every public image parameter that moto does not find."""
    try:
        return original(self)
    except ParameterNotFound:
        name = self._get_param("Name")
        if not name.startswith(PUBLIC):
            raise
        arn = f"arn:aws:ssm:{self.region}::parameter{name}"
        found = {"Name": name, "Type": "String", "Value": IMAGE, "Version": 1, "ARN": arn, "DataType": "aws:ec2:image"}
        return ActionResult({"Parameter": found | {"LastModifiedDate": datetime.now(timezone.utc)}})
