// How many connections the metadata service has, of one source and in all, and each of them by its two addresses.
//
// Where there is no room for one more, the oldest of the same source is closed, or of whoever has the most: answers
// take no time, so the oldest is one that waits for its client. Nobody can keep others out by holding on.
//
// Example:
//   auto connections = std::make_shared<Connections>(ConnectionLimits{});
//   std::unique_ptr<net::Stream> counted = connections->Admit("vpc-1", std::move(stream));
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_METADATA_SERVER_CONNECTIONS_H_
#define NUBO_METADATA_SERVER_CONNECTIONS_H_

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "nubo/net/byte_stream.h"
#include "nubo/net/ip_address.h"

namespace nubo::metadata_server {

struct ConnectionLimits {
  int per_source_max = 64;
  int total_max = 4096;
};

class Connections : public std::enable_shared_from_this<Connections> {
 public:
  explicit Connections(const ConnectionLimits& limits) : limits_(limits) {}

  // The stream, counted for as long as it is open.
  std::unique_ptr<net::Stream> Admit(const std::string& vpc_id, std::unique_ptr<net::Stream> stream);
  // What is sent from now on over the connection between the two goes so many hops; nothing is said of one that is
  // gone.
  void SetHopLimit(const std::string& vpc_id, const net::SocketAddress& local, const net::SocketAddress& peer,
                   int hops);

  int open() const { return open_; }
  uint64_t admitted() const { return admitted_; }
  // For others.
  uint64_t closed() const { return closed_; }

 private:
  class Counted;
  using Source = std::pair<std::string, net::IpAddress>;
  // The oldest first.
  using Streams = std::list<Counted*>;

  void CloseOldest(const Streams& streams);
  void MakeRoom(const Source& source);
  void Leave(const Source& source, Streams::iterator place);

  const ConnectionLimits limits_;
  // Of whom there is at least one.
  std::map<Source, Streams> sources_;
  int open_ = 0;
  uint64_t admitted_ = 0;
  uint64_t closed_ = 0;
};

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_CONNECTIONS_H_
