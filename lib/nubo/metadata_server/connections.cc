#include "nubo/metadata_server/connections.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace nubo::metadata_server {

class Connections::Counted final : public net::Stream {
 public:
  Counted(std::shared_ptr<Connections> connections, Source source, std::unique_ptr<net::Stream> stream)
      : connections_(std::move(connections)), source_(std::move(source)), stream_(std::move(stream)) {
    Streams& streams = connections_->sources_[source_];
    place_ = streams.insert(streams.end(), this);
  }
  ~Counted() override { Leave(); }

  net::Task<absl::StatusOr<size_t>> Read(absl::Span<char> buffer) override { return stream_->Read(buffer); }
  net::Task<absl::Status> Write(absl::Span<const absl::string_view> pieces) override { return stream_->Write(pieces); }
  void SetDeadline(absl::Time deadline) override { stream_->SetDeadline(deadline); }
  void ShutdownWrite() override { stream_->ShutdownWrite(); }
  void Close() override {
    Leave();
    stream_->Close();
  }
  void Reset() override {
    Leave();
    stream_->Reset();
  }
  bool IdleBroken() override { return stream_->IdleBroken(); }
  bool Broken() override { return stream_->Broken(); }
  void MarkWritten() override { stream_->MarkWritten(); }
  bool NothingRead() override { return stream_->NothingRead(); }
  void SetHopLimit(int hops) override { stream_->SetHopLimit(hops); }
  net::SocketAddress local() const override { return stream_->local(); }
  net::SocketAddress peer() const override { return stream_->peer(); }
  int peer_uid() const override { return stream_->peer_uid(); }

 private:
  void Leave() {
    if (!counted_) return;
    counted_ = false;
    connections_->Leave(source_, place_);
  }

  const std::shared_ptr<Connections> connections_;
  const Source source_;
  const std::unique_ptr<net::Stream> stream_;
  Streams::iterator place_;
  bool counted_ = true;
};

std::unique_ptr<net::Stream> Connections::Admit(const std::string& vpc_id, std::unique_ptr<net::Stream> stream) {
  const Source source(vpc_id, stream->peer().ip);
  MakeRoom(source);
  auto counted = std::make_unique<Counted>(shared_from_this(), source, std::move(stream));
  ++open_;
  ++admitted_;
  return counted;
}

void Connections::MakeRoom(const Source& source) {
  const auto own = sources_.find(source);
  if (own != sources_.end() && static_cast<int>(own->second.size()) >= limits_.per_source_max) {
    return CloseOldest(own->second);
  }
  if (open_ < limits_.total_max || sources_.empty()) return;
  const auto most = std::max_element(sources_.begin(), sources_.end(),
                                     [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  CloseOldest(most->second);
}

void Connections::CloseOldest(const Streams& streams) {
  ++closed_;
  streams.front()->Close();
}

void Connections::Leave(const Source& source, Streams::iterator place) {
  const auto found = sources_.find(source);
  found->second.erase(place);
  if (found->second.empty()) sources_.erase(found);
  --open_;
}

void Connections::SetHopLimit(const std::string& vpc_id, const net::SocketAddress& local,
                              const net::SocketAddress& peer, int hops) {
  const auto found = sources_.find(Source(vpc_id, peer.ip));
  if (found == sources_.end()) return;
  for (Counted* stream : found->second) {
    if (stream->peer() == peer && stream->local() == local) stream->SetHopLimit(hops);
  }
}

}  // namespace nubo::metadata_server
