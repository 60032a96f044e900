// AWS::ElasticLoadBalancingV2.
#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/listener_rules.h"
#include "nubo/lb/quotas.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/stickiness.h"
#include "nubo/stack/schema_checks.h"
#include "nubo/stack/schema_tables.h"

namespace nubo::stack::tables {
namespace {

// Of listeners and target groups of every type of load balancer.
constexpr char kProtocols[] = "HTTP,HTTPS,TCP,TLS,UDP,TCP_UDP,GENEVE,QUIC,TCP_QUIC";

constexpr PropertySpec kKeyValue[] = {Text("Key"), Text("Value")};
constexpr PropertySpec kLoadBalancerSettings[] = {
    Silent(Text("access_logs.s3.bucket")),
    Silent(Flag("access_logs.s3.enabled")),
    Silent(Text("access_logs.s3.prefix")),
    Silent(Integer("client_keep_alive.seconds", 60, 604800)),
    Silent(Text("connection_logs.s3.bucket")),
    Silent(Flag("connection_logs.s3.enabled")),
    Silent(Text("connection_logs.s3.prefix")),
    Default(Flag("deletion_protection.enabled"), "false"),
    Silent(Choice("dns_record.client_routing_policy",
                  "availability_zone_affinity,partial_availability_zone_affinity,any_availability_zone")),
    Silent(Text("health_check_logs.s3.bucket")),
    Silent(Flag("health_check_logs.s3.enabled")),
    Silent(Text("health_check_logs.s3.prefix")),
    Default(Integer("idle_timeout.timeout_seconds", 1, 4000), "60"),
    Silent(Flag("ipv6.deny_all_igw_traffic")),
    Silent(Flag("load_balancing.cross_zone.enabled")),
    Silent(Choice("routing.http.desync_mitigation_mode", "monitor,defensive,strictest")),
    Default(Flag("routing.http.drop_invalid_header_fields.enabled"), "false"),
    Silent(Flag("routing.http.preserve_host_header.enabled")),
    Silent(Flag("routing.http.x_amzn_tls_version_and_cipher_suite.enabled")),
    Default(Flag("routing.http.xff_client_port.enabled"), "false"),
    Default(Choice("routing.http.xff_header_processing.mode", "append,preserve,remove"), "append"),
    Silent(Flag("routing.http2.enabled")),
    Silent(Integer("secondary_ips.auto_assigned.per_subnet", 0, 7)),
    Silent(Flag("waf.fail_open.enabled")),
    Silent(Flag("zonal_shift.config.enabled")),
};
constexpr PropertySpec OrOff(PropertySpec spec) {
  spec.allowed = "off";
  return spec;
}
constexpr PropertySpec StickySeconds(const char* name) {
  return Integer(name, lb::kStickinessSecondsMin, lb::kStickinessSecondsMax);
}
constexpr PropertySpec kTargetGroupSettings[] = {
    Silent(Flag("deregistration_delay.connection_termination.enabled")),
    Default(Integer("deregistration_delay.timeout_seconds", 0, 3600), "300"),
    Silent(Flag("lambda.multi_value_headers.enabled")),
    Default(Choice("load_balancing.algorithm.anomaly_mitigation", "on,off"), "off"),
    // Also a policy of the library's own.
    Default(Text("load_balancing.algorithm.type"), "round_robin"),
    Silent(Choice("load_balancing.cross_zone.enabled", "true,false,use_load_balancer_configuration")),
    Silent(Flag("preserve_client_ip.enabled")),
    Silent(Flag("proxy_protocol_v2.enabled")),
    // 0, or kSlowStartSecondsMin to that.
    Default(Integer("slow_start.duration_seconds", 0, lb::kSlowStartSecondsMax), "0"),
    Text("stickiness.app_cookie.cookie_name"),
    Default(StickySeconds("stickiness.app_cookie.duration_seconds"), "86400"),
    Default(Flag("stickiness.enabled"), "false"),
    Default(StickySeconds("stickiness.lb_cookie.duration_seconds"), "86400"),
    Choice("stickiness.type", "lb_cookie,app_cookie"),
    Silent(Choice("target_failover.on_deregistration", "rebalance,no_rebalance")),
    Silent(Choice("target_failover.on_unhealthy", "rebalance,no_rebalance")),
    Silent(OrOff(Integer("target_group_health.dns_failover.minimum_healthy_targets.count", 1, 1000))),
    Silent(OrOff(Integer("target_group_health.dns_failover.minimum_healthy_targets.percentage", 1, 100))),
    Default(Integer("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", 1, 1000), "1"),
    Default(OrOff(Integer("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", 1, 100)),
            "off"),
    Silent(Flag("target_health_state.unhealthy.connection_termination.enabled")),
    Silent(Integer("target_health_state.unhealthy.draining_interval_seconds", 0, 360000)),
};
constexpr PropertySpec kListenerSettings[] = {
    Text("routing.http.request.x_amzn_mtls_clientcert.header_name"),
    Text("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name"),
    Text("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name"),
    Text("routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name"),
    Text("routing.http.request.x_amzn_mtls_clientcert_subject.header_name"),
    Text("routing.http.request.x_amzn_mtls_clientcert_validity.header_name"),
    Text("routing.http.request.x_amzn_tls_cipher_suite.header_name"),
    Text("routing.http.request.x_amzn_tls_version.header_name"),
    Text("routing.http.response.access_control_allow_credentials.header_value"),
    Text("routing.http.response.access_control_allow_headers.header_value"),
    Text("routing.http.response.access_control_allow_methods.header_value"),
    Text("routing.http.response.access_control_allow_origin.header_value"),
    Text("routing.http.response.access_control_expose_headers.header_value"),
    Text("routing.http.response.access_control_max_age.header_value"),
    Text("routing.http.response.content_security_policy.header_value"),
    Flag("routing.http.response.server.enabled"),
    Text("routing.http.response.strict_transport_security.header_value"),
    Text("routing.http.response.x_content_type_options.header_value"),
    Text("routing.http.response.x_frame_options.header_value"),
    Integer("tcp.idle_timeout.seconds", 60, 6000),
};
constexpr PropertySpec kSubnetMapping[] = {
    Silent(Text("AllocationId")),
    Silent(Text("IPv6Address")),
    Text("PrivateIPv4Address"),
    Required(IdOf(IdKind::kSubnet, Text("SubnetId"))),
};
constexpr PropertySpec kLoadBalancer[] = {
    Silent(Choice("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on,off")),
    Silent(Choice("IpAddressType", "ipv4,dualstack,dualstack-without-public-ipv4")),
    Pairs("LoadBalancerAttributes", kLoadBalancerSettings),
    Silent(Json("MinimumLoadBalancerCapacity")),
    Fixed(Text("Name")),
    Fixed(Default(Choice("Scheme", "internet-facing,internal"), "internet-facing")),
    IdOf(IdKind::kSecurityGroup, Texts("SecurityGroups")),
    Objects("SubnetMappings", kSubnetMapping),
    IdOf(IdKind::kSubnet, Texts("Subnets")),
    Tags(),
    Fixed(Offered(Default(Choice("Type", "application,network,gateway"), "application"), "application")),
};
constexpr const char* kLoadBalancerAttributes[] = {"CanonicalHostedZoneID", "DNSName",          "LoadBalancerArn",
                                                   "LoadBalancerFullName",  "LoadBalancerName", "SecurityGroups"};

constexpr PropertySpec Threshold(const char* name) {
  return Integer(name, lb::kThresholdCountMin, lb::kThresholdCountMax);
}
constexpr PropertySpec kMatcher[] = {Text("GrpcCode"), Text("HttpCode")};
constexpr PropertySpec kTarget[] = {
    Silent(Text("AvailabilityZone")),
    Required(IdOf(IdKind::kInstance, Text("Id"))),
    Integer("Port", 1, 65535),
};
constexpr PropertySpec kTargetGroup[] = {
    Default(Flag("HealthCheckEnabled"), "true"),
    Default(
        Integer("HealthCheckIntervalSeconds", lb::kHealthCheckIntervalSecondsMin, lb::kHealthCheckIntervalSecondsMax),
        "30"),
    Default(Text("HealthCheckPath"), "/"),
    Default(Text("HealthCheckPort"), "traffic-port"),
    Offered(Choice("HealthCheckProtocol", "HTTP,HTTPS,TCP"), "HTTP"),
    Default(Integer("HealthCheckTimeoutSeconds", lb::kHealthCheckTimeoutSecondsMin, lb::kHealthCheckTimeoutSecondsMax),
            "5"),
    Default(Threshold("HealthyThresholdCount"), "5"),
    Silent(Choice("IpAddressType", "ipv4,ipv6")),
    Object("Matcher", kMatcher),
    Fixed(Text("Name")),
    Fixed(Integer("Port", 1, 65535)),
    Fixed(Offered(Choice("Protocol", kProtocols), "HTTP")),
    Fixed(Default(Choice("ProtocolVersion", "HTTP1,HTTP2,GRPC"), "HTTP1")),
    Tags(),
    Pairs("TargetGroupAttributes", kTargetGroupSettings),
    Fixed(Offered(Default(Choice("TargetType", "instance,ip,lambda,alb"), "instance"), "instance,ip")),
    Objects("Targets", kTarget),
    Default(Threshold("UnhealthyThresholdCount"), "2"),
    Fixed(IdOf(IdKind::kVpc, Text("VpcId"))),
};
constexpr const char* kTargetGroupAttributes[] = {"LoadBalancerArns", "TargetGroupArn", "TargetGroupFullName",
                                                  "TargetGroupName"};

constexpr PropertySpec kFixedResponse[] = {
    Choice("ContentType", lb::kFixedContentTypes),
    Text("MessageBody"),
    Required(Text("StatusCode")),
};
constexpr PropertySpec kStickiness[] = {StickySeconds("DurationSeconds"), Flag("Enabled")};
constexpr PropertySpec kWeightedGroup[] = {Required(IdOf(IdKind::kTargetGroup, Text("TargetGroupArn"))),
                                           Integer("Weight", 0, lb::kForwardWeightMax)};
constexpr PropertySpec kForward[] = {
    Object("TargetGroupStickinessConfig", kStickiness),
    Objects("TargetGroups", kWeightedGroup),
};
constexpr PropertySpec kRedirect[] = {
    Text("Host"),  Text("Path"),
    Text("Port"),  Choice("Protocol", lb::kRedirectProtocols),
    Text("Query"), Required(Choice("StatusCode", lb::kRedirectStatusCodes)),
};
constexpr PropertySpec kAction[] = {
    Silent(Json("AuthenticateCognitoConfig")),
    Silent(Json("AuthenticateOidcConfig")),
    Object("FixedResponseConfig", kFixedResponse),
    Object("ForwardConfig", kForward),
    Silent(Integer("Order", 1, 50000)),
    Object("RedirectConfig", kRedirect),
    IdOf(IdKind::kTargetGroup, Text("TargetGroupArn")),
    Required(Offered(Choice("Type", "forward,redirect,fixed-response,authenticate-oidc,authenticate-cognito"),
                     "forward,redirect,fixed-response")),
};
constexpr PropertySpec kCertificate[] = {Text("CertificateArn")};
constexpr PropertySpec kListener[] = {
    Silent(Texts("AlpnPolicy")),
    Silent(Objects("Certificates", kCertificate)),
    Required(Objects("DefaultActions", kAction)),
    Silent(Pairs("ListenerAttributes", kListenerSettings)),
    Fixed(Required(IdOf(IdKind::kLoadBalancer, Text("LoadBalancerArn")))),
    Silent(Json("MutualAuthentication")),
    Integer("Port", 1, 65535),
    Offered(Choice("Protocol", kProtocols), "HTTP"),
    Silent(Text("SslPolicy")),
};
constexpr const char* kListenerAttributes[] = {"ListenerArn"};

constexpr PropertySpec kValues[] = {Texts("Values")};
constexpr PropertySpec kHttpHeader[] = {Text("HttpHeaderName"), Texts("Values")};
constexpr PropertySpec kQueryString[] = {Objects("Values", kKeyValue)};
constexpr PropertySpec kCondition[] = {
    Choice("Field", lb::kConditionFields),   Object("HostHeaderConfig", kValues),
    Object("HttpHeaderConfig", kHttpHeader), Object("HttpRequestMethodConfig", kValues),
    Object("PathPatternConfig", kValues),    Object("QueryStringConfig", kQueryString),
    Object("SourceIpConfig", kValues),       Texts("Values"),
};
constexpr PropertySpec kListenerRule[] = {
    Required(Objects("Actions", kAction)),
    Required(Objects("Conditions", kCondition)),
    Fixed(Required(IdOf(IdKind::kListener, Text("ListenerArn")))),
    Required(Integer("Priority", 1, lb::kRulePriorityMax)),
};
constexpr const char* kListenerRuleAttributes[] = {"IsDefault", "RuleArn"};

constexpr Schema kSchemas[] = {
    {"AWS::ElasticLoadBalancingV2::Listener", kListener, kListenerAttributes, "the listener's ARN", CheckListener,
     IdKind::kListener},
    {"AWS::ElasticLoadBalancingV2::ListenerRule", kListenerRule, kListenerRuleAttributes, "the rule's ARN",
     CheckListenerRule},
    {"AWS::ElasticLoadBalancingV2::LoadBalancer", kLoadBalancer, kLoadBalancerAttributes, "the load balancer's ARN",
     CheckLoadBalancer, IdKind::kLoadBalancer},
    {"AWS::ElasticLoadBalancingV2::TargetGroup", kTargetGroup, kTargetGroupAttributes, "the target group's ARN",
     CheckTargetGroup, IdKind::kTargetGroup},
};

}  // namespace

absl::Span<const Schema> LoadBalancingSchemas() { return kSchemas; }

}  // namespace nubo::stack::tables
