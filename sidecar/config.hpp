#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace productgraph::sidecar {

// Everything an operator can set. Filled from the one table in config.cpp; precedence is flag, then
// environment, then default. Immutable once the server runs, so threads share it freely.
struct Config {
  std::string address;
  std::int64_t port = 0;
  std::int64_t workers = 0;
  std::string database_url;
  std::string database_password;
  std::int64_t pool_size = 0;
  std::string cors_origins;
  std::string log_level;
  std::string privileged_role;

  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string trusted_proxies;
  std::int64_t rate_limit_address = 0;  // requests a second; 0 = off, as the next two
  std::int64_t rate_limit_key = 0;
  std::int64_t rate_limit_session = 0;
  std::int64_t rate_limit_burst_seconds = 0;
  std::int64_t rate_limit_entries = 0;

  std::int64_t maintain_interval_seconds = 0;  // 0 = off
  std::string maintain_database_url;

  std::int64_t max_body_bytes = 0;
  std::int64_t max_header_bytes = 0;
  std::int64_t max_connections = 0;
  std::int64_t queue_requests = 0;
  std::int64_t queue_key_bytes = 0;  // 0 was replaced by its default
  std::int64_t buffer_bytes = 0;
  std::int64_t batch_requests = 0;
  std::int64_t batch_bytes = 0;

  std::chrono::milliseconds header_timeout{};
  std::chrono::milliseconds body_timeout{};
  std::chrono::milliseconds request_timeout{};
  std::chrono::milliseconds write_timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds statement_timeout{};
  std::chrono::milliseconds ready_timeout{};
  std::chrono::milliseconds stop_timeout{};
};

// A setting is wrong; what() names it and says what would be right.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// kHealth and kReady ask the sidecar that runs with the same settings.
enum class Action { kRun, kHelp, kVersion, kCheckConfig, kHealth, kReady };

struct CommandLine {
  Action action = Action::kRun;
  Config config;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// args excludes the program's name. Throws ConfigError.
CommandLine ParseCommandLine(const std::vector<std::string>& args, const Environment& environment);

// The process environment.
std::optional<std::string> ProcessEnvironment(const std::string& name);

std::string HelpText();

// One "name = value" a line, secrets masked.
std::string DescribeConfig(const Config& config);

}  // namespace productgraph::sidecar
