# The whole API is this one document. Nothing may be added beside it (aws_api_gateway_method, aws_api_gateway_gateway_response, …): each
# import overwrites the API and would wipe it.
locals {
  # What OpenAI's clients and the demo page need; the page links to the description of the API. No route of administration is reachable from
  # outside.
  routes = {
    "/health"              = "get"
    "/openapi.json"        = "get"
    "/v1/models"           = "get"
    "/v1/completions"      = "post"
    "/v1/chat/completions" = "post"
    "/v1/embeddings"       = "post"
  }

  # The gateway's own deadline (30 s to the first byte, then 504) must be the one that callers meet. BUFFERED ends at 29 s, so every POST is
  # streamed, also where the answer is no stream: its headers wait for the gateway, and only the whole is bounded, by the 15 minutes
  # that streaming allows. GETs answer at once or not at all.
  transfer = {
    get  = { responseTransferMode = "BUFFERED", timeoutInMillis = 10000 }
    post = { responseTransferMode = "STREAM", timeoutInMillis = 900000 }
  }

  # No routing: the VPC link goes to integrationTarget. This is the Host header, the port of the listener, and with TLS the name to verify. The path
  # arrives with the stage before it; the gateway cuts it off (server.pathPrefix).
  backend = var.alb_server_name == "" ? "http://${var.alb_dns_name}:80" : "https://${var.alb_server_name}:443"

  retry_after_seconds = 30

  # The gateway puts the same on what it answers itself.
  cors_headers = {
    Access-Control-Allow-Origin   = "'${var.cors_origin}'"
    Access-Control-Expose-Headers = "'Retry-After,X-Request-Id'"
  }

  # `*` stands for whatever headers a client library adds. It does not cover Authorization, by the rules of CORS, and older browsers
  # do not know it, so the usual ones are named.
  preflight_headers = { for path, method in local.routes : path => {
    Access-Control-Allow-Origin  = "'${var.cors_origin}'"
    Access-Control-Allow-Methods = "'${upper(method)},OPTIONS'"
    Access-Control-Allow-Headers = "'Authorization,Content-Type,X-Api-Key,X-Request-Id,*'"
    Access-Control-Max-Age       = "'7200'"
  } }

  # On a route that it does not have API Gateway asks for a signature of AWS: it answers 403, and where an Authorization header is there that is no
  # signature, such as any key, not as MISSING_AUTHENTICATION_TOKEN. So there is no such route: each path takes every method, and so do the paths
  # above (/v1), the root, and all others.
  ancestors = distinct(flatten([for path in keys(local.routes) : [
    for length in range(1, length(split("/", path))) : coalesce(join("/", slice(split("/", path), 0, length)), "/")
  ]]))

  unknown_route_headers = merge(local.cors_headers, { X-Request-Id = "context.requestId" })

  unknown_route = {
    responses = { "404" = {
      description = "no such route"
      headers     = { for name in keys(local.unknown_route_headers) : name => { schema = { type = "string" } } }
    } }
    x-amazon-apigateway-integration = {
      type = "mock"
      # Also what came without a content type; any other is a 415, which errors.tf turns into the same answer.
      requestTemplates    = { "application/json" = jsonencode({ statusCode = 404 }) }
      passthroughBehavior = "never"
      responses = { default = {
        statusCode         = "404"
        responseParameters = { for name, value in local.unknown_route_headers : "method.response.header.${name}" => value }
        responseTemplates  = local.gateway_responses.MISSING_AUTHENTICATION_TOKEN.responseTemplates
      } }
    }
  }

  route_paths = { for path, method in local.routes : path => {
    (method) = {
      responses = { "200" = { description = "the gateway's answer, whatever its status" } }
      x-amazon-apigateway-integration = merge(local.transfer[method], {
        type                = "http_proxy"
        httpMethod          = upper(method)
        uri                 = "${local.backend}${path}"
        connectionType      = "VPC_LINK"
        integrationTarget   = var.alb_arn # the resource for integrations has this argument from provider 6.25 on
        passthroughBehavior = "when_no_match"

        # By a variable of the stage: a link whose id an integration has held stays in use for AWS after the integration is gone, and cannot be
        # deleted any more (API Gateway Developer Guide, "Important notes").
        connectionId = "$${stageVariables.vpcLinkId}"

        # Overwrites what the client sent under these names: the gateway limits by the first and logs the second. In lower case, as HTTP/2 sends
        # them: to API Gateway X-Client-Ip is another header, and both would arrive. All others pass, Authorization and x-api-key among them.
        requestParameters = {
          "integration.request.header.x-client-ip"  = "context.identity.sourceIp"
          "integration.request.header.x-request-id" = "context.requestId"
        }
      })
    }

    # Answered here, so that a page can read the error when nothing behind is running.
    options = {
      responses = { "204" = {
        description = "preflight"
        headers     = { for name in keys(local.preflight_headers[path]) : name => { schema = { type = "string" } } }
      } }
      x-amazon-apigateway-integration = {
        type                = "mock"
        passthroughBehavior = "when_no_match"
        requestTemplates    = { "application/json" = jsonencode({ statusCode = 204 }) }
        responses = { default = {
          statusCode         = "204"
          responseParameters = { for name, value in local.preflight_headers[path] : "method.response.header.${name}" => value }
        } }
      }
    }

    x-amazon-apigateway-any-method = local.unknown_route
  } }

  openapi = {
    openapi = "3.0.1"
    info    = { title = var.name, version = "1" }
    paths = merge(
      local.route_paths,
      { for path in local.ancestors : path => { x-amazon-apigateway-any-method = local.unknown_route } },
      { "/{proxy+}" = { x-amazon-apigateway-any-method = merge(local.unknown_route, {
        parameters = [{ name = "proxy", in = "path", required = true, schema = { type = "string" } }]
      }) } },
    )
    x-amazon-apigateway-gateway-responses = local.gateway_responses
  }
}
