#include "innernet/client/install.hpp"

#include <fmt/format.h>

#include "../presence.hpp"
#include "commands.hpp"
#include "innernet/client/invitation.hpp"
#include "innernet/command_line/command_line.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/values/network_range.hpp"

namespace innernet::client {
namespace {

struct Options {
  std::filesystem::path invitation;
  std::optional<InterfaceName> name;
  bool default_name = false;  ///< the network's name in the invitation
  bool delete_invitation = false;
  HostsOptions hosts;
  NatOptions nat;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "The temporary key of the invitation is replaced by a permanent one, which is made here and never leaves this machine. Then the "
      "interface is up and the peers are fetched.");
  definition.explain(
      "An install that was interrupted is repeated with the same invitation. Afterwards, systemctl enable --now innernet@NAME keeps the "
      "network up to date.");
  definition.argument("INVITE", "The invitation, as add-peer wrote it", into_path(options.invitation));
  definition.option(0, "name", "NAME", into(options.name, parse_interface), "The name that the interface gets here");
  definition.flag(0, "default-name", options.default_name, "Name the interface like the network");
  definition.flag('d', "delete-invite", options.delete_invitation, "Remove the invitation when it has been used");
  definition.conflict("name", "default-name");
  define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

Result<InterfaceName> ask_interface_name(const InterfaceConfig& invitation, Context& context) {
  const bool is_possible = command_line::parse_interface(invitation.network_name).has_value();
  return prompt::ask(context.asker,
                     {.text = "Interface name",
                      .option = "--name NAME, or --default-name for the name in the invitation",
                      .suggestion = is_possible ? invitation.network_name : "",
                      .prefilled = {},
                      .check = {}},
                     [&context](const std::string& answer) -> Result<InterfaceName> {
                       TRY(InterfaceName name, command_line::parse_interface(answer));
                       TRY(const bool is_taken, is_present(context.folders().config_file(name)));
                       if (is_taken) return fail(ErrorKind::kAlreadyExists, fmt::format("a network {} is installed already", name.str()));
                       return name;
                     });
}

Result<InterfaceName> interface_name(const Options& options, const InterfaceConfig& invitation, Context& context) {
  if (options.name) return *options.name;
  if (!options.default_name) return ask_interface_name(invitation, context);
  TRY_CONTEXT(InterfaceName name, command_line::parse_interface(invitation.network_name),
              fmt::format("the network's name in {} (give --name)", options.invitation.native()));
  return name;
}

/// A server that tried out an invitation to its own network would wait for an answer from itself.
Result<void> refuse_on_the_server_itself(const InterfaceConfig& invitation, Context& context) {
  const auto interfaces = context.interfaces();
  if (!interfaces) return {};
  for (const wg::FoundInterface& found : *interfaces) {
    const auto device = context.backend(found.name)->get(found.name);
    if (!device || device->public_key != invitation.server_public_key) continue;
    return invalid_input(
        fmt::format("this machine is the server of {} (its interface {} has the server's key), which can't be its own peer: "
                    "install the invitation on the machine that it was made for",
                    quoted(invitation.network_name), found.name.str()));
  }
  return {};
}

void warn_of_public_range(const InterfaceConfig& invitation) {
  const IpNet network = invitation.address.truncated();
  if (is_private_range(network)) return;
  log::warning("{} is no private range: whatever this machine has to say to an address in it goes to the peers of {} from now on",
               network.to_string(), quoted(invitation.network_name));
}

Result<bool> is_to_be_deleted(const Options& options, Context& context) {
  if (options.delete_invitation) return true;
  if (context.asker.can_ask()) {
    return context.asker.yes_or_no(
        {.text = fmt::format("Delete the invitation {}, which can't be used again?", options.invitation.native()),
         .option = "--delete-invite",
         .by_default = true});
  }
  log::info("the invitation {} was kept; it can't be used again (--delete-invite removes it)", options.invitation.native());
  return false;
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(const InterfaceConfig invitation, read_invitation(options.invitation));
  TRY_VOID(refuse_on_the_server_itself(invitation, context));
  TRY(const InterfaceName name, interface_name(options, invitation, context));
  warn_of_public_range(invitation);
  TRY(const Installed installed, install(context.client_options(options.hosts, options.nat), name, invitation, context.stop));

  // The peer is in. Nothing that follows may make a script believe otherwise.
  if (const auto to_be_deleted = is_to_be_deleted(options, context); to_be_deleted && *to_be_deleted)
    delete_invitation(options.invitation);
  else if (!to_be_deleted)
    log::warning("the invitation was kept: {}", to_be_deleted.error().message());

  context.print(fmt::format("{} is installed{}.\n\nTo keep it up to date, also after a restart:\n    systemctl enable --now innernet@{}\n",
                            name.str(), installed == Installed::kFetched ? " and up" : ", but has no peers yet", name.str()));
  context.report(changed().text("network", name.str()).boolean("is_fetched", installed == Installed::kFetched));
  return Ending::kDone;
}

}  // namespace

Row install_command() {
  return row({.name = "install",
              .aliases = {"redeem"},
              .sentence = "Join a network with an invitation.",
              .example = "install invitation.toml --default-name --delete-invite"},
             define, run);
}

}  // namespace innernet::client
