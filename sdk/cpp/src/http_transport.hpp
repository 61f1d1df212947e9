// Transport by libcurl: HTTP and HTTPS over a connection that is kept.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "transport.hpp"

namespace productgraph {

struct HttpSettings {
  std::string endpoint;  // /v1/events is added
  std::string api_key;   // may be empty
  std::string ca_file;   // empty: the system's authorities
  std::chrono::milliseconds timeout{0};
};

class HttpTransport : public Transport {
 public:
  // Throws std::runtime_error, with a message for people, when the settings or libcurl do not allow for
  // requests.
  explicit HttpTransport(const HttpSettings& settings);

  Answer Post(std::string_view body, bool is_gzip) override;
  void Abort() noexcept override;

 private:
  struct Free {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  // libcurl calls all of its handles void.
  struct CleanEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct CleanMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  using Headers = std::unique_ptr<curl_slist, Free>;

  static Headers MakeHeaders(const std::string& api_key, bool is_gzip);
  void Perform(Answer* answer);

  char reason_[CURL_ERROR_SIZE] = "";
  const Headers headers_;
  const Headers gzip_headers_;
  std::unique_ptr<CURLM, CleanMulti> multi_;
  std::unique_ptr<CURL, CleanEasy> easy_;
  std::atomic<bool> aborted_{false};
};

}  // namespace productgraph
