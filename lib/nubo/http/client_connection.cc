#include "nubo/http/client_connection.h"

#include "nubo/base/status.h"

namespace nubo::http {

net::Task<absl::StatusOr<ResponseHead>> ClientExchange::ReadHead() {
  while (true) {
    NUBO_CO_ASSIGN_OR_RETURN(ResponseHead head, co_await ReadNextHead());
    if (head.status >= 200) co_return head;
  }
}

}  // namespace nubo::http
