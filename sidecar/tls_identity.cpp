#include "tls_identity.hpp"

#include <utility>

namespace productgraph::sidecar {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

void Require(const error_code& error, const std::string& setting, const std::string& path) {
  if (error) throw ConfigError(setting + ": cannot use \"" + path + "\": " + error.message());
}

TlsIdentity::Context Load(const std::string& certificate_file, const std::string& key_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
  error_code error;
  // Or OpenSSL would ask the terminal.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); },
                                 error);
  context->use_certificate_chain_file(certificate_file, error);
  Require(error, "tls-certificate-file", certificate_file);
  context->use_private_key_file(key_file, ssl::context::pem, error);
  Require(error, "tls-key-file", key_file);
  return context;
}

}  // namespace

TlsIdentity::TlsIdentity(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      current_(Load(certificate_file_, key_file_)) {}

void TlsIdentity::Reload() {
  Context fresh = Load(certificate_file_, key_file_);
  const std::lock_guard lock(mutex_);
  current_ = std::move(fresh);
}

TlsIdentity::Context TlsIdentity::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::unique_ptr<TlsIdentity> MakeTlsIdentity(const Config& config) {
  if (config.tls_certificate_file.empty()) return nullptr;
  return std::make_unique<TlsIdentity>(config.tls_certificate_file, config.tls_key_file);
}

}  // namespace productgraph::sidecar
