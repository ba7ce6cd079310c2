#include "innernet/command_line/add_peer.hpp"

#include <fmt/format.h>

#include "innernet/values/timestring.hpp"

namespace innernet::command_line {
namespace {

/// 0s would be an invitation that is never valid.
Result<std::chrono::seconds> parse_validity(std::string_view text) {
  TRY(const std::chrono::seconds validity, parse_timestring(text));
  if (validity.count() == 0) return invalid_input(fmt::format("{} would expire at once; 14d is usual", quoted(text)));
  return validity;
}

}  // namespace

void define_add_peer(Definition& definition, AddPeerOptions& options, const AddPeerSentences& sentences) {
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  definition.explain(
      "The invitation is a file with a key: whoever has it can join as this peer, so send it over a safe channel. TIME is a number and "
      "a unit: s, m, h, d or w.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into(options.name, Hostname::parse), sentences.name);
  definition.option(0, "ip", "IP", into(options.ip, IpAddress::parse), sentences.ip);
  definition.flag(0, "auto-ip", options.auto_ip, sentences.auto_ip);
  definition.option(0, "cidr", "NAME", into_text(options.cidr), "The CIDR that it belongs to");
  definition.option({.letter = 0,
                     .name = "admin",
                     .placeholder = "BOOL",
                     .sentence = "Whether it may change the network",
                     .take = into(options.is_admin, parse_true_or_false),
                     .choices = {"true", "false"}});
  definition.option(0, "save-config", "FILE", into_path(options.save_config), sentences.save_config);
  definition.option(0, "invite-expires", "TIME", into(options.invite_expires, parse_validity),
                    "How long the invitation is valid, like 14d or 90m");
  define_yes(definition, options.yes);
  definition.conflict("ip", "auto-ip");
}

}  // namespace innernet::command_line
