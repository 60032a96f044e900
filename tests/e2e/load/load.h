// Load on the todo API: many clients on connections of their own, each with its own todos, in a closed loop.
//
// A client adds, lists, edits and deletes by turns and notes what was acknowledged. A todo whose write failed is left
// alone from then on, so that a late effect of that write cannot be mistaken for a loss.
//
// Thread safety: belongs to its loop's thread.
#ifndef TESTS_E2E_LOAD_LOAD_H_
#define TESTS_E2E_LOAD_LOAD_H_

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/random/distributions.h"
#include "absl/status/status.h"
#include "nubo/net/loop.h"
#include "tests/e2e/load/api_connection.h"
#include "tests/e2e/load/ledger.h"
#include "tests/e2e/load/tally.h"

namespace nubo::e2e {

struct LoadOptions {
  ApiAddress api;
  int clients = 2000;
  // Signed up first; clients share them.
  int users = 20;
  // Before their names, so that two runs against one region do not meet.
  std::string user_prefix = "load";
};

class Load {
 public:
  Load(net::Loop& loop, const LoadOptions& options, uint64_t seed);

  // Signs the users up. Fails with what the API said.
  net::Task<absl::Status> SignUp();
  // Runs all clients until Stop(). `running` is called once every client has had its first answer.
  net::Task<void> Run(std::function<void()> running);
  // Each client ends after the answer it waits for.
  void Stop() { stopping_ = true; }
  // Lists everything and compares: one sentence for each acknowledged write that is lost.
  net::Task<absl::StatusOr<std::vector<std::string>>> Verify();

  // Of the clients' requests; those of SignUp and Verify are not among them.
  const Tally& tally() const { return tally_; }
  size_t todos_written() const { return ledger_.size(); }

 private:
  struct Client;
  struct Todo {
    std::string id;
    TodoState state;
  };

  net::Task<void> RunClient(std::shared_ptr<Client> client);
  net::Task<Outcome> Send(Client& client, std::string method, std::string path, std::string body);
  net::Task<void> List(Client& client);
  net::Task<void> Add(Client& client);
  net::Task<void> Edit(Client& client);
  net::Task<void> Delete(Client& client);
  net::Task<absl::StatusOr<Listing>> ListAll(std::string token);

  net::Loop& loop_;
  const LoadOptions options_;
  std::mt19937_64 random_;
  std::vector<std::string> tokens_;
  Tally tally_;
  Ledger ledger_;
  bool stopping_ = false;
  int clients_left_ = 0;
  int clients_answered_ = 0;
  net::Event changed_;
};

}  // namespace nubo::e2e

#endif  // TESTS_E2E_LOAD_LOAD_H_
