// A user namespace and a network namespace for a whole test program, which stays in them: nothing that is sent from
// there leaves the machine.
//
// Example:
//   BOOST_AUTO_TEST_SUITE(real, *boost::unit_test::precondition(InNamespaces))
//
// Thread safety: for a process of one thread.
#ifndef TESTS_FABRICS_NAMESPACES_H_
#define TESTS_FABRICS_NAMESPACES_H_

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>

namespace nubo::fabrics {

// Enters them when it is first called, for good; root becomes nobody. False, with the machine's reason, where it grants
// none.
boost::test_tools::assertion_result InNamespaces(boost::unit_test::test_unit_id);

// Calls `body` in a child, whose end it awaits; what it returns is what was wrong, "" if nothing.
std::string InChild(const std::function<std::string()>& body);

}  // namespace nubo::fabrics

#endif  // TESTS_FABRICS_NAMESPACES_H_
