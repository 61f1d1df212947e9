#include "server.hpp"

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <vector>

#include "log.hpp"
#include "maintainer.hpp"
#include "service_manager.hpp"
#include "worker.hpp"

namespace productgraph::sidecar {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Every client is a descriptor, and the usual soft limit of 1,024 is below max-connections.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

[[noreturn]] void ExitAtOnce(const char* why) {
  Log(LogLevel::kWarning, "stopped before all requests were answered", {{"reason", why}});
  std::_Exit(EXIT_SUCCESS);
}

class Server {
 public:
  explicit Server(const Config& config)
      : config_(config),
        handler_(config),
        budget_(metrics_.buffer_bytes, config.buffer_bytes),
        proxies_(config.trusted_proxies),
        limits_(config),
        signals_(main_, SIGINT, SIGTERM),
        reload_signals_(main_, SIGHUP),
        stop_timer_(main_),
        maintainer_(main_, starter_, config, metrics_) {}

  // False, and logged, if the port cannot be had.
  bool Listen() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(config_.address, error);
    if (error) {
      Log(LogLevel::kError, "address: not an IP address", {{"address", config_.address}});
      return false;
    }
    tcp::endpoint at(address, static_cast<std::uint16_t>(config_.port));
    try {
      CheckPortIsFree(at);
      MakeWorkers();
      for (auto& worker : workers_) at = worker->Listen(at);
    } catch (const boost::system::system_error& failure) {
      Log(LogLevel::kError, "cannot listen",
          {{"address", config_.address},
           {"port", std::int64_t{at.port()}},
           {"detail", failure.code().message()}});
      return false;
    }
    Log(LogLevel::kInfo, "listening",
        {{"version", PRODUCTGRAPH_VERSION},
         {"address", config_.address},
         {"port", std::int64_t{at.port()}},
         {"tls", tls_ ? "on" : "off"},
         {"workers", config_.workers},
         {"pool_size", config_.pool_size}});
    return true;
  }

  void Serve() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) Stop();
    });
    AwaitReload();
    maintainer_.Start();
    running_ = workers_.size();
    for (auto& worker : workers_) worker->Start([this] { asio::post(main_, [this] { WorkerEnded(); }); });
    main_.run();
    for (auto& worker : workers_) worker->Join();
    starter_.join();
    Log(LogLevel::kInfo, "stopped");
  }

 private:
  // The first workers get what does not divide evenly.
  static std::size_t Slice(std::int64_t total, std::int64_t parts, std::int64_t part) {
    return static_cast<std::size_t>(total / parts + (part < total % parts ? 1 : 0));
  }

  void MakeWorkers() {
    metrics_.pool_size = config_.pool_size;
    const Shared shared{config_, handler_,   metrics_,  budget_, proxies_,
                        limits_, tls_.get(), stopping_, starter_};
    for (std::int64_t i = 0; i < config_.workers; ++i)
      workers_.push_back(std::make_unique<Worker>(shared, Slice(config_.pool_size, config_.workers, i),
                                                  1 + Slice(config_.queue_requests - 1, config_.workers, i)));
  }

  void Stop() {
    Log(LogLevel::kInfo, "stopping");
    NotifyServiceManager("STOPPING=1");
    stopping_ = true;
    maintainer_.Stop();
    signals_.async_wait([](const boost::system::error_code& error, int) {
      if (!error) ExitAtOnce("a second signal");
    });
    stop_timer_.expires_after(config_.stop_timeout);
    stop_timer_.async_wait([](const boost::system::error_code& error) {
      if (!error) ExitAtOnce("stop-timeout-ms passed");
    });
    for (auto& worker : workers_) worker->Stop();
  }

  void AwaitReload() {
    reload_signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (tls_) Reload();
      AwaitReload();
    });
  }

  void Reload() {
    try {
      tls_->Reload();
      metrics_.tls_reloads.fetch_add(1, std::memory_order_relaxed);
      Log(LogLevel::kInfo, "certificate loaded");
    } catch (const std::exception& error) {
      Log(LogLevel::kError, "the certificate in use stays", {{"detail", error.what()}});
    }
  }

  void WorkerEnded() {
    if (--running_ > 0) return;
    signals_.cancel();
    reload_signals_.cancel();
    stop_timer_.cancel();
  }

  const Config& config_;
  const Handler handler_;
  Metrics metrics_;
  ByteBudget budget_;
  const TrustedProxies proxies_;
  RateLimits limits_;
  const std::unique_ptr<TlsIdentity> tls_ = MakeTlsIdentity(config_);
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Worker>> workers_;
  // Host names are looked up here, since libpq blocks meanwhile. Joined before the workers go.
  asio::thread_pool starter_{1};
  asio::io_context main_;
  asio::signal_set signals_;
  asio::signal_set reload_signals_;
  asio::steady_timer stop_timer_;
  Maintainer maintainer_;
  std::size_t running_ = 0;
};

}  // namespace

int RunServer(const Config& config) {
  RaiseDescriptorLimit();
  std::signal(SIGPIPE, SIG_IGN);
  Server server(config);
  if (!server.Listen()) return EXIT_FAILURE;
  NotifyServiceManager("READY=1");
  server.Serve();
  return EXIT_SUCCESS;
}

}  // namespace productgraph::sidecar
