// The page: its files, their caching, and what no path may reach.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "nubo/http/static_files.h"
#include "nubo/testing/status_matchers.h"
#include "tests/examples/todo/frontend_fixture.h"

namespace nubo::examples::todo {
namespace {

using testing::StatusIs;

BOOST_FIXTURE_TEST_SUITE(Page, FrontendFixture)

BOOST_AUTO_TEST_CASE(health_is_shallow) {
  backend.Stop();
  const http::Response response = Send("GET", "/healthz");
  BOOST_TEST(response.head.status == 200);
  BOOST_TEST(response.body == "ok\n");
}

BOOST_AUTO_TEST_CASE(files_have_their_types_and_caching) {
  const struct {
    const char* path;
    const char* type;
    const char* caching;
  } cases[] = {
      {"/", "text/html; charset=utf-8", "no-cache"},
      {"/index.html?v=1", "text/html; charset=utf-8", "no-cache"},
      {"/favicon.svg", "image/svg+xml", "no-cache"},
      {"/assets/index-4f3a.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
      {"/assets/index-4f3a.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
  };
  for (const auto& c : cases) {
    const http::Response response = Send("GET", c.path, "", {});
    BOOST_TEST(response.head.status == 200);
    BOOST_TEST(Header(response, "content-type") == c.type);
    BOOST_TEST(Header(response, "cache-control") == c.caching);
  }
  BOOST_TEST(Send("GET", "/assets/index-4f3a.js", "", {}).body == "console.log(1)");
}

BOOST_AUTO_TEST_CASE(a_browser_that_has_the_file_gets_304) {
  const std::string etag = Header(Send("GET", "/", "", {}), "etag");
  BOOST_TEST(etag.size() == 34u);
  for (const std::string& tags : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const http::Response response = Send("GET", "/", "", {{"if-none-match", tags}});
    BOOST_TEST(response.head.status == 304);
    BOOST_TEST(response.body == "");
    BOOST_TEST(Header(response, "etag") == etag);
  }
  BOOST_TEST(Send("GET", "/", "", {{"if-none-match", "\"other\""}}).head.status == 200);
}

BOOST_AUTO_TEST_CASE(the_pages_own_routes_lead_to_the_page_and_missing_files_do_not) {
  BOOST_TEST(absl::StartsWith(Send("GET", "/signin", "", {}).body, "<!doctype html>"));
  BOOST_TEST(absl::StartsWith(Send("GET", "/lists/1", "", {}).body, "<!doctype html>"));
  BOOST_TEST(Send("GET", "/assets/old.js", "", {}).head.status == 404);
}

BOOST_AUTO_TEST_CASE(todo_is_the_page_for_who_neither_is_signed_in_nor_asks_for_json) {
  for (const http::Headers& headers : {http::Headers{}, {{"accept", "*/*"}}, {{"accept", "text/html,*/*;q=0.8"}}}) {
    const http::Response response = Send("GET", "/todo?from=mail", "", headers);
    BOOST_TEST(absl::StartsWith(response.body, "<!doctype html>"));
    BOOST_TEST(Header(response, "vary") == "Accept, Authorization");
  }
  BOOST_TEST(Send("HEAD", "/todo", "", {}).head.status == 200);
  BOOST_TEST(Send("GET", "/todo", "", {{"accept", "Application/JSON"}}).head.status == 401);
  BOOST_TEST(Send("GET", "/todo", "", {{"authorization", "Basic YWRhOng="}}).head.status == 401);
  BOOST_TEST(Send("GET", "/todo/1", "", {}).head.status == 405);
}

BOOST_AUTO_TEST_CASE(no_path_leads_out_of_the_directory) {
  for (const char* path : {"/../../etc/passwd.txt", "/%2e%2e/%2e%2e/etc/passwd.txt", "/..%2f..%2fetc/passwd.txt",
                           "/assets/../../index.html.bak", "//etc/passwd.txt", "/passwd.txt"}) {
    const http::Response response = Send("GET", path, "", {});
    BOOST_TEST(response.head.status == 404);
    BOOST_TEST(!absl::StrContains(response.body, "root:"));
  }
}

BOOST_AUTO_TEST_CASE(head_answers_as_get_without_its_body) {
  const http::Response response = Send("HEAD", "/", "", {});
  BOOST_TEST(response.head.status == 200);
  BOOST_TEST(response.body == "");
  BOOST_TEST(Header(response, "content-length") == "34");
}

BOOST_AUTO_TEST_CASE(the_page_takes_no_other_methods) {
  const http::Response response = Send("POST", "/index.html", "", {});
  BOOST_TEST(response.head.status == 405);
  BOOST_TEST(Header(response, "allow") == "GET, HEAD");
}

BOOST_AUTO_TEST_CASE(a_page_that_was_not_built_is_an_error) {
  BOOST_TEST(StatusIs(http::StaticFiles::Load(page.path + "/nowhere", {}), absl::StatusCode::kNotFound, "nowhere"));
  BOOST_TEST(
      StatusIs(http::StaticFiles::Load(page.path + "/assets", {}), absl::StatusCode::kNotFound, "has no index.html"));
}

BOOST_AUTO_TEST_CASE(a_directory_past_its_bounds_is_refused) {
  BOOST_TEST(StatusIs(http::StaticFiles::Load(page.path, {.files_max = 2}), absl::StatusCode::kResourceExhausted));
  BOOST_TEST(StatusIs(http::StaticFiles::Load(page.path, {.bytes_max = 10}), absl::StatusCode::kResourceExhausted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
