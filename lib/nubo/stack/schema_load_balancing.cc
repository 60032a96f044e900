// AWS::ElasticLoadBalancingV2.
#include "nubo/stack/schema_checks.h"
#include "nubo/stack/schema_tables.h"

namespace nubo::stack::tables {
namespace {

// Of listeners and target groups of every type of load balancer.
constexpr char kProtocols[] = "HTTP,HTTPS,TCP,TLS,UDP,TCP_UDP,GENEVE,QUIC,TCP_QUIC";

constexpr PropertySpec kKeyValue[] = {Text("Key"), Text("Value")};
constexpr PropertySpec kSubnetMapping[] = {
    Silent(Text("AllocationId")),
    Silent(Text("IPv6Address")),
    Text("PrivateIPv4Address"),
    Required(IdOf(IdKind::kSubnet, Text("SubnetId"))),
};
constexpr PropertySpec kLoadBalancer[] = {
    Silent(Choice("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on,off")),
    Silent(Choice("IpAddressType", "ipv4,dualstack,dualstack-without-public-ipv4")),
    Objects("LoadBalancerAttributes", kKeyValue),
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

constexpr PropertySpec kMatcher[] = {Text("GrpcCode"), Text("HttpCode")};
constexpr PropertySpec kTarget[] = {
    Silent(Text("AvailabilityZone")),
    Required(IdOf(IdKind::kInstance, Text("Id"))),
    Integer("Port", 1, 65535),
};
constexpr PropertySpec kTargetGroup[] = {
    Default(Flag("HealthCheckEnabled"), "true"),
    Default(Integer("HealthCheckIntervalSeconds", 5, 300), "30"),
    Default(Text("HealthCheckPath"), "/"),
    Default(Text("HealthCheckPort"), "traffic-port"),
    Choice("HealthCheckProtocol", "HTTP,HTTPS,TCP"),
    Default(Integer("HealthCheckTimeoutSeconds", 2, 120), "5"),
    Default(Integer("HealthyThresholdCount", 2, 10), "5"),
    Silent(Choice("IpAddressType", "ipv4,ipv6")),
    Object("Matcher", kMatcher),
    Fixed(Text("Name")),
    Fixed(Integer("Port", 1, 65535)),
    Fixed(Offered(Choice("Protocol", kProtocols), "HTTP")),
    Fixed(Default(Choice("ProtocolVersion", "HTTP1,HTTP2,GRPC"), "HTTP1")),
    Tags(),
    Objects("TargetGroupAttributes", kKeyValue),
    Fixed(Offered(Default(Choice("TargetType", "instance,ip,lambda,alb"), "instance"), "instance,ip")),
    Objects("Targets", kTarget),
    Default(Integer("UnhealthyThresholdCount", 2, 10), "2"),
    Fixed(IdOf(IdKind::kVpc, Text("VpcId"))),
};
constexpr const char* kTargetGroupAttributes[] = {"LoadBalancerArns", "TargetGroupArn", "TargetGroupFullName",
                                                  "TargetGroupName"};

constexpr PropertySpec kFixedResponse[] = {
    Choice("ContentType", "text/plain,text/css,text/html,application/javascript,application/json"),
    Text("MessageBody"),
    Required(Text("StatusCode")),
};
constexpr PropertySpec kStickiness[] = {Integer("DurationSeconds", 1, 604800), Flag("Enabled")};
constexpr PropertySpec kWeightedGroup[] = {Required(IdOf(IdKind::kTargetGroup, Text("TargetGroupArn"))),
                                           Integer("Weight", 0, 999)};
constexpr PropertySpec kForward[] = {
    Object("TargetGroupStickinessConfig", kStickiness),
    Objects("TargetGroups", kWeightedGroup),
};
constexpr PropertySpec kRedirect[] = {
    Text("Host"),  Text("Path"),
    Text("Port"),  Choice("Protocol", "HTTP,HTTPS,#{protocol}"),
    Text("Query"), Required(Choice("StatusCode", "HTTP_301,HTTP_302")),
};
constexpr PropertySpec kAction[] = {
    Silent(Json("AuthenticateCognitoConfig")),
    Silent(Json("AuthenticateOidcConfig")),
    Object("FixedResponseConfig", kFixedResponse),
    Object("ForwardConfig", kForward),
    Integer("Order", 1, 50000),
    Object("RedirectConfig", kRedirect),
    IdOf(IdKind::kTargetGroup, Text("TargetGroupArn")),
    Required(Offered(Choice("Type", "forward,redirect,fixed-response,authenticate-oidc,authenticate-cognito"),
                     "forward,redirect,fixed-response")),
};
constexpr PropertySpec kCertificate[] = {Text("CertificateArn")};
constexpr PropertySpec kListener[] = {
    Silent(Texts("AlpnPolicy")),
    Objects("Certificates", kCertificate),
    Required(Objects("DefaultActions", kAction)),
    Silent(Objects("ListenerAttributes", kKeyValue)),
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
    Choice("Field", "host-header,http-header,http-request-method,path-pattern,query-string,source-ip"),
    Object("HostHeaderConfig", kValues),
    Object("HttpHeaderConfig", kHttpHeader),
    Object("HttpRequestMethodConfig", kValues),
    Object("PathPatternConfig", kValues),
    Object("QueryStringConfig", kQueryString),
    Object("SourceIpConfig", kValues),
    Texts("Values"),
};
constexpr PropertySpec kListenerRule[] = {
    Required(Objects("Actions", kAction)),
    Required(Objects("Conditions", kCondition)),
    Fixed(Required(IdOf(IdKind::kListener, Text("ListenerArn")))),
    Required(Integer("Priority", 1, 50000)),
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
