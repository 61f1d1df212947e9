// The inventory service of the example shop: POST /inventory/reserve {"items":[{"sku":"mug","quantity":2}]},
// called by the shop's back end. What it tracks has the session and request of the page where a visitor
// clicked.
//
//   PORT                        8082
//   PRODUCTGRAPH_ENDPOINT       http://127.0.0.1:8080
//   PRODUCTGRAPH_API_KEY        none
//   PRODUCTGRAPH_PROJECT_ID     proj_demo

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

#include "observed.hpp"
#include "server.hpp"
#include "stock.hpp"

namespace inventory {
namespace {

namespace http = boost::beast::http;
using productgraph::Client;
using productgraph::Event;

constexpr char kReserve[] = "/inventory/reserve";
constexpr int kPiecesOfEach = 100;

std::string Variable(const char* name, const char* fallback) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

productgraph::Config ClientConfig() {
  productgraph::Config config;
  config.project_id = Variable("PRODUCTGRAPH_PROJECT_ID", "proj_demo");
  config.endpoint = Variable("PRODUCTGRAPH_ENDPOINT", "http://127.0.0.1:8080");
  config.api_key = Variable("PRODUCTGRAPH_API_KEY", "");
  config.attributes = {{"service.name", "inventory"}};
  config.on_error = [](const productgraph::Problem& problem) {
    std::fprintf(stderr, "productgraph: %s: %s\n", problem.code.c_str(), problem.message.c_str());
  };
  return config;
}

Response Answer(http::status status, std::string body) {
  Response response;
  response.result(status);
  response.set(http::field::content_type, "application/json");
  response.body() = std::move(body);
  return response;
}

std::optional<std::vector<Item>> ReadItems(const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const auto list = document.FindMember("items");
  if (list == document.MemberEnd() || !list->value.IsArray()) return std::nullopt;
  std::vector<Item> items;
  for (const rapidjson::Value& entry : list->value.GetArray()) {
    if (!entry.IsObject()) return std::nullopt;
    const auto sku = entry.FindMember("sku");
    const auto quantity = entry.FindMember("quantity");
    if (sku == entry.MemberEnd() || !sku->value.IsString()) return std::nullopt;
    if (quantity == entry.MemberEnd() || !quantity->value.IsInt() || quantity->value.GetInt() < 1)
      return std::nullopt;
    items.push_back({sku->value.GetString(), quantity->value.GetInt()});
  }
  return items;
}

std::string ListMissing(const std::vector<std::string>& missing) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  writer.StartObject();
  writer.Key("reserved");
  writer.Bool(false);
  writer.Key("missing");
  writer.StartArray();
  for (const std::string& sku : missing)
    writer.String(sku.data(), static_cast<rapidjson::SizeType>(sku.size()));
  writer.EndArray();
  writer.EndObject();
  return text.GetString();
}

Response Reserve(const Request& request, Stock& stock, Client& client) {
  const auto items = ReadItems(request.body());
  if (!items)
    return Answer(http::status::bad_request,
                  R"({"error":"expected {\"items\":[{\"sku\":…,\"quantity\":…}]}"})");
  const std::vector<std::string> missing = stock.Reserve(*items);
  if (!missing.empty()) {
    client.TrackError("OutOfStock", "too few left of " + missing.front(), "Stock");
    return Answer(http::status::conflict, ListMissing(missing));
  }
  client.Track(Event::JourneyStep("checkout_flow", "reserve_stock", "Stock reserved")
                   .Metadata("items", items->size()));
  return Answer(http::status::ok, R"({"reserved":true})");
}

void Run() {
  Client client(ClientConfig());
  Stock stock(kPiecesOfEach);
  const auto port = static_cast<unsigned short>(std::stoi(Variable("PORT", "8082")));
  std::printf("the inventory listens on http://127.0.0.1:%d\n", port);
  std::fflush(stdout);
  Serve(port, [&](const Request& request) {
    if (request.target() != kReserve) return Answer(http::status::not_found, R"({"error":"no such path"})");
    if (request.method() != http::verb::post)
      return Answer(http::status::method_not_allowed, R"({"error":"POST only"})");
    return Observed(client, kReserve, request,
                    [&](const Request& one) { return Reserve(one, stock, client); });
  });
  client.Close();  // no request can track any more
}

}  // namespace
}  // namespace inventory

int main() {
  try {
    inventory::Run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
