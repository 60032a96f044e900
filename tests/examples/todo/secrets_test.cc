// Password hashes and session tokens, and the pool that bounds how many hashes run at once.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "examples/todo/backend/password_hasher.h"
#include "examples/todo/backend/session_token.h"
#include "examples/todo/backend/worker_pool.h"
#include "nubo/base/id_source.h"

namespace nubo::examples::todo {
namespace {

BOOST_AUTO_TEST_CASE(a_hash_is_argon2id_and_verifies_only_its_password) {
  Argon2idHasher hasher(PasswordLimits::Least());
  const std::string hash = hasher.Hash("correct horse").value();
  BOOST_TEST(absl::StartsWith(hash, "$argon2id$v=19$"));
  BOOST_TEST(hasher.Verify(hash, "correct horse"));
  BOOST_TEST(!hasher.Verify(hash, "correct horsf"));
  BOOST_TEST(!hasher.Verify("", "correct horse"));
}

BOOST_AUTO_TEST_CASE(the_same_password_hashes_differently_each_time) {
  Argon2idHasher hasher(PasswordLimits::Least());
  BOOST_TEST(hasher.Hash("correct horse").value() != hasher.Hash("correct horse").value());
}

BOOST_AUTO_TEST_CASE(a_login_spends_what_libsodium_advises) {
  BOOST_TEST(PasswordLimits::Interactive().operations == 2u);
  BOOST_TEST(PasswordLimits::Interactive().memory_bytes == 64u << 20);
}

BOOST_AUTO_TEST_CASE(tokens_are_256_random_bits_in_base64url) {
  base::RandomIdSource ids;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = NewSessionToken(ids);
    BOOST_TEST(token.size() == 43u);
    BOOST_TEST(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
               std::string::npos);
    seen.insert(token);
  }
  BOOST_TEST(seen.size() == 100u);
}

BOOST_AUTO_TEST_CASE(a_tokens_hash_is_blake2b_256) {
  // BLAKE2b-256 of "abc", from libsodium's and the reference implementation's command line alike.
  BOOST_TEST(HashSessionToken("abc") == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

BOOST_AUTO_TEST_CASE(a_request_id_gives_each_user_an_id_of_their_own) {
  BOOST_TEST(TodoIdFor("u1", "r").size() == 32u);
  BOOST_TEST(TodoIdFor("u1", "r") == TodoIdFor("u1", "r"));
  BOOST_TEST(TodoIdFor("u1", "r") != TodoIdFor("u2", "r"));
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_work_and_two_threads_run_two_at_once) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  {
    WorkerPool pool({.threads = 2, .queue_max = 3});
    std::promise<void> started[2];
    const auto work = [&](int i) {
      return [&, i] {
        most = std::max(most.load(), ++running);
        if (i < 2) started[i].set_value();
        open.wait();
        --running;
        ++done;
      };
    };
    BOOST_TEST(pool.TrySubmit(work(0)));
    BOOST_TEST(pool.TrySubmit(work(1)));
    started[0].get_future().wait();
    started[1].get_future().wait();
    for (int i = 2; i < 5; ++i) BOOST_TEST(pool.TrySubmit(work(i)));
    BOOST_TEST(!pool.TrySubmit(work(5)));
    gate.set_value();
  }
  BOOST_TEST(done == 5);
  BOOST_TEST(most <= 2);
}

}  // namespace
}  // namespace nubo::examples::todo
