// Every rule of the todo list, over a store in memory.
#include "examples/todo/backend/todo_core.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "examples/todo/backend/memory_store.h"
#include "examples/todo/backend/rules.h"
#include "nubo/base/id_source.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;
using testing::StatusIs;

// Counts what Argon2id would have cost.
class CountingHasher final : public PasswordHasher {
 public:
  absl::StatusOr<std::string> Hash(absl::string_view password) override {
    ++count;
    return absl::StrCat("hash of ", password);
  }
  bool Verify(absl::string_view hash, absl::string_view password) override {
    ++count;
    return hash == absl::StrCat("hash of ", password);
  }
  int count = 0;
};

struct Fixture {
  MemoryStore store;
  CountingHasher hasher;
  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  TodoLimits limits{.sessions_per_user_max = 3, .todos_per_user_max = 5, .sweep_batch_max = 2};
  std::unique_ptr<TodoCore> core = *TodoCore::Create(store, hasher, clock, ids, limits);
  absl::Time deadline = absl::InfiniteFuture();

  std::string SignUp(absl::string_view name) { return core->SignUp(name, "correct horse", deadline).value(); }
  Todo Add(absl::string_view token, absl::string_view title) {
    clock.Advance(absl::Seconds(1));
    return core->Add(token, title, "", deadline).value();
  }
  std::vector<std::string> Titles(absl::string_view token) {
    const TodoPage page = core->List(token, 0, "", deadline).value();
    std::vector<std::string> titles;
    for (const Todo& todo : page.todos) titles.push_back(todo.title);
    return titles;
  }
};

void CheckSame(const std::vector<std::string>& seen, const std::vector<std::string>& expected) {
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

std::string Repeat(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) absl::StrAppend(&out, text);
  return out;
}

BOOST_FIXTURE_TEST_SUITE(Accounts, Fixture)

BOOST_AUTO_TEST_CASE(sign_up_gives_a_session) {
  const std::string token = SignUp("ada");
  BOOST_TEST(token.size() == 43u);
  BOOST_TEST(IsOk(core->List(token, 0, "", deadline)));
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_whatever_its_case) {
  SignUp("Ada");
  BOOST_TEST(StatusIs(core->SignUp("aDA", "another one", deadline), absl::StatusCode::kAlreadyExists, "aDA"));
  SignUp("Åsa");
  BOOST_TEST(StatusIs(core->SignUp("åsa", "another one", deadline), absl::StatusCode::kAlreadyExists));
}

BOOST_AUTO_TEST_CASE(a_taken_name_costs_no_hash) {
  SignUp("ada");
  const int before = hasher.count;
  (void)core->SignUp("ada", "another one", deadline);
  BOOST_TEST(hasher.count == before);
}

BOOST_AUTO_TEST_CASE(sign_in_takes_the_name_in_any_case) {
  SignUp("Ada");
  BOOST_TEST(IsOk(core->SignIn("ADA", "correct horse", deadline)));
}

BOOST_AUTO_TEST_CASE(unknown_user_and_wrong_password_answer_alike_and_cost_one_hash_each) {
  SignUp("ada");
  int before = hasher.count;
  const absl::Status wrong = core->SignIn("ada", "wrong horse", deadline).status();
  BOOST_TEST(hasher.count - before == 1);
  before = hasher.count;
  const absl::Status unknown = core->SignIn("bob", "correct horse", deadline).status();
  BOOST_TEST(hasher.count - before == 1);
  before = hasher.count;
  const absl::Status not_a_name = core->SignIn("no name", "x", deadline).status();
  BOOST_TEST(hasher.count - before == 1);
  BOOST_TEST(StatusIs(wrong, absl::StatusCode::kUnauthenticated, "wrong user name or password"));
  BOOST_TEST((wrong == unknown));
  BOOST_TEST((wrong == not_a_name));
}

BOOST_AUTO_TEST_CASE(user_names_have_limits) {
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\tb"),
                                 std::string("\xff"), std::string("a\0b", 3), std::string("ad\u200Ba")}) {
    BOOST_TEST(StatusIs(core->SignUp(bad, "correct horse", deadline), absl::StatusCode::kInvalidArgument, "user name"));
  }
  BOOST_TEST(IsOk(core->SignUp(std::string(64, 'a'), "correct horse", deadline)));
  BOOST_TEST(IsOk(core->SignUp(Repeat("é", 64), "correct horse", deadline)));
}

BOOST_AUTO_TEST_CASE(one_name_is_one_name_however_it_is_typed) {
  SignUp("Renée");
  for (const char* same : {"renée", "Rene\u0301e", "Ｒｅｎée"}) {
    BOOST_TEST(StatusIs(core->SignUp(same, "another one", deadline), absl::StatusCode::kAlreadyExists));
    BOOST_TEST(IsOk(core->SignIn(same, "correct horse", deadline)));
  }
}

BOOST_AUTO_TEST_CASE(a_password_is_the_same_composed_or_not_and_whatever_its_space) {
  BOOST_TEST(IsOk(core->SignUp("ada", "cafe\u0301\u00A0au lait", deadline)));
  BOOST_TEST(IsOk(core->SignIn("ada", "café au lait", deadline)));
  BOOST_TEST(StatusIs(core->SignIn("ada", "Café au lait", deadline), absl::StatusCode::kUnauthenticated));
  BOOST_TEST(StatusIs(core->SignUp("eve", "tab\tand more", deadline), absl::StatusCode::kInvalidArgument, "U+0009"));
}

BOOST_AUTO_TEST_CASE(a_password_from_before_there_were_rules_still_signs_in) {
  const User old{.id = "1", .name = "old", .name_key = "old", .password_hash = "hash of cafe\u0301 au lait"};
  BOOST_REQUIRE(IsOk(store.AddUser(old, {.token_hash = "t", .user_id = "1"}, deadline)));
  BOOST_TEST(IsOk(core->SignIn("old", "cafe\u0301 au lait", deadline)));
}

BOOST_AUTO_TEST_CASE(passwords_have_limits) {
  BOOST_TEST(StatusIs(core->SignUp("a", "1234567", deadline), absl::StatusCode::kInvalidArgument, "7 bytes"));
  BOOST_TEST(StatusIs(core->SignUp("a", std::string(257, 'p'), deadline), absl::StatusCode::kInvalidArgument, "257"));
  BOOST_TEST(IsOk(core->SignUp("a", "12345678", deadline)));
  BOOST_TEST(IsOk(core->SignUp("b", std::string(256, 'p'), deadline)));
}

BOOST_AUTO_TEST_CASE(an_oversized_password_is_refused_before_it_is_hashed) {
  SignUp("ada");
  const int before = hasher.count;
  BOOST_TEST(
      StatusIs(core->SignIn("ada", std::string(1 << 20, 'p'), deadline), absl::StatusCode::kInvalidArgument, "256"));
  BOOST_TEST(hasher.count == before);
}

BOOST_AUTO_TEST_CASE(sign_out_revokes_only_that_session_and_may_be_repeated) {
  const std::string first = SignUp("ada");
  const std::string second = core->SignIn("ada", "correct horse", deadline).value();
  BOOST_TEST(IsOk(core->SignOut(first, deadline)));
  BOOST_TEST(IsOk(core->SignOut(first, deadline)));
  BOOST_TEST(StatusIs(core->List(first, 0, "", deadline), absl::StatusCode::kUnauthenticated, "sign in again"));
  BOOST_TEST(IsOk(core->List(second, 0, "", deadline)));
}

BOOST_AUTO_TEST_CASE(calls_without_a_session_are_refused) {
  for (const char* token : {"", "nonsense"}) {
    BOOST_TEST(StatusIs(core->List(token, 0, "", deadline), absl::StatusCode::kUnauthenticated));
    BOOST_TEST(StatusIs(core->Add(token, "t", "", deadline), absl::StatusCode::kUnauthenticated));
    BOOST_TEST(StatusIs(core->Change(token, "t", {}, deadline), absl::StatusCode::kUnauthenticated));
    BOOST_TEST(StatusIs(core->Delete(token, "t", deadline), absl::StatusCode::kUnauthenticated));
  }
  BOOST_TEST(StatusIs(core->SignOut("", deadline), absl::StatusCode::kUnauthenticated));
}

BOOST_AUTO_TEST_CASE(a_session_ends_after_its_lifetime) {
  const std::string token = SignUp("ada");
  clock.Advance(absl::Hours(24) - absl::Seconds(1));
  BOOST_TEST(IsOk(core->List(token, 0, "", deadline)));
  clock.Advance(absl::Seconds(1));
  BOOST_TEST(StatusIs(core->List(token, 0, "", deadline), absl::StatusCode::kUnauthenticated));
}

BOOST_AUTO_TEST_CASE(a_sweep_deletes_all_expired_sessions_and_no_other) {
  for (const char* name : {"a", "b", "c", "d", "e"}) SignUp(name);
  clock.Advance(absl::Hours(12));
  const std::string fresh = SignUp("f");
  clock.Advance(absl::Hours(12));
  BOOST_TEST(core->SweepSessions(deadline).value() == 5);
  BOOST_TEST(store.session_count() == 1);
  BOOST_TEST(IsOk(core->List(fresh, 0, "", deadline)));
}

BOOST_AUTO_TEST_CASE(the_oldest_session_makes_room) {
  const std::string first = SignUp("ada");
  std::string last;
  for (int i = 0; i < 3; ++i) {
    clock.Advance(absl::Seconds(1));
    last = core->SignIn("ada", "correct horse", deadline).value();
  }
  BOOST_TEST(store.session_count() == 3);
  BOOST_TEST(StatusIs(core->List(first, 0, "", deadline), absl::StatusCode::kUnauthenticated));
  BOOST_TEST(IsOk(core->List(last, 0, "", deadline)));
}

BOOST_AUTO_TEST_CASE(the_store_holds_neither_passwords_nor_tokens) {
  const std::string token = SignUp("ada");
  for (const std::string& secret : store.Secrets()) {
    BOOST_TEST(secret != token);
    BOOST_TEST(secret != "correct horse");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Todos, Fixture)

BOOST_AUTO_TEST_CASE(a_todo_is_added_edited_completed_and_deleted) {
  const std::string token = SignUp("ada");
  const Todo todo = Add(token, "water the plants");
  BOOST_TEST(!todo.done);
  BOOST_TEST(core->Change(token, todo.id, {.title = "water the cat"}, deadline).value().title == "water the cat");
  const Todo done = core->Change(token, todo.id, {.done = true}, deadline).value();
  BOOST_TEST(done.done);
  BOOST_TEST(done.title == "water the cat");
  BOOST_TEST(!core->Change(token, todo.id, {.done = false}, deadline).value().done);
  BOOST_TEST(IsOk(core->Delete(token, todo.id, deadline)));
  BOOST_TEST(Titles(token).empty());
}

BOOST_AUTO_TEST_CASE(nobody_sees_or_touches_the_todos_of_others) {
  const std::string ada = SignUp("ada");
  const std::string bob = SignUp("bob");
  const Todo todo = Add(ada, "secret");
  BOOST_TEST(Titles(bob).empty());
  BOOST_TEST(StatusIs(core->Change(bob, todo.id, {.done = true}, deadline), absl::StatusCode::kNotFound, todo.id));
  BOOST_TEST(StatusIs(core->Delete(bob, todo.id, deadline), absl::StatusCode::kNotFound, todo.id));
  CheckSame(Titles(ada), std::vector<std::string>{"secret"});
}

BOOST_AUTO_TEST_CASE(titles_have_limits) {
  const std::string token = SignUp("ada");
  const auto add = [&](const std::string& title) { return core->Add(token, title, "", deadline).status(); };
  BOOST_TEST(StatusIs(add(""), absl::StatusCode::kInvalidArgument, "at least 1"));
  for (const char* nothing :
       {" \t ", "\u3000", "\u200B\u200D", "\uFEFF", "\u3164", "\u2800", "\U000E0020", "\u2066\u2069"}) {
    BOOST_TEST(StatusIs(add(nothing), absl::StatusCode::kInvalidArgument, "at least 1"));
  }
  BOOST_TEST(StatusIs(add(std::string(501, 'a')), absl::StatusCode::kInvalidArgument, "501 characters"));
  BOOST_TEST(StatusIs(add(std::string(1 << 20, 'a')), absl::StatusCode::kInvalidArgument, "1048576 bytes"));
  BOOST_TEST(StatusIs(add("\xc3"), absl::StatusCode::kInvalidArgument, "UTF-8"));
  BOOST_TEST(StatusIs(add("\xed\xa0\x80"), absl::StatusCode::kInvalidArgument, "UTF-8"));
  BOOST_TEST(StatusIs(add("\xc0\x80"), absl::StatusCode::kInvalidArgument, "UTF-8"));
  BOOST_TEST(StatusIs(add(std::string("a\0b", 3)), absl::StatusCode::kInvalidArgument, "U+0000"));
  BOOST_TEST(IsOk(add(std::string(500, 'a'))));
  BOOST_TEST(IsOk(add(Repeat("🙂", 500))));
  BOOST_TEST(IsOk(add("'; DROP TABLE todos; --")));
}

BOOST_AUTO_TEST_CASE(an_edit_keeps_to_the_limits_of_titles) {
  const std::string token = SignUp("ada");
  const Todo todo = Add(token, "a");
  BOOST_TEST(StatusIs(core->Change(token, todo.id, {.title = ""}, deadline), absl::StatusCode::kInvalidArgument));
}

BOOST_AUTO_TEST_CASE(a_list_holds_no_more_than_its_bound) {
  const std::string token = SignUp("ada");
  Todo todo;
  for (int i = 0; i < 5; ++i) todo = Add(token, "t");
  BOOST_TEST(StatusIs(core->Add(token, "t", "", deadline), absl::StatusCode::kFailedPrecondition, "5"));
  BOOST_TEST(IsOk(core->Delete(token, todo.id, deadline)));
  BOOST_TEST(IsOk(core->Add(token, "t", "", deadline)));
}

BOOST_AUTO_TEST_CASE(a_repeated_request_id_adds_once) {
  const std::string token = SignUp("ada");
  const Todo first = core->Add(token, "once", "request 1", deadline).value();
  const Todo again = core->Add(token, "once", "request 1", deadline).value();
  BOOST_TEST(first.id == again.id);
  BOOST_TEST(Titles(token).size() == 1u);
  BOOST_TEST(core->Add(token, "once", "request 2", deadline).value().id != first.id);
  BOOST_TEST(core->Add(SignUp("bob"), "once", "request 1", deadline).value().id != first.id);
  BOOST_TEST(StatusIs(core->Add(token, "t", std::string(65, 'r'), deadline), absl::StatusCode::kInvalidArgument, "65"));
}

BOOST_AUTO_TEST_CASE(pages_join_up_to_the_whole_list) {
  const std::string token = SignUp("ada");
  for (const char* title : {"a", "b", "c", "d", "e"}) Add(token, title);
  std::vector<std::string> seen;
  std::string page_token;
  int pages = 0;
  do {
    const TodoPage page = core->List(token, 2, page_token, deadline).value();
    for (const Todo& todo : page.todos) seen.push_back(todo.title);
    page_token = page.next_page_token;
    ++pages;
  } while (!page_token.empty() && pages < 10);
  CheckSame(seen, std::vector<std::string>{"a", "b", "c", "d", "e"});
  BOOST_TEST(pages == 3);
}

BOOST_AUTO_TEST_CASE(a_page_survives_the_deletion_of_the_todo_it_ended_at) {
  const std::string token = SignUp("ada");
  for (const char* title : {"a", "b", "c"}) Add(token, title);
  const TodoPage first = core->List(token, 2, "", deadline).value();
  BOOST_TEST(IsOk(core->Delete(token, first.todos.back().id, deadline)));
  const TodoPage second = core->List(token, 2, first.next_page_token, deadline).value();
  BOOST_REQUIRE(second.todos.size() == 1u);
  BOOST_TEST(second.todos[0].title == "c");
}

BOOST_AUTO_TEST_CASE(the_last_full_page_names_no_next_one) {
  const std::string token = SignUp("ada");
  for (const char* title : {"a", "b"}) Add(token, title);
  BOOST_TEST(core->List(token, 2, "", deadline).value().next_page_token.empty());
}

BOOST_AUTO_TEST_CASE(page_sizes_and_tokens_have_limits) {
  const std::string token = SignUp("ada");
  BOOST_TEST(StatusIs(core->List(token, 201, "", deadline), absl::StatusCode::kInvalidArgument, "201"));
  BOOST_TEST(StatusIs(core->List(token, -1, "", deadline), absl::StatusCode::kInvalidArgument, "-1"));
  BOOST_TEST(IsOk(core->List(token, 200, "", deadline)));
  for (const char* bad : {"x", "!!!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    BOOST_TEST(StatusIs(core->List(token, 0, bad, deadline), absl::StatusCode::kInvalidArgument, "page token"));
  }
}

BOOST_AUTO_TEST_CASE(a_page_token_survives_its_round_trip) {
  const TodoCursor cursor{.created = absl::FromUnixMicros(1'893'456'000'123'456),
                          .id = "00112233445566778899aabbccddeeff"};
  const TodoCursor back = DecodePageToken(EncodePageToken(cursor)).value();
  BOOST_TEST((back.created == cursor.created));
  BOOST_TEST(back.id == cursor.id);
}

BOOST_AUTO_TEST_CASE(a_passed_deadline_ends_a_call) {
  const std::string token = SignUp("ada");
  const absl::Time past = clock.Now() - absl::Seconds(1);
  BOOST_TEST(StatusIs(core->List(token, 0, "", past), absl::StatusCode::kDeadlineExceeded));
  const int before = hasher.count;
  BOOST_TEST(StatusIs(core->SignIn("ada", "correct horse", past), absl::StatusCode::kDeadlineExceeded));
  BOOST_TEST(StatusIs(core->SignUp("bob", "correct horse", past), absl::StatusCode::kDeadlineExceeded));
  BOOST_TEST(hasher.count == before);
}

BOOST_AUTO_TEST_CASE(the_stores_failures_pass_through) {
  const std::string token = SignUp("ada");
  store.Fail(absl::UnavailableError("the database is away"));
  BOOST_TEST(StatusIs(core->List(token, 0, "", deadline), absl::StatusCode::kUnavailable, "away"));
  BOOST_TEST(StatusIs(core->SignIn("ada", "correct horse", deadline), absl::StatusCode::kUnavailable, "away"));
  BOOST_TEST(StatusIs(core->SignUp("bob", "correct horse", deadline), absl::StatusCode::kUnavailable, "away"));
  BOOST_TEST(StatusIs(core->SignOut(token, deadline), absl::StatusCode::kUnavailable, "away"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
