#include "nubo/region/databases/describe.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"

namespace nubo::region {
namespace {

// Whether `text` has `name` in it, and not as a part of a longer one.
bool Names(absl::string_view text, absl::string_view name) {
  const auto in_name = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
  };
  if (name.empty()) return false;
  for (size_t at = text.find(name); at != absl::string_view::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    // A dot may end a sentence, or the name itself.
    const bool goes_on = end < text.size() && text[end] != '.' && in_name(text[end]);
    if ((at == 0 || !in_name(text[at - 1])) && !goes_on) return true;
  }
  return false;
}

constexpr char kEngine[] = "mysql";

void ShowDatabase(const Context& context, const std::string& id, const v1::DatabaseState& record,
                  rds::v1::DbInstance* shown) {
  shown->set_db_instance_identifier(id);
  shown->set_engine(kEngine);
  shown->set_engine_version(record.engine_version());
  shown->set_db_instance_status(record.status());
  shown->mutable_endpoint()->set_address(record.endpoint_name());
  shown->mutable_endpoint()->set_port(record.port());
  shown->mutable_endpoint()->set_loopback_address(record.loopback_ip());
  shown->set_master_username(record.username());
  shown->set_master_user_secret_arn(record.secret_arn());
  shown->set_pid(PidOf(context, DatabaseServiceId(id)));
  shown->set_restarts(record.restarts());
  for (const auto& [instance_id, instance] : context.model.instances) {
    const std::string& told = instance.user_data();
    if (IsTerminated(instance) || !(Names(told, record.endpoint_name()) || Names(told, record.secret_arn()))) continue;
    shown->add_named_by(instance_id);
  }
  SetOwner(record.owner(), shown);
}

// Those of DescribeDBInstances that there is something for here, and the status.
FilterFields<v1::DatabaseState> DatabaseFilters() {
  using Record = v1::DatabaseState;
  return WithOwner<Record>({
      {"db-instance-id", [](const Record& record) -> Words { return {record.id()}; }},
      {"db-instance-status", [](const Record& record) -> Words { return {record.status()}; }},
      {"engine", [](const Record&) -> Words { return {kEngine}; }},
      {kLoopbackAddressFilter, [](const Record& record) -> Words { return {record.loopback_ip()}; }},
  });
}

}  // namespace

absl::Status Describe(const Context& context, const rds::v1::DescribeDbInstancesRequest& request,
                      rds::v1::DescribeDbInstancesResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::DatabaseState> page, ListPage<v1::DatabaseState>::Of(request, DatabaseFilters()));
  std::set<std::string> ids;
  if (const std::string& id = request.db_instance_identifier(); !id.empty()) {
    if (context.model.databases.Find(id) == nullptr) {
      return base::WithErrorCode(absl::NotFoundError(absl::StrCat("DBInstance ", id, " not found.")),
                                 "DBInstanceNotFound");
    }
    ids.insert(id);
  }
  AddFromTable(context.model.databases, ids, page, [&](const std::string& id, const v1::DatabaseState& record) {
    ShowDatabase(context, id, record, response.add_databases());
  });
  page.End(response);
  return absl::OkStatus();
}

void Describe(const Context& context, rds::v1::DescribeDbInstancesResponse& out) {
  for (const auto& [id, record] : context.model.databases) ShowDatabase(context, id, record, out.add_databases());
}

}  // namespace nubo::region
