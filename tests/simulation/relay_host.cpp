#include "relay_host.hpp"

#include <bit>

namespace innernet::simulation {
namespace {

std::uint32_t little_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} | std::uint32_t{bytes[at + 1]} << 8U | std::uint32_t{bytes[at + 2]} << 16U |
         std::uint32_t{bytes[at + 3]} << 24U;
}

// Of sessions with a relay: no other one has this.
constexpr std::uint64_t kOwnSession = std::uint64_t{1} << 63U;

}  // namespace

RelayHost::RelayHost(Events& events, Internet& internet, Host& host, const Identities& identities, Identity self, const wg::PrivateKey& key,
                     std::uint16_t port, std::uint64_t seed)
    : events_(events),
      internet_(internet),
      host_(host),
      identities_(identities),
      self_(self),
      key_(wg::PrivateKey::from_bytes(key.secret().reveal())),
      port_(port),
      random_(seed),
      next_session_(1 + (seed & 0xff'ffffU)) {
  restart();
}

void RelayHost::restart() {
  engine_ = std::make_unique<relay::Engine>(
      key_, relay::Limits{},
      [this](std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
      },
      events_.now());
}

relay::TestPeer& RelayHost::member(Identity identity) { return members_.try_emplace(identity, identity).first->second; }

void RelayHost::receive(const Packet& packet) {
  if (!engine_) return;
  const Message& message = packet.message;
  std::vector<std::uint8_t> bytes;
  std::optional<Identity> own;  // whose handshake with the relay this is
  switch (message.type) {
    case Message::Type::kInitiation:
      if (message.responder == self_) {
        own = message.initiator;
        bytes = member(*own).initiate(identities_.key(self_), message.sender);
      } else {
        bytes = relay::hollow_initiation(identities_.key(message.responder), message.sender);
      }
      break;
    case Message::Type::kResponse:
      bytes = relay::response(message.sender, message.receiver);
      break;
    case Message::Type::kData:
      if (const auto session = sessions_.find(message.session); session != sessions_.end())
        bytes = member(session->second).keepalive();
      else
        bytes = relay::data(message.receiver);
      break;
  }
  const auto out = engine_->on_packet(events_.now(), packet.from, bytes);
  if (!out) return;
  if (!own) return internet_.send(host_, port_, out->to, message);
  if (out->bytes.size() != relay::kResponseSize) return;  // a cookie: nobody has a flood in mind
  const std::uint64_t session = kOwnSession | std::uint64_t{self_} << 32U | next_session_++;
  const auto accept = [this, member = *own, session, answer = std::vector<std::uint8_t>(out->bytes.begin(), out->bytes.end())] {
    if (this->member(member).accept(answer)) sessions_.emplace(session, member);
  };
  internet_.send(host_, port_, out->to,
                 {.type = Message::Type::kResponse,
                  .sender = little_endian(out->bytes, 4),
                  .receiver = message.sender,
                  .session = session,
                  .payload = std::make_shared<const std::function<void()>>(accept)});
}

}  // namespace innernet::simulation
