#include "process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace productgraph::sidecar {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

const double kStarted = Now();

void Add(std::string_view name, std::string_view type, std::string_view help, double value,
         std::string& out) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", value);
  (((((out += "# HELP ") += name) += ' ') += help) += "\n# TYPE ") += name;
  (((((out += ' ') += type) += '\n') += name) += ' ') += text;
  out += '\n';
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void AddMemory(std::string& out) {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  if (!(file >> pages >> resident)) return;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  Add("process_virtual_memory_bytes", "gauge", "Virtual memory size.", pages * page, out);
  Add("process_resident_memory_bytes", "gauge", "Resident memory size.", resident * page, out);
}

void AddDescriptors(std::string& out) {
  std::error_code error;
  double open = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++open;
  // The one it is read through counts too.
  if (!error && open > 0) Add("process_open_fds", "gauge", "Open file descriptors.", open - 1, out);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  Add("process_max_fds", "gauge", "Largest number of open file descriptors.",
      static_cast<double>(limit.rlim_cur), out);
}

}  // namespace

void PrintProcessMetrics(std::string& out) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    Add("process_cpu_seconds_total", "counter", "Processor time, user and system.",
        Seconds(usage.ru_utime) + Seconds(usage.ru_stime), out);
  AddMemory(out);
  AddDescriptors(out);
  Add("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.", kStarted,
      out);
}

}  // namespace productgraph::sidecar
