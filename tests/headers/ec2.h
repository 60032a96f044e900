// What the examples of lib/nubo/ec2 use and do not show.
#ifndef TESTS_HEADERS_EC2_H_
#define TESTS_HEADERS_EC2_H_

#include <cstdio>

#include "nubo/ec2/boot_plan.h"
#include "nubo/ec2/client_tokens.h"
#include "nubo/ec2/hashes.h"
#include "nubo/ec2/key_pair.h"
#include "nubo/ec2/metadata.h"
#include "nubo/ec2/metadata_tokens.h"
#include "nubo/ec2/user_data.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const ec2::UserDataReaders readers;
extern ec2::ClientTokens tokens;
extern const std::string token;
extern const std::string parameters;
extern const ec2::InstanceMetadata instance;
extern const ec2::TokenSeal seal;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_EC2_H_
