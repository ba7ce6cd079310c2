#include "innernet/netlink/request.hpp"

#include <gtest/gtest.h>
#include <linux/genetlink.h>

#include <cerrno>

#include "innernet/testing/scripted_transport.hpp"

namespace innernet::netlink {
namespace {

using innernet::testing::Datagram;
using innernet::testing::Exchange;
using innernet::testing::ScriptedTransport;

constexpr std::uint16_t kData = 0x20;

Datagram bytes_of(Message message, std::uint32_t sequence) {
  const Bytes bytes = message.finish(sequence);
  return {bytes.begin(), bytes.end()};
}

Datagram data(std::uint32_t sequence, std::uint32_t value, std::uint16_t flags = NLM_F_MULTI) {
  Message message(kData, flags);
  message.put_header(value);
  return bytes_of(std::move(message), sequence);
}

Datagram done(std::uint32_t sequence, std::int32_t code = 0, std::uint16_t flags = NLM_F_MULTI) {
  Message message(NLMSG_DONE, flags);
  message.put_header(code);
  return bytes_of(std::move(message), sequence);
}

Datagram acknowledgement(std::uint32_t sequence, std::int32_t code, std::string_view text = {}) {
  Message message(NLMSG_ERROR, static_cast<std::uint16_t>(NLM_F_CAPPED | (text.empty() ? 0 : NLM_F_ACK_TLVS)));
  message.put_header(nlmsgerr{.error = code, .msg = {}});
  if (!text.empty()) {
    message.put_u32(NLMSGERR_ATTR_OFFS, 20);
    message.put_string(NLMSGERR_ATTR_MSG, text);
  }
  return bytes_of(std::move(message), sequence);
}

Datagram join(std::initializer_list<Datagram> parts) {
  Datagram all;
  for (const Datagram& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

class Requests : public ::testing::Test {
 protected:
  void script(std::initializer_list<Outcome<Datagram>> answers) { exchange_->answers.assign(answers); }

  Outcome<void> acknowledge() {
    Message request(kData);
    return connection_.acknowledge(request);
  }

  Outcome<std::vector<std::uint32_t>> dump() {
    Message request(kData);
    std::vector<std::uint32_t> values;
    const auto dumped = connection_.dump(
        request, [&values] { values.clear(); },
        [&values](const MessageView& message) -> Outcome<void> {
          values.push_back(message.header<std::uint32_t>().value_or(0));
          return {};
        });
    if (!dumped) return std::unexpected(dumped.error());
    return values;
  }

  std::shared_ptr<Exchange> exchange_ = std::make_shared<Exchange>();
  Connection connection_{std::make_unique<ScriptedTransport>(exchange_)};
};

TEST_F(Requests, AreNumberedAndAskForAnAcknowledgement) {
  script({acknowledgement(1, 0), acknowledgement(2, 0)});
  ASSERT_TRUE(acknowledge());
  ASSERT_TRUE(acknowledge());
  ASSERT_EQ(exchange_->sent.size(), 2U);
  for (std::uint32_t i = 0; i < 2; ++i) {
    MessageReader sent(exchange_->sent[i]);
    const auto view = sent.next();
    EXPECT_EQ(view->sequence, i + 1);
    EXPECT_EQ(view->flags, NLM_F_REQUEST | NLM_F_ACK);
  }
}

TEST_F(Requests, FailWithTheKernelsOwnWords) {
  script({acknowledgement(1, -EINVAL, "mtu greater than device maximum")});
  const auto refused = acknowledge();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_EQ(refused.error().text, "mtu greater than device maximum");
  EXPECT_EQ(refused.error().to_error("setting the MTU").message(), "setting the MTU: Invalid argument (mtu greater than device maximum)");
}

TEST_F(Requests, FindTheWordsBehindACopyOfTheRequest) {
  Message error(NLMSG_ERROR, NLM_F_ACK_TLVS);
  nlmsgerr header{.error = -ENODEV, .msg = {}};
  header.msg.nlmsg_len = sizeof(nlmsghdr) + 8;
  error.put_header(header);
  error.put_header(std::uint64_t{0xFFFFFFFFFFFFFFFF});
  error.put_string(NLMSGERR_ATTR_MSG, "no such thing");
  script({bytes_of(std::move(error), 1)});
  const auto refused = acknowledge();
  EXPECT_EQ(refused.error().code, ENODEV);
  EXPECT_EQ(refused.error().text, "no such thing");
}

TEST_F(Requests, NameTheRemedyForMissingRights) {
  script({acknowledgement(1, -EPERM)});
  const Error error = acknowledge().error().to_error("creating interface wg0");
  EXPECT_EQ(error.kind(), ErrorKind::kPermission);
  EXPECT_NE(error.message().find("setcap cap_net_admin+eip"), std::string::npos);
}

TEST_F(Requests, NeverTakeAnAnswerToSomethingElse) {
  for (const std::uint32_t sequence : {0U, 2U, 4'000'000'000U}) {
    Connection connection(std::make_unique<ScriptedTransport>(exchange_));
    script({acknowledgement(sequence, 0)});
    Message request(kData);
    const auto answered = connection.acknowledge(request);
    ASSERT_FALSE(answered) << sequence;
    EXPECT_EQ(answered.error().code, EPROTO);
  }
}

TEST_F(Requests, CutOffAnswersAreErrors) {
  const Datagram whole = join({data(1, 5), acknowledgement(1, -EINVAL, "text")});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Connection connection(std::make_unique<ScriptedTransport>(exchange_));
    script({Datagram(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))});
    Message request(kData);
    const auto answered = connection.acknowledge(request);
    ASSERT_FALSE(answered) << length;
    EXPECT_NE(answered.error().code, EINVAL) << length;
  }
}

TEST_F(Requests, RefuseToSendWhatIsNotWellFormed) {
  Message request(kData);
  request.put(1, std::vector<std::uint8_t>(70'000));
  EXPECT_EQ(connection_.acknowledge(request).error().code, EMSGSIZE);
  EXPECT_TRUE(exchange_->sent.empty());
}

TEST_F(Requests, DumpsGoOverManyDatagrams) {
  script({join({data(1, 10), data(1, 11)}), data(1, 12), join({data(1, 13), done(1)})});
  const auto values = dump();
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (std::vector<std::uint32_t>{10, 11, 12, 13}));
  MessageReader sent(exchange_->sent.front());
  EXPECT_EQ(sent.next()->flags, NLM_F_REQUEST | NLM_F_DUMP);
}

TEST_F(Requests, DumpsThatEndWithAnErrorFail) {
  for (const Datagram& end : {done(1, -ENODEV), acknowledgement(1, -ENODEV)}) {
    Connection connection(std::make_unique<ScriptedTransport>(exchange_));
    script({data(1, 10), end});
    Message request(kData);
    const auto dumped = connection.dump(request, [] {}, [](const MessageView&) -> Outcome<void> { return {}; });
    ASSERT_FALSE(dumped);
    EXPECT_EQ(dumped.error().code, ENODEV);
  }
}

TEST_F(Requests, DumpsWithoutAnEndFail) {
  script({data(1, 10)});
  EXPECT_EQ(dump().error().code, ETIMEDOUT);
}

TEST_F(Requests, InterruptedDumpsStartAgain) {
  script({data(1, 10), join({data(1, 11, NLM_F_MULTI | NLM_F_DUMP_INTR), done(1)}),  // seen in a message
          data(2, 20), done(2, 0, NLM_F_MULTI | NLM_F_DUMP_INTR),                    // seen at the end
          join({data(3, 30), done(3)})});
  const auto values = dump();
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (std::vector<std::uint32_t>{30})) << "nothing of the interrupted ones";
  EXPECT_EQ(exchange_->sent.size(), 3U);
}

TEST_F(Requests, DumpsThatAreAlwaysInterruptedAreGivenUp) {
  exchange_->on_send = [this](const Datagram& request) {
    MessageReader sent(request);
    exchange_->answers.push_back(done(sent.next()->sequence, 0, NLM_F_MULTI | NLM_F_DUMP_INTR));
  };
  const auto values = dump();
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().code, EINTR);
  EXPECT_EQ(values.error().to_error("x").kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(exchange_->sent.size(), static_cast<std::size_t>(Connection::kDumpAttempts));
}

TEST_F(Requests, DumpsStartAgainWhenAnswersWereLost) {
  script({data(1, 10), failure(ENOBUFS), data(1, 11), join({data(2, 20), done(2)})});
  const auto values = dump();
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (std::vector<std::uint32_t>{20})) << "what is left of the first one is skipped";
}

TEST_F(Requests, LostAcknowledgementsAreErrors) {
  script({failure(ENOBUFS)});
  EXPECT_EQ(acknowledge().error().to_error("x").kind(), ErrorKind::kUnreachable);
}

TEST_F(Requests, ResolveAFamily) {
  Message answer(GENL_ID_CTRL);
  answer.put_header(genlmsghdr{.cmd = CTRL_CMD_NEWFAMILY, .version = 2, .reserved = 0});
  answer.put_string(CTRL_ATTR_FAMILY_NAME, "wireguard");
  answer.put_u32(0x1FFF, 7);  // from the future
  answer.put_u16(CTRL_ATTR_FAMILY_ID, 0x23);
  script({bytes_of(std::move(answer), 1), acknowledgement(1, 0)});
  EXPECT_EQ(resolve_family(connection_, "wireguard"), 0x23);
}

TEST_F(Requests, SayWhenThereIsNoSuchFamily) {
  script({acknowledgement(1, -ENOENT)});
  EXPECT_EQ(resolve_family(connection_, "wireguard").error().code, ENOENT);
  script({acknowledgement(2, 0)});
  EXPECT_EQ(resolve_family(connection_, "wireguard").error().code, EPROTO) << "an answer without a number";
}

TEST(DecodeAcknowledgement, RefusesNumbersThatAreNoErrno) {
  for (const std::int32_t code : {1, 95, -4096, std::numeric_limits<std::int32_t>::min()}) {
    const Datagram bytes = acknowledgement(1, code);
    MessageReader messages(bytes);
    EXPECT_EQ(decode_acknowledgement(*messages.next()).error().code, EPROTO) << code;
  }
}

}  // namespace
}  // namespace innernet::netlink
