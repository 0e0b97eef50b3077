# Set before the first deploy: ami_id (`sluice preflight` shows the newest), alarm_email, and certificate_arn with alb_server_name if the API
# gets a domain of your own.
environment             = "prod"
aws_region              = "us-east-1"
availability_zones      = ["us-east-1a", "us-east-1b", "us-east-1c"]
egress_mode             = "endpoints"
instance_type           = "g5.xlarge"
fallback_instance_types = ["g5.2xlarge", "g4dn.xlarge"]
min_instances           = 2
max_instances           = 8
api_key_required        = true
deletion_protection     = true
