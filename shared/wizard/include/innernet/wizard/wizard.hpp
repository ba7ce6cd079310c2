#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "innernet/prompt/asker.hpp"
#include "innernet/values/cidr_tree.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"
#include "innernet/values/peer.hpp"

namespace innernet {

/// As lists and sentences show them: `humans (10.66.1.0/24)`, `alice (10.66.1.1)`.
std::string label(const Cidr& cidr);
std::string label(const Peer& peer);

}  // namespace innernet

namespace innernet::wizard {

// The questions that both programs ask about a network, in the same words. What is allowed is the programs' business: they hand over what
// is eligible, and a check that says why an answer is not. A null check allows everything that can be read.

template <class T>
using Check = std::function<Result<void>(const T&)>;

/// `question` about a list. An empty list is not shown: it fails with kNotFound and `none`, which says what to do.
Result<Cidr> choose_cidr(prompt::Asker& asker, std::string question, std::string option, const std::vector<Cidr>& eligible,
                         const std::string& none);
Result<Peer> choose_peer(prompt::Asker& asker, std::string question, std::string option, const std::vector<Peer>& eligible,
                         const std::string& none);
/// `A <=> B`
std::string in_words(const Association& association, const std::vector<Cidr>& cidrs);
/// As `ID: A <=> B`.
Result<Association> choose_association(prompt::Asker& asker, std::string option, const std::vector<Association>& eligible,
                                       const std::vector<Cidr>& cidrs);

/// CIDRs that a peer can be put into: leaves that are not the server's, with an address that is free of `taken`.
std::vector<Cidr> with_room(const std::vector<Cidr>& cidrs, const std::vector<IpAddress>& taken);
/// CIDRs that `first` can be associated with: not itself, not the server's own, which everybody sees, and none that it is associated with.
std::vector<Cidr> partners_of(const Cidr& first, const std::vector<Cidr>& cidrs, const std::vector<Association>& associations);
/// CIDRs that have any partner.
std::vector<Cidr> with_partners(const std::vector<Cidr>& cidrs, const std::vector<Association>& associations);

Result<IpAddress> ask_ip(prompt::Asker& asker, const IpAddress& first_free, const Check<IpAddress>& check);
Result<Hostname> ask_hostname(prompt::Asker& asker, std::string question, std::string option, const Check<Hostname>& check);
/// Any text.
Result<std::string> ask_new_cidr_name(prompt::Asker& asker, const Check<std::string>& check);
Result<IpNet> ask_cidr(prompt::Asker& asker, std::string question, std::string option, std::string suggestion, const Check<IpNet>& check);
Result<bool> ask_is_admin(prompt::Asker& asker);
Result<std::chrono::seconds> ask_validity(prompt::Asker& asker, const Check<std::chrono::seconds>& check);
/// Suggests PEER.toml. A file that is there already, or a folder that is not, is asked about again.
Result<std::filesystem::path> ask_invitation_file(prompt::Asker& asker, const Hostname& peer);
/// 0 only if `least` is.
Result<std::uint16_t> ask_listen_port(prompt::Asker& asker, std::string option, std::uint16_t suggestion, std::uint16_t least);

using DetectIp = std::function<std::optional<IpAddress>()>;
/// Whether to look for the public address, and then the endpoint, which begins as that address and `port`.
Result<Endpoint> ask_external_endpoint(prompt::Asker& asker, std::string option, std::uint16_t port, const DetectIp& detect,
                                       const Check<Endpoint>& check);
/// An endpoint whose port is not 0.
Result<Endpoint> ask_endpoint(prompt::Asker& asker, std::string question, std::string option, std::string prefilled,
                              const Check<Endpoint>& check);

}  // namespace innernet::wizard
