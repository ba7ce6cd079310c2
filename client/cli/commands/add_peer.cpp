#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "../admin.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/values/cidr_tree.hpp"

namespace innernet::client {
namespace {

void define(Definition& definition, AddPeerOptions& options) {
  define_add_peer(definition, options,
                  {.name = "The name of the new peer",
                   .ip = "Its address, inside its CIDR",
                   .auto_ip = "Give it the first free address of its CIDR",
                   .save_config = "Where to write the invitation; a file that exists is refused"});
}

/// Everything that there is to know about a new peer before the server is asked.
struct Plan {
  Hostname name;
  Cidr cidr;
  IpAddress ip;
  bool is_admin;
  UnixTime expires;
  std::filesystem::path file;
};

std::vector<IpAddress> taken_by(const std::vector<Peer>& peers) {
  std::vector<IpAddress> taken;
  taken.reserve(peers.size());
  for (const Peer& peer : peers) taken.push_back(peer.ip);
  return taken;
}

Result<Cidr> choose_cidr(const AddPeerOptions& options, const std::vector<Cidr>& cidrs, const std::vector<Peer>& peers, Context& context) {
  const CidrTree tree(cidrs);
  const std::vector<const Cidr*> eligible = tree.eligible_for_peers();
  if (eligible.empty()) return fail(ErrorKind::kNotFound, "no CIDR can hold peers yet: `innernet add-cidr` makes one");
  if (!options.cidr) {
    return wizard::choose_cidr(context.asker, "Eligible CIDR", "--cidr", wizard::with_room(cidrs, taken_by(peers)),
                               "all CIDRs are full: each of their addresses has a peer (`innernet add-cidr` makes another one)");
  }
  const std::string& name = *options.cidr;
  TRY(Cidr cidr, find_cidr(cidrs, name));
  if (std::ranges::find(eligible, cidr.id, &Cidr::id) != eligible.end()) return cidr;
  if (cidr.id == kServerCidr || cidr.name == "innernet-server")
    return invalid_input(fmt::format("the CIDR {} is the server's own", quoted(name)));
  return invalid_input(fmt::format("the CIDR {} holds other CIDRs, and only the innermost ones hold peers", quoted(name)));
}

Result<void> check_ip(const IpAddress& address, const Cidr& cidr, const std::vector<Peer>& peers) {
  const std::string ip = address.to_string();
  if (!cidr.cidr.contains(address)) return invalid_input(fmt::format("{} is not in {}", ip, label(cidr)));
  if (!cidr.cidr.is_assignable(address))
    return invalid_input(fmt::format("{} can't be a peer's: it is the first or last address of {}", ip, label(cidr)));
  const auto owner = std::ranges::find(peers, address, &Peer::ip);
  if (owner != peers.end()) return fail(ErrorKind::kAlreadyExists, fmt::format("{} belongs to {} already", ip, owner->name.str()));
  return {};
}

Result<IpAddress> first_free(const Cidr& cidr, const std::vector<Peer>& peers) {
  if (const auto free = first_free_address(cidr.cidr, taken_by(peers))) return *free;
  return invalid_input(fmt::format("{} is full: each of its addresses has a peer", label(cidr)));
}

Result<IpAddress> choose_ip(const AddPeerOptions& options, const Cidr& cidr, const std::vector<Peer>& peers, Context& context) {
  const auto check = [&](const IpAddress& ip) { return check_ip(ip, cidr, peers); };
  if (options.ip) {
    TRY_VOID(check(*options.ip));
    return *options.ip;
  }
  TRY(const IpAddress free, first_free(cidr, peers));
  if (options.auto_ip) return free;
  return wizard::ask_ip(context.asker, free, check);
}

Result<Hostname> choose_name(const AddPeerOptions& options, const std::vector<Peer>& peers, Context& context) {
  const auto check = [&peers](const Hostname& name) -> Result<void> {
    if (std::ranges::find(peers, name, &Peer::name) == peers.end()) return {};
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a peer {} already", quoted(name.str())));
  };
  if (!options.name) return wizard::ask_hostname(context.asker, "Name", "--name", check);
  TRY_VOID(check(*options.name));
  return *options.name;
}

Result<UnixTime> expiry(std::chrono::seconds validity, WallTime now) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (seconds < 0 || validity.count() > std::numeric_limits<std::int64_t>::max() - seconds)
    return invalid_input("the invitation would expire later than a clock can tell: choose a shorter --invite-expires, like 14d");
  return UnixTime{static_cast<std::uint64_t>(seconds + validity.count()), 0};
}

Result<std::chrono::seconds> choose_validity(const AddPeerOptions& options, Context& context) {
  if (options.invite_expires) return *options.invite_expires;
  return wizard::ask_validity(context.asker, [&context](std::chrono::seconds validity) -> Result<void> {
    if (validity.count() == 0) return invalid_input("the invitation would expire at once");
    TRY_VOID(expiry(validity, context.clock.wall()));
    return {};
  });
}

Result<Plan> make_plan(const AddPeerOptions& options, const std::vector<Cidr>& cidrs, const std::vector<Peer>& peers, Context& context) {
  TRY(Cidr cidr, choose_cidr(options, cidrs, peers, context));
  TRY(const IpAddress ip, choose_ip(options, cidr, peers, context));
  TRY(Hostname name, choose_name(options, peers, context));
  TRY(const bool is_admin, options.is_admin ? Result<bool>(*options.is_admin) : wizard::ask_is_admin(context.asker));
  TRY(const std::chrono::seconds validity, choose_validity(options, context));
  TRY_VOID(expiry(validity, context.clock.wall()));
  TRY(std::filesystem::path file,
      options.save_config ? Result<std::filesystem::path>(*options.save_config) : wizard::ask_invitation_file(context.asker, name));
  // The time of the questions does not count.
  TRY(const UnixTime expires, expiry(validity, context.clock.wall()));
  return Plan{std::move(name), std::move(cidr), ip, is_admin, expires, std::move(file)};
}

/// Where the server is reached from outside, as its own list has it, if that can be.
Endpoint server_endpoint(const std::vector<Peer>& peers, const InterfaceConfig& config) {
  const auto server = std::ranges::find(peers, kServerPeer, &Peer::id);
  if (server == peers.end() || !server->endpoint || !can_be_outside(*server->endpoint, config.address.truncated()))
    return config.server_external_endpoint;
  return *server->endpoint;
}

Result<InterfaceConfig> make_invitation(const Plan& plan, const InterfaceName& interface, const std::vector<Cidr>& cidrs,
                                        const std::vector<Peer>& peers, const InterfaceConfig& config) {
  const auto root = std::ranges::find(cidrs, kRootCidr, &Cidr::id);
  if (root == cidrs.end()) return fail(ErrorKind::kNotFound, "the server's list of CIDRs lacks the network itself");
  TRY(const IpNet address, IpNet::make(plan.ip, root->cidr.prefix()));
  return InterfaceConfig{.network_name = interface.str(),
                         .address = address,
                         .private_key = wg::PrivateKey::generate(),
                         .listen_port = {},
                         .server_public_key = config.server_public_key,
                         .server_external_endpoint = server_endpoint(peers, config),
                         .server_internal_endpoint = config.server_internal_endpoint,
                         .peer_endpoint_overrides = {}};
}

PeerContents contents(const Plan& plan, const wg::PublicKey& key) {
  return {{.name = plan.name,
           .ip = plan.ip,
           .cidr_id = plan.cidr.id,
           .public_key = key,
           .is_admin = plan.is_admin,
           .invite_expires = plan.expires},
          {.persistent_keepalive_interval = kPersistentKeepalive}};
}

/// What has become of a peer that the server was asked to create: it, or why there is none.
struct Creation {
  Result<Peer> peer;
  std::optional<int> refusal{};  ///< the status, if that is what the server answered
};

/// The invitation is on disk before the server is asked, because its API can't delete a peer whose invitation could not be written.
Creation create(Admin& admin, const Plan& plan, const InterfaceConfig& invitation) {
  if (auto written = create_file(plan.file, invitation.to_invitation().reveal(), kPrivateFile, NewFile::kOfNobodyElse); !written)
    return {std::unexpected(std::move(written).error().context("writing the invitation (no peer was created)"))};
  auto answer = admin.server().create_peer(contents(plan, invitation.private_key.public_key()));
  if (answer) return {*std::move(answer)};
  const std::optional<int> refusal = answer.error().is_refusal() ? answer.error().status() : std::nullopt;
  const bool there_is_none = refusal || !admin.server().last_request_was_sent();
  Error error = admin.explained("creating the peer", std::move(answer)).error();
  if (!there_is_none) {
    // The peer may exist, and this file may be the only one with its key.
    return {std::unexpected(
        Error(error.kind(), fmt::format("{}; whether {} was created is not known, so its invitation {} was kept: look at `innernet "
                                        "show` or try to use it",
                                        error.message(), plan.name.str(), plan.file.native())))};
  }
  if (const auto removed = remove_file(plan.file); !removed) log::warning("the useless invitation stays: {}", removed.error().message());
  return {std::unexpected(std::move(error)), refusal};
}

/// How often --auto-ip asks. Who is refused has seen another admin's peer get the address, so this is how many can be added at once.
constexpr int kMostAddresses = 100;

/// The plan with the next free address, if a peer has the refused one by now; none if that was not the reason. Looks at the list again: the
/// status (400) does not tell a taken address from a taken name, and the Rust server has no words either.
Result<std::optional<Plan>> with_next_address(Plan plan, Admin& admin) {
  TRY(const std::vector<Peer> peers, admin.peers());
  const bool name_is_taken = std::ranges::find(peers, plan.name, &Peer::name) != peers.end();
  if (name_is_taken || std::ranges::find(peers, plan.ip, &Peer::ip) == peers.end()) return std::nullopt;
  TRY(const IpAddress next, first_free(plan.cidr, peers));
  log::info("{} was given to another peer meanwhile; {} is next", plan.ip.to_string(), next.to_string());
  plan.ip = next;
  return plan;
}

/// Leaves in `plan` the address that the peer got.
Result<Peer> create_where_there_is_room(Admin& admin, Plan& plan, const AddPeerOptions& options, const std::vector<Cidr>& cidrs,
                                        const std::vector<Peer>& peers) {
  for (int asked = 1;; ++asked) {
    TRY(const InterfaceConfig invitation, make_invitation(plan, options.interface(), cidrs, peers, admin.config()));
    Creation creation = create(admin, plan, invitation);
    if (creation.peer || creation.refusal != 400 || !options.auto_ip || asked == kMostAddresses) return std::move(creation.peer);
    TRY(auto next, with_next_address(plan, admin));
    if (!next) return std::move(creation.peer);
    plan = *std::move(next);
  }
}

Result<Ending> run(const AddPeerOptions& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(Plan plan, make_plan(options, cidrs, peers, context));
  TRY(const bool agreed, confirmed(context, options.yes,
                                   fmt::format("Create {}peer {} ({}) in {}?", plan.is_admin ? "admin " : "", plan.name.str(),
                                               plan.ip.to_string(), label(plan.cidr))));
  if (!agreed) return Ending::kDone;
  TRY(const Peer created, create_where_there_is_room(admin, plan, options, cidrs, peers));
  context.print(
      fmt::format("The peer {} ({}) was created.\n\nIts invitation: {}\n\nWhoever has this file can join as {}, so send it over "
                  "a safe channel. "
                  "Next, on that machine:\n    "
                  "innernet install {}\n",
                  plan.name.str(), plan.ip.to_string(), plan.file.native(), plan.name.str(), plan.file.filename().native()));
  context.report(changed().value("peer", created).text("invitation", plan.file.native()));
  return Ending::kDone;
}

}  // namespace

Row add_peer_command() {
  return row(
      {.name = "add-peer",
       .sentence = "Invite a peer (admins).",
       .example =
           "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --save-config alice.toml --yes"},
      define, run);
}

}  // namespace innernet::client
