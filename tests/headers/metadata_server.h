// What the examples of lib/nubo/metadata_server use and do not show.
#ifndef TESTS_HEADERS_METADATA_SERVER_H_
#define TESTS_HEADERS_METADATA_SERVER_H_

#include "nubo/ec2/metadata.h"
#include "nubo/ec2/metadata_tokens.h"
#include "nubo/metadata_server/connections.h"
#include "nubo/metadata_server/instance_table.h"
#include "nubo/metadata_server/listener_source.h"
#include "nubo/metadata_server/server.h"
#include "nubo/net/loop.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern net::Loop loop;
extern std::unique_ptr<net::Stream> stream;
extern const net::IpAddress source;
extern const ec2::TokenSeal seal;
extern const std::shared_ptr<const ec2::MetadataTree> tree;
extern const std::shared_ptr<const metadata_server::InstanceTable> instances;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_METADATA_SERVER_H_
