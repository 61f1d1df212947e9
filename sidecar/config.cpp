#include "config.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string_view>
#include <thread>
#include <variant>

namespace productgraph::sidecar {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Field = std::variant<std::string Config::*, std::int64_t Config::*, Milliseconds Config::*>;

// One row is a flag (--name), an environment variable (PRODUCTGRAPH_NAME, PRODUCTGRAPH_NAME_FILE when
// secret), a default and a line of help.
struct Setting {
  std::string_view name;
  Field field;
  std::string_view default_value;
  std::int64_t min;
  std::int64_t max;
  bool secret;
  std::string_view other_env;
  std::string_view help;
};

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kDay = 86'400'000;  // milliseconds
constexpr std::int64_t kGigabyte = 1LL << 30;

const Setting kSettings[] = {
    {"address", &Config::address, "0.0.0.0", 0, 0, false, "", "IP address to listen on"},
    {"port", &Config::port, "8080", 0, 65535, false, "PORT", "TCP port to listen on; 0 picks a free one"},
    {"workers", &Config::workers, "0", 0, 256, false, "",
     "threads; 0 means one a core, at most one a connection of the pool"},
    {"database-url", &Config::database_url, "", 0, 0, true, "",
     "libpq URL or key=value string; empty means libpq's own PG* environment"},
    {"database-password", &Config::database_password, "", 0, 0, true, "", "password, when the URL has none"},
    {"pool-size", &Config::pool_size, "4", 1, 1000, false, "", "connections to PostgreSQL"},
    {"cors-origins", &Config::cors_origins, "*", 0, 0, false, "",
     "browser origins that may send events, comma separated; * means any"},
    {"log-level", &Config::log_level, "info", 0, 0, false, "",
     "debug (a line a request), info, warning or error"},
    {"privileged-role", &Config::privileged_role, "refuse", 0, 0, false, "",
     "what to do when the database role is a superuser, bypasses row-level security or owns the store: "
     "refuse "
     "or warn"},
    {"tls-certificate-file", &Config::tls_certificate_file, "", 0, 0, false, "",
     "PEM file with the certificate and its chain to serve HTTPS with; empty means HTTP. Read again on "
     "SIGHUP"},
    {"tls-key-file", &Config::tls_key_file, "", 0, 0, false, "",
     "PEM file with the certificate's private key"},
    {"trusted-proxies", &Config::trusted_proxies, "", 0, 0, false, "",
     "addresses and networks, comma separated, whose X-Forwarded-For is believed"},
    {"rate-limit-address", &Config::rate_limit_address, "0", 0, kMillion, false, "",
     "requests a second from one address (IPv6: one /64); 0 means no limit"},
    {"rate-limit-key", &Config::rate_limit_key, "0", 0, kMillion, false, "",
     "requests a second with one API key; 0 means no limit"},
    {"rate-limit-session", &Config::rate_limit_session, "0", 0, kMillion, false, "",
     "requests a second with one X-Session-ID; 0 means no limit"},
    {"rate-limit-burst-seconds", &Config::rate_limit_burst_seconds, "10", 0, 3600, false, "",
     "seconds' worth of requests that may come at once after silence"},
    {"rate-limit-entries", &Config::rate_limit_entries, "65536", 1024, 100 * kMillion, false, "",
     "addresses, keys and sessions that are counted, each; 16 bytes an entry"},
    {"maintain-interval-seconds", &Config::maintain_interval_seconds, "0", 0, 7 * kDay / 1000, false, "",
     "seconds from one call of maintain() in the database to the next, by one of all sidecars; 0 means off"},
    {"maintain-database-url", &Config::maintain_database_url, "", 0, 0, true, "",
     "libpq URL or key=value string to call maintain() with, of a login role in productgraph_owner"},
    {"max-body-bytes", &Config::max_body_bytes, "10485760", 1, kGigabyte / 2, false, "",
     "largest body, as sent and inflated"},
    {"max-header-bytes", &Config::max_header_bytes, "16384", 1024, kMillion, false, "",
     "largest request line and headers together"},
    {"max-connections", &Config::max_connections, "4096", 1, kMillion, false, "",
     "clients served at the same time"},
    {"queue-requests", &Config::queue_requests, "4096", 1, kMillion, false, "",
     "requests waiting for PostgreSQL"},
    {"queue-key-bytes", &Config::queue_key_bytes, "0", 0, 1024 * kGigabyte, false, "",
     "bytes of bodies of one API key waiting for PostgreSQL; 0 means half of buffer-bytes"},
    {"buffer-bytes", &Config::buffer_bytes, "268435456", 65536, 1024 * kGigabyte, false, "",
     "bytes of bodies held in memory, being read or waiting"},
    {"batch-requests", &Config::batch_requests, "64", 1, 10000, false, "",
     "requests committed by one statement"},
    {"batch-bytes", &Config::batch_bytes, "8388608", 1, kGigabyte / 2, false, "",
     "bytes of bodies in one statement"},
    {"header-timeout-ms", &Config::header_timeout, "10000", 1, kDay, false, "",
     "from a request's first byte to its last header"},
    {"body-timeout-ms", &Config::body_timeout, "30000", 1, kDay, false, "",
     "from the last header to the end of the body"},
    {"request-timeout-ms", &Config::request_timeout, "30000", 1, kDay, false, "",
     "from the first byte to the answer"},
    {"write-timeout-ms", &Config::write_timeout, "30000", 1, kDay, false, "",
     "for the client to take the answer"},
    {"idle-timeout-ms", &Config::idle_timeout, "75000", 1, kDay, false, "",
     "for the next request on an open connection"},
    {"connect-timeout-ms", &Config::connect_timeout, "5000", 1, kDay, false, "", "to connect to PostgreSQL"},
    {"statement-timeout-ms", &Config::statement_timeout, "10000", 1, kDay, false, "",
     "for PostgreSQL to commit one statement"},
    {"ready-timeout-ms", &Config::ready_timeout, "2000", 1, kDay, false, "",
     "for PostgreSQL to answer /ready"},
    {"stop-timeout-ms", &Config::stop_timeout, "20000", 0, kDay, false, "",
     "to finish requests in flight after SIGTERM"},
};

const Setting* FindSetting(std::string_view name) {
  auto found =
      std::find_if(std::begin(kSettings), std::end(kSettings), [&](auto& s) { return s.name == name; });
  return found == std::end(kSettings) ? nullptr : &*found;
}

std::string EnvironmentName(std::string_view name) {
  std::string result = "PRODUCTGRAPH_";
  for (char c : name)
    result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

// source is how the operator wrote it (--port, PRODUCTGRAPH_PORT), so that an error names what to correct.
std::int64_t ParseInteger(const Setting& setting, const std::string& text, const std::string& source) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < setting.min || value > setting.max)
    throw ConfigError(source + ": must be an integer from " + std::to_string(setting.min) + " to " +
                      std::to_string(setting.max) + ", not \"" + text + "\"");
  return value;
}

void Assign(const Setting& setting, const std::string& text, const std::string& source, Config& config) {
  if (auto* member = std::get_if<std::string Config::*>(&setting.field)) {
    config.*(*member) = text;
  } else if (auto* number = std::get_if<std::int64_t Config::*>(&setting.field)) {
    config.*(*number) = ParseInteger(setting, text, source);
  } else {
    config.*std::get<Milliseconds Config::*>(setting.field) =
        Milliseconds(ParseInteger(setting, text, source));
  }
}

std::string Show(const Setting& setting, const Config& config) {
  if (auto* member = std::get_if<std::string Config::*>(&setting.field)) {
    const std::string& text = config.*(*member);
    return setting.secret && !text.empty() ? "********" : text;
  }
  if (auto* number = std::get_if<std::int64_t Config::*>(&setting.field))
    return std::to_string(config.*(*number));
  return std::to_string((config.*std::get<Milliseconds Config::*>(setting.field)).count());
}

std::string ReadSecret(const std::string& path, const std::string& source) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ConfigError(source + ": cannot read \"" + path + "\"");
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

void ApplyEnvironment(const Environment& environment, Config& config) {
  for (const Setting& setting : kSettings) {
    const std::string name = EnvironmentName(setting.name);
    if (auto value = environment(name)) {
      Assign(setting, *value, name, config);
      continue;
    }
    if (setting.secret) {
      if (auto path = environment(name + "_FILE")) {
        Assign(setting, ReadSecret(*path, name + "_FILE"), name + "_FILE", config);
        continue;
      }
    }
    if (setting.other_env.empty()) continue;
    const std::string other(setting.other_env);
    if (auto value = environment(other)) Assign(setting, *value, other, config);
  }
}

// A flag's setting; from_file says it was --name-file.
const Setting& SettingOfFlag(const std::string& flag, bool& from_file) {
  from_file = false;
  constexpr std::string_view kFile = "-file";
  if (flag.rfind("--", 0) == 0) {
    std::string_view name = std::string_view(flag).substr(2);
    if (const Setting* found = FindSetting(name)) return *found;
    if (name.size() > kFile.size() && name.substr(name.size() - kFile.size()) == kFile) {
      const Setting* found = FindSetting(name.substr(0, name.size() - kFile.size()));
      if (found && found->secret) {
        from_file = true;
        return *found;
      }
    }
  }
  throw ConfigError("unknown flag " + flag + "; --help lists all");
}

Action ActionOfFlag(const std::string& flag) {
  if (flag == "--check-config") return Action::kCheckConfig;
  if (flag == "--health") return Action::kHealth;
  if (flag == "--ready") return Action::kReady;
  return Action::kRun;
}

Action ApplyFlags(const std::vector<std::string>& args, Config& config) {
  Action action = Action::kRun;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--help" || args[i] == "-h") return Action::kHelp;
    if (args[i] == "--version") return Action::kVersion;
    if (const Action other = ActionOfFlag(args[i]); other != Action::kRun) {
      action = other;
      continue;
    }
    const std::size_t equals = args[i].find('=');
    const std::string flag = args[i].substr(0, equals);
    bool from_file = false;
    const Setting& setting = SettingOfFlag(flag, from_file);
    std::string value;
    if (equals != std::string::npos) {
      value = args[i].substr(equals + 1);
    } else if (++i < args.size()) {
      value = args[i];
    } else {
      throw ConfigError(flag + ": needs a value");
    }
    Assign(setting, from_file ? ReadSecret(value, flag) : value, flag, config);
  }
  return action;
}

void CheckTogether(Config& config) {
  if (config.log_level != "debug" && config.log_level != "info" && config.log_level != "warning" &&
      config.log_level != "error")
    throw ConfigError("log-level: must be debug, info, warning or error, not \"" + config.log_level + "\"");
  if (config.privileged_role != "refuse" && config.privileged_role != "warn")
    throw ConfigError("privileged-role: must be refuse or warn, not \"" + config.privileged_role + "\"");
  if (config.tls_certificate_file.empty() != config.tls_key_file.empty())
    throw ConfigError("tls-certificate-file, tls-key-file: one is of no use without the other");
  if (config.maintain_interval_seconds > 0 && config.maintain_database_url.empty())
    throw ConfigError(
        "maintain-interval-seconds: needs maintain-database-url, of a login role in productgraph_owner; "
        "the role that takes events must not be in it");
  if (config.workers > config.pool_size)
    throw ConfigError("workers: every worker needs a connection of its own, and pool-size is " +
                      std::to_string(config.pool_size));
  if (config.buffer_bytes < config.max_body_bytes)
    throw ConfigError("buffer-bytes: must hold at least one body of max-body-bytes");
  if (config.queue_key_bytes == 0) config.queue_key_bytes = config.buffer_bytes / 2;
  if (config.workers == 0) {
    const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
    config.workers = std::min(cores, config.pool_size);
  }
}

}  // namespace

CommandLine ParseCommandLine(const std::vector<std::string>& args, const Environment& environment) {
  CommandLine result;
  for (const Setting& setting : kSettings)
    Assign(setting, std::string(setting.default_value), std::string(setting.name), result.config);
  // Flags first, so that --help answers even when the environment is broken.
  Config scratch = result.config;
  result.action = ApplyFlags(args, scratch);
  if (result.action == Action::kHelp || result.action == Action::kVersion) return result;
  ApplyEnvironment(environment, result.config);
  ApplyFlags(args, result.config);
  CheckTogether(result.config);
  return result;
}

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string HelpText() {
  std::ostringstream out;
  out << "productgraph-sidecar: accepts events over HTTP and commits them to PostgreSQL\n\n"
      << "  --help           this text\n"
      << "  --version        the version\n"
      << "  --check-config   check all settings, print them without secrets, and exit\n"
      << "  --health         ask GET /health of the one that runs with these settings on this machine: exit "
         "code 0\n"
      << "                   when the answer is 200, else 1. For health checks\n"
      << "  --ready          the same with GET /ready\n\n"
      << "Settings, as a flag (--name value) or in the environment; a flag wins. Secrets can also come from "
         "a\n"
      << "file: --name-file PATH or the variable's name with _FILE.\n\n";
  for (const Setting& setting : kSettings) {
    out << "  --" << setting.name << "  (" << EnvironmentName(setting.name);
    if (!setting.other_env.empty()) out << " or " << setting.other_env;
    out << ", default " << (setting.default_value.empty() ? "empty" : setting.default_value) << ")\n      "
        << setting.help << "\n";
  }
  return out.str();
}

std::string DescribeConfig(const Config& config) {
  std::string out;
  for (const Setting& setting : kSettings)
    out += std::string(setting.name) + " = " + Show(setting, config) + "\n";
  return out;
}

}  // namespace productgraph::sidecar
