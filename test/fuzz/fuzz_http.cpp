// What a client sends on one connection, byte for byte, through the session that serves it and a store that
// only looks. The first byte chooses the size of the pieces in which it arrives.
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "session.hpp"
#include "test/fuzz/http_answers.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::sidecar;
namespace asio = boost::asio;

namespace {

constexpr int kMaxBodyBytes = 4096;

class LookingStore : public EventStore {
 public:
  bool Healthy() const override { return true; }
  asio::awaitable<IngestResult> Ingest(IngestRequest request, BudgetShare, TimePoint) override {
    REQUIRE(request.body.size() <= kMaxBodyBytes);
    REQUIRE(!request.key_hash || request.key_hash->size() == 32);
    REQUIRE(IsPrintableAscii(request.request_id) && !request.request_id.empty());
    ++taken;
    co_return IngestResult{IngestFailure::kNone, 202, "{}"};
  }
  asio::awaitable<std::string> AskReady(TimePoint) override { co_return std::string(); }
  int taken = 0;
};

Config MakeConfig() {
  return ParseCommandLine({"--max-body-bytes", std::to_string(kMaxBodyBytes), "--max-header-bytes", "2048",
                           "--trusted-proxies", "127.0.0.0/8", "--rate-limit-session", "1000",
                           "--rate-limit-entries", "1024"},
                          [](const std::string&) { return std::nullopt; })
      .config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Config config = MakeConfig();
  static const Handler handler(config);
  static const TrustedProxies proxies(config.trusted_proxies);
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1u;
  Metrics metrics;
  ByteBudget budget(metrics.buffer_bytes, config.buffer_bytes);
  RateLimits limits(config);
  const std::atomic<bool> stopping{false};
  LookingStore store;
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  std::string answers;
  const auto ended = std::make_shared<bool>(false);
  {
    asio::io_context io(1);
    const Services services{config, handler, metrics, budget, proxies, limits, stopping, store};
    asio::ip::tcp::socket socket(io);
    socket.assign(asio::ip::tcp::v4(), ends[0]);
    std::make_shared<Session>(std::move(socket), nullptr, asio::ip::make_address("127.0.0.1"), services,
                              [ended](Session*) { *ended = true; })
        ->Start();
    for (std::size_t at = 1; !*ended;) {
      const std::size_t bytes = std::min(piece, size - at);
      if (bytes > 0 && send(ends[1], data + at, bytes, MSG_NOSIGNAL) > 0) at += bytes;
      if (at == size) shutdown(ends[1], SHUT_WR);
      io.poll();
      char text[65536];
      for (ssize_t got; (got = recv(ends[1], text, sizeof text, 0)) > 0;) answers.append(text, got);
    }
  }
  close(ends[1]);
  REQUIRE(metrics.buffer_bytes == 0 && metrics.connections == 0);
  const std::string_view sent(reinterpret_cast<const char*>(data), size);
  if (sent.find("HEAD") == sent.npos) REQUIRE(CountAccepted(answers) == store.taken);
  return 0;
}
