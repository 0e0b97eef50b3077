# As prod, but smaller.
environment             = "staging"
aws_region              = "us-east-1"
availability_zones      = ["us-east-1a", "us-east-1b"]
egress_mode             = "endpoints"
instance_type           = "g5.xlarge"
fallback_instance_types = ["g4dn.xlarge"]
min_instances           = 1
max_instances           = 2
api_key_required        = true
