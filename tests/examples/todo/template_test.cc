// The reference template reads, binds and checks cleanly, and its scripts come out as instances will run them.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/validate.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;

constexpr char kFile[] = "examples/todo/template.yaml";

// Every resource is there, and every attribute is "RESOURCE.ATTRIBUTE".
class EverythingExists final : public stack::Lookup {
 public:
  absl::StatusOr<std::string> Ref(absl::string_view logical_id) const override { return std::string(logical_id); }
  absl::StatusOr<stack::Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const override {
    return stack::Value::String(absl::StrCat(logical_id, ".", attribute));
  }
};

struct Fixture {
  stack::Template parsed = Read();
  stack::Bindings bindings = stack::Bind(parsed, {}, {.stack_name = "todo", .stack_id = "arn"}).value();
  EverythingExists lookup;

  static stack::Template Read() {
    std::ifstream in(kFile);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    auto parsed = stack::Parse(text, kFile);
    BOOST_REQUIRE_MESSAGE(parsed.ok(), parsed.status().ToString());
    return *std::move(parsed);
  }

  std::string Script(absl::string_view launch_template) {
    const stack::Value properties = stack::ResolveProperties(parsed, bindings, launch_template, lookup).value();
    std::string script;
    BOOST_TEST(absl::Base64Unescape(properties.Get("LaunchTemplateData").Get("UserData").text(), &script));
    return script;
  }
};

BOOST_FIXTURE_TEST_CASE(nothing_is_wrong_with_it, Fixture) {
  BOOST_TEST(IsOk(stack::ToStatus(kFile, stack::Validate(parsed, bindings))));
}

BOOST_FIXTURE_TEST_CASE(the_backends_script_holds_no_password_but_where_to_get_it, Fixture) {
  BOOST_TEST(Script("BackendLaunchTemplate") ==
             "#!/bin/sh\n"
             "export DB_PASSWORD='{{resolve:secretsmanager:TodoDatabase.MasterUserSecret.SecretArn:SecretString:"
             "password}}'\n"
             "exec todo-backend \\\n"
             "  --db-host 'TodoDatabase.Endpoint.Address' \\\n"
             "  --db-port 'TodoDatabase.Endpoint.Port' \\\n"
             "  --db-user todo \\\n"
             "  --db-name todo\n");
}

BOOST_FIXTURE_TEST_CASE(the_frontends_script_names_the_backends_load_balancer, Fixture) {
  BOOST_TEST(Script("FrontendLaunchTemplate") ==
             "#!/bin/sh\nexec todo-frontend --port 8080 --backend 'BackendLoadBalancer.DNSName:50051'\n");
}

BOOST_FIXTURE_TEST_CASE(its_outputs_say_where_the_page_is, Fixture) {
  const auto outputs = stack::ResolveOutputs(parsed, bindings, lookup).value();
  BOOST_REQUIRE(!outputs.empty());
  BOOST_TEST(outputs[0].name == "URL");
  BOOST_TEST(outputs[0].value == "http://app.todo.localhost:8080/");
}

}  // namespace
}  // namespace nubo::examples::todo
