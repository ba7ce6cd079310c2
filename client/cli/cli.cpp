#include "cli.hpp"

#include <fmt/format.h>

#include "innernet/values/timestring.hpp"

namespace innernet::client {
namespace {

using command_line::Command;
using command_line::Definition;
using command_line::into;
using command_line::into_path;
using command_line::into_text;
using command_line::parse_interface;
using command_line::Take;

void define_nat(Definition& definition, NatOptions& nat) {
  definition.flag(0, "no-nat-traversal", nat.no_traversal, "Don't try the candidates of peers that don't answer");
  const Take exclude = [&nat](std::string_view text) -> Result<void> {
    TRY(const IpNet net, IpNet::parse(text));
    nat.exclude_candidates.push_back(net);
    return {};
  };
  definition.option({.letter = 0,
                     .name = "exclude-nat-candidates",
                     .placeholder = "CIDR",
                     .sentence = "Don't report addresses of this machine in CIDR",
                     .take = exclude,
                     .repeatable = true});
  definition.flag(0, "no-nat-candidates", nat.no_candidates, "Report no addresses of this machine");
  definition.conflict("exclude-nat-candidates", "no-nat-candidates");
}

void define_interface(Definition& definition, std::optional<InterfaceName>& interface) {
  definition.argument("INTERFACE", "The network", into(interface, parse_interface));
}

/// 0s would be an invitation that is never valid.
Result<std::chrono::seconds> parse_validity(std::string_view text) {
  TRY(const std::chrono::seconds validity, parse_timestring(text));
  if (validity.count() == 0) return invalid_input(fmt::format("{} would expire at once; 14d is usual", quoted(text)));
  return validity;
}

Result<Endpoint> parse_endpoint_with_port(std::string_view text) {
  TRY(Endpoint endpoint, Endpoint::parse(text));
  if (endpoint.port() == 0) return invalid_input(fmt::format("{} has port 0, which nobody can send to", quoted(text)));
  return endpoint;
}

Result<std::string> parse_new_cidr_name(std::string_view text) {
  if (text.empty()) return invalid_input("the name of a CIDR can't be empty");
  return std::string(text);
}

void define_name(Definition& definition, std::optional<Hostname>& name, std::string_view sentence) {
  definition.option(0, "name", "NAME", into(name, Hostname::parse), sentence);
}

void define(Definition& definition, InstallOptions& options) {
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
  command_line::define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

void define(Definition& definition, ShowOptions& options) {
  definition.explain(
      "A peer is connected when its last handshake is at most three minutes old. -v shows whole keys. Colours are used on a terminal "
      "only.");
  definition.optional_argument("INTERFACE", "The network; without, all that are up", into(options.interface, parse_interface));
  definition.flag('s', "short", options.is_short, "One line a peer");
  definition.flag('t', "tree", options.tree, "Peers under their CIDRs");
  definition.conflict("short", "json");
  definition.conflict("tree", "json");
}

void define(Definition& definition, UpOptions& options) {
  definition.explain(
      "An interface that is down or incomplete is brought up, then its peers are fetched. When the server can't be reached, the peers of "
      "the last fetch are used.");
  definition.explain(
      "With --daemon this goes on until SIGTERM, for each network by itself: one that fails is tried again and holds up no other. A server "
      "that can do it tells of changes at once. SIGHUP has the configs read again.");
  definition.optional_argument("INTERFACE", "The network; without, all that are installed", into(options.interface, parse_interface));
  definition.flag('d', "daemon", options.daemon, "Stay, and keep the networks up to date");
  definition.conflict("daemon", "json");
  definition.option(0, "interval", "SECONDS",
                    into(options.interval,
                         [](std::string_view text) -> Result<std::chrono::seconds> {
                           TRY(const std::uint64_t seconds, command_line::parse_number(text, 1, 86'400));
                           return std::chrono::seconds(seconds);
                         }),
                    "With --daemon: how often to look, 1 to 86400 (60)");
  command_line::define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

void define(Definition& definition, FetchOptions& options) {
  definition.explain(
      "The peers on the interface, their names in the hosts file and what is remembered of them are brought in line with the server. The "
      "interface has to be up.");
  define_interface(definition, options.given);
  command_line::define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

void define(Definition& definition, UninstallOptions& options) {
  definition.explain("Only a new invitation brings this machine back. To the server the peer still exists; an admin can disable it there.");
  define_interface(definition, options.given);
  command_line::define_yes(definition, options.yes);
  command_line::define_hosts(definition, options.hosts);
}

void define(Definition& definition, DownOptions& options) {
  definition.explain("Config and data stay: innernet up brings the network up again, and so does a daemon that runs.");
  define_interface(definition, options.given);
}

void define(Definition& definition, AddPeerOptions& options) {
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  definition.explain(
      "The invitation is a file with a key: whoever has it can join as this peer, so send it over a safe channel. TIME is a number and "
      "a unit: s, m, h, d or w.");
  define_interface(definition, options.given);
  define_name(definition, options.name, "The name of the new peer");
  definition.option(0, "ip", "IP", into(options.ip, IpAddress::parse), "Its address, inside its CIDR");
  definition.flag(0, "auto-ip", options.auto_ip, "Give it the first free address of its CIDR");
  definition.option(0, "cidr", "NAME", into_text(options.cidr), "The CIDR that it belongs to");
  definition.option({.letter = 0,
                     .name = "admin",
                     .placeholder = "BOOL",
                     .sentence = "Whether it may change the network",
                     .take = into(options.is_admin, command_line::parse_true_or_false),
                     .choices = {"true", "false"}});
  definition.option(0, "save-config", "FILE", into_path(options.save_config),
                    "Where to write the invitation; a file that exists is refused");
  definition.option(0, "invite-expires", "TIME", into(options.invite_expires, parse_validity),
                    "How long the invitation is valid, like 14d or 90m");
  command_line::define_yes(definition, options.yes);
  definition.conflict("ip", "auto-ip");
}

void define(Definition& definition, RenamePeerOptions& options) {
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options.given);
  define_name(definition, options.name, "The peer");
  definition.option(0, "new-name", "NAME", into(options.new_name, Hostname::parse), "Its new name");
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, AddCidrOptions& options) {
  definition.explain(
      "A CIDR holds either peers or other CIDRs. Peers see each other inside of one, and in those that are associated. What is not given "
      "is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options.given);
  define_name(definition, options.name, "The name of the new CIDR");
  definition.option(0, "cidr", "CIDR", into(options.cidr, IpNet::parse), "Its addresses, like 10.42.2.0/24");
  definition.option(0, "parent", "NAME", into_text(options.parent), "The smallest CIDR that contains it");
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, RenameCidrOptions& options) {
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options.given);
  definition.option(0, "name", "NAME", into_text(options.name), "The CIDR");
  definition.option(0, "new-name", "NAME", into(options.new_name, parse_new_cidr_name), "Its new name");
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, DeleteCidrOptions& options) {
  definition.explain(
      "It must have no peers, not even disabled ones, no CIDRs in it and no associations. What is not given is asked for; without a "
      "terminal that is an error that names the option.");
  define_interface(definition, options.given);
  definition.option(0, "name", "NAME", into_text(options.name), "The CIDR");
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, ListCidrsOptions& options) {
  definition.explain("As they were when they were last fetched: the server is not asked.");
  define_interface(definition, options.given);
  definition.flag('t', "tree", options.tree, "Nested, each below its parent");
  definition.conflict("tree", "json");
}

void define(Definition& definition, DisablePeerOptions& options) {
  definition.explain("It loses its connection to everybody, and keeps its name and address. --yes needs --name.");
  define_interface(definition, options.given);
  define_name(definition, options.name, "The peer");
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, EnablePeerOptions& options) {
  definition.explain("--yes needs --name.");
  define_interface(definition, options.given);
  define_name(definition, options.name, "The peer");
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, AddAssociationOptions& options) {
  definition.explain("With both CIDRs there is no question.");
  define_interface(definition, options.given);
  definition.optional_argument("CIDR1", "One of the two", into_text(options.cidr_1));
  definition.optional_argument("CIDR2", "The other", into_text(options.cidr_2));
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, DeleteAssociationOptions& options) {
  definition.explain("The order of the two does not matter.");
  define_interface(definition, options.given);
  definition.optional_argument("CIDR1", "One of the two", into_text(options.cidr_1));
  definition.optional_argument("CIDR2", "The other", into_text(options.cidr_2));
  command_line::define_yes(definition, options.yes);
}

void define(Definition& definition, ListAssociationsOptions& options) {
  definition.explain("The server is asked, so the network has to be up.");
  define_interface(definition, options.given);
}

void define(Definition& definition, SetListenPortOptions& options) {
  definition.explain("It is applied to the interface if that is up, and kept in the config.");
  define_interface(definition, options.given);
  definition.option('l', "listen-port", "N",
                    into(options.listen_port,
                         [](std::string_view text) -> Result<std::uint16_t> {
                           TRY(const std::uint64_t port, command_line::parse_number(text, 0, 65'535));
                           return static_cast<std::uint16_t>(port);
                         }),
                    "The UDP port that this machine listens on; 0 is as --unset");
  definition.flag('u', "unset", options.unset, "Use a random port");
  command_line::define_yes(definition, options.yes);
  definition.conflict("listen-port", "unset");
}

void define(Definition& definition, OverrideEndpointOptions& options) {
  definition.explain(
      "For machines behind a router that forwards a port to them: the server then gives this endpoint to everybody instead of the one that "
      "it sees. 0.0.0.0 as host keeps the address that is seen and replaces the port alone. A listen port has to be set.");
  define_interface(definition, options.given);
  definition.option('e', "endpoint", "HOST:PORT", into(options.endpoint, parse_endpoint_with_port), "Where other peers reach this machine");
  definition.flag('u', "unset", options.unset, "Let the server find it out");
  command_line::define_yes(definition, options.yes);
  definition.conflict("endpoint", "unset");
}

void define(Definition& definition, OverridePeerEndpointOptions& options) {
  definition.explain("Only this machine is concerned: the config keeps it, and the interface gets it at once if it is up.");
  define_interface(definition, options.given);
  define_name(definition, options.name, "The peer");
  definition.option('e', "endpoint", "HOST:PORT", into(options.endpoint, parse_endpoint_with_port), "Where this machine reaches it");
  definition.flag('u', "unset", options.unset, "Go back to what the server says");
  command_line::define_yes(definition, options.yes);
  definition.conflict("endpoint", "unset");
}

template <class Options>
Command command(Invocation& into, std::string_view name, std::vector<std::string_view> aliases, std::string_view sentence,
                std::string_view example) {
  return {name, std::move(aliases), sentence, example, [&into](Definition& definition) {
            define(definition, into.command.emplace<Options>());
            definition.flag(0, "json", into.general.json, "Print the result as one JSON document");
          }};
}

/// --yes alone answers the second question before the first, which peer, was asked.
bool confirms_nothing(const CommandOptions& command) {
  const auto* disable = std::get_if<DisablePeerOptions>(&command);
  const auto* enable = std::get_if<EnablePeerOptions>(&command);
  return (disable != nullptr && disable->yes && !disable->name) || (enable != nullptr && enable->yes && !enable->name);
}

}  // namespace

command_line::Program program(Invocation& into) {
  return {
      .name = "innernet",
      .sentence = "The client of innernet: private networks on WireGuard whose access control is CIDRs.",
      .version = INNERNET_VERSION,
      .define_general =
          [&into](Definition& definition) {
            command_line::define_general(definition, into.general.folders, into.general.network);
            command_line::define_verbose(definition, into.general.verbosity);
          },
      .commands =
          {
              command<InstallOptions>(into, "install", {"redeem"}, "Join a network with an invitation.",
                                      "install invitation.toml --default-name --delete-invite"),
              command<ShowOptions>(into, "show", {"list"}, "Show the networks that are up, and their peers.", "show evilcorp --tree"),
              command<UpOptions>(into, "up", {}, "Bring networks up and fetch their peers.", "up evilcorp --daemon --interval 60"),
              command<FetchOptions>(into, "fetch", {}, "Fetch the peers of a network that is up.", "fetch evilcorp"),
              command<UninstallOptions>(into, "uninstall", {}, "Leave a network: remove its interface, config and data.",
                                        "uninstall evilcorp --yes"),
              command<DownOptions>(into, "down", {}, "Take a network down.", "down evilcorp"),
              command<AddPeerOptions>(into, "add-peer", {}, "Invite a peer (admins).",
                                      "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d "
                                      "--save-config alice.toml --yes"),
              command<RenamePeerOptions>(into, "rename-peer", {}, "Rename a peer (admins).",
                                         "rename-peer evilcorp --name alice --new-name alicia --yes"),
              command<AddCidrOptions>(into, "add-cidr", {}, "Add a CIDR (admins).",
                                      "add-cidr evilcorp --name humans --cidr 10.42.1.0/24 --parent evilcorp --yes"),
              command<RenameCidrOptions>(into, "rename-cidr", {}, "Rename a CIDR (admins).",
                                         "rename-cidr evilcorp --name humans --new-name people --yes"),
              command<DeleteCidrOptions>(into, "delete-cidr", {}, "Delete a CIDR that nothing is in (admins).",
                                         "delete-cidr evilcorp --name humans --yes"),
              command<ListCidrsOptions>(into, "list-cidrs", {}, "List the CIDRs of a network.", "list-cidrs evilcorp --tree"),
              command<DisablePeerOptions>(into, "disable-peer", {}, "Shut a peer out (admins).",
                                          "disable-peer evilcorp --name alice --yes"),
              command<EnablePeerOptions>(into, "enable-peer", {}, "Let a disabled peer in again (admins).",
                                         "enable-peer evilcorp --name alice --yes"),
              command<AddAssociationOptions>(into, "add-association", {}, "Let the peers of two CIDRs see each other (admins).",
                                             "add-association evilcorp humans robots"),
              command<DeleteAssociationOptions>(into, "delete-association", {"delete-associations"}, "Take back an association (admins).",
                                                "delete-association evilcorp humans robots --yes"),
              command<ListAssociationsOptions>(into, "list-associations", {}, "List the associations of CIDRs (admins).",
                                               "list-associations evilcorp"),
              command<SetListenPortOptions>(into, "set-listen-port", {}, "Choose the UDP port of this machine.",
                                            "set-listen-port evilcorp --listen-port 51820 --yes"),
              command<OverrideEndpointOptions>(into, "override-endpoint", {}, "Say where other peers reach this machine.",
                                               "override-endpoint evilcorp --endpoint 203.0.113.7:51820 --yes"),
              command<OverridePeerEndpointOptions>(into, "override-peer-endpoint", {}, "Say where this machine reaches a peer.",
                                                   "override-peer-endpoint evilcorp --name alice --endpoint 192.168.1.20:51820 --yes"),
              command_line::completions_command(),
          },
      .default_command = "show",
      .config_folder = "/etc/innernet",
  };
}

Invocation parse_command_line(std::span<const std::string_view> arguments) {
  Invocation invocation;
  const command_line::Program table = program(invocation);
  command_line::Parsed parsed = command_line::parse(table, arguments);
  if (parsed.command != nullptr && confirms_nothing(invocation.command)) {
    parsed = {
        .command = nullptr,
        .text = fmt::format("[E] innernet {}: --yes needs --name, because it agrees to no peer in particular\n", parsed.command->name),
        .to_stderr = true,
        .exit_code = command_line::kExitUsage};
  }
  if (parsed.command == nullptr) invocation.command = std::monostate();
  invocation.text = std::move(parsed.text);
  invocation.to_stderr = parsed.to_stderr;
  invocation.exit_code = parsed.exit_code;
  return invocation;
}

}  // namespace innernet::client
