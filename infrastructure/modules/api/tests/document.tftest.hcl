mock_provider "aws" {
  mock_resource "aws_api_gateway_stage" {
    defaults = {
      arn        = "arn:aws:apigateway:us-east-1::/restapis/abc123/stages/dev"
      invoke_url = "https://abc123.execute-api.us-east-1.amazonaws.com/dev"
    }
  }
  mock_resource "aws_apigatewayv2_vpc_link" {
    defaults = { id = "link12" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/x/a1b2" }
  }
}

variables {
  name              = "llm-dev-gpu"
  environment       = "dev"
  aws_region        = "us-east-1"
  alb_arn           = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/50dc6c495c0c9188"
  alb_dns_name      = "x-1.us-east-1.elb.amazonaws.com"
  subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_id = "sg-0123456789abcdef0"
  cors_origin       = "https://d111111abcdef8.cloudfront.net"
}

# Applies, and does not only plan: Terraform knows the document no earlier.
run "the_routes" {
  assert {
    condition = toset(flatten([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : [for method in keys(operations) : "${method} ${path}" if method != "x-amazon-apigateway-any-method"]])) == toset([
      "get /health", "options /health",
      "get /openapi.json", "options /openapi.json",
      "get /v1/models", "options /v1/models",
      "post /v1/completions", "options /v1/completions",
      "post /v1/chat/completions", "options /v1/chat/completions",
      "post /v1/embeddings", "options /v1/embeddings",
    ])
    error_message = jsonencode({ for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : path => keys(operations) })
  }

  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths :
      operations.post.x-amazon-apigateway-integration.responseTransferMode == "STREAM" && operations.post.x-amazon-apigateway-integration.timeoutInMillis == 900000
      if can(operations.post)
    ])
    error_message = "a POST ends with API Gateway's 29 seconds instead of the gateway's deadline"
  }

  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths :
      operations.get.x-amazon-apigateway-integration.responseTransferMode == "BUFFERED" && operations.get.x-amazon-apigateway-integration.timeoutInMillis <= 29000
      if can(operations.get)
    ])
    error_message = "a GET waits longer than a buffered answer may"
  }

  assert {
    condition = alltrue(flatten([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : [for method, operation in operations : [
      operation.x-amazon-apigateway-integration.type == "http_proxy",
      operation.x-amazon-apigateway-integration.connectionType == "VPC_LINK",
      operation.x-amazon-apigateway-integration.connectionId == "$${stageVariables.vpcLinkId}",
      operation.x-amazon-apigateway-integration.integrationTarget == var.alb_arn,
      operation.x-amazon-apigateway-integration.httpMethod == upper(method),
      operation.x-amazon-apigateway-integration.uri == "http://x-1.us-east-1.elb.amazonaws.com:80${path}",
    ] if contains(["get", "post"], method)]]))
    error_message = "a route does not lead to the same path of the load balancer"
  }

  # A link whose id stands in the document can never be deleted: not when it is replaced, nor at the end.
  assert {
    condition     = aws_api_gateway_stage.this.variables.vpcLinkId == "link12" && !strcontains(aws_api_gateway_rest_api.this.body, "link12")
    error_message = "the link is named elsewhere than in the stage"
  }

  # The gateway limits by this address; a caller must not choose it. API Gateway tells header names apart by case, and HTTP/2 has lower case alone.
  assert {
    condition = alltrue(flatten([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : [for method, operation in operations :
      operation.x-amazon-apigateway-integration.requestParameters == {
        "integration.request.header.x-client-ip"  = "context.identity.sourceIp"
        "integration.request.header.x-request-id" = "context.requestId"
    } if contains(["get", "post"], method)]]))
    error_message = "a caller can name its own address"
  }

  # API Gateway refuses an operation without responses. A mock has no address.
  assert {
    condition = alltrue(flatten([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : [for operation in values(operations) :
      length(operation.responses) > 0 && (operation.x-amazon-apigateway-integration.type == "mock") == !can(operation.x-amazon-apigateway-integration.uri)
    ]]))
    error_message = "an operation lacks responses or uri, or a mock has one"
  }
}

# Else API Gateway answers 403 in AWS's words where a key was sent.
run "what_is_no_route" {
  assert {
    condition = toset([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : path if can(operations.x-amazon-apigateway-any-method)]) == toset([
      "/", "/v1", "/v1/chat", "/{proxy+}", "/health", "/openapi.json", "/v1/models", "/v1/completions", "/v1/chat/completions", "/v1/embeddings",
    ])
    error_message = jsonencode([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : path if can(operations.x-amazon-apigateway-any-method)])
  }

  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths :
      operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.requestTemplates == { "application/json" = jsonencode({ statusCode = 404 }) } &&
      operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.passthroughBehavior == "never" &&
      keys(operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses) == ["default"] &&
      keys(operations.x-amazon-apigateway-any-method.responses) == ["404"]
    ])
    error_message = "a route that is none is not answered here"
  }

  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : (
      jsondecode(operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses.default.responseTemplates["application/json"]).error.code == "not_found" &&
      strcontains(operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses.default.responseTemplates["application/json"], "POST /v1/completions") &&
      # Velocity would take either for its own.
      !can(regex("[$#]", operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses.default.responseTemplates["application/json"])) &&
      operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses.default.statusCode == "404" &&
      operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses.default.responseParameters == {
        "method.response.header.Access-Control-Allow-Origin"   = "'https://d111111abcdef8.cloudfront.net'"
        "method.response.header.Access-Control-Expose-Headers" = "'Retry-After,X-Request-Id'"
        "method.response.header.X-Request-Id"                  = "context.requestId"
      } &&
      toset([for header in keys(operations.x-amazon-apigateway-any-method.responses["404"].headers) : "method.response.header.${header}"]) ==
      toset(keys(operations.x-amazon-apigateway-any-method.x-amazon-apigateway-integration.responses.default.responseParameters))
    )])
    error_message = "a route that is none is not a 404 that a page can read"
  }

  # A body of another type (a form, a file) does not reach the mock.
  assert {
    condition = (
      jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses.UNSUPPORTED_MEDIA_TYPE ==
      jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses.MISSING_AUTHENTICATION_TOKEN
    )
    error_message = "the type of the body makes another error of it"
  }

  assert {
    condition     = one(jsondecode(aws_api_gateway_rest_api.this.body).paths["/{proxy+}"].x-amazon-apigateway-any-method.parameters) == { name = "proxy", in = "path", required = true, schema = { type = "string" } }
    error_message = "the rest of the path is not declared"
  }
}

# Feature: llm-inference-service, requirement: the demo's pages may read every answer.
run "cross_origin" {
  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths :
      operations.options.x-amazon-apigateway-integration.responses.default.statusCode == "204" &&
      operations.options.x-amazon-apigateway-integration.responses.default.responseParameters["method.response.header.Access-Control-Allow-Origin"] == "'https://d111111abcdef8.cloudfront.net'" &&
      strcontains(operations.options.x-amazon-apigateway-integration.responses.default.responseParameters["method.response.header.Access-Control-Allow-Headers"], "Authorization") &&
      operations.options.x-amazon-apigateway-integration.responses.default.responseParameters["method.response.header.Access-Control-Allow-Methods"] == "'${can(operations.post) ? "POST" : "GET"},OPTIONS'"
      if can(operations.post) || can(operations.get)
    ])
    error_message = "a preflight is not answered"
  }

  # A header that is mapped but not declared is refused at import.
  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths :
      toset([for header in keys(operations.options.responses["204"].headers) : "method.response.header.${header}"]) == toset(keys(operations.options.x-amazon-apigateway-integration.responses.default.responseParameters))
      if can(operations.options)
    ])
    error_message = "a preflight's header is not declared"
  }

  assert {
    condition = alltrue([for response in values(jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses) :
      response.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://d111111abcdef8.cloudfront.net'" &&
      response.responseParameters["gatewayresponse.header.Access-Control-Expose-Headers"] == "'Retry-After,X-Request-Id'"
    ])
    error_message = "a page cannot read one of the API's own errors"
  }
}

run "the_apis_own_errors" {
  assert {
    condition = { for name, response in jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses : name => try(response.statusCode, 0) } == {
      UNAUTHORIZED                 = 401
      INVALID_API_KEY              = 401
      MISSING_AUTHENTICATION_TOKEN = 404
      UNSUPPORTED_MEDIA_TYPE       = 404
      REQUEST_TOO_LARGE            = 413
      THROTTLED                    = 429
      INTEGRATION_FAILURE          = 503
      INTEGRATION_TIMEOUT          = 504
      DEFAULT_5XX                  = 0 # as it is: a status here would be that of the 504 too
      DEFAULT_4XX                  = 0 # as it is
    }
    error_message = jsonencode(jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses)
  }

  assert {
    condition = {
      for name, response in jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses : name => response.responseParameters["gatewayresponse.header.Retry-After"]
      if can(response.responseParameters["gatewayresponse.header.Retry-After"])
    } == { THROTTLED = "'1'", INTEGRATION_FAILURE = "'30'", DEFAULT_5XX = "'30'" }
    error_message = "Retry-After stands where trying again helps, and nowhere else"
  }

  # The gateway's envelope: `param` is null, and `retry_after` says the same as the header.
  assert {
    condition = alltrue([for name, response in jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses :
      length(setsubtract(["message", "type", "param", "code"], keys(jsondecode(replace(response.responseTemplates["application/json"], "$context.error.messageString", "\"x\"")).error))) == 0 &&
      "'${try(jsondecode(response.responseTemplates["application/json"]).error.retry_after, "none")}'" == try(response.responseParameters["gatewayresponse.header.Retry-After"], "'none'")
    ])
    error_message = jsonencode(jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses)
  }

  assert {
    condition     = jsondecode(jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses.INTEGRATION_TIMEOUT.responseTemplates["application/json"]).error.code == "gateway_timeout"
    error_message = "a timeout is called otherwise"
  }

  # AWS puts the message in with its quotes, so the template must not have any.
  assert {
    condition     = strcontains(jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses.DEFAULT_4XX.responseTemplates["application/json"], "\"message\":$context.error.messageString,")
    error_message = "AWS's message is quoted twice"
  }
}

run "with_tls_to_the_load_balancer" {
  variables {
    alb_server_name = "llm.example.com"
  }

  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths :
      try(operations.post, operations.get).x-amazon-apigateway-integration.uri == "https://llm.example.com:443${path}"
      if can(operations.post) || can(operations.get)
    ])
    error_message = "the certificate's name is not checked"
  }
}

run "a_changed_document_is_deployed" {
  command = plan

  variables {
    cors_origin = "*"
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers.body == sha256(aws_api_gateway_rest_api.this.body)
    error_message = "the stage keeps what it had"
  }
}

# What a caller needs to go on, on each of the API's own answers.
run "what_the_apis_own_answers_carry" {
  assert {
    condition = alltrue([for name, response in jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses :
      response.responseParameters["gatewayresponse.header.X-Request-Id"] == "context.requestId" &&
      can(response.responseParameters["gatewayresponse.header.WWW-Authenticate"]) == (try(response.statusCode, "") == "401" || try(response.statusCode, 0) == 401)
    ])
    error_message = "an error cannot be found in the log, or a 401 does not say how to show a key"
  }

  # The codes of the gateway itself for the same trouble (src/errors.ts).
  assert {
    condition = { for name, response in jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses : name => jsondecode(response.responseTemplates["application/json"]).error.code if name != "DEFAULT_4XX" } == {
      UNAUTHORIZED                 = "unauthorized"
      INVALID_API_KEY              = "unauthorized"
      MISSING_AUTHENTICATION_TOKEN = "not_found"
      UNSUPPORTED_MEDIA_TYPE       = "not_found"
      REQUEST_TOO_LARGE            = "request_too_large"
      THROTTLED                    = "rate_limit_exceeded"
      INTEGRATION_FAILURE          = "service_unavailable"
      INTEGRATION_TIMEOUT          = "gateway_timeout"
      DEFAULT_5XX                  = "internal_error"
    }
    error_message = jsonencode(jsondecode(aws_api_gateway_rest_api.this.body).x-amazon-apigateway-gateway-responses)
  }

  # A preflight that is not cached doubles every request of a page; one without these headers lets no client library through.
  assert {
    condition = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : (
      length(setsubtract(["authorization", "content-type", "x-api-key"], split(",", lower(trim(operations.options.x-amazon-apigateway-integration.responses.default.responseParameters["method.response.header.Access-Control-Allow-Headers"], "'"))))) == 0 &&
      tonumber(trim(operations.options.x-amazon-apigateway-integration.responses.default.responseParameters["method.response.header.Access-Control-Max-Age"], "'")) >= 600 &&
      operations.options.x-amazon-apigateway-integration.requestTemplates == { "application/json" = jsonencode({ statusCode = 204 }) } &&
      operations.options.x-amazon-apigateway-integration.passthroughBehavior == "when_no_match"
      ) if can(operations.options)
    ])
    error_message = "a preflight is not answered as browsers need it"
  }

  # What has another type of content, or none, is the gateway's to judge.
  assert {
    condition = alltrue(flatten([for path, operations in jsondecode(aws_api_gateway_rest_api.this.body).paths : [for method, operation in operations :
      operation.x-amazon-apigateway-integration.passthroughBehavior == "when_no_match" && (method == "post" || operation.x-amazon-apigateway-integration.timeoutInMillis >= 5000)
    if contains(["get", "post"], method)]]))
    error_message = "a request does not reach the gateway, or a GET has no time"
  }
}
