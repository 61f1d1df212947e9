#include "openapi.hpp"

namespace productgraph::sidecar {
namespace {

constexpr std::string_view kDocument = R"json({
"openapi": "3.1.0",
"info": {"title": "ProductGraph sidecar", "version": ")json" PRODUCTGRAPH_VERSION R"json(",
  "description": "Accepts product analytics events and commits them to PostgreSQL."},
"paths": {
 "/v1/events": {"post": {
  "summary": "Send a batch of events; 202 means committed",
  "description": "A repeated event_id counts as accepted and is counted in duplicates, so a batch may be sent again.",
  "security": [{"apiKeyHeader": []}, {"bearer": []}, {"apiKeyQuery": []}, {}],
  "parameters": [
   {"name": "X-Request-ID", "in": "header", "schema": {"type": "string", "maxLength": 128}},
   {"name": "X-Session-ID", "in": "header", "schema": {"type": "string", "maxLength": 255}},
   {"name": "Content-Encoding", "in": "header", "schema": {"enum": ["gzip", "identity"]}}],
  "requestBody": {"required": true, "content": {
   "application/json": {"schema": {"$ref": "#/components/schemas/Batch"}},
   "text/plain": {"schema": {"$ref": "#/components/schemas/Batch"}},
   "application/x-ndjson": {"schema": {"type": "string", "description": "One event a line"}}}},
  "responses": {
   "202": {"description": "Committed", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}},
   "400": {"$ref": "#/components/responses/Error"}, "401": {"$ref": "#/components/responses/Error"},
   "403": {"$ref": "#/components/responses/Error"}, "405": {"$ref": "#/components/responses/Error"},
   "408": {"$ref": "#/components/responses/Error"}, "411": {"$ref": "#/components/responses/Error"},
   "413": {"$ref": "#/components/responses/Error"}, "415": {"$ref": "#/components/responses/Error"},
   "417": {"$ref": "#/components/responses/Error"}, "431": {"$ref": "#/components/responses/Error"},
   "500": {"$ref": "#/components/responses/Error"}, "505": {"$ref": "#/components/responses/Error"},
   "429": {"$ref": "#/components/responses/Later"}, "503": {"$ref": "#/components/responses/Later"}}}},
 "/health": {"get": {"summary": "The process lives",
  "responses": {"200": {"description": "{\"status\":\"ok\"}"}}}},
 "/ready": {"get": {"summary": "The database takes events",
  "responses": {"200": {"description": "{\"status\":\"ready\"}"}, "503": {"description": "{\"status\":\"unavailable\",\"reason\":\"...\"}"}}}},
 "/metrics": {"get": {"summary": "Prometheus metrics", "responses": {"200": {"description": "Text format 0.0.4"}}}},
 "/openapi.json": {"get": {"summary": "This document", "responses": {"200": {"description": "OpenAPI 3.1"}}}}},
"components": {
 "securitySchemes": {
  "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "X-PG-API-Key"},
  "apiKeyQuery": {"type": "apiKey", "in": "query", "name": "api_key"},
  "bearer": {"type": "http", "scheme": "bearer"}},
 "responses": {
  "Error": {"description": "Not accepted", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
  "Later": {"description": "Send the same again after Retry-After seconds",
   "headers": {"Retry-After": {"schema": {"type": "integer"}}},
   "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}},
 "schemas": {
  "Batch": {"oneOf": [
   {"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Event"}}}},
   {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Event"}}]},
  "Event": {"type": "object", "required": ["event_id", "project_id", "session.id", "event.type", "event.timestamp"],
   "properties": {
    "event_id": {"type": "string", "maxLength": 255}, "project_id": {"type": "string"},
    "session.id": {"type": "string", "maxLength": 255}, "event.type": {"type": "string"},
    "event.timestamp": {"type": ["string", "number"], "description": "RFC 3339, or milliseconds since 1970"},
    "user.id": {"type": "string"}, "user.anonymous_id": {"type": "string"}, "event.name": {"type": "string"},
    "page.path": {"type": "string"}, "metadata": {"type": "object"}},
   "additionalProperties": true},
  "Accepted": {"type": "object", "required": ["accepted", "rejected", "duplicates", "errors"], "properties": {
   "accepted": {"type": "integer"}, "rejected": {"type": "integer"}, "duplicates": {"type": "integer"},
   "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Issue"}},
   "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/Issue"}}}},
  "Issue": {"type": "object", "required": ["index", "event_id", "field", "code", "error"], "properties": {
   "index": {"type": "integer"}, "event_id": {"type": ["string", "null"]}, "field": {"type": "string"},
   "code": {"type": "string"}, "error": {"type": "string"}}},
  "Error": {"type": "object", "properties": {"error": {"type": "object", "properties": {
   "code": {"type": "string"}, "message": {"type": "string"}, "request_id": {"type": "string"},
   "limit": {"enum": ["address", "key", "session"], "description": "With 429"}}}}}}}
})json";

}  // namespace

std::string_view OpenApiDocument() {
  return kDocument;
}

}  // namespace productgraph::sidecar
