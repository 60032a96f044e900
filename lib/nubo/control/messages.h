// A handler whose configurations and statuses are protobuf messages.
//
// Example:
//   class Balancer : public control::MessageHandler<v1::Configuration, v1::Status> {
//     absl::Status Apply(const v1::Configuration& configuration) override;
//     v1::Status Describe() override;
//   };
//
// Thread safety: as Handler.
#ifndef NUBO_CONTROL_MESSAGES_H_
#define NUBO_CONTROL_MESSAGES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/control/handler.h"

namespace nubo::control {

// `Configuration` has a field revision; `Status` has error and refused_revision, which are filled in here.
template <typename Configuration, typename Status>
class MessageHandler : public Handler {
 public:
  Outcome Apply(absl::string_view bytes) final {
    Configuration configuration;
    if (!configuration.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return {absl::InvalidArgumentError(absl::StrCat("a message of ", bytes.size(), " bytes is not a ",
                                                      std::string(Configuration::descriptor()->full_name()))),
              0};
    }
    return {Apply(configuration), configuration.revision()};
  }

  std::string Describe(const Outcome& refused) final {
    Status status = Describe();
    status.set_error(std::string(refused.status.message()));
    status.set_refused_revision(refused.revision);
    return status.SerializeAsString();
  }

  virtual absl::Status Apply(const Configuration& configuration) = 0;
  // Without what was refused.
  virtual Status Describe() = 0;
};

}  // namespace nubo::control

#endif  // NUBO_CONTROL_MESSAGES_H_
