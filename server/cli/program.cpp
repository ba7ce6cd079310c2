#include "program.hpp"

#include "innernet/values/timestring.hpp"

namespace innernet::server {
namespace {

using command_line::Command;
using command_line::Definition;
using command_line::into;
using command_line::into_number;
using command_line::into_path;
using command_line::into_text;

void define_interface(Definition& definition, CommandLine& line) {
  definition.argument("INTERFACE", "The network", into(line.interface, command_line::parse_interface));
}

void define_new(Definition& definition, CommandLine& line) {
  NewOptions& options = line.new_network;
  definition.explain(
      "It gets a config with a new key and a database with two CIDRs, its own and the server's, which has the first address. A network "
      "that exists is never touched.");
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  definition.option(0, "network-name", "NAME", into_text(options.network_name), "The network's name, which its interfaces get, too");
  definition.option(0, "network-cidr", "CIDR", into(options.network_cidr, IpNet::parse), "All addresses of the network, like 10.42.0.0/16");
  definition.option(0, "external-endpoint", "HOST:PORT", into(options.external_endpoint, Endpoint::parse), "Where peers reach this server");
  definition.flag(0, "auto-external-endpoint", options.auto_external_endpoint, "Ask a DNS resolver for this machine's public address");
  definition.option(0, "listen-port", "N", into_number(options.listen_port, 1, 65535),
                    "UDP port of WireGuard and TCP port of the API (usually 51820)");
  definition.conflict("external-endpoint", "auto-external-endpoint");
}

void define_add_peer(Definition& definition, CommandLine& line) {
  AddPeerOptions& options = line.add_peer;
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  definition.explain(
      "The invitation is a file with a key: whoever has it can join as this peer, so send it over a safe channel. TIME is a number and "
      "a unit: s, m, h, d or w.");
  definition.explain("A server that runs lets the peer in at once, as with all commands that change the database.");
  define_interface(definition, line);
  definition.option(0, "name", "NAME", into(options.name, Hostname::parse), "The peer's name");
  definition.option(0, "ip", "IP", into(options.ip, IpAddress::parse), "Its address");
  definition.flag(0, "auto-ip", options.auto_ip, "Its address is the first free one of the CIDR");
  definition.option(0, "cidr", "NAME", into_text(options.cidr), "The CIDR that it belongs to");
  definition.option({.letter = 0,
                     .name = "admin",
                     .placeholder = "BOOL",
                     .sentence = "Whether it may change the network",
                     .take = into(options.is_admin, command_line::parse_true_or_false),
                     .choices = {"true", "false"}});
  definition.option(0, "save-config", "FILE", into_path(options.save_config), "Where to write its invitation; never overwrites a file");
  definition.option(0, "invite-expires", "TIME", into(options.invite_expires, parse_timestring),
                    "How long the invitation is valid, like 14d or 90m");
  command_line::define_yes(definition, options.yes);
  definition.conflict("ip", "auto-ip");
}

void define_add_cidr(Definition& definition, CommandLine& line) {
  AddCidrOptions& options = line.add_cidr;
  definition.explain(
      "A CIDR holds either peers or other CIDRs. Peers see each other inside of one, and in those that are associated. What is not given "
      "is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, line);
  definition.option(0, "name", "NAME", into_text(options.name), "The CIDR's name");
  definition.option(0, "cidr", "CIDR", into(options.cidr, IpNet::parse), "Its addresses, like 10.42.1.0/24");
  definition.option(0, "parent", "NAME", into_text(options.parent), "The CIDR that it lies in");
  command_line::define_yes(definition, options.yes);
}

void define_name(Definition& definition, CommandLine& line, std::string_view sentence) {
  define_interface(definition, line);
  definition.option(0, "name", "NAME", into_text(line.name.name), sentence);
  command_line::define_yes(definition, line.name.yes);
}

void define_rename(Definition& definition, CommandLine& line) {
  define_interface(definition, line);
  definition.option(0, "name", "NAME", into_text(line.rename.name), "Its name now");
  definition.option(0, "new-name", "NAME", into_text(line.rename.new_name), "Its new name");
  command_line::define_yes(definition, line.rename.yes);
}

void define_association(Definition& definition, CommandLine& line) {
  define_interface(definition, line);
  definition.optional_argument("CIDR1", "One CIDR's name", into_text(line.association.cidr1));
  definition.optional_argument("CIDR2", "The other's", into_text(line.association.cidr2));
  command_line::define_yes(definition, line.association.yes);
}

}  // namespace

command_line::Program program(CommandLine& line) {
  const auto plain = [&line](Definition& definition) { define_interface(definition, line); };
  std::vector<Command> commands{
      {"new",
       {"init"},
       "Make a new network.",
       "new --network-name evilcorp --network-cidr 10.42.0.0/16 --external-endpoint 203.0.113.7:51820 --listen-port 51820",
       [&line](Definition& definition) { define_new(definition, line); }},
      {"serve",
       {},
       "Coordinate a network: bring its interface up and answer its peers.",
       "serve evilcorp",
       [&line](Definition& definition) {
         definition.explain(
             "The interface stays up when the server ends, so that peers stay connected. SIGTERM and SIGINT end it after the requests in "
             "flight.");
         definition.explain("Without INNERNET_LOG or RUST_LOG, it logs at the level info to standard error.");
         define_interface(definition, line);
         command_line::define_hosts(definition, line.hosts);
       }},
      {"add-peer",
       {},
       "Add a peer and write its invitation.",
       "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --save-config alice.toml --yes",
       [&line](Definition& definition) { define_add_peer(definition, line); }},
      {"rename-peer",
       {},
       "Rename a peer.",
       "rename-peer evilcorp --name alice --new-name alice-laptop --yes",
       [&line](Definition& definition) { define_rename(definition, line); }},
      {"enable-peer",
       {},
       "Let a disabled peer take part again.",
       "enable-peer evilcorp --name alice --yes",
       [&line](Definition& definition) {
         definition.explain("--yes needs --name.");
         define_name(definition, line, "Which peer");
       }},
      {"disable-peer",
       {},
       "Shut a peer out, at once.",
       "disable-peer evilcorp --name alice --yes",
       [&line](Definition& definition) {
         definition.explain(
             "It is taken off the server's interface at once, and off the others' with their next fetch. It keeps its name and address. "
             "--yes needs --name.");
         define_name(definition, line, "Which peer");
       }},
      {"list-peers",
       {},
       "List all peers.",
       "list-peers evilcorp",
       [&line](Definition& definition) {
         definition.explain(
             "Each with its id, address, CIDR, key and state; disabled ones and those that have not redeemed their invitation, too. A row "
             "that is no valid peer is shown with what is wrong with it.");
         define_interface(definition, line);
       }},
      {"add-cidr",
       {},
       "Add a CIDR.",
       "add-cidr evilcorp --name humans --cidr 10.42.1.0/24 --parent evilcorp --yes",
       [&line](Definition& definition) { define_add_cidr(definition, line); }},
      {"rename-cidr",
       {},
       "Rename a CIDR.",
       "rename-cidr evilcorp --name humans --new-name people --yes",
       [&line](Definition& definition) { define_rename(definition, line); }},
      {"delete-cidr",
       {},
       "Delete a CIDR that has no CIDRs, peers or associations.",
       "delete-cidr evilcorp --name humans --yes",
       [&line](Definition& definition) {
         definition.explain("--yes needs --name.");
         define_name(definition, line, "Which CIDR");
       }},
      {"list-cidrs",
       {},
       "List all CIDRs.",
       "list-cidrs evilcorp --tree",
       [&line](Definition& definition) {
         define_interface(definition, line);
         definition.flag('t', "tree", line.tree, "Show which lies in which");
         definition.conflict("tree", "json");
       }},
      {"add-association",
       {},
       "Let the peers of two CIDRs see each other.",
       "add-association evilcorp humans robots",
       [&line](Definition& definition) { define_association(definition, line); }},
      {"delete-association",
       {"delete-associations"},
       "Take an association back.",
       "delete-association evilcorp humans robots --yes",
       [&line](Definition& definition) { define_association(definition, line); }},
      {"list-associations", {}, "List all associations.", "list-associations evilcorp", plain},
      {"uninstall",
       {},
       "Delete a network for good: interface, config and database.",
       "uninstall evilcorp --yes",
       [&line](Definition& definition) {
         definition.explain("None of its peers can use it any more. Their machines keep what they have.");
         define_interface(definition, line);
         command_line::define_yes(definition, line.yes);
       }},
      command_line::completions_command(),
  };
  for (Command& command : commands) {
    if (command.name == "serve" || command.answer) continue;  // one has no result, the other is a text itself
    command.define = [&line, define = std::move(command.define)](Definition& definition) {
      define(definition);
      definition.flag(0, "json", line.json, "Print the result as one JSON document");
    };
  }
  return {.name = "innernet-server",
          .sentence = "Coordinates innernet networks: WireGuard networks whose access control is CIDRs.",
          .version = INNERNET_VERSION,
          .define_general = [&line](Definition& definition) { command_line::define_general(definition, line.folders, line.network); },
          .commands = std::move(commands),
          .default_command = {},
          .config_folder = "/etc/innernet-server"};
}

log::Level default_log_level(std::string_view command) { return command == "serve" ? log::Level::kInfo : log::Level::kWarning; }

Result<void> run(std::string_view command, const CommandLine& line, const CommandContext& context) {
  if (command == "new") return new_network(context, line.new_network);
  const InterfaceName& interface = *line.interface;  // every other command requires it
  if (command == "add-peer") return add_peer(context, interface, line.add_peer);
  if (command == "rename-peer") return rename_peer(context, interface, line.rename);
  if (command == "enable-peer") return enable_peer(context, interface, line.name);
  if (command == "disable-peer") return disable_peer(context, interface, line.name);
  if (command == "list-peers") return list_peers(context, interface);
  if (command == "add-cidr") return add_cidr(context, interface, line.add_cidr);
  if (command == "rename-cidr") return rename_cidr(context, interface, line.rename);
  if (command == "delete-cidr") return delete_cidr(context, interface, line.name);
  if (command == "list-cidrs") return list_cidrs(context, interface, line.tree);
  if (command == "add-association") return add_association(context, interface, line.association);
  if (command == "delete-association") return delete_association(context, interface, line.association);
  if (command == "list-associations") return list_associations(context, interface);
  return uninstall(context, interface, line.yes);
}

}  // namespace innernet::server
