# The account, the boundary and what was staged are passed by `sluice deploy`.
environment        = "dev"
aws_region         = "us-east-1"
availability_zones = ["us-east-1a", "us-east-1b"]
egress_mode        = "nat" # about 113 US dollars a month less than endpoints
instance_type      = "g5.xlarge"
min_instances      = 1
max_instances      = 2
api_key_required   = false
