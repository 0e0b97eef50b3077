/** Types that AWS does not bill by themselves, or bills elsewhere in the plan. A type is free only when it stands here: nothing is free by default. */
const freeByArea: Readonly<Record<string, string>> = {
  access:
    'accessanalyzer_archive_rule iam_access_key iam_account_alias iam_account_password_policy iam_group ' +
    'iam_group_membership iam_group_policy iam_group_policy_attachment iam_instance_profile ' +
    'iam_openid_connect_provider iam_policy iam_policy_attachment iam_role iam_role_policies_exclusive ' +
    'iam_role_policy iam_role_policy_attachment iam_role_policy_attachments_exclusive iam_saml_provider ' +
    'iam_server_certificate iam_service_linked_role iam_signing_certificate iam_user iam_user_group_membership ' +
    'iam_user_login_profile iam_user_policy iam_user_policy_attachment iam_user_ssh_key iam_virtual_mfa_device ' +
    'organizations_account organizations_organization organizations_organizational_unit organizations_policy ' +
    'organizations_policy_attachment ram_principal_association ram_resource_association ram_resource_share ' +
    'ssoadmin_account_assignment ssoadmin_permission_set',
  'certificates and keys':
    'acm_certificate acm_certificate_validation kms_alias kms_ciphertext kms_grant kms_key_policy ' +
    'secretsmanager_secret_policy secretsmanager_secret_rotation secretsmanager_secret_version ssm_association ' +
    'ssm_default_patch_baseline ssm_document ssm_maintenance_window ssm_maintenance_window_target ' +
    'ssm_maintenance_window_task ssm_patch_baseline ssm_patch_group ssm_service_setting',
  network:
    'customer_gateway default_network_acl default_route_table default_security_group default_subnet default_vpc ' +
    'default_vpc_dhcp_options ec2_managed_prefix_list ec2_managed_prefix_list_entry ec2_tag ec2_transit_gateway ' +
    'ec2_transit_gateway_route ec2_transit_gateway_route_table ec2_transit_gateway_route_table_association ' +
    'ec2_transit_gateway_route_table_propagation egress_only_internet_gateway eip_association internet_gateway ' +
    'internet_gateway_attachment main_route_table_association network_acl network_acl_association network_acl_rule ' +
    'network_interface network_interface_attachment network_interface_sg_attachment route route53_delegation_set ' +
    'route53_record route53_vpc_association_authorization route53_zone_association route_table ' +
    'route_table_association security_group security_group_rule service_discovery_http_namespace ' +
    'subnet subnet_cidr_reservation vpc vpc_block_public_access_exclusion vpc_block_public_access_options ' +
    'vpc_dhcp_options vpc_dhcp_options_association vpc_endpoint_policy vpc_endpoint_private_dns ' +
    'vpc_endpoint_route_table_association vpc_endpoint_security_group_association ' +
    'vpc_endpoint_service_allowed_principal vpc_endpoint_subnet_association vpc_ipv4_cidr_block_association ' +
    'vpc_ipv6_cidr_block_association vpc_peering_connection vpc_peering_connection_accepter ' +
    'vpc_peering_connection_options vpc_security_group_egress_rule vpc_security_group_ingress_rule ' +
    'vpn_connection_route vpn_gateway vpn_gateway_attachment vpn_gateway_route_propagation',
  compute:
    'ami_launch_permission appautoscaling_policy appautoscaling_scheduled_action appautoscaling_target ' +
    'autoscaling_attachment autoscaling_group_tag autoscaling_lifecycle_hook autoscaling_notification ' +
    'autoscaling_policy autoscaling_schedule autoscaling_traffic_source_attachment dlm_lifecycle_policy ' +
    'ebs_default_kms_key ebs_encryption_by_default ebs_snapshot_block_public_access ec2_image_block_public_access ' +
    'ec2_instance_connect_endpoint ec2_instance_metadata_defaults ec2_instance_state key_pair launch_configuration ' +
    'launch_template placement_group volume_attachment',
  containers:
    'ecr_account_setting ecr_lifecycle_policy ecr_pull_through_cache_rule ecr_registry_policy ' +
    'ecr_registry_scanning_configuration ecr_replication_configuration ecr_repository_creation_template ' +
    'ecr_repository_policy ecs_account_setting_default ecs_capacity_provider ecs_cluster_capacity_providers ecs_tag ' +
    'ecs_task_definition eks_access_entry eks_access_policy_association eks_addon ' +
    'eks_identity_provider_config eks_pod_identity_association',
  'load balancing':
    'alb_listener alb_listener_certificate alb_listener_rule alb_target_group alb_target_group_attachment ' +
    'app_cookie_stickiness_policy elb_attachment lb_cookie_stickiness_policy lb_listener lb_listener_certificate ' +
    'lb_listener_rule lb_ssl_negotiation_policy lb_target_group lb_target_group_attachment ' +
    'load_balancer_backend_server_policy load_balancer_listener_policy load_balancer_policy proxy_protocol_policy',
  'api and edge':
    'api_gateway_account api_gateway_api_key api_gateway_authorizer api_gateway_base_path_mapping ' +
    'api_gateway_client_certificate api_gateway_deployment api_gateway_documentation_part ' +
    'api_gateway_documentation_version api_gateway_domain_name api_gateway_gateway_response api_gateway_integration ' +
    'api_gateway_integration_response api_gateway_method api_gateway_method_response api_gateway_method_settings ' +
    'api_gateway_model api_gateway_request_validator api_gateway_resource api_gateway_rest_api_policy ' +
    'api_gateway_usage_plan api_gateway_usage_plan_key api_gateway_vpc_link apigatewayv2_api_mapping ' +
    'apigatewayv2_authorizer apigatewayv2_deployment apigatewayv2_domain_name apigatewayv2_integration ' +
    'apigatewayv2_integration_response apigatewayv2_model apigatewayv2_route apigatewayv2_route_response ' +
    'apigatewayv2_stage apigatewayv2_vpc_link cloudfront_cache_policy cloudfront_key_group ' +
    'cloudfront_origin_access_control ' +
    'cloudfront_origin_access_identity cloudfront_origin_request_policy cloudfront_public_key ' +
    'cloudfront_response_headers_policy cloudfront_vpc_origin wafv2_ip_set wafv2_regex_pattern_set ' +
    'wafv2_web_acl_association wafv2_web_acl_logging_configuration',
  monitoring:
    'budgets_budget ce_anomaly_monitor ce_anomaly_subscription ce_cost_allocation_tag ce_cost_category ' +
    'cloudwatch_event_api_destination cloudwatch_event_bus_policy cloudwatch_event_connection ' +
    'cloudwatch_event_permission cloudwatch_event_rule cloudwatch_event_target ' +
    'cloudwatch_log_destination cloudwatch_log_destination_policy ' +
    'cloudwatch_log_resource_policy cloudwatch_log_stream cloudwatch_log_subscription_filter ' +
    'cloudwatch_query_definition resourcegroups_group scheduler_schedule_group sns_platform_application ' +
    'sns_topic_policy sns_topic_subscription sqs_queue_policy ' +
    'sqs_queue_redrive_allow_policy sqs_queue_redrive_policy',
  databases:
    'db_event_subscription db_instance_role_association db_option_group db_parameter_group ' +
    'db_proxy_default_target_group db_proxy_target db_subnet_group dynamodb_resource_policy dynamodb_table_item ' +
    'dynamodb_tag elasticache_parameter_group elasticache_subnet_group elasticache_user elasticache_user_group ' +
    'elasticache_user_group_association rds_certificate rds_cluster_endpoint rds_cluster_parameter_group ' +
    'rds_cluster_role_association',
  storage:
    'efs_access_point efs_backup_policy efs_file_system_policy efs_mount_target s3_access_point ' +
    's3_account_public_access_block s3_bucket_acl s3_bucket_cors_configuration s3_bucket_lifecycle_configuration ' +
    's3_bucket_logging s3_bucket_notification s3_bucket_object s3_bucket_object_lock_configuration ' +
    's3_bucket_ownership_controls s3_bucket_policy s3_bucket_public_access_block ' +
    's3_bucket_request_payment_configuration s3_bucket_server_side_encryption_configuration s3_bucket_versioning ' +
    's3_bucket_website_configuration s3_object',
  functions:
    'codebuild_source_credential codebuild_webhook lambda_alias lambda_code_signing_config ' +
    'lambda_event_source_mapping lambda_function_event_invoke_config lambda_function_recursion_config ' +
    'lambda_function_url lambda_invocation lambda_layer_version lambda_layer_version_permission lambda_permission ' +
    'lambda_runtime_management_config',
};

/** Types without a bill that do not belong to AWS. */
const builtIn = [
  'terraform_data',
  'null_resource',
  'random_id',
  'random_password',
  'random_pet',
  'random_string',
  'random_uuid',
  'time_sleep',
  'time_static',
  'local_file',
  'tls_private_key',
];

/** Every free type by its full name. */
export const freeTypes: ReadonlySet<string> = new Set([
  ...Object.values(freeByArea).flatMap((names) => names.split(' ').map((name) => `aws_${name}`)),
  ...builtIn,
]);
