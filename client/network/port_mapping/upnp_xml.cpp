#include "upnp_xml.hpp"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpreplyparse.h>

#include <memory>

#include "innernet/machine/confined.hpp"

namespace innernet::client {
namespace {

constexpr std::chrono::seconds kPatience{2};

// Their parsers look at a byte behind the end.
std::string terminated(std::string_view xml) { return std::string(xml.substr(0, kLongestXml)); }

// C strings have no NUL.
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(word.c_str()) += '\0';
  return text;
}

std::vector<std::string> apart(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t end = 0; (end = text.find('\0')) != std::string_view::npos; text.remove_prefix(end + 1))
    words.emplace_back(text.substr(0, end));
  return words;
}

}  // namespace

RouterDescription read_description(std::string_view text) {
  const std::string xml = terminated(text);
  IGDdatas data{};
  ::parserootdesc(xml.data(), static_cast<int>(xml.size()), &data);
  RouterDescription description{.base_url = data.urlbase, .services = {}};
  for (const IGDdatas_service* service : {&data.first, &data.second})
    if (service->controlurl[0] != '\0') description.services.push_back({.type = service->servicetype, .control_url = service->controlurl});
  return description;
}

ActionAnswer read_action_answer(std::string_view text) {
  const std::string xml = terminated(text);
  NameValueParserData data{};
  const std::unique_ptr<NameValueParserData, decltype(&::ClearNameValueList)> owner(&data, ::ClearNameValueList);
  ::ParseNameValue(xml.data(), static_cast<int>(xml.size()), &data);
  const auto value = [&](const char* name) {
    const char* found = ::GetValueFromNameValueList(&data, name);
    return std::string(found == nullptr ? "" : found);
  };
  return {.outside_address = value("NewExternalIPAddress"), .error_code = value("errorCode")};
}

Result<RouterDescription> read_description_confined(std::string_view xml) {
  TRY(const std::string text, confined(
                                  [xml] {
                                    const RouterDescription description = read_description(xml);
                                    std::vector<std::string> words{description.base_url};
                                    for (const DescribedService& service : description.services)
                                      words.insert(words.end(), {service.type, service.control_url});
                                    return joined(words);
                                  },
                                  kPatience));
  const auto words = apart(text);
  if (words.empty()) return invalid_input("it describes nothing");
  RouterDescription description{.base_url = words.front(), .services = {}};
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) description.services.push_back({.type = words[i], .control_url = words[i + 1]});
  return description;
}

Result<ActionAnswer> read_action_answer_confined(std::string_view xml) {
  TRY(const std::string text, confined(
                                  [xml] {
                                    const ActionAnswer answer = read_action_answer(xml);
                                    return joined({answer.outside_address, answer.error_code});
                                  },
                                  kPatience));
  const auto words = apart(text);
  if (words.size() != 2) return invalid_input("it makes no sense");
  return ActionAnswer{.outside_address = words[0], .error_code = words[1]};
}

}  // namespace innernet::client
