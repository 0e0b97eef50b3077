locals {
  tls = var.certificate_arn != ""
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_150:the environment decides; production has it, and it is the default
  name               = "${var.name}-alb"
  load_balancer_type = "application"

  # Never public: that would lead around the firewall, the limits and the keys.
  internal        = true
  subnets         = var.subnet_ids
  security_groups = [var.security_group_id]

  # Longer than the gateway needs to its first byte, shorter than it keeps an idle connection (130 s), so that it is never the
  # target which closes first: a request sent into a closing connection is a 502.
  idle_timeout               = 120
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  enable_deletion_protection = var.deletion_protection

  dynamic "access_logs" {
    for_each = var.access_logs == null ? [] : [var.access_logs]

    content {
      enabled = true
      bucket  = access_logs.value.bucket
      prefix  = access_logs.value.prefix
    }
  }

  tags = { Name = "${var.name}-alb" }
}

resource "aws_lb_target_group" "this" {
  name        = "${var.name}-tg"
  vpc_id      = var.vpc_id
  target_type = "instance"
  protocol    = "HTTP"
  port        = 8000

  # Answers take from milliseconds to minutes: turns would pile work on the slow host.
  load_balancing_algorithm_type = "least_outstanding_requests"

  # Seconds. A draining gateway finishes what it has within 55.
  deregistration_delay = 60

  # The numbers of the design document. A host that dies hard can fail requests for up to three intervals.
  health_check {
    enabled             = true
    healthy_threshold   = 2
    unhealthy_threshold = 3
    timeout             = 5
    interval            = 30
    path                = "/health"
    port                = "8000"
    protocol            = "HTTP"
    matcher             = "200"
  }

  # With no healthy host every registered one is asked, healthy or not. That is how the standby responder, which never is, gets to
  # answer 503 with Retry-After, a header that a load balancer cannot send.
  target_group_health {
    unhealthy_state_routing {
      minimum_healthy_targets_count      = 1
      minimum_healthy_targets_percentage = "off"
    }

    dns_failover {
      minimum_healthy_targets_count      = "1"
      minimum_healthy_targets_percentage = "off"
    }
  }

  tags = { Name = "${var.name}-tg" }
}

# The only listener. With TLS there is none on 80, not even to redirect: the first request would have carried its key in the clear.
resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.tls ? 443 : 80
  protocol          = local.tls ? "HTTPS" : "HTTP"
  certificate_arn   = local.tls ? var.certificate_arn : null
  ssl_policy        = local.tls ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null

  routing_http_response_server_enabled = false

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  tags = { Name = "${var.name}-${local.tls ? "https" : "http"}" }
}
