#include <libpq-fe.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "client_address.hpp"
#include "config.hpp"
#include "log.hpp"
#include "probe.hpp"
#include "server.hpp"
#include "tls_identity.hpp"

namespace {

using namespace productgraph::sidecar;

constexpr int kUsageError = 2;

void CheckDatabaseUrl(const char* setting, const std::string& url) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  const bool valid = options != nullptr;
  PQconninfoFree(options);
  PQfreemem(message);
  // libpq's message quotes the URL's part that it does not understand, which may be the password.
  if (!valid) throw ConfigError(std::string(setting) + ": not a libpq URL or key=value string");
}

void CheckConfig(const Config& config) {
  CheckDatabaseUrl("database-url", config.database_url);
  CheckDatabaseUrl("maintain-database-url", config.maintain_database_url);
  TrustedProxies proxies(config.trusted_proxies);
  MakeTlsIdentity(config);
}

int Main(const std::vector<std::string>& args) {
  const CommandLine command = ParseCommandLine(args, ProcessEnvironment);
  switch (command.action) {
    case Action::kHelp:
      std::fputs(HelpText().c_str(), stdout);
      return 0;
    case Action::kVersion:
      std::puts("productgraph-sidecar " PRODUCTGRAPH_VERSION);
      return 0;
    case Action::kCheckConfig:
      CheckConfig(command.config);
      std::fputs(DescribeConfig(command.config).c_str(), stdout);
      return 0;
    case Action::kHealth:
      return Probe(command.config, "/health");
    case Action::kReady:
      return Probe(command.config, "/ready");
    case Action::kRun:
      break;
  }
  CheckConfig(command.config);
  SetLogLevel(command.config.log_level);
  return RunServer(command.config);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "productgraph-sidecar: %s\n", error.what());
    return kUsageError;
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "failed", {{"detail", error.what()}});
    return 1;
  }
}
