#include "live.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"
#include "knowledge.hpp"
#include "live_table.hpp"
#include "presence.hpp"

namespace innernet::client {
namespace {

using command_line::Ending;
using prompt::LiveScreen;

// Of a second, at most, for answers to pings: meanwhile no key is read.
constexpr std::chrono::milliseconds kPatience{200};

class Live {
 public:
  Live(const std::optional<InterfaceName>& only, Context& context) : only_(only), context_(context) {}

  /// Of the networks that are up just now.
  Result<std::vector<LiveNetwork>> look() {
    TRY(const auto names, networks());
    std::vector<LiveNetwork> out;
    for (const InterfaceName& name : names) {
      const auto device = context_.backend(name)->get(name);
      if (!device) {
        // Gone between the list and the question, or down for a moment.
        if (device.error().kind() == ErrorKind::kNotFound) continue;
        return std::unexpected(device.error());
      }
      const Knowledge known = Knowledge::gather(context_.folders(), name);
      // Later they would be written over the table.
      if (told_.insert(name).second) known.tell_problems(name);
      NetworkView view = known.view_of(*device, context_.clock.wall());
      Rates& rates = rates_[name];
      rates.look(*device, context_.clock.boot());
      RoundTrips round_trips;
      if (context_.ping)
        round_trips = context_.ping(name, addresses_to_ping(peer_rows(view)), kPatience / std::max<std::ptrdiff_t>(1, std::ssize(names)));
      view.round_trips = &round_trips;
      out.push_back(live_network(view, rates));
    }
    return out;
  }

 private:
  Result<std::vector<InterfaceName>> networks() {
    std::vector<InterfaceName> names;
    if (only_) {
      TRY(const bool ours, is_ours(context_.folders(), *only_));
      if (!ours) return not_installed(context_.folders(), *only_);
      names.push_back(*only_);
      return names;
    }
    TRY(const auto interfaces, context_.interfaces());
    for (const wg::FoundInterface& interface : interfaces)
      if (const auto ours = is_ours(context_.folders(), interface.name); ours && *ours) names.push_back(interface.name);
    std::ranges::sort(names);
    return names;
  }

  const std::optional<InterfaceName>& only_;
  Context& context_;
  std::map<InterfaceName, Rates> rates_;
  std::set<InterfaceName> told_;
};

std::vector<prompt::Line> picture(const std::vector<LiveNetwork>& networks, const prompt::Size& size) {
  if (!networks.empty()) return live_picture(networks, size);
  return {{"no innernet network is up; `innernet up` brings up what is installed", prompt::LineStyle::kPlain},
          {"q ends", prompt::LineStyle::kFaint}};
}

}  // namespace

Result<Ending> show_live(const std::optional<InterfaceName>& only, Context& context) {
  Live live(only, context);
  TRY(std::vector<LiveNetwork> networks, live.look());
  if (!LiveScreen::is_possible()) {
    if (networks.empty()) log::info("no innernet network is up; `innernet up` brings up what is installed");
    context.out.write(live_text(networks));
    return Ending::kDone;
  }
  constexpr std::chrono::seconds kPeriod{1};
  LiveScreen screen(context.stop.fd());
  TRY_VOID(screen.enter());
  while (screen.draw(picture(networks, screen.size()))) {
    const BootTime next = context.clock.boot() + kPeriod;
    auto woken = LiveScreen::Woken::kRedraw;
    while (woken == LiveScreen::Woken::kRedraw) {
      woken = screen.wait(std::chrono::ceil<std::chrono::milliseconds>(next - context.clock.boot()));
      if (woken == LiveScreen::Woken::kRedraw && !screen.draw(picture(networks, screen.size()))) return Ending::kDone;
    }
    if (woken == LiveScreen::Woken::kEnd) break;
    TRY(networks, live.look());
  }
  return Ending::kDone;
}

}  // namespace innernet::client
