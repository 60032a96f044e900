// DB instances.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/handlers.h"
#include "nubo/region/network.h"
#include "nubo/region/services.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

constexpr char kDefaultPort[] = "3306";
// AWS's bound on a DB instance's name.
constexpr size_t kNameMax = 63;
constexpr int kPasswordDigits = 40;

Value Text(absl::string_view text) { return Value::String(text); }

// The first subnet of the VPC of its security group; without one, of the only VPC its stack has.
absl::StatusOr<std::string> ChooseSubnet(const Context& context, const v1::Owner& owner, const Value& properties) {
  std::string vpc_id;
  for (const std::string& group_id : properties.Get("VPCSecurityGroups").ItemTexts()) {
    if (const v1::PlainState* group = context.model.plain.Find(group_id)) vpc_id = group->vpc_id();
  }
  const std::string& zone = properties.Get("AvailabilityZone").text();
  for (const auto& [id, subnet] : context.model.subnets) {
    if (!vpc_id.empty() ? subnet.vpc_id() != vpc_id : subnet.owner().stack_name() != owner.stack_name()) continue;
    if (zone.empty() || subnet.availability_zone() == zone) return id;
  }
  // Nothing in the template says that the database needs them, so they may still be on their way.
  if (const v1::StackState* stack = context.model.stacks.Find(owner.stack_name())) {
    for (const v1::StackResourceState& resource : stack->resources()) {
      const bool coming = resource.status().empty() || resource.status() == "CREATE_IN_PROGRESS";
      if (resource.type() == "AWS::EC2::Subnet" && coming)
        return absl::UnavailableError("the subnets are not there yet");
    }
  }
  return base::WithErrorCode(absl::FailedPreconditionError(
                                 "there is no subnet for the database; give VPCSecurityGroups of a VPC that has one"),
                             "InvalidVPCNetworkStateFault");
}

absl::StatusOr<std::string> CreateDatabase(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::DatabaseState record;
  *record.mutable_owner() = owner;
  const std::string& name = properties.Get("DBInstanceIdentifier").text();
  record.set_id(absl::AsciiStrToLower(name.empty() ? GeneratedName(context, owner, kNameMax) : name));
  if (context.model.databases.Find(record.id()) != nullptr) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("there is a DB instance ", record.id(), " already")),
        "DBInstanceAlreadyExists");
  }
  record.set_port(static_cast<int>(properties.Get("Port").AsInteger().value_or(*Text(kDefaultPort).AsInteger())));
  record.set_username(properties.Get("MasterUsername").text());
  record.set_database_name(properties.Get("DBName").text());
  const bool managed = properties.Get("ManageMasterUserPassword").AsBool().value_or(false);
  const std::string& given = properties.Get("MasterUserPassword").text();
  if (managed == !given.empty()) {
    return absl::InvalidArgumentError("give either ManageMasterUserPassword: true or MasterUserPassword");
  }
  NUBO_ASSIGN_OR_RETURN(const std::string subnet, ChooseSubnet(context, owner, properties));
  NUBO_ASSIGN_OR_RETURN(const Address address, TakeAddress(context, subnet));
  record.set_subnet_id(subnet);
  record.set_private_ip(address.private_ip);
  record.set_loopback_ip(address.loopback_ip);
  record.set_endpoint_name(absl::StrCat(record.id(), ".", context.ids.NewHex(12), ".", kDatabaseZone));
  record.set_data_directory(absl::StrCat("data/", owner.stack_name(), "/", owner.logical_id()));
  record.set_status("creating");

  v1::SecretState secret;
  secret.set_arn(Arn("secretsmanager", absl::StrCat("secret:rds!", context.ids.NewId("db"))));
  secret.set_username(record.username());
  secret.set_password(managed ? context.ids.NewHex(kPasswordDigits) : given);
  record.set_secret_arn(secret.arn());
  context.model.secrets.Put(secret.arn(), secret);
  const std::string id = record.id();
  context.model.databases.Put(id, std::move(record));
  return id;
}

}  // namespace

void AddDatabaseHandlers(Handlers& handlers, Context& context) {
  FunctionHandler& handler = handlers.Add("AWS::RDS::DBInstance");
  handler.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateDatabase(context, owner, properties);
  };
  handler.poll = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    const v1::DatabaseState* record = context.model.databases.Find(id);
    if (record == nullptr) return Progress::Failed("the database is gone");
    constexpr int kTries = 3;
    if (record->status() == "creating" && record->restarts() >= kTries) {
      const v1::ServiceState* service = context.model.services.Find(DatabaseServiceId(record->id()));
      return Progress::Failed(absl::StrCat("mariadbd ", service == nullptr ? "ended" : service->last_exit(), " ",
                                           record->restarts(), " times in a row; nubo logs ", record->id(),
                                           " says why"));
    }
    if (record->status() != "available") return Progress::InProgress();
    return Progress::Complete({{"Endpoint.Address", Text(record->endpoint_name())},
                               {"Endpoint.Port", Text(absl::StrCat(record->port()))},
                               {"Endpoint.HostedZoneId", Text("Z2R2ITUGPM61AM")},
                               {"DBInstanceArn", Text(Arn("rds", absl::StrCat("db:", record->id())))},
                               {"DbiResourceId", Text(absl::StrCat("db-", record->id()))},
                               {"MasterUserSecret.SecretArn", Text(record->secret_arn())}});
  };
  handler.remove = [&context](absl::string_view id) {
    const v1::DatabaseState* record = context.model.databases.Find(id);
    if (record == nullptr) return absl::OkStatus();
    const v1::StackState* stack = context.model.stacks.Find(record->owner().stack_name());
    const bool delete_data = stack != nullptr && stack->delete_data();
    context.model.databases.Update(id, [&](v1::DatabaseState& changed) {
      changed.set_deleting(true);
      changed.set_delete_data(delete_data);
      changed.set_status("deleting");
    });
    return absl::OkStatus();
  };
  handler.poll_delete = [&context](absl::string_view id) -> absl::StatusOr<Progress> {
    return context.model.databases.Find(id) == nullptr ? Progress::Complete() : Progress::InProgress();
  };
}

}  // namespace nubo::region
