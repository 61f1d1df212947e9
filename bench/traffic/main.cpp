#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "bench/traffic/options.hpp"
#include "bench/traffic/report.hpp"
#include "bench/traffic/sender.hpp"
#include "bench/traffic/stream.hpp"

namespace {

using productgraph::bench::Options;
using productgraph::bench::Report;
using productgraph::bench::TrafficStream;

constexpr std::size_t kWriteBytes = 1 << 20;

bool Write(std::string* buffer, std::FILE* file) {
  const bool is_written = std::fwrite(buffer->data(), 1, buffer->size(), file) == buffer->size();
  buffer->clear();
  return is_written;
}

// False when the file could not be written whole.
bool WriteAll(TrafficStream* stream, const std::string& path, Report* report) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  std::string buffer;
  bool is_written = true;
  for (productgraph::bench::EventType type; is_written && stream->Next(&buffer, &type);) {
    buffer.push_back('\n');
    ++report->sent;
    ++report->by_type[static_cast<std::size_t>(type)];
    if (buffer.size() >= kWriteBytes) is_written = Write(&buffer, file);
  }
  is_written = is_written && Write(&buffer, file) && std::fflush(file) == 0;
  if (file != stdout && std::fclose(file) != 0) is_written = false;
  return is_written;
}

int RunToFile(const Options& options, TrafficStream* stream) {
  Report report;
  if (!WriteAll(stream, options.output, &report)) {
    std::perror(options.output.c_str());
    return 1;
  }
  if (!options.quiet) {
    std::fprintf(stderr, "Wrote %s events\n", productgraph::bench::Grouped(report.sent).c_str());
    PrintTypes(report, stderr);
  }
  return 0;
}

bool WriteReport(const Report& report, const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  PrintJson(report, file);
  return std::fclose(file) == 0;
}

int RunToServer(const Options& options, TrafficStream* stream) {
  const Report report = productgraph::bench::Sender(options, stream).Run();
  if (!options.report.empty() && !WriteReport(report, options.report)) {
    std::perror(options.report.c_str());
    return 1;
  }
  if (!options.quiet) {
    PrintSummary(report, stdout);
    PrintTypes(report, stdout);
  }
  if (report.IsClean()) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n",
               report.first_problem.empty() ? "not every event was accepted" : report.first_problem.c_str());
  return 1;
}

std::int64_t Now() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options =
        productgraph::bench::ParseOptions(std::vector<std::string>(argv + 1, argv + argc), Now());
    if (options.help) {
      std::fputs(productgraph::bench::HelpText().c_str(), stdout);
      return 0;
    }
    TrafficStream stream(options.traffic);
    return options.output.empty() ? RunToServer(options, &stream) : RunToFile(options, &stream);
  } catch (const productgraph::bench::OptionError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
