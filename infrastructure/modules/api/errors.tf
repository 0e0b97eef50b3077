# What the API answers by itself, in the envelope, with the codes and with the headers of the gateway's own errors. Each caller's library
# then reads them alike, and a page sees the status instead of a CORS failure.
locals {
  no_route = { status = 404, type = "invalid_request_error", code = "not_found", message = "No such route; the API has ${join(", ", [for path, method in local.routes : "${upper(method)} ${path}"])}" }

  errors = {
    UNAUTHORIZED                 = { status = 401, type = "auth_error", code = "unauthorized", message = "The API key is missing or wrong; send it as Authorization: Bearer" }
    INVALID_API_KEY              = { status = 401, type = "auth_error", code = "unauthorized", message = "The API key is missing or wrong; send it as Authorization: Bearer" }
    MISSING_AUTHENTICATION_TOKEN = local.no_route
    UNSUPPORTED_MEDIA_TYPE       = local.no_route # only the answer to unknown routes minds the type
    REQUEST_TOO_LARGE            = { status = 413, type = "invalid_request_error", code = "request_too_large", message = "The request is larger than 10 MB" }
    THROTTLED                    = { status = 429, type = "rate_limit_error", code = "rate_limit_exceeded", message = "All callers together send more than this API takes; try again", retry_after = 1 }
    INTEGRATION_FAILURE          = { status = 503, type = "api_error", code = "service_unavailable", message = "The service cannot be reached; try again", retry_after = local.retry_after_seconds }
    INTEGRATION_TIMEOUT          = { status = 504, type = "api_error", code = "gateway_timeout", message = "No answer came in time" }

    # Neither names a status: it would become that of all others of its kind (API Gateway Developer Guide, "Gateway response types"), and the 504
    # above a 503. Each keeps its own; the second says in AWS's words what was wrong.
    DEFAULT_5XX = { type = "api_error", code = "internal_error", message = "The API failed on this request; try again", retry_after = local.retry_after_seconds }
    DEFAULT_4XX = { type = "invalid_request_error", code = "bad_request", message = "$context.error.messageString" }
  }

  gateway_responses = { for name, error in local.errors : name => merge(
    { for status in [try(error.status, null)] : "statusCode" => status if status != null },
    {
      responseParameters = { for header, value in merge(
        local.cors_headers,
        { X-Request-Id = "context.requestId" },
        { for seconds in [try(error.retry_after, null)] : "Retry-After" => "'${seconds}'" if seconds != null },
        { for status in [try(error.status, null)] : "WWW-Authenticate" => "'Bearer'" if status == 401 },
      ) : "gatewayresponse.header.${header}" => value }

      # AWS's variable brings its own quotes.
      responseTemplates = { "application/json" = replace(jsonencode({ error = merge(
        { message = error.message, type = error.type, param = null, code = error.code },
        { for seconds in [try(error.retry_after, null)] : "retry_after" => seconds if seconds != null },
      ) }), "\"$context.error.messageString\"", "$context.error.messageString") }
    },
  ) }
}
