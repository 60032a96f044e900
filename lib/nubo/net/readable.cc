#include "nubo/net/readable.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "nubo/net/socket.h"

namespace nubo::net {

using Descriptor = boost::asio::posix::stream_descriptor;

struct Readable::State {
  State(Loop& loop, int fd) : descriptor(loop.context(), fd) {}
  static Task<bool> Wait(std::shared_ptr<State> self) {
    const auto [error] = co_await self->descriptor.async_wait(Descriptor::wait_read, kAwait);
    co_return !error;
  }
  Descriptor descriptor;
};

Readable::Readable(Loop& loop, base::OwnedFd fd) : state_(std::make_shared<State>(loop, fd.Release())) {}

Readable::~Readable() { Close(); }

int Readable::fd() const { return state_->descriptor.native_handle(); }

Task<bool> Readable::Wait() { return State::Wait(state_); }

void Readable::Close() {
  boost::system::error_code ignored;
  if (state_->descriptor.is_open()) state_->descriptor.close(ignored);
}

}  // namespace nubo::net
