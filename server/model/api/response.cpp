#include "decide.hpp"
#include "innernet/json/json.hpp"

namespace innernet::server::api {

Response json_response(unsigned status, std::string body) {
  return {status, std::make_shared<const std::string>(std::move(body)), {}, false, std::nullopt};
}

Response empty_response(unsigned status) { return {status, nullptr, {}, false, std::nullopt}; }

Response refusal(unsigned status, std::string_view why) { return json_response(status, error_to_json(why)); }

Response refusal(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kInvalidInput:
      return refusal(400, error.message());
    case ErrorKind::kNotFound:
      return refusal(404, error.message());
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kPermission:
    case ErrorKind::kBusy:
    case ErrorKind::kInterrupted:
    case ErrorKind::kUnreachable:
    case ErrorKind::kReadOnly:
    case ErrorKind::kUnsupported:
    case ErrorKind::kSystem:
      break;
  }
  return refusal(500, "the server could not do this; its log says why");
}

}  // namespace innernet::server::api
