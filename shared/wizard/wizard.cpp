#include "innernet/wizard/wizard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "innernet/base/file.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/command_line/command_line.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/values/timestring.hpp"

namespace innernet {

std::string label(const Cidr& cidr) { return fmt::format("{} ({})", printable(cidr.name), cidr.cidr.to_string()); }
std::string label(const Peer& peer) { return fmt::format("{} ({})", peer.name.str(), peer.ip.to_string()); }

}  // namespace innernet

namespace innernet::wizard {
namespace {

template <class T, class Label>
Result<T> choose(prompt::Asker& asker, std::string question, std::string option, const std::vector<T>& eligible, const std::string& none,
                 const Label& label_of) {
  if (eligible.empty()) return fail(ErrorKind::kNotFound, none);
  prompt::ListQuestion list{std::move(question), std::move(option), {}};
  list.items.reserve(eligible.size());
  for (const T& item : eligible) list.items.push_back(label_of(item));
  TRY(const std::size_t chosen, asker.choose(list));
  return eligible[chosen];
}

prompt::TextQuestion text_question(std::string question, std::string option, std::string suggestion = {}, std::string prefilled = {},
                                   std::string example = {}) {
  return {.text = std::move(question),
          .option = std::move(option),
          .suggestion = std::move(suggestion),
          .prefilled = std::move(prefilled),
          .example = std::move(example),
          .check = {}};
}

/// What `parse` makes of the answer, if `check` has nothing against it.
template <class T, class Parse>
Result<T> ask(prompt::Asker& asker, prompt::TextQuestion question, const Parse& parse, const Check<T>& check) {
  return prompt::ask(asker, std::move(question), [&](const std::string& answer) -> Result<T> {
    TRY(T value, parse(answer));
    if (check) TRY_VOID(check(value));
    return value;
  });
}

using Names = std::unordered_map<CidrId, std::string>;

Names names_of(const std::vector<Cidr>& cidrs) {
  Names names;
  for (const Cidr& cidr : cidrs) names.emplace(cidr.id, printable(cidr.name));
  return names;
}

std::string in_words(const Association& association, const Names& names) {
  const auto name_of = [&names](CidrId id) {
    const auto found = names.find(id);
    return found != names.end() ? found->second : fmt::format("(CIDR {})", number(id));
  };
  return fmt::format("{} <=> {}", name_of(association.cidr_id_1), name_of(association.cidr_id_2));
}

}  // namespace

Result<Cidr> choose_cidr(prompt::Asker& asker, std::string question, std::string option, const std::vector<Cidr>& eligible,
                         const std::string& none) {
  return choose(asker, std::move(question), std::move(option), eligible, none, [](const Cidr& cidr) { return label(cidr); });
}

Result<Peer> choose_peer(prompt::Asker& asker, std::string question, std::string option, const std::vector<Peer>& eligible,
                         const std::string& none) {
  return choose(asker, std::move(question), std::move(option), eligible, none, [](const Peer& peer) { return label(peer); });
}

std::string in_words(const Association& association, const std::vector<Cidr>& cidrs) { return in_words(association, names_of(cidrs)); }

Result<Association> choose_association(prompt::Asker& asker, std::string option, const std::vector<Association>& eligible,
                                       const std::vector<Cidr>& cidrs) {
  return choose(asker, "Association to delete", std::move(option), eligible, "there is no association to delete",
                [names = names_of(cidrs)](const Association& association) {
                  return fmt::format("{}: {}", number(association.id), in_words(association, names));
                });
}

std::vector<Cidr> with_room(const std::vector<Cidr>& cidrs, const std::vector<IpAddress>& taken) {
  std::vector<Cidr> out;
  const CidrTree tree(cidrs);
  std::vector<IpAddress> sorted = taken;
  std::ranges::sort(sorted);
  for (const Cidr* leaf : tree.eligible_for_peers()) {
    std::vector<IpAddress> inside(std::ranges::lower_bound(sorted, leaf->cidr.network()),
                                  std::ranges::upper_bound(sorted, leaf->cidr.broadcast()));
    if (first_free_address(leaf->cidr, std::move(inside))) out.push_back(*leaf);
  }
  return out;
}

std::vector<Cidr> partners_of(const Cidr& first, const std::vector<Cidr>& cidrs, const std::vector<Association>& associations) {
  std::vector<CidrId> not_eligible{first.id, kServerCidr};
  for (const Association& association : associations) {
    if (association.cidr_id_1 == first.id) not_eligible.push_back(association.cidr_id_2);
    if (association.cidr_id_2 == first.id) not_eligible.push_back(association.cidr_id_1);
  }
  std::ranges::sort(not_eligible);
  std::vector<Cidr> out;
  std::ranges::copy_if(cidrs, std::back_inserter(out),
                       [&](const Cidr& cidr) { return !std::ranges::binary_search(not_eligible, cidr.id); });
  return out;
}

std::vector<Cidr> with_partners(const std::vector<Cidr>& cidrs, const std::vector<Association>& associations) {
  std::set<CidrId> eligible;
  for (const Cidr& cidr : cidrs)
    if (cidr.id != kServerCidr) eligible.insert(cidr.id);
  std::set<std::pair<CidrId, CidrId>> pairs;
  for (const Association& association : associations) {
    const auto [a, b] = std::pair(association.cidr_id_1, association.cidr_id_2);
    if (a != b && eligible.contains(a) && eligible.contains(b)) pairs.insert({{a, b}, {b, a}});
  }
  std::unordered_map<CidrId, std::size_t> partners;
  for (const auto& [a, b] : pairs) ++partners[a];
  std::vector<Cidr> out;
  // All but itself are partners or could be.
  std::ranges::copy_if(cidrs, std::back_inserter(out),
                       [&](const Cidr& cidr) { return eligible.contains(cidr.id) && partners[cidr.id] + 1 < eligible.size(); });
  return out;
}

Result<IpAddress> ask_ip(prompt::Asker& asker, const IpAddress& first_free, const Check<IpAddress>& check) {
  return ask(asker, text_question("IP", "--ip, or --auto-ip for the first free one", first_free.to_string()), IpAddress::parse, check);
}

Result<Hostname> ask_hostname(prompt::Asker& asker, std::string question, std::string option, const Check<Hostname>& check) {
  return ask(asker, text_question(std::move(question), std::move(option), {}, {}, "lower case letters, digits and dashes"), Hostname::parse,
             check);
}

Result<std::string> ask_new_cidr_name(prompt::Asker& asker, const Check<std::string>& check) {
  return ask(
      asker, text_question("New name", "--new-name"),
      [](const std::string& answer) -> Result<std::string> {
        if (answer.empty()) return invalid_input("the name of a CIDR can't be empty");
        return answer;
      },
      check);
}

Result<IpNet> ask_cidr(prompt::Asker& asker, std::string question, std::string option, std::string suggestion, const Check<IpNet>& check) {
  return ask(asker, text_question(std::move(question), std::move(option), std::move(suggestion), {}, "as in 10.66.2.0/24"), IpNet::parse,
             check);
}

Result<bool> ask_is_admin(prompt::Asker& asker) {
  return asker.yes_or_no({.text = "Make it an admin?", .option = "--admin true or --admin false", .by_default = false});
}

Result<std::chrono::seconds> ask_validity(prompt::Asker& asker, const Check<std::chrono::seconds>& check) {
  return ask(asker, text_question("Invite expires after", "--invite-expires", "14d"), parse_timestring, check);
}

Result<std::filesystem::path> ask_invitation_file(prompt::Asker& asker, const Hostname& peer) {
  return prompt::ask(asker, text_question("Save peer invitation file to", "--save-config", peer.str() + ".toml"),
                     [](const std::string& answer) -> Result<std::filesystem::path> {
                       std::filesystem::path file = answer;
                       std::error_code ignored;
                       if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored)))
                         return fail(ErrorKind::kAlreadyExists, fmt::format("{} exists already, and is not overwritten", quoted(answer)));
                       if (!file.has_filename()) return invalid_input(fmt::format("{} is no name of a file", quoted(answer)));
                       if (const auto folder = file.parent_path(); !folder.empty() && !std::filesystem::is_directory(folder, ignored))
                         return fail(ErrorKind::kNotFound, fmt::format("there is no folder {}", quoted(folder.native())));
                       return file;
                     });
}

Result<std::uint16_t> ask_listen_port(prompt::Asker& asker, std::string option, std::uint16_t suggestion, std::uint16_t least) {
  return prompt::ask(asker, text_question("Listen port", std::move(option), std::to_string(suggestion)),
                     [least](const std::string& answer) -> Result<std::uint16_t> {
                       TRY(const std::uint64_t port, command_line::parse_number(answer, least, 65'535));
                       return static_cast<std::uint16_t>(port);
                     });
}

Result<Endpoint> ask_external_endpoint(prompt::Asker& asker, std::string option, std::uint16_t port, const DetectIp& detect,
                                       const Check<Endpoint>& check) {
  if (!asker.can_ask()) return prompt::nobody_to_ask("External endpoint", option);  // what is missing, not how to get it
  TRY(const bool wants, asker.yes_or_no({.text = "Detect the external IP (a DNS query to Quad9)?", .option = option, .by_default = false}));
  std::string prefilled;
  if (wants) {
    if (const auto address = detect())
      prefilled = SocketAddress{*address, port}.to_string();
    else
      log::warning("the external IP could not be detected: nobody has answered");
  }
  return ask_endpoint(asker, "External endpoint", std::move(option), std::move(prefilled), check);
}

Result<Endpoint> ask_endpoint(prompt::Asker& asker, std::string question, std::string option, std::string prefilled,
                              const Check<Endpoint>& check) {
  return prompt::ask(
      asker, text_question(std::move(question), std::move(option), {}, std::move(prefilled), "HOST:PORT, as in vpn.example.com:51820"),
      [&check](const std::string& answer) -> Result<Endpoint> {
        TRY(Endpoint endpoint, Endpoint::parse(answer));
        if (endpoint.port() == 0) return invalid_input("port 0 is a random one, which nobody could know");
        if (check) TRY_VOID(check(endpoint));
        return endpoint;
      });
}

}  // namespace innernet::wizard
