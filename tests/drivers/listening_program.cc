// Listens on the port given to it, on an inherited socket if there is one, and tells whoever connects its process id.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "nubo/net/socket_keeper.h"

int main(int argc, char** argv) {
  using nubo::net::SocketKeeper;
  if (argc != 2) return 2;
  SocketKeeper keeper = SocketKeeper::FromEnvironment();
  const nubo::net::SocketAddress address{nubo::net::IpAddress::V4(INADDR_LOOPBACK),
                                         static_cast<uint16_t>(std::atoi(argv[1]))};
  int listener = keeper.Take(SocketKeeper::Kind::kTcp, address);
  const bool inherited = listener >= 0;
  if (!inherited) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in bound = {};
    bound.sin_family = AF_INET;
    bound.sin_port = htons(address.port);
    bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr*>(&bound), sizeof bound) != 0 || listen(listener, 16) != 0) return 1;
    keeper.Store(SocketKeeper::Kind::kTcp, address, listener);
  }
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    const std::string answer = inherited ? "inherited" : "own";
    if (write(client, answer.data(), answer.size()) < 0) return 1;
    close(client);
  }
}
