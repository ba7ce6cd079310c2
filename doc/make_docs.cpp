#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <set>

#include "../client/cli/program.hpp"
#include "../server/cli/program.hpp"
#include "innernet/base/file.hpp"
#include "innernet/command_line/completions.hpp"
#include "innernet/command_line/manual.hpp"

// make_docs DOC_FOLDER: writes the manual pages and completions of both programs to DOC_FOLDER/man and DOC_FOLDER/completions.
// make_docs --check DOC_FOLDER: only says which of them are not current. Exit status 1: some are not, or could not be written.

namespace {

using namespace innernet;
using command_line::ProgramManual;
using command_line::Shell;

const ProgramManual::Rows kEnvironment{
    {"NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
     "Whether output is coloured: never with NO_COLOR or CLICOLOR=0, always with CLICOLOR_FORCE, else on a terminal."},
    {"WG_USERSPACE_IMPLEMENTATION",
     "The program to start for an interface when the kernel has no WireGuard. Without it, wireguard-go is looked for."},
    {"NOTIFY_SOCKET, WATCHDOG_USEC", "Set by systemd, which is told when a service is ready, still alive and stopping."},
};

const ProgramManual& client_manual() {
  static const ProgramManual manual{
      .paragraphs =
          {"A peer of an innernet network: a machine that asks the network's server whom it may see, and puts exactly those keys on a "
           "WireGuard interface. Traffic goes from peer to peer.",
           "A network is installed once, with an invitation from one of its admins. From then on innernet-up keeps its peers current, by "
           "hand or as the service innernet@NAME. Admins also add peers, CIDRs and associations of CIDRs from here, when their "
           "interface is up.",
           "Data goes to standard output. What is being done, warnings and errors go to standard error, in lines that start with [*], "
           "[!] or [E]; with -v also [D], with -vv also [T].",
           "With --json, a command that succeeds prints one JSON document on standard output, in one line, and nothing else: the lists "
           "peers, cidrs and associations as the HTTP API has them, networks for show, and for a command that changes something the "
           "field changed, which is false when there was nothing to do or somebody said no, with what was changed. No document holds a "
           "private key. Fields may be added, none will change or go."},
      .files = {{"/etc/innernet/NAME.conf",
                 "The config of a network, in TOML: address, private key, listen port, server, local endpoint overrides. NAME is the "
                 "interface. Mode 0600."},
                {"/var/lib/innernet/NAME.json",
                 "The peers and CIDRs that were fetched last, and the keys that addresses are pinned to. Mode 0600."},
                {"/var/lib/innernet/NAME.lock", "Held by whatever changes the network."},
                {"/etc/hosts", "Has a section with the names of each network's peers."}},
      .environment = kEnvironment,
      .examples =
          {{"Join a network and stay in it:", "install invitation.toml --default-name --delete-invite"},
           {"Keep all networks up to date:", "up --daemon"},
           {"See who is connected:", "show --short"},
           {"Invite somebody, as an admin:",
            "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --save-config alice.toml --yes"}},
      .see_also = {"innernet-server(8)", "wg(8)", "systemd(1)"}};
  return manual;
}

const ProgramManual& server_manual() {
  static ProgramManual::Rows environment = kEnvironment;
  environment.insert(environment.begin(), {"INNERNET_LOG, RUST_LOG",
                                           "What is logged: error, warn, info, debug or trace. RUST_LOG may be a list of target=level, of "
                                           "which innernet_server counts. Without either, info with serve, else warn."});
  static const ProgramManual manual{
      .paragraphs =
          {"The coordination server of innernet networks. A network is a range of addresses that is divided into CIDRs; each peer lives in "
           "one of them, sees the peers in it, and those in CIDRs that are associated with it. The server is a peer itself, the one "
           "that all others ask.",
           "innernet-server-new makes a network, innernet-server-serve runs it, usually as the service innernet-server@NAME. The other "
           "commands work on its database, whether or not it runs; one that runs sees their changes at once.",
           "With --json, a command that succeeds prints one JSON document on standard output, in one line, and nothing else: the lists "
           "peers, cidrs and associations as the HTTP API has them, and for a command that changes something the field changed, which is "
           "false when there was nothing to do or somebody said no, with what was changed. No document holds a private key. Fields may be "
           "added, none will change or go.",
           "It must run as root, except for help, completions and the version, or with CAP_NET_ADMIN as who owns its files."},
      .files = {{"/etc/innernet-server/NAME.conf",
                 "The config of a network, in TOML: private key, listen port, address, prefix length. Mode 0600."},
                {"/var/lib/innernet-server/NAME.db",
                 "Its database: SQLite. Mode 0600. Copies made while the server runs should be made with sqlite3's .backup."},
                {"/var/lib/innernet-server/NAME.lock", "Held by the server that runs."},
                {"/etc/hosts", "Has a section with the names of each network's peers."}},
      .environment = environment,
      .examples =
          {{"Make a network:",
            "new --network-name evilcorp --network-cidr 10.42.0.0/16 --external-endpoint 203.0.113.7:51820 --listen-port 51820"},
           {"Divide it:", "add-cidr evilcorp --name humans --cidr 10.42.1.0/24 --parent evilcorp --yes"},
           {"Invite a first admin:",
            "add-peer evilcorp --name alice --cidr humans --auto-ip --admin true --invite-expires 14d --save-config alice.toml --yes"},
           {"Run it:", "serve evilcorp"}},
      .see_also = {"innernet(8)", "wg(8)", "sqlite3(1)", "systemd(1)"}};
  return manual;
}

using Files = std::map<std::string, std::string>;  // by the path under the folder

void add_documents(Files& files, const command_line::Program& program, const ProgramManual& manual) {
  const auto defined = command_line::define_all(program);
  const std::string name(program.name);
  files[fmt::format("man/{}.8", name)] = command_line::program_page(defined, manual);
  for (const auto& command : defined.commands) {
    const std::string path = fmt::format("man/{}-{}.8", name, command.command->name);
    files[path] = command_line::command_page(defined, command);
  }
  files[fmt::format("completions/{}.bash", name)] = command_line::completions(program, Shell::kBash);
  files[fmt::format("completions/_{}", name)] = command_line::completions(program, Shell::kZsh);
  files[fmt::format("completions/{}.fish", name)] = command_line::completions(program, Shell::kFish);
  files[fmt::format("completions/{}.elv", name)] = command_line::completions(program, Shell::kElvish);
  files[fmt::format("completions/{}.ps1", name)] = command_line::completions(program, Shell::kPowershell);
}

Files documents() {
  Files files;
  const client::CommandLine client = client::command_line_of_innernet();
  add_documents(files, client.program(), client_manual());
  const server::CommandLine server = server::command_line_of_innernet_server();
  add_documents(files, server.program(), server_manual());
  return files;
}

/// What is not as it should be, with a word about it.
std::map<std::string, std::string_view> differences(const std::filesystem::path& folder, const Files& files) {
  std::map<std::string, std::string_view> out;
  for (const auto& [path, text] : files) {
    const auto found = read_file(folder / path);
    if (!found)
      out[path] = "missing";
    else if (*found != text)
      out[path] = "not current";
  }
  for (const char* part : {"man", "completions"}) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder / part, ignored)) {
      const std::string path = fmt::format("{}/{}", part, entry.path().filename().string());
      if (!files.contains(path)) out[path] = "about nothing that exists";
    }
  }
  return out;
}

int check(const std::filesystem::path& folder, const Files& files) {
  const auto wrong = differences(folder, files);
  for (const auto& [path, what] : wrong) fmt::print("{} is {}\n", (folder / path).string(), what);
  if (!wrong.empty())
    fmt::print("`./dev docs` makes the manual pages and completions anew; commit them with what changed the command line.\n");
  return wrong.empty() ? 0 : 1;
}

int write(const std::filesystem::path& folder, const Files& files) {
  std::error_code failure;
  for (const char* part : {"man", "completions"}) std::filesystem::create_directories(folder / part, failure);
  int code = 0;
  for (const auto& [path, what] : differences(folder, files)) {
    const auto text = files.find(path);
    if (text == files.end()) {
      std::filesystem::remove(folder / path, failure);
      fmt::print("removed {}\n", path);
      continue;
    }
    const auto written = replace_file(folder / path, text->second, 0644);
    if (written) {
      fmt::print("wrote {}\n", path);
    } else {
      fmt::print(stderr, "{}\n", written.error().message());
      code = 1;
    }
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool checks = !words.empty() && words.front() == "--check";
  if (words.size() != (checks ? 2U : 1U)) {
    fmt::print(stderr, "usage: make_docs [--check] DOC_FOLDER\n");
    return 2;
  }
  return checks ? check(words.back(), documents()) : write(words.back(), documents());
}
