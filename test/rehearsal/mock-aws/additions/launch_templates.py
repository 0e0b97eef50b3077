"""EC2 launch templates: the template's own tags do not belong into its versions."""

from extend import wraps
from moto.ec2.models.launch_templates import LaunchTemplateVersion


@wraps(LaunchTemplateVersion, "__init__")
def version(original, self, template, number, data, description):
    """moto writes the tags of the template into the data of its version, which AWS does not give back there."""
    specifications = [entry for entry in data.get("TagSpecifications") or [] if entry.get("ResourceType") != "launch-template"]
    data = {key: value for key, value in data.items() if key != "TagSpecifications"} | ({"TagSpecifications": specifications} if specifications else {})
    original(self, template, number, data, description)
