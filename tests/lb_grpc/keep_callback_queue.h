// Keeps gRPC's queue for callbacks alive while a test program runs.
//
// gRPC 1.51 makes one queue, with threads of its own, for all callbacks of a process, and takes it down with the last
// channel or server that uses it. Doing so at the moment at which its threads have just begun ends in a failed
// assertion inside of gRPC ("prior > 0"). A program that has a channel for as long as it runs never meets that; a test
// program, which makes and drops them with every case, does.
//
// Example, once in a test program:
//   BOOST_TEST_GLOBAL_FIXTURE(KeepCallbackQueue);
#ifndef NUBO_TESTS_LB_GRPC_KEEP_CALLBACK_QUEUE_H_
#define NUBO_TESTS_LB_GRPC_KEEP_CALLBACK_QUEUE_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>

namespace nubo::testing {

class KeepCallbackQueue {
 public:
  KeepCallbackQueue() {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    const grpc::Slice empty;
    grpc::ByteBuffer request(&empty, 1), response;
    std::promise<void> over;
    // Nobody listens there: it fails at once, and the queue is in use from then on.
    stub.UnaryCall(&context, "/nobody/listens", grpc::StubOptions(), &request, &response,
                   [&over](const grpc::Status&) { over.set_value(); });
    over.get_future().wait();
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_ =
      grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials());
};

}  // namespace nubo::testing

#endif  // NUBO_TESTS_LB_GRPC_KEEP_CALLBACK_QUEUE_H_
