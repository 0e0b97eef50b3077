# What a host is told; host/README.md says what it makes of it.

locals {
  environment = {
    LLM_NAME               = var.name
    LLM_ENVIRONMENT        = var.environment
    LLM_REGION             = var.aws_region
    LLM_ASG_NAME           = local.asg_name
    LLM_LIFECYCLE_HOOK     = local.lifecycle_hook
    LLM_GATEWAY_IMAGE      = var.artifacts.gateway_image
    LLM_ENGINE_IMAGE       = var.artifacts.engine_image
    LLM_WEIGHTS_URI        = "s3://${var.artifacts.bucket}/${var.artifacts.weights_key}"
    LLM_WEIGHTS_SHA256     = var.artifacts.weights_sha256
    LLM_COMPILE_CACHE_URI  = "s3://${var.artifacts.bucket}/compile-cache/${element(split("@sha256:", var.artifacts.engine_image), 1)}"
    LLM_MODEL_NAME         = var.model.name
    LLM_SERVED_MODEL_NAME  = var.model.served_name
    LLM_MAX_MODEL_LEN      = tostring(var.model.max_model_len)
    LLM_KEYS_SECRET_ARN    = var.keys_secret_arn
    LLM_GATEWAY_LOG_GROUP  = var.log_groups.gateway.name
    LLM_ENGINE_LOG_GROUP   = var.log_groups.engine.name
    LLM_HOST_LOG_GROUP     = var.log_groups.host.name
    LLM_REQUEST_TIMEOUT_MS = tostring(var.gateway.request_timeout_ms)
    LLM_RATE_LIMIT_PER_IP  = tostring(var.gateway.rate_limit_per_ip)
    LLM_CORS_ORIGIN        = var.gateway.cors_origin
  }

  user_data = templatefile("${path.module}/host/user-data.tftpl", {
    files_directory = "${path.module}/host/files"
    environment     = local.environment
  })
  # cloud-init unpacks it.
  user_data_base64 = base64gzip(local.user_data)
}
