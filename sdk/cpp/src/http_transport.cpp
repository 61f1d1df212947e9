#include "http_transport.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace productgraph {
namespace {

constexpr std::size_t kMaxAnswerBytes = 1 << 20;  // the rest is not looked at
constexpr long kConnectTimeoutMs = 5000;
constexpr long kMaxIdleSeconds = 60;  // below the sidecar's own limit
constexpr int kPollMs = 1000;
constexpr curl_off_t kMaxRetryAfterSeconds = 3600;

void InitializeCurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::size_t TakeBody(char* data, std::size_t, std::size_t size, void* body) noexcept {
  try {
    auto& text = *static_cast<std::string*>(body);
    text.append(data, std::min(size, kMaxAnswerBytes - text.size()));
    return size;
  } catch (...) {
    return 0;
  }
}

std::string Url(std::string endpoint) {
  if (endpoint.rfind("http://", 0) != 0 && endpoint.rfind("https://", 0) != 0) {
    throw std::runtime_error("the endpoint \"" + endpoint + "\" does not start with http:// or https://");
  }
  while (endpoint.back() == '/') endpoint.pop_back();
  return endpoint + "/v1/events";
}

void CheckKey(const std::string& key) {
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; })) {
    throw std::runtime_error("the API key holds characters that keys do not have");
  }
}

}  // namespace

HttpTransport::Headers HttpTransport::MakeHeaders(const std::string& api_key, bool is_gzip) {
  Headers headers;
  const auto add = [&](const std::string& line) {
    curl_slist* const list = curl_slist_append(headers.get(), line.c_str());
    if (list == nullptr) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(list);
  };
  add("Content-Type: application/json");
  add("Expect:");  // no question before large bodies
  if (is_gzip) add("Content-Encoding: gzip");
  if (!api_key.empty()) add("X-PG-API-Key: " + api_key);
  return headers;
}

HttpTransport::HttpTransport(const HttpSettings& settings)
    : headers_(MakeHeaders(settings.api_key, false)), gzip_headers_(MakeHeaders(settings.api_key, true)) {
  const std::string url = Url(settings.endpoint);
  CheckKey(settings.api_key);
  InitializeCurl();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (!multi_ || !easy_) throw std::runtime_error("libcurl could not be initialized");
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  if (!settings.ca_file.empty() &&
      curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str()) != CURLE_OK) {
    throw std::runtime_error("this libcurl takes no ca_file");
  }
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "productgraph-cpp/" PRODUCTGRAPH_VERSION);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
}

Answer HttpTransport::Post(std::string_view body, bool is_gzip) {
  Answer answer;
  CURL* const easy = easy_.get();
  reason_[0] = '\0';
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, is_gzip ? gzip_headers_.get() : headers_.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
  if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) {
    answer.problem = "libcurl takes no request";
    return answer;
  }
  Perform(&answer);
  curl_multi_remove_handle(multi_.get(), easy);
  return answer;
}

void HttpTransport::Perform(Answer* answer) {
  int running = 1;
  while (!aborted_) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK || running == 0) break;
    curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
  }
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
  if (message == nullptr || message->msg != CURLMSG_DONE) {
    answer->problem = "the request was given up";
    return;
  }
  if (message->data.result != CURLE_OK) {
    answer->problem = reason_[0] != '\0' ? reason_ : curl_easy_strerror(message->data.result);
    return;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &retry_after);
  answer->status = static_cast<int>(status);
  answer->retry_after = std::chrono::seconds(std::clamp<curl_off_t>(retry_after, 0, kMaxRetryAfterSeconds));
}

void HttpTransport::Abort() noexcept {
  aborted_ = true;
  curl_multi_wakeup(multi_.get());
}

}  // namespace productgraph
