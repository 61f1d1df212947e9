#include "config.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace productgraph::sidecar {
namespace {

using Variables = std::map<std::string, std::string>;

CommandLine Parse(const std::vector<std::string>& args, const Variables& variables = {}) {
  return ParseCommandLine(args, [&](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

std::string ErrorOf(const std::vector<std::string>& args, const Variables& variables = {}) {
  try {
    Parse(args, variables);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST(Config, DefaultsAreTheDocumentedOnes) {
  const Config config = Parse({}).config;
  EXPECT_EQ(config.address, "0.0.0.0");
  EXPECT_EQ(config.port, 8080);
  EXPECT_EQ(config.max_body_bytes, 10 * 1024 * 1024);
  EXPECT_EQ(config.max_header_bytes, 16 * 1024);
  EXPECT_EQ(config.max_connections, 4096);
  EXPECT_EQ(config.batch_requests, 64);
  EXPECT_EQ(config.header_timeout, std::chrono::seconds(10));
  EXPECT_EQ(config.idle_timeout, std::chrono::seconds(75));
  EXPECT_EQ(config.stop_timeout, std::chrono::seconds(20));
  EXPECT_GE(config.workers, 1);
  EXPECT_LE(config.workers, config.pool_size);
}

TEST(Config, FlagWinsOverEnvironmentAndEnvironmentOverDefault) {
  EXPECT_EQ(Parse({}, {{"PRODUCTGRAPH_PORT", "1"}}).config.port, 1);
  EXPECT_EQ(Parse({"--port", "2"}, {{"PRODUCTGRAPH_PORT", "1"}}).config.port, 2);
  EXPECT_EQ(Parse({"--port=3"}, {{"PRODUCTGRAPH_PORT", "1"}}).config.port, 3);
}

TEST(Config, MaintenanceIsOffAndNeedsAUrlOfItsOwn) {
  EXPECT_EQ(Parse({}).config.maintain_interval_seconds, 0);
  EXPECT_NE(ErrorOf({"--maintain-interval-seconds", "60"}).find("maintain-database-url"), std::string::npos);
  const CommandLine on =
      Parse({"--maintain-interval-seconds", "60", "--maintain-database-url", "user=keeper"});
  EXPECT_EQ(on.config.maintain_interval_seconds, 60);
  EXPECT_EQ(DescribeConfig(on.config).find("keeper"), std::string::npos);
}

TEST(Config, PortAloneIsTakenUnlessOursIsSet) {
  EXPECT_EQ(Parse({}, {{"PORT", "5"}}).config.port, 5);
  EXPECT_EQ(Parse({}, {{"PORT", "5"}, {"PRODUCTGRAPH_PORT", "6"}}).config.port, 6);
}

TEST(Config, DashesAreUnderscoresInTheEnvironment) {
  EXPECT_EQ(Parse({}, {{"PRODUCTGRAPH_HEADER_TIMEOUT_MS", "250"}}).config.header_timeout.count(), 250);
}

TEST(Config, ErrorsNameWhatToCorrect) {
  EXPECT_NE(ErrorOf({"--prot", "1"}).find("--prot"), std::string::npos);
  EXPECT_NE(ErrorOf({"--port", "x"}).find("--port"), std::string::npos);
  EXPECT_NE(ErrorOf({"--port", "70000"}).find("65535"), std::string::npos);
  EXPECT_NE(ErrorOf({"--port", "1x"}).find("--port"), std::string::npos);
  EXPECT_NE(ErrorOf({"--port"}).find("needs a value"), std::string::npos);
  EXPECT_NE(ErrorOf({}, {{"PRODUCTGRAPH_POOL_SIZE", "0"}}).find("PRODUCTGRAPH_POOL_SIZE"), std::string::npos);
  EXPECT_NE(ErrorOf({"--log-level", "loud"}).find("loud"), std::string::npos);
  EXPECT_NE(ErrorOf({"--workers", "3", "--pool-size", "2"}).find("pool-size"), std::string::npos);
  EXPECT_NE(ErrorOf({"stray"}).find("stray"), std::string::npos);
  EXPECT_NE(ErrorOf({"--port-file", "x"}).find("--port-file"), std::string::npos)
      << "only secrets come from files";
}

TEST(Config, SecretsComeFromFilesWithoutTheirLastNewline) {
  const std::string path = ::testing::TempDir() + "productgraph_secret";
  std::ofstream(path) << "s3cret\n";
  EXPECT_EQ(Parse({}, {{"PRODUCTGRAPH_DATABASE_PASSWORD_FILE", path}}).config.database_password, "s3cret");
  EXPECT_EQ(Parse({"--database-password-file", path}).config.database_password, "s3cret");
  EXPECT_EQ(Parse({"--database-url-file=" + path}).config.database_url, "s3cret");
  std::remove(path.c_str());
  EXPECT_NE(ErrorOf({"--database-url-file", path}).find("--database-url-file"), std::string::npos);
}

TEST(Config, DescriptionShowsEverySettingButNoSecret) {
  const std::string text = DescribeConfig(Parse({"--database-url", "postgresql://u:hunter2@h/d"}).config);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_NE(text.find("port = 8080"), std::string::npos);
}

TEST(Config, HelpNamesEverySetting) {
  const std::string help = HelpText();
  const std::string all = DescribeConfig(Parse({}).config);
  for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1) {
    const std::string name = all.substr(at, all.find(' ', at) - at);
    EXPECT_NE(help.find("--" + name + " "), std::string::npos) << name;
  }
}

TEST(Config, HelpNeedsNoSoundEnvironment) {
  EXPECT_EQ(Parse({"--help"}, {{"PRODUCTGRAPH_PORT", "x"}}).action, Action::kHelp);
  EXPECT_EQ(Parse({"--check-config"}).action, Action::kCheckConfig);
}

TEST(Config, ProbesTakeSettingsFromEverywhere) {
  const CommandLine health = Parse({"--health", "--port", "9090"}, {{"PRODUCTGRAPH_ADDRESS", "127.0.0.2"}});
  EXPECT_EQ(health.action, Action::kHealth);
  EXPECT_EQ(health.config.port, 9090);
  EXPECT_EQ(health.config.address, "127.0.0.2");
  EXPECT_EQ(Parse({"--ready"}).action, Action::kReady);
}

}  // namespace
}  // namespace productgraph::sidecar
